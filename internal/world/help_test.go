package world_test

import (
	"bytes"
	"errors"
	"iter"
	"testing"

	"github.com/musterhq/muster/internal/world"
)

// epoch is when every test begins.
const epoch world.Instant = 1_700_000_000_000

// An archive is what a journal would keep beside its blocks.
type archive map[string]*world.Record

// execute decides c, with what it needs of the past, and keeps what it
// archives.
func execute[A any](w *world.World, at world.Instant, past archive, c world.Command[A]) (A, world.Outcome, error) {
	known := world.Past{}
	for {
		answer, outcome, err := world.Execute(w, at, known, c)
		var need *world.Recall
		if errors.As(err, &need) {
			if _, again := known[need.Key]; again {
				panic("asked twice for " + need.Key)
			}
			known[need.Key] = nil
			if r := past[need.Key]; r != nil && (r.Expires == 0 || r.Expires > int64(at)) {
				known[need.Key] = r
			}
			continue
		}
		for _, r := range outcome.Archive {
			past[r.Key] = &r
		}
		return answer, outcome, err
	}
}

// snapshot returns the encoding of all of w's state.
func snapshot(t fataler, w *world.World) []byte {
	var b bytes.Buffer
	if err := w.Write(&b); err != nil {
		t.Fatalf("snapshot: %v", err)
	}
	return b.Bytes()
}

// write writes a snapshot and closes it.
func write(t fataler, s *world.Snapshot) []byte {
	var b bytes.Buffer
	defer s.Close()
	if err := s.Write(&b, 100, func(read func()) error { read(); return nil }); err != nil {
		t.Fatalf("snapshot: %v", err)
	}
	return b.Bytes()
}

func restore(t fataler, s world.Settings, data []byte) *world.World {
	w := world.New(s)
	if err := w.Restore(parts(data)); err != nil {
		t.Fatalf("restore: %v", err)
	}
	return w
}

// parts reads a snapshot, one piece after another.
func parts(data []byte) iter.Seq2[world.Part, error] {
	return func(yield func(world.Part, error) bool) {
		for piece, err := range world.Pieces(bytes.NewReader(data)) {
			var part world.Part
			if err == nil {
				part, err = piece.Read()
			}
			if !yield(part, err) {
				return
			}
		}
	}
}

// fataler is what tests, benchmarks and rapid's tests have in common.
type fataler interface {
	Helper()
	Fatalf(format string, args ...any)
}

var _ fataler = testing.TB(nil)
