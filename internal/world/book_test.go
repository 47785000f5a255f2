package world_test

import (
	"maps"
	"slices"

	"pgregory.net/rapid"

	"github.com/musterhq/muster/internal/world"
)

// A book follows game sessions and their players from the events alone, in
// the plainest way, and says where the world differs.
type book struct {
	sessions map[string]*entry
	seats    map[string]*seat            // by player session
	hosts    map[world.ProcessKey]string // game session by process
	tokens   map[string]string           // game session by fleet and token
}

type entry struct {
	maximum int
	ended   bool
	host    world.ProcessKey
}

type seat struct {
	session string
	taken   bool
}

func newBook() book {
	return book{map[string]*entry{}, map[string]*seat{}, map[world.ProcessKey]string{}, map[string]string{}}
}

// taken counts the seats of a game session that are taken.
func (b *book) taken(session string) int {
	n := 0
	for _, s := range b.seats {
		if s.session == session && s.taken {
			n++
		}
	}
	return n
}

func (b *book) note(t *rapid.T, e world.Event) {
	switch e := e.(type) {
	case world.SessionCreated:
		b.open(t, e.Session)
	case world.SessionUpdated:
		b.sessions[e.ID].maximum = e.Maximum
	case world.SessionEnded:
		b.sessions[e.ID].ended = true
		delete(b.hosts, b.sessions[e.ID].host)
		for _, s := range b.seats {
			if s.session == e.ID {
				s.taken = false
			}
		}
	case world.PlayersReserved:
		for _, p := range e.Players {
			if b.seats[p.ID] != nil || b.sessions[e.Session].ended {
				t.Fatalf("player session %s is reserved twice, or in a session that has ended", p.ID)
			}
			b.seats[p.ID] = &seat{e.Session, true}
		}
		if n := b.taken(e.Session); n > b.sessions[e.Session].maximum {
			t.Fatalf("%d seats of %d are sold", n, b.sessions[e.Session].maximum)
		}
	case world.PlayerAccepted:
		if !b.seats[e.ID].taken {
			t.Fatalf("player session %s is accepted after its end", e.ID)
		}
	case world.PlayerEnded:
		if !b.seats[e.ID].taken {
			t.Fatalf("player session %s ends twice", e.ID)
		}
		b.seats[e.ID].taken = false
	case world.ProcessGone:
		if b.hosts[e.Key] != "" {
			t.Fatalf("process %s is gone, its game session goes on", e.Key.Process)
		}
	}
}

func (b *book) open(t *rapid.T, s world.GameSession) {
	if b.sessions[s.ID] != nil {
		t.Fatalf("game session %s is created twice", s.ID)
	}
	if other := b.hosts[s.Key()]; other != "" {
		t.Fatalf("process %s gets %s while it hosts %s", s.Process, s.ID, other)
	}
	if s.Token != "" {
		if b.tokens[s.Fleet+" "+s.Token] != "" {
			t.Fatalf("token %s makes a second game session", s.Token)
		}
		b.tokens[s.Fleet+" "+s.Token] = s.ID
	}
	b.sessions[s.ID] = &entry{maximum: s.Maximum, host: s.Key()}
	b.hosts[s.Key()] = s.ID
}

// created checks the answer to a CreateGameSession.
func (b *book) created(t *rapid.T, token string, s world.GameSession) {
	if e := b.sessions[s.ID]; e == nil {
		t.Fatalf("%s was never created", s.ID)
	}
	if token != "" && b.tokens[s.Fleet+" "+token] != s.ID {
		t.Fatalf("token %s answers %s, but made %s", token, s.ID, b.tokens[s.Fleet+" "+token])
	}
}

// check compares the world with the book.
func (b *book) check(t *rapid.T, w *world.World) {
	for _, id := range slices.Sorted(maps.Keys(b.sessions)) {
		s, err := w.GameSession(id)
		ended := err != nil || s.Status == world.SessionTerminated
		switch e := b.sessions[id]; {
		case ended != e.ended:
			t.Fatalf("game session %s: ended %v, %v in the book", id, ended, e.ended)
		case err == nil && (s.Players != b.taken(id) || s.Maximum != e.maximum):
			t.Fatalf("game session %s: %d of %d seats, %d of %d in the book", id, s.Players, s.Maximum, b.taken(id), e.maximum)
		case !ended:
			if p, err := w.Process(s.Key()); err != nil || p.Session != id {
				t.Fatalf("game session %s: its process hosts %q: %v", id, p.Session, err)
			}
		}
	}
	for id, s := range b.seats {
		p, err := w.PlayerSession(id)
		taken := err == nil && (p.Status == world.PlayerReserved || p.Status == world.PlayerActive)
		if taken != s.taken {
			t.Fatalf("player session %s: %s, taken %v in the book", id, p.Status, s.taken)
		}
	}
}

// checkNothingDue looks for a deadline that has passed.
func (b *book) checkNothingDue(t *rapid.T, w *world.World, now world.Instant) {
	passed := func(what, id string, by world.Instant) {
		if by != 0 && by <= now {
			t.Fatalf("%s %s: %d has passed, it is %d", what, id, by, now)
		}
	}
	for id := range b.seats {
		if p, err := w.PlayerSession(id); err == nil {
			passed("player session", id, p.ArchiveAt)
			if p.Status == world.PlayerReserved {
				passed("reservation", id, p.AcceptBy)
			}
		}
	}
	for id := range b.sessions {
		if s, err := w.GameSession(id); err == nil {
			passed("game session", id, s.ArchiveAt)
			if s.Status == world.SessionActivating {
				passed("activation", id, s.ActivateBy)
			}
		}
	}
	for _, f := range w.Fleets() {
		live, _ := w.Processes(f.ID)
		for _, p := range live {
			passed("ready", p.Key.Process, p.ReadyBy)
			passed("reconnect", p.Key.Process, p.ReconnectBy)
			passed("termination", p.Key.Process, p.TerminateBy)
			if p.Conn != "" {
				passed("health", p.Key.Process, p.HealthBy)
			}
		}
	}
}
