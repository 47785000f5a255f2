package world

import "github.com/musterhq/muster/internal/search"

// A World is the whole state. Its methods that read may run together; Execute,
// Apply, Restore, Freeze and Follow need it alone.
type World struct {
	settings Settings

	// Serial numbers order everything that was ever created. The last one
	// given out is part of the state.
	serial uint64

	locations map[string]*Location
	fleets    map[string]*fleet
	aliases   map[string]*Alias
	tags      map[string]map[string]string // by resource: "fleet/fleet-1", "alias/alias-1", "location/custom-1"
	processes map[ProcessKey]*process
	sessions  map[string]*session
	players   map[string]*player
	byPlayer  map[string][]*player // by PlayerId, in order of creation
	tokens    map[string]*session  // by fleet and idempotency token

	timers timers
	tails  tails

	// What may be many, in order of creation.
	processRoster roster[*process]
	sessionRoster roster[*session]
	playerRoster  roster[*player]

	stamp     Instant     // of the last commit
	snapshots []*Snapshot // that are not closed
	trail     *Trail      // the one that is followed, if any
	trails    uint64      // how many have begun

	unindexed bool // fleets have no search index, see Index
}

// New returns an empty world.
func New(s Settings) *World {
	return &World{
		settings:  s.WithDefaults(),
		locations: map[string]*Location{},
		fleets:    map[string]*fleet{},
		aliases:   map[string]*Alias{},
		tags:      map[string]map[string]string{},
		processes: map[ProcessKey]*process{},
		sessions:  map[string]*session{},
		players:   map[string]*player{},
		byPlayer:  map[string][]*player{},
		tokens:    map[string]*session{},
	}
}

// Unindexed returns an empty world to restore and replay into. It cannot be
// searched until Index is called: to index all game sessions together takes a
// fraction of the time.
func Unindexed(s Settings) *World {
	w := New(s)
	w.unindexed = true
	return w
}

// Index makes the game sessions of an unindexed world findable, from then on.
func (w *World) Index() {
	w.unindexed = false
	for _, f := range w.fleets {
		docs := make([]search.Doc, 0, f.sessions.len())
		for _, s := range f.sessions.after(0) {
			if s != nil && s.Status == SessionActive {
				docs = append(docs, s.doc())
			}
		}
		f.index = search.Index{}
		f.index.Fill(docs)
	}
}

// Settings returns the settings the world decides with, defaults filled in.
func (w *World) Settings() Settings { return w.settings }

// Stamp returns when the last commit was.
func (w *World) Stamp() Instant { return w.stamp }

func (w *World) nextSerial() uint64 {
	w.serial++
	return w.serial
}

// An Event is one change of state. Events are plain values: never changed
// once emitted, and encodable (see codec.go).
type Event interface {
	kind() kind
	apply(w *World, at Instant)
}

// Apply applies the events of one command, stamped at. It is how a journal is
// replayed; Execute has already applied the events it returns.
func (w *World) Apply(at Instant, events []Event) {
	for _, e := range events {
		w.apply(at, e)
	}
}

func (w *World) apply(at Instant, e Event) {
	w.stamp = max(w.stamp, at)
	if w.trail != nil && moves(e.kind()) {
		*w.trail = Trail{lost: true}
	}
	e.apply(w, at)
}

// A Command is something asked of the world: a plain value, decided in a
// Turn, answered with an A. A command that returns an error has emitted
// nothing. Once decided, what it refers to belongs to its events.
type Command[A any] interface {
	Decide(t *Turn) (A, error)
}

// An Outcome is what a command did.
type Outcome struct {
	Events  []Event
	Archive []Record // what leaves memory by these events, to be made durable with them

	// Patient says that only the caller waits for this, and not in a hurry: a
	// health report that changes nothing. It may be made durable together with
	// what comes in the next moments.
	Patient bool
}

// A Record is an ended entity on its way to the archive, or back from it.
type Record struct {
	Key     string   // unique
	Refs    []string // what it can be listed under
	Order   int64    // order of listing: the serial number
	Expires int64    // Unix milliseconds
	Data    []byte
}

// A Past answers from the archive. Known is false when the key has not been
// looked up; a nil record that is known is not in the archive.
type Past map[string]*Record

// A Recall is the error of a command that needs to know of the past: look Key
// up in the archive and decide the command again with the answer.
type Recall struct{ Key string }

func (r *Recall) Error() string { return "needs archived record " + r.Key }

// A Turn is the deciding of one command.
type Turn struct {
	*World
	At      Instant
	past    Past
	outcome Outcome
}

// Execute decides c at the given instant and applies what it emits.
func Execute[A any](w *World, at Instant, past Past, c Command[A]) (A, Outcome, error) {
	t := &Turn{World: w, At: at, past: past}
	answer, err := c.Decide(t)
	if err != nil {
		if len(t.outcome.Events) > 0 {
			panic("world: a refused command has emitted events")
		}
		var none A
		return none, Outcome{}, err
	}
	return answer, t.outcome, nil
}

func (t *Turn) emit(e Event) {
	t.apply(t.At, e)
	t.outcome.Events = append(t.outcome.Events, e)
}

func (t *Turn) archive(r Record) { t.outcome.Archive = append(t.outcome.Archive, r) }

// expiry is when a record expires that is archived now.
func (t *Turn) expiry() int64 { return int64(t.At.Add(t.settings.Retention)) }

func (t *Turn) recall(key string) (*Record, error) {
	if r, known := t.past[key]; known {
		return r, nil
	}
	return nil, &Recall{key}
}
