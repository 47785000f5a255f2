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

// Restore fills an empty world from a snapshot. After an error the world is of
// no use. Errors: those of parts; ErrCorrupt.
func (w *World) Restore(parts iter.Seq2[Part, error]) error {
	for p, err := range parts {
		switch {
		case err != nil:
			return err
		case p.head != nil:
			w.restoreHeader(p.head)
		case !p.Last:
			if err := w.restoreItem(p.item); err != nil {
				return fmt.Errorf("snapshot item: %w", err)
			}
		}
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
