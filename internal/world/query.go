package world

import (
	"errors"
	"slices"

	"github.com/musterhq/muster/internal/search"
)

// A SessionQuery asks for a fleet's game sessions in order of creation.
type SessionQuery struct {
	Fleet, Alias string // exactly one
	Location     string // "": all
	Status       SessionStatus
	After        uint64 // serial number of the last one seen
	Limit        int
}

// Match says whether a game session is one that the query asks for, apart
// from the fleet.
func (q SessionQuery) Match(s *GameSession) bool {
	return (q.Location == "" || q.Location == s.Location) && (q.Status == "" || q.Status == s.Status) && s.Serial > q.After
}

// FleetID resolves what the query names. Errors: ErrInvalidRequest, ErrNotFound,
// ErrTerminalRouting.
func (w *World) FleetID(fleet, alias string) (string, error) {
	f, err := w.target(fleet, alias)
	if err != nil {
		return "", err
	}
	return f.ID, nil
}

// GameSession returns a game session in memory by ARN. Errors: ErrNotFound.
func (w *World) GameSession(arn string) (GameSession, error) {
	s, err := w.session(arn)
	if err != nil {
		return GameSession{}, err
	}
	return s.view(), nil
}

// GameSessions returns the game sessions in memory that match. Errors:
// ErrInvalidRequest, ErrNotFound, ErrTerminalRouting.
func (w *World) GameSessions(q SessionQuery) ([]GameSession, error) {
	f, err := w.target(q.Fleet, q.Alias)
	if err != nil {
		return nil, err
	}
	if err := w.knowsLocation(f, q.Location); err != nil {
		return nil, err
	}
	var out []GameSession
	for _, s := range f.sessions.after(q.After) {
		if len(out) == q.Limit {
			break
		}
		if s != nil && q.Match(&s.GameSession) {
			out = append(out, s.view())
		}
	}
	return out, nil
}

func (w *World) knowsLocation(f *fleet, location string) error {
	if location != "" && location != w.settings.Region && f.location(location) == nil {
		return refuse(ErrNotFound, "fleet %s has no location %s", f.ID, location)
	}
	return nil
}

// ErrTrailLost is a search of the past that trails do not lead to.
var ErrTrailLost = errors.New("too much has changed since")

// Search returns the ACTIVE game sessions of a fleet that q finds, and the
// cursor of the next page: those of now or, given trails that follow each other
// up to now, those of the moment when the first began. Errors:
// ErrInvalidRequest, ErrNotFound, ErrTerminalRouting, search.ErrCursor,
// ErrTrailLost.
func (w *World) Search(fleet, alias string, q search.Query, trails ...*Trail) ([]GameSession, string, error) {
	if slices.ContainsFunc(trails, func(t *Trail) bool { return t.lost }) {
		return nil, "", ErrTrailLost
	}
	f, err := w.target(fleet, alias)
	if err != nil {
		return nil, "", err
	}
	if err := w.knowsLocation(f, q.Location); err != nil {
		return nil, "", err
	}
	was := back(trails, f.ID)
	q.Instead = was.versions()
	ids, next, err := f.index.Search(q)
	if err != nil {
		return nil, "", err
	}
	out := make([]GameSession, len(ids))
	for i, id := range ids {
		if s := was[id]; s != nil {
			out[i] = s.session
		} else {
			out[i] = w.sessions[id].view()
		}
	}
	return out, next, nil
}

// A PlayerQuery asks for player sessions in order of creation: those of a
// game session, or those of a player.
type PlayerQuery struct {
	Session string // game session ARN
	Player  string // PlayerId, if Session is ""
	Status  PlayerStatus
	After   uint64 // serial number of the last one seen
	Limit   int
}

// Match says whether a player session is one that the query asks for, apart
// from the game session and the player.
func (q PlayerQuery) Match(p *PlayerSession) bool { return q.match(p.Status, p.Serial) }

func (q PlayerQuery) match(status PlayerStatus, serial uint64) bool {
	return (q.Status == "" || q.Status == status) && serial > q.After
}

// PlayerSession returns a player session in memory. Errors: ErrNotFound.
func (w *World) PlayerSession(id string) (PlayerSession, error) {
	p := w.players[id]
	if p == nil {
		return PlayerSession{}, refuse(ErrNotFound, "player session %s does not exist", id)
	}
	return p.view(), nil
}

// PlayerSessions returns the player sessions in memory that match. Errors:
// ErrNotFound for a game session that is not in memory.
func (w *World) PlayerSessions(q PlayerQuery) ([]PlayerSession, error) {
	list := w.byPlayer[q.Player]
	if q.Session != "" {
		s, err := w.session(q.Session)
		if err != nil {
			return nil, err
		}
		list = s.players
	}
	var out []PlayerSession
	for _, p := range list {
		if len(out) == q.Limit {
			break
		}
		if q.match(p.Status, p.Serial) {
			out = append(out, p.view())
		}
	}
	return out, nil
}
