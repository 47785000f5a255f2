package world

import "github.com/musterhq/muster/internal/search"

// A Trail leads back to the moment when it began, as far as searches go: it
// tells what they would have found then of all that has changed since. It is not
// part of the state.
type Trail struct {
	before []trace
	lost   bool // it does not lead back: too much has changed, or what says where to search
}

// A trace is a game session before its first change on a trail.
type trace struct {
	session GameSession
	there   bool // it could be found
}

// trailLimit is how many game sessions a trail keeps in mind. It is lost when
// there are more: to sift them would take longer than to wait.
const trailLimit = 512

// Follow begins a trail, and ends the one before.
func (w *World) Follow() *Trail {
	w.trail = &Trail{}
	w.trails++
	return w.trail
}

// trace comes before every change of what a search can find of s.
func (w *World) trace(s *session) {
	switch t := w.trail; {
	case t == nil || t.lost || s.trail == w.trails:
	case len(t.before) == trailLimit:
		*t = Trail{lost: true}
	default:
		s.trail = w.trails
		t.before = append(t.before, trace{s.view(), s.Status == SessionActive})
	}
}

// moves says whether an event may change what says where to search: locations,
// fleets and aliases.
func moves(k kind) bool { return k <= kindAliasDeleted && k != kindFleetLogged }

// traces are what trails tell of the game sessions of one fleet, by id.
type traces map[string]*trace

// back follows trails, the oldest first.
func back(trails []*Trail, fleet string) (was traces) {
	for _, t := range trails {
		for i := range t.before {
			s := &t.before[i]
			if s.session.Fleet != fleet || was[s.session.ID] != nil {
				continue
			}
			if was == nil {
				was = traces{}
			}
			was[s.session.ID] = s
		}
	}
	return was
}

// versions are the traces as a search sees them.
func (ts traces) versions() []search.Version {
	var versions []search.Version
	for id, t := range ts {
		v := search.Version{ID: id}
		if t.there {
			v.Doc = new(t.session.doc())
		}
		versions = append(versions, v)
	}
	return versions
}
