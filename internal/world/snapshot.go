package world

import (
	"bufio"
	"cmp"
	"errors"
	"fmt"
	"io"
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
	head := header{Version: Version, At: at, Serial: w.serial, Locations: w.Locations(), Aliases: w.Aliases(), Tags: w.tags}
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
				if !yield(item{Compute: &f.computes[name].Compute}) {
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
			if !yield(item{Player: &p.PlayerSession}) {
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

// Restore fills an empty world from a snapshot and returns when its last
// commit was. Errors: ErrVersion, ErrCorrupt.
func (w *World) Restore(in io.Reader) (Instant, error) {
	dec := decoding.NewDecoder(bufio.NewReaderSize(in, 1<<16))
	var head header
	if err := dec.Decode(&head); err != nil {
		return 0, fmt.Errorf("snapshot header: %w: %w", ErrCorrupt, err)
	}
	if head.Version != Version {
		return 0, fmt.Errorf("snapshot of version %d: %w", head.Version, ErrVersion)
	}
	w.serial = head.Serial
	for _, l := range head.Locations {
		w.locations[l.Name] = &l
	}
	for _, a := range head.Aliases {
		w.aliases[a.ID] = &a
	}
	if head.Tags != nil {
		w.tags = head.Tags
	}
	if err := w.restoreItems(dec); err != nil {
		return 0, err
	}
	w.restoreOrder()
	return head.At, nil
}

func (w *World) restoreItems(dec *cbor.Decoder) error {
	for {
		var i item
		if err := dec.Decode(&i); errors.Is(err, io.EOF) || err != nil {
			return fmt.Errorf("snapshot item: %w: %w", ErrCorrupt, err)
		}
		if i.Last {
			return nil
		}
		if err := w.restoreItem(i); err != nil {
			return err
		}
	}
}

func (w *World) restoreItem(i item) error {
	switch {
	case i.Fleet != nil:
		f := newFleet(i.Fleet.Fleet)
		f.log, f.creatorsSwept = i.Fleet.Log, i.Fleet.Swept
		if i.Fleet.Creators != nil {
			f.creators = i.Fleet.Creators
		}
		w.fleets[f.ID] = f
	case i.Compute != nil:
		f := w.fleets[i.Compute.Fleet]
		if f == nil {
			return fmt.Errorf("snapshot: compute of unknown fleet %s: %w", i.Compute.Fleet, ErrCorrupt)
		}
		f.computes[i.Compute.Name] = &compute{Compute: *i.Compute}
	case i.Process != nil:
		w.addProcess(&process{Process: *i.Process})
	case i.Session != nil:
		s := &session{GameSession: *i.Session}
		w.addSession(s)
	case i.Player != nil:
		s := w.sessions[i.Player.Session]
		if s == nil {
			return fmt.Errorf("snapshot: player session of unknown game session %s: %w", i.Player.Session, ErrCorrupt)
		}
		w.addPlayer(&player{PlayerSession: *i.Player, session: s})
	}
	return nil
}

// restoreOrder rebuilds what follows from the entities together.
func (w *World) restoreOrder() {
	for _, p := range bySerial(w.processes, func(p *process) uint64 { return p.IdleOrder }) {
		w.restoreIdle(p)
	}
	for _, p := range byEnd(bySerial(w.processes, processSerial), func(p *process) Instant { return p.ForgetAt }) {
		w.tails.processes.push(p)
	}
	for _, s := range w.sessions {
		w.index(s)
	}
	for _, s := range byEnd(bySerial(w.sessions, sessionSerial), func(s *session) Instant { return s.Ended }) {
		w.tails.sessions.push(s)
	}
	for _, p := range byEnd(bySerial(w.players, playerSerial), func(p *player) Instant { return p.Ended }) {
		w.tails.players.push(p)
	}
}

// byEnd keeps those of a list that have ended, longest ended first.
func byEnd[E any](list []E, end func(E) Instant) []E {
	list = slices.DeleteFunc(list, func(e E) bool { return end(e) == 0 })
	slices.SortStableFunc(list, func(a, b E) int { return cmp.Compare(end(a), end(b)) })
	return list
}

// restoreIdle queues p in the place that it had.
func (w *World) restoreIdle(p *process) {
	order, serial := p.IdleOrder, w.serial
	w.queueIdle(p)
	p.IdleOrder, w.serial = order, serial
}
