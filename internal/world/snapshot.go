package world

import (
	"bufio"
	"errors"
	"io"
	"iter"
	"slices"
	"strings"
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

// An item is one of its fields; Last closes the snapshot. A process or a session
// is written as the Process or the GameSession in it, and read to be entered as
// it is.
type item struct {
	Fleet   *fleetItem     `cbor:"1,keyasint,omitempty"`
	Compute *Compute       `cbor:"2,keyasint,omitempty"`
	Process *process       `cbor:"3,keyasint,omitempty"`
	Session *session       `cbor:"4,keyasint,omitempty"`
	Player  *PlayerSession `cbor:"5,keyasint,omitempty"`
	Last    bool           `cbor:"6,keyasint,omitempty"`
}

type fleetItem struct {
	Fleet    Fleet                `cbor:"1,keyasint"`
	Log      []FleetEvent         `cbor:"2,keyasint,omitempty"`
	Creators map[string][]Instant `cbor:"3,keyasint,omitempty"`
	Swept    Instant              `cbor:"4,keyasint,omitempty"`
}

// Write writes the world as it is, which must not change meanwhile, as a
// snapshot. Errors: those of out.
func (w *World) Write(out io.Writer) error {
	return w.picture().Write(out, 256, func(read func()) error { read(); return nil })
}

// Write writes the snapshot, once. It looks at the world in reading, at so many
// entities at a time: meanwhile the world must not change, in between it may.
// Errors: those of out and of reading.
func (s *Snapshot) Write(out io.Writer, entities int, reading func(func()) error) error {
	if s.begun {
		return errors.New("this snapshot has been written before")
	}
	s.begun = true
	buffered := bufio.NewWriterSize(out, 1<<16)
	enc := encoding.NewEncoder(buffered)
	if err := enc.Encode(s.head); err != nil {
		return err
	}
	for i, err := range s.items(entities, reading) {
		if err != nil {
			return err
		}
		if err := enc.Encode(i); err != nil {
			return err
		}
	}
	return buffered.Flush()
}

// items yields all that comes after the header.
func (s *Snapshot) items(entities int, reading func(func()) error) iter.Seq2[*item, error] {
	return func(yield func(*item, error) bool) {
		for _, f := range s.fleets {
			if !f.items(yield) {
				return
			}
		}
		for from := range shelves {
			batch := make([]item, 0, entities)
			for more := true; more; {
				if err := reading(func() { batch, more = s.take(from, batch) }); err != nil {
					yield(nil, err)
					return
				}
				for i := range batch {
					if !yield(&batch[i], nil) {
						return
					}
				}
			}
		}
		yield(&item{Last: true}, nil)
	}
}

// items yields the fleet and its computes, and returns whether to go on.
func (f *frozenFleet) items(yield func(*item, error) bool) bool {
	if !yield(&item{Fleet: &f.fleetItem}, nil) {
		return false
	}
	slices.SortFunc(f.computes, func(a, b Compute) int { return strings.Compare(a.Name, b.Name) })
	for i := range f.computes {
		if !yield(&item{Compute: &f.computes[i]}, nil) {
			return false
		}
	}
	return true
}
