package world

import (
	"bufio"
	"cmp"
	"fmt"
	"io"
	"iter"
	"maps"
	"slices"

	"github.com/fxamacker/cbor/v2"
)

// A snapshot is a header and then one item for each entity, so that neither
// writing nor reading one holds more than one item besides the world.
type header struct {
	Version   int                          `cbor:"1,keyasint"`
	At        Instant                      `cbor:"2,keyasint"` // of the last commit
	Serial    uint64                       `cbor:"3,keyasint"`
	Locations []Location                   `cbor:"4,keyasint"`
	Aliases   []Alias                      `cbor:"5,keyasint"`
	Tags      map[string]map[string]string `cbor:"6,keyasint"`

	// How many there are, for maps that need not grow; 0 in older snapshots.
	Processes int `cbor:"7,keyasint,omitempty"`
	Sessions  int `cbor:"8,keyasint,omitempty"`
	Players   int `cbor:"9,keyasint,omitempty"`
}

// An item is one of its fields; Last closes the snapshot.
type item struct {
	Fleet   *fleetItem     `cbor:"1,keyasint,omitempty"`
	Compute *Compute       `cbor:"2,keyasint,omitempty"`
	Process *Process       `cbor:"3,keyasint,omitempty"`
	Session *GameSession   `cbor:"4,keyasint,omitempty"`
	Player  *PlayerSession `cbor:"5,keyasint,omitempty"`
	Last    bool           `cbor:"6,keyasint,omitempty"`
}

type fleetItem struct {
	Fleet    Fleet                `cbor:"1,keyasint"`
	Log      []FleetEvent         `cbor:"2,keyasint,omitempty"`
	Creators map[string][]Instant `cbor:"3,keyasint,omitempty"`
	Swept    Instant              `cbor:"4,keyasint,omitempty"`
}

// Snapshot writes the world as it was after the commit stamped at.
func (w *World) Snapshot(out io.Writer, at Instant) error {
	buffered := bufio.NewWriterSize(out, 1<<16)
	enc := encoding.NewEncoder(buffered)
	head := header{
		Version: Version, At: at, Serial: w.serial, Locations: w.Locations(), Aliases: w.Aliases(), Tags: w.tags,
		Processes: len(w.processes), Sessions: len(w.sessions), Players: len(w.players),
	}
	if err := enc.Encode(head); err != nil {
		return err
	}
	for i := range w.items() {
		if err := enc.Encode(i); err != nil {
			return err
		}
	}
	if err := enc.Encode(item{Last: true}); err != nil {
		return err
	}
	return buffered.Flush()
}

// items yields every entity after those that it refers to.
func (w *World) items() func(yield func(item) bool) {
	return func(yield func(item) bool) {
		for _, f := range w.sortedFleets() {
			if !yield(item{Fleet: &fleetItem{f.Fleet, f.log, f.creators, f.creatorsSwept}}) {
				return
			}
			for _, name := range slices.Sorted(maps.Keys(f.computes)) {
				if !yield(item{Compute: f.computes[name]}) {
					return
				}
			}
		}
		for _, p := range bySerial(w.processes, processSerial) {
			if !yield(item{Process: &p.Process}) {
				return
			}
		}
		for _, s := range bySerial(w.sessions, sessionSerial) {
			if !yield(item{Session: &s.GameSession}) {
				return
			}
		}
		for _, p := range bySerial(w.players, playerSerial) {
			if !yield(item{Player: new(p.stored())}) {
				return
			}
		}
	}
}

func processSerial(p *process) uint64 { return p.Serial }
func sessionSerial(s *session) uint64 { return s.Serial }
func playerSerial(p *player) uint64   { return p.Serial }

func bySerial[K comparable, E any](m map[K]E, serial func(E) uint64) []E {
	return slices.SortedFunc(maps.Values(m), func(a, b E) int { return cmp.Compare(serial(a), serial(b)) })
}

// A Part of a snapshot is its header, which comes first, or one entity.
type Part struct {
	head *header
	item
}

// Parts reads a snapshot part by part, for Restore. Reading does not need the
// world, so it may be done ahead of it. Errors: ErrVersion, ErrCorrupt.
func Parts(in io.Reader) iter.Seq2[Part, error] {
	return func(yield func(Part, error) bool) {
		dec := decoding.NewDecoder(bufio.NewReaderSize(in, 1<<16))
		var head header
		if err := readHeader(dec, &head); err != nil {
			yield(Part{}, fmt.Errorf("snapshot header: %w", err))
			return
		}
		for p := (Part{head: &head}); yield(p, nil) && !p.Last; {
			p = Part{}
			if err := decodeError(dec.Decode(&p.item)); err != nil {
				yield(Part{}, fmt.Errorf("snapshot item: %w", err))
				return
			}
		}
	}
}

func readHeader(dec *cbor.Decoder, h *header) error {
	if err := decodeError(dec.Decode(h)); err != nil {
		return err
	}
	return checkVersion("snapshot", h.Version)
}

// Restore fills an empty world from a snapshot and returns when its last
// commit was. After an error the world is of no use. Errors: those of parts;
// ErrCorrupt.
func (w *World) Restore(parts iter.Seq2[Part, error]) (at Instant, err error) {
	for p, err := range parts {
		switch {
		case err != nil:
			return 0, err
		case p.head != nil:
			w.restoreHeader(p.head)
			at = p.head.At
		case !p.Last:
			if err := w.restoreItem(p.item); err != nil {
				return 0, fmt.Errorf("snapshot item: %w", err)
			}
		}
	}
	w.restoreOrder()
	if err := w.checkEntities(); err != nil {
		return 0, fmt.Errorf("snapshot: %w: %w", ErrCorrupt, err)
	}
	return at, nil
}

func (w *World) restoreHeader(h *header) {
	w.serial = h.Serial
	for _, l := range h.Locations {
		w.locations[l.Name] = &l
	}
	for _, a := range h.Aliases {
		w.aliases[a.ID] = &a
	}
	if h.Tags != nil {
		w.tags = h.Tags
	}
	w.processes = make(map[ProcessKey]*process, room(h.Processes))
	w.sessions = make(map[string]*session, room(h.Sessions))
	w.players = make(map[string]*player, room(h.Players))
	w.byPlayer = make(map[string][]*player, room(h.Players))
	w.timers.heap = make([]deadline, 0, room(h.Processes)+room(h.Players))
}

// room is how much to make ready for n entities, if there are that many.
func room(n int) int { return min(max(n, 0), 1<<20) }

// restoreItem enters an entity, once. What it refers to has come before it.
func (w *World) restoreItem(i item) error {
	entered := true
	switch {
	case i.Fleet != nil && w.fleets[i.Fleet.Fleet.ID] == nil:
		w.restoreFleet(i.Fleet)
	case i.Compute != nil && w.fleets[i.Compute.Fleet] != nil:
		w.fleets[i.Compute.Fleet].computes[i.Compute.Name] = i.Compute
	case i.Process != nil && w.processes[i.Process.Key] == nil:
		w.addProcess(&process{Process: *i.Process})
	case i.Session != nil && w.sessions[i.Session.ID] == nil:
		w.addSession(&session{GameSession: *i.Session})
	case i.Player != nil && w.players[i.Player.ID] == nil && w.sessions[i.Player.Session] != nil:
		w.restorePlayer(i.Player)
	default:
		entered = false
	}
	return check(entered, "of no kind, there already, or of an unknown fleet or game session: %w", ErrCorrupt)
}

func (w *World) restorePlayer(i *PlayerSession) {
	w.addPlayer(&player{
		ID: i.ID, Serial: i.Serial, Player: i.Player, Data: i.Data, Status: i.Status, Created: i.Created, Ended: i.Ended,
		AcceptBy: i.AcceptBy, Accepted: i.Accepted, ArchiveAt: i.ArchiveAt, session: w.sessions[i.Session],
	})
}

func (w *World) restoreFleet(i *fleetItem) {
	f := newFleet(i.Fleet)
	f.log, f.creatorsSwept = i.Log, i.Swept
	if i.Creators != nil {
		f.creators = i.Creators
	}
	w.fleets[f.ID] = f
}

// restoreOrder rebuilds what follows from the entities together.
func (w *World) restoreOrder() {
	for _, p := range bySerial(w.processes, func(p *process) uint64 { return p.IdleOrder }) {
		w.restoreIdle(p)
	}
	w.tails.processes.queue = byEnd(w.processes)
	w.tails.sessions.queue = byEnd(w.sessions)
	w.tails.players.queue = byEnd(w.players)
	if !w.unindexed {
		w.Index()
	}
}

// byEnd returns those that have ended, longest ended first.
func byEnd[K comparable, E ended](m map[K]E) []E {
	var out []E
	for _, e := range m {
		if e.endedAt() != 0 {
			out = append(out, e)
		}
	}
	slices.SortFunc(out, compareEnd)
	return out
}

// restoreIdle queues p in the place that it had.
func (w *World) restoreIdle(p *process) {
	order, serial := p.IdleOrder, w.serial
	w.queueIdle(p)
	p.IdleOrder, w.serial = order, serial
}
