package world

import (
	"bytes"
	"cmp"
	"crypto/sha256"
	"maps"

	"github.com/musterhq/muster/internal/search"
)

// propertyLimit is how many properties a game session can have. Source:
// GameLift API, GameProperty.
const propertyLimit = 16

// CreateGameSession claims a process that is ready and starts a game session
// on it.
//
// The numbers are of the encoding behind fingerprint, which is compared for as
// long as idempotency tokens live: a new parameter takes a new number.
type CreateGameSession struct {
	ID         string            `cbor:"-"`                    // last part of the session's ARN when there is no Token: unique
	Fleet      string            `cbor:"1,keyasint"`           // id or ARN; exactly one of Fleet and Alias
	Alias      string            `cbor:"-"`                    // id or ARN
	Location   string            `cbor:"2,keyasint,omitempty"` // "" means any location of the fleet
	Name       string            `cbor:"3,keyasint,omitempty"`
	Creator    string            `cbor:"4,keyasint,omitempty"`
	Maximum    int               `cbor:"5,keyasint,omitempty"` // players
	Properties map[string]string `cbor:"6,keyasint,omitempty"`
	Data       string            `cbor:"7,keyasint,omitempty"`
	Token      string            `cbor:"8,keyasint"` // idempotency token
}

// Decide implements Command. The same token with the same parameters answers
// the game session it made, in its present status. Errors: ErrTokenMismatch
// with others; ErrInvalidRequest, ErrNotFound, ErrTerminalRouting,
// ErrFleetStatus, ErrLimitExceeded, ErrNoCapacity.
func (c CreateGameSession) Decide(t *Turn) (GameSession, error) {
	f, err := t.target(c.Fleet, c.Alias)
	if err != nil {
		return GameSession{}, err
	}
	if made, err := t.madeWith(f.ID, c.Token); err != nil {
		return GameSession{}, err
	} else if made != nil {
		return *made, c.checkSame(made)
	}
	if err := c.check(t, f); err != nil {
		return GameSession{}, err
	}
	p, full := f.claim(c.place(t))
	switch {
	case p == nil && full:
		return GameSession{}, refuse(ErrNoCapacity, "fleet %s has server processes ready%s, but their computes are activating as many game sessions as its MaxConcurrentGameSessionActivations, %d, allows: try again when one is ACTIVE", f.ID, at(c.Location), f.Runtime.MaxActivations)
	case p == nil:
		return GameSession{}, refuse(ErrNoCapacity, "fleet %s has no server process ready for a game session%s: start a game server, or wait for one to be ready", f.ID, at(c.Location))
	}
	id := t.settings.SessionID(f.ID + "/" + p.Location + "/" + cmp.Or(c.Token, c.ID))
	if err := c.checkUnused(t, id); err != nil {
		return GameSession{}, err
	}
	t.emit(SessionCreated{Session: c.session(t, f, p, id)})
	return t.sessions[id].view(), nil
}

// checkSame refuses a token that comes with other parameters than it did.
func (c CreateGameSession) checkSame(made *GameSession) error {
	if bytes.Equal(made.Fingerprint, c.fingerprint(made.Fleet)) {
		return nil
	}
	return refuse(ErrTokenMismatch, "idempotency token %s was used in fleet %s with other parameters: repeat the request unchanged, or use a new token", c.Token, made.Fleet)
}

// checkUnused refuses a token that names a game session which was made
// without it: a client can give the last part of any ARN it has seen.
func (c CreateGameSession) checkUnused(t *Turn, id string) error {
	used := t.sessions[id] != nil
	if !used && c.Token != "" {
		r, err := t.recall(sessionKey(id))
		if err != nil {
			return err
		}
		used = r != nil
	}
	if used {
		return refuse(ErrTokenMismatch, "game session %s exists already: use another idempotency token", id)
	}
	return nil
}

func at(location string) string {
	if location == "" {
		return ""
	}
	return " at " + location
}

// place returns the location to look for processes in. An Anywhere fleet has
// none in the home Region: naming it means any.
func (c CreateGameSession) place(t *Turn) string {
	if c.Location == t.settings.Region {
		return ""
	}
	return c.Location
}

func (c CreateGameSession) check(t *Turn, f *fleet) error {
	switch {
	case f.Status != FleetActive:
		return refuse(ErrFleetStatus, "Cannot create a game session on fleet %s that is in status of %s.", f.ID, f.Status)
	case c.Location != "" && c.Location != t.settings.Region && f.location(c.Location) == nil:
		return refuse(ErrNotFound, "fleet %s has no location %s", f.ID, c.Location)
	case c.Maximum < 0:
		return refuse(ErrInvalidRequest, "MaximumPlayerSessionCount is %d: it cannot be less than 0", c.Maximum)
	case len(c.Properties) > propertyLimit:
		return refuse(ErrInvalidRequest, "a game session can have %d game properties, not %d", propertyLimit, len(c.Properties))
	}
	return f.admitCreator(c.Creator, t.At)
}

func (c CreateGameSession) session(t *Turn, f *fleet, p *process, id string) GameSession {
	activation := cmp.Or(f.Runtime.Activation, t.settings.Activation)
	return GameSession{
		ID: id, Fleet: f.ID, Location: p.Location, Compute: p.Key.Compute, Process: p.Key.Process,
		Name: c.Name, Creator: c.Creator, Properties: maps.Clone(c.Properties), Data: c.Data, Maximum: c.Maximum,
		Status: SessionActivating, Policy: AcceptAll, Protection: f.Protection, Created: t.At,
		IP: p.IP, DNS: p.DNS, Port: p.Port, Token: c.Token, Fingerprint: c.fingerprint(f.ID), ActivateBy: t.At.Add(activation),
	}
}

// fingerprint identifies the parameters that came with a token.
func (c CreateGameSession) fingerprint(fleet string) []byte {
	if c.Token == "" {
		return nil
	}
	c.Fleet = fleet
	sum := sha256.Sum256(encode(c))
	return sum[:16]
}

// madeWith returns the game session that a token has made, from memory or
// from the archive, or nil.
func (t *Turn) madeWith(fleet, token string) (*GameSession, error) {
	if token == "" {
		return nil, nil
	}
	key := tokenKey(fleet, token)
	if s := t.tokens[key]; s != nil {
		v := s.view()
		return &v, nil
	}
	used, err := t.recall(key)
	if used == nil {
		return nil, err
	}
	r, err := t.recall(sessionKey(string(used.Data)))
	if r == nil {
		return nil, err
	}
	s, err := DecodeGameSession(r.Data)
	return &s, err
}

// session finds a game session in memory by its ARN. Errors: ErrNotFound.
func (w *World) session(arn string) (*session, error) {
	if s := w.sessions[arn]; s != nil {
		return s, nil // as muster writes it, which is nearly always
	}
	if s := w.sessions[w.settings.SessionID(arn)]; s != nil {
		return s, nil
	}
	return nil, refuse(ErrNotFound, "game session %s does not exist", arn)
}

// UpdateGameSession changes what is set. Properties are added to those the
// session has.
type UpdateGameSession struct {
	ID         string // ARN
	Name       *string
	Maximum    *int
	Policy     *string
	Protection *string
	Properties map[string]string
}

// Decide implements Command. Errors: ErrNotFound; ErrSessionStatus once the session
// is ending; ErrInvalidRequest for a maximum below the slots taken or too many
// properties.
func (c UpdateGameSession) Decide(t *Turn) (GameSession, error) {
	s, err := t.session(c.ID)
	if err != nil {
		return GameSession{}, t.endedLongAgo(c.ID, err)
	}
	if s.Status != SessionActive && s.Status != SessionActivating {
		return GameSession{}, refuse(ErrSessionStatus, "game session %s is %s and cannot be updated", s.ID, s.Status)
	}
	e := SessionUpdated{ID: s.ID, Name: s.Name, Maximum: s.Maximum, Policy: s.Policy, Protection: s.Protection, Properties: s.Properties}
	set(&e.Name, c.Name)
	set(&e.Maximum, c.Maximum)
	set(&e.Policy, c.Policy)
	set(&e.Protection, c.Protection)
	if len(c.Properties) > 0 {
		e.Properties = make(map[string]string, len(s.Properties)+len(c.Properties))
		maps.Copy(e.Properties, s.Properties)
		maps.Copy(e.Properties, c.Properties)
	}
	if e.Maximum < s.count() {
		return GameSession{}, refuse(ErrInvalidRequest, "MaximumPlayerSessionCount %d is less than the %d player sessions that game session %s has", e.Maximum, s.count(), s.ID)
	}
	if len(e.Properties) > propertyLimit {
		return GameSession{}, refuse(ErrInvalidRequest, "game session %s would have %d game properties: %d is the most", s.ID, len(e.Properties), propertyLimit)
	}
	t.emit(e)
	return s.view(), nil
}

// TerminateGameSession asks the process of a game session to end: the session
// is TERMINATING until it has.
type TerminateGameSession struct{ ID string } // ARN

// Decide implements Command. A session that is TERMINATING already is
// answered as it is. Errors: ErrNotFound; ErrSessionStatus once it has ended.
func (c TerminateGameSession) Decide(t *Turn) (GameSession, error) {
	s, err := t.session(c.ID)
	if err != nil {
		return GameSession{}, t.endedLongAgo(c.ID, err)
	}
	if !s.live() {
		return GameSession{}, refuse(ErrSessionStatus, "game session %s has ended: it is %s", s.ID, s.Status)
	}
	if p := t.processes[s.Key()]; p.Status == ProcessEnding && s.Reason == "" {
		t.emit(SessionTerminationBegan{ID: s.ID, Reason: TriggeredOnTerminate})
	} else {
		t.terminateProcess(p, "game session terminated", TriggeredOnTerminate)
	}
	return s.view(), nil
}

// hosted finds the game session that a process hosts. Errors: ErrNotFound,
// ErrConflict; ErrInvalidRequest for a session that is not the process's own.
func (t *Turn) hosted(key ProcessKey, id string) (*session, error) {
	p, err := t.liveProcess(key)
	if err != nil {
		return nil, err
	}
	s, err := t.session(id)
	if err != nil || p.Session != s.ID {
		return nil, refuse(ErrNotFound, "server process %s does not host game session %s", key.Process, id)
	}
	return s, nil
}

// ActivateGameSession is the SDK's call of that name. Doing it again changes
// nothing.
type ActivateGameSession struct {
	Process ProcessKey
	ID      string // ARN
}

// Decide implements Command. Errors: ErrNotFound, ErrConflict; ErrSessionStatus when
// the session is ending.
func (c ActivateGameSession) Decide(t *Turn) (GameSession, error) {
	s, err := t.hosted(c.Process, c.ID)
	if err != nil {
		return GameSession{}, err
	}
	switch s.Status {
	case SessionActivating:
		t.emit(SessionActivated{ID: s.ID})
	case SessionActive:
	default:
		return GameSession{}, refuse(ErrSessionStatus, "game session %s is %s and cannot be activated", s.ID, s.Status)
	}
	return s.view(), nil
}

// SetPlayerPolicy is the SDK's UpdatePlayerSessionCreationPolicy. It gates
// new reservations only.
type SetPlayerPolicy struct {
	Process ProcessKey
	ID      string // ARN
	Policy  string // AcceptAll or DenyAll
}

// Decide implements Command. Errors: ErrNotFound, ErrConflict, ErrInvalidRequest.
func (c SetPlayerPolicy) Decide(t *Turn) (struct{}, error) {
	s, err := t.hosted(c.Process, c.ID)
	if err != nil {
		return struct{}{}, err
	}
	if c.Policy != AcceptAll && c.Policy != DenyAll {
		return struct{}{}, refuse(ErrInvalidRequest, "player session policy %q: it is %s or %s", c.Policy, AcceptAll, DenyAll)
	}
	t.emit(SessionUpdated{ID: s.ID, Name: s.Name, Maximum: s.Maximum, Policy: c.Policy, Protection: s.Protection, Properties: s.Properties})
	return struct{}{}, nil
}

// doc returns what a search can see of the session.
func (s *GameSession) doc() search.Doc {
	return search.Doc{
		ID: s.ID, Name: s.Name, Location: s.Location, Properties: s.Properties,
		Maximum: s.Maximum, Players: s.Players, Created: int64(s.Created),
	}
}

func (s *session) doc() search.Doc {
	d := s.GameSession.doc()
	d.Players = s.count()
	return d
}
