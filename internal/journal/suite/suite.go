// Package suite is the conformance suite of package journal: what every
// journal must do, as tests. It is not for the faults of one kind of storage,
// such as a full disk; those belong beside the journal that can meet them.
//
// Start with [Run].
package suite

import (
	"bytes"
	"context"
	"io"
	"slices"
	"testing"

	"github.com/musterhq/muster/internal/journal"
)

// A Storage is one piece of storage, empty at first. The function opens the
// journal on it; after Close it is called again, and what was durable is there.
type Storage func() (journal.Journal, error)

// Run tests journals. fresh makes a storage of its own for each test, and
// leaves nothing behind when the test ends.
func Run(t *testing.T, fresh func(testing.TB) Storage) {
	for _, test := range slices.Concat(logTests, snapshotTests, archiveTests) {
		t.Run(test.name, func(t *testing.T) {
			test.run(&bench{T: t, storage: fresh(t)})
		})
	}
	t.Run("model", func(t *testing.T) { checkModel(t, fresh) })
}

type test struct {
	name string
	run  func(*bench)
}

// A bench is a test with a storage and shorthands that fail it.
type bench struct {
	*testing.T
	storage Storage
}

// open opens the journal until the test ends.
func (b *bench) open() journal.Journal {
	b.Helper()
	j, err := b.storage()
	b.must(err)
	b.Cleanup(func() { b.must(j.Close()) })
	return j
}

// reopen closes j and opens its storage again.
func (b *bench) reopen(j journal.Journal) journal.Journal {
	b.Helper()
	b.must(j.Close())
	return b.open()
}

func (b *bench) must(err error) {
	b.Helper()
	if err != nil {
		b.Fatal(err)
	}
}

// fill appends blocks of the given data after the last one.
func (b *bench) fill(j journal.Journal, data ...string) {
	b.Helper()
	last := b.last(j)
	for i, d := range data {
		b.must(j.Append(b.Context(), journal.Block{Seq: last + uint64(i) + 1, Data: []byte(d)}))
	}
}

// file appends a block that archives the records.
func (b *bench) file(j journal.Journal, rs ...journal.Record) {
	b.Helper()
	b.must(j.Append(b.Context(), journal.Block{Seq: b.last(j) + 1, Archive: rs}))
}

func (b *bench) last(j journal.Journal) uint64 {
	b.Helper()
	last, err := j.Last(b.Context())
	b.must(err)
	return last
}

// read returns the data of the blocks from the number on.
func (b *bench) read(j journal.Journal, from uint64) []string {
	b.Helper()
	data, err := read(b.Context(), j, from)
	b.must(err)
	return data
}

// wantRead checks what is read from the number on.
func (b *bench) wantRead(j journal.Journal, from uint64, want ...string) {
	b.Helper()
	if got := b.read(j, from); !slices.Equal(got, want) {
		b.Fatalf("read from %d: %q, want %q", from, got, want)
	}
}

// wantSnapshot checks which snapshot is in force, and what it holds.
func (b *bench) wantSnapshot(j journal.Journal, seq uint64, content []byte) {
	b.Helper()
	got, data, err := load(b.Context(), j)
	b.must(err)
	if got != seq || !bytes.Equal(data, content) {
		b.Fatalf("snapshot %d of %d bytes, want %d of %d bytes", got, len(data), seq, len(content))
	}
}

// save makes content the snapshot at seq.
func (b *bench) save(j journal.Journal, seq uint64, content []byte) {
	b.Helper()
	b.must(j.SaveSnapshot(b.Context(), seq, writing(content)))
}

// writing writes content in pieces, as an encoder does.
func writing(content []byte) func(io.Writer) error {
	return func(w io.Writer) error {
		for piece := range slices.Chunk(content, 1000) {
			if _, err := w.Write(piece); err != nil {
				return err
			}
		}
		return nil
	}
}

// read returns the data of the blocks from the number on, and checks their numbers.
func read(ctx context.Context, j journal.Journal, from uint64) ([]string, error) {
	var data []string
	for b, err := range j.Read(ctx, from) {
		if err != nil {
			return data, err
		}
		if want := from + uint64(len(data)); b.Seq != want {
			return data, &gapError{got: b.Seq, want: want}
		}
		data = append(data, string(b.Data))
	}
	return data, nil
}

// load returns the snapshot in force; 0 if there is none.
func load(ctx context.Context, j journal.Journal) (uint64, []byte, error) {
	s, err := j.LoadSnapshot(ctx)
	if err != nil || s.Seq == 0 {
		return 0, nil, err
	}
	data, err := io.ReadAll(s)
	if err != nil {
		return 0, nil, err
	}
	return s.Seq, data, s.Close()
}
