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

const (
	pieceSize = 1 << 16 // about how many bytes of a snapshot are read at once
	leastItem = 1 << 7  // about how many the shortest entity takes
)

// A Piece of a snapshot as it was written: the header, which comes first, or
// some entities.
type Piece struct {
	head bool
	data []byte
}

// A Part is what a Piece says.
type Part struct {
	head  *header
	items []item
}

// Pieces cuts a snapshot up. Each piece can be read by itself, also while
// others are. Errors: ErrCorrupt.
func Pieces(in io.Reader) iter.Seq2[Piece, error] {
	return func(yield func(Piece, error) bool) {
		dec := decoding.NewDecoder(bufio.NewReaderSize(in, pieceSize))
		for p := (Piece{head: true}); ; p = (Piece{}) {
			err := p.cut(dec)
			if len(p.data) > 0 && !yield(p, nil) {
				return
			}
			if err != nil {
				if err != io.EOF {
					yield(Piece{}, fmt.Errorf("snapshot: %w", decodeError(err)))
				}
				return
			}
		}
	}
}

// cut takes as many whole items as fit a piece; of a header there is one.
// io.EOF means that there are no more.
func (p *Piece) cut(dec *cbor.Decoder) error {
	var one cbor.RawMessage
	p.data = make([]byte, 0, pieceSize+pieceSize/8)
	for len(p.data) < pieceSize {
		if err := dec.Decode(&one); err != nil {
			return err
		}
		if p.data = append(p.data, one...); p.head {
			return nil
		}
	}
	return nil
}

// Read reads a piece. Errors: ErrVersion, ErrCorrupt.
func (p Piece) Read() (Part, error) {
	if p.head {
		head, err := decode[header](p.data)
		if err == nil {
			err = checkVersion("snapshot", head.Version)
		}
		return Part{head: &head}, err
	}
	items := make([]item, 0, len(p.data)/leastItem)
	for rest := p.data; len(rest) > 0; {
		var i item
		var err error
		if rest, err = decoding.UnmarshalFirst(rest, &i); err != nil {
			return Part{}, fmt.Errorf("snapshot item: %w", decodeError(err))
		}
		items = append(items, i)
	}
	return Part{items: items}, nil
}

// Restore fills an empty world from the parts of a snapshot, in their order.
// After an error the world is of no use. Errors: those of parts; ErrCorrupt.
func (w *World) Restore(parts iter.Seq2[Part, error]) error {
	whole := false
	for p, err := range parts {
		if err != nil {
			return err
		}
		if p.head != nil {
			w.restoreHeader(p.head)
		}
		for _, i := range p.items {
			if err := check(!whole, "snapshot goes on after its end: %w", ErrCorrupt); err != nil {
				return err
			}
			if whole = i.Last; !whole {
				if err := w.restoreItem(i); err != nil {
					return fmt.Errorf("snapshot item: %w", err)
				}
			}
		}
	}
	if err := check(whole, "snapshot ends early: %w", ErrCorrupt); err != nil {
		return err
	}
	w.restoreOrder()
	if err := w.checkEntities(); err != nil {
		return fmt.Errorf("snapshot: %w: %w", ErrCorrupt, err)
	}
	return nil
}

func (w *World) restoreHeader(h *header) {
	w.serial, w.stamp = h.Serial, h.At
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
	w.processRoster.reserve(room(h.Processes))
	w.sessionRoster.reserve(room(h.Sessions))
	w.playerRoster.reserve(room(h.Players))
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
		w.addProcess(i.Process)
	case i.Session != nil && w.sessions[i.Session.ID] == nil:
		w.addSession(i.Session)
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
	byIdle := func(a, b *process) int { return cmp.Compare(a.IdleOrder, b.IdleOrder) }
	for _, p := range slices.SortedFunc(maps.Values(w.processes), byIdle) {
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
