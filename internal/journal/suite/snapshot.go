package suite

import (
	"bytes"
	"errors"
	"io"
	"slices"

	"github.com/musterhq/muster/internal/journal"
)

var snapshotTests = []test{
	{"snapshot/save", testSave},
	{"snapshot/empty", testSaveEmpty},
	{"snapshot/drops blocks", testDrops},
	{"snapshot/number", testSnapshotNumber},
	{"snapshot/failed", testFailedSnapshot},
	{"snapshot/appends go on", testAppendWhileSaving},
	{"snapshot/reader outlives it", testSnapshotReader},
}

// pattern is n bytes in which a lost or doubled piece shows.
func pattern(n int) []byte {
	p := make([]byte, n)
	x := uint32(n)
	for i := range p {
		x = x*1664525 + 1013904223
		p[i] = byte(x >> 24)
	}
	return p
}

func testSave(b *bench) {
	j := b.open()
	b.fill(j, "one", "two", "three")
	big := pattern(5 << 20)
	b.save(j, 2, big)
	b.wantSnapshot(j, 2, big)
	b.wantRead(j, 3, "three")
	j = b.reopen(j)
	b.wantSnapshot(j, 2, big)
	b.wantRead(j, 3, "three")
	b.save(j, 2, []byte("better"))
	b.wantSnapshot(j, 2, []byte("better"))
	b.save(j, 3, []byte("newer"))
	b.wantSnapshot(b.reopen(j), 3, []byte("newer"))
}

func testSaveEmpty(b *bench) {
	j := b.open()
	b.fill(j, "one")
	b.save(j, 1, nil)
	s, err := b.reopen(j).LoadSnapshot(b.Context())
	b.must(err)
	if s.Seq != 1 || s.Size != 0 {
		b.Fatalf("an empty snapshot is not there: %+v", s)
	}
	b.must(s.Close())
}

// However many blocks were dropped, the numbers go on.
func testDrops(b *bench) {
	j := b.open()
	for seq := uint64(1); seq <= 12; seq++ {
		b.fill(j, "block")
		if seq%4 == 0 {
			b.save(j, seq, []byte("snapshot"))
		}
	}
	if _, err := read(b.Context(), j, 1); !errors.Is(err, journal.ErrGone) {
		b.Errorf("read of block 1 after three snapshots: %v, want ErrGone", err)
	}
	j = b.reopen(j)
	if last := b.last(j); last != 12 {
		b.Errorf("last is %d after the blocks were dropped, want 12", last)
	}
	b.wantRead(j, 13)
	if err := j.Append(b.Context(), journal.Block{Seq: 1}); !errors.Is(err, journal.ErrConflict) {
		b.Errorf("append of block 1 after 12: %v, want ErrConflict", err)
	}
	b.fill(j, "thirteen")
	b.wantRead(j, 13, "thirteen")
}

func testSnapshotNumber(b *bench) {
	j := b.open()
	b.fill(j, "one", "two", "three")
	b.save(j, 2, []byte("two"))
	for _, seq := range []uint64{0, 1, 4, 1<<64 - 1} {
		if err := j.SaveSnapshot(b.Context(), seq, writing([]byte("wrong"))); err == nil {
			b.Errorf("a snapshot at %d was taken, with one at 2 and 3 blocks", seq)
		}
	}
	b.wantSnapshot(j, 2, []byte("two"))
	b.wantRead(j, 3, "three")
}

func testFailedSnapshot(b *bench) {
	j := b.open()
	b.fill(j, "one", "two")
	b.save(j, 1, []byte("good"))
	broken := errors.New("broken")
	err := j.SaveSnapshot(b.Context(), 2, func(w io.Writer) error {
		if _, err := w.Write(pattern(1 << 20)); err != nil {
			return err
		}
		return broken
	})
	if !errors.Is(err, broken) {
		b.Errorf("save answers %v, want the error of write", err)
	}
	b.wantSnapshot(j, 1, []byte("good"))
	j = b.reopen(j)
	b.wantSnapshot(j, 1, []byte("good"))
	b.wantRead(j, 2, "two")
	b.save(j, 2, []byte("again"))
	b.wantSnapshot(j, 2, []byte("again"))
}

func testAppendWhileSaving(b *bench) {
	j := b.open()
	b.fill(j, "one")
	b.must(j.SaveSnapshot(b.Context(), 1, func(w io.Writer) error {
		b.fill(j, "two")
		b.file(j, journal.Record{Key: "a", Refs: []string{"r"}, Expires: 1})
		b.wantRecord(j, journal.Record{Key: "a", Refs: []string{"r"}, Expires: 1})
		b.wantSnapshot(j, 0, nil)
		if n, err := j.Trim(b.Context(), 1, 1); n != 1 || err != nil {
			b.Errorf("trim while saving: %d, %v", n, err)
		}
		_, err := w.Write([]byte("snapshot"))
		return err
	}))
	b.wantSnapshot(j, 1, []byte("snapshot"))
	b.wantRead(j, 2, "two", "")
}

func testSnapshotReader(b *bench) {
	j := b.open()
	b.fill(j, "one", "two", "three")
	old := pattern(1 << 20)
	b.save(j, 1, old)
	s, err := j.LoadSnapshot(b.Context())
	b.must(err)
	b.save(j, 2, []byte("two"))
	b.save(j, 3, []byte("three"))
	got, err := io.ReadAll(s)
	b.must(err)
	b.must(s.Close())
	if s.Seq != 1 || s.Size != int64(len(old)) || !bytes.Equal(got, old) {
		b.Errorf("a snapshot opened before newer ones reads %d bytes, want %d", len(got), len(old))
	}
	if !slices.Equal(b.read(j, 4), nil) {
		b.Error("blocks after the last")
	}
}
