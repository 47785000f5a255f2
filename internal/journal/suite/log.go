package suite

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"sync"

	"github.com/musterhq/muster/internal/journal"
)

var logTests = []test{
	{"log/empty", testEmpty},
	{"log/append", testAppend},
	{"log/conflict", testConflict},
	{"log/sizes", testSizes},
	{"log/reopen", testReopen},
	{"log/ownership", testOwnership},
	{"log/stop early", testStopEarly},
	{"log/append while reading", testAppendWhileReading},
	{"log/one winner", testOneWinner},
	{"log/canceled", testCanceled},
	{"log/closed", testClosed},
}

// A gapError is a block whose number is not the next one.
type gapError struct{ got, want uint64 }

func (e *gapError) Error() string { return fmt.Sprintf("read block %d, want %d", e.got, e.want) }

func testEmpty(b *bench) {
	j := b.open()
	if last := b.last(j); last != 0 {
		b.Errorf("last is %d in an empty journal", last)
	}
	b.wantRead(j, 1)
	b.wantSnapshot(j, 0, nil)
	if _, ok, err := j.Find(b.Context(), "a"); ok || err != nil {
		b.Errorf("find in an empty journal: %v, %v", ok, err)
	}
	if rs, err := j.List(b.Context(), "a", journal.Cursor{}, 10); len(rs) > 0 || err != nil {
		b.Errorf("list in an empty journal: %v, %v", rs, err)
	}
	if n, err := j.Trim(b.Context(), 1<<60, 10); n != 0 || err != nil {
		b.Errorf("trim of an empty journal: %d, %v", n, err)
	}
}

func testAppend(b *bench) {
	j := b.open()
	b.fill(j, "one", "two", "three")
	if last := b.last(j); last != 3 {
		b.Errorf("last is %d after three blocks", last)
	}
	b.wantRead(j, 1, "one", "two", "three")
	b.wantRead(j, 3, "three")
	b.wantRead(j, 4)
	b.wantRead(j, 400)
}

func testConflict(b *bench) {
	j := b.open()
	b.fill(j, "one", "two")
	for _, seq := range []uint64{0, 1, 2, 4, 1 << 63, 1<<64 - 1} {
		err := j.Append(b.Context(), journal.Block{Seq: seq, Data: []byte("x"), Archive: []journal.Record{{Key: "x"}}})
		if !errors.Is(err, journal.ErrConflict) {
			b.Errorf("append of block %d after 2: %v, want ErrConflict", seq, err)
		}
	}
	b.wantRead(j, 1, "one", "two")
	if _, ok, err := j.Find(b.Context(), "x"); ok || err != nil {
		b.Errorf("a refused block left its record: %v, %v", ok, err)
	}
	b.fill(j, "three")
	b.wantRead(j, 1, "one", "two", "three")
}

func testSizes(b *bench) {
	j := b.open()
	blocks := []string{"", strings.Repeat("k", 64<<10), "\x00\xff", strings.Repeat("m", 3<<20), ""}
	b.fill(j, blocks...)
	b.wantRead(b.reopen(j), 1, blocks...)
}

func testReopen(b *bench) {
	j := b.open()
	b.fill(j, "one", "two")
	b.file(j, journal.Record{Key: "a", Refs: []string{"r"}, Data: []byte("A")})
	j = b.reopen(j)
	b.wantRead(j, 1, "one", "two", "")
	b.wantRecord(j, journal.Record{Key: "a", Refs: []string{"r"}, Data: []byte("A")})
	b.fill(j, "four")
	b.wantRead(b.reopen(j), 2, "two", "", "four")
}

func testOwnership(b *bench) {
	j := b.open()
	data := []byte("data")
	r := journal.Record{Key: "a", Refs: []string{"x", "y"}, Data: []byte("record")}
	b.must(j.Append(b.Context(), journal.Block{Seq: 1, Data: data, Archive: []journal.Record{r}}))
	want := journal.Record{Key: "a", Refs: []string{"x", "y"}, Data: []byte("record")}
	clear(data)
	clear(r.Data)
	clear(r.Refs)
	for range 2 { // the second time against what the first was given
		b.wantRecord(j, want)
		got, _, err := j.Find(b.Context(), "a")
		b.must(err)
		clear(got.Data)
		clear(got.Refs)
		for block, err := range j.Read(b.Context(), 1) {
			b.must(err)
			if !bytes.Equal(block.Data, []byte("data")) {
				b.Errorf("read %q after somebody changed his own copy", block.Data)
			}
			clear(block.Data)
		}
	}
}

func testStopEarly(b *bench) {
	j := b.open()
	b.fill(j, "one", "two", "three")
	for range j.Read(b.Context(), 1) {
		break
	}
	b.fill(j, "four")
	b.wantRead(j, 4, "four")
}

// A reader that is slow, or that writes itself, must neither hold up appends
// nor lose its place.
func testAppendWhileReading(b *bench) {
	j := b.open()
	b.fill(j, "one", "two")
	var seen []string
	for block, err := range j.Read(b.Context(), 1) {
		b.must(err)
		seen = append(seen, string(block.Data))
		if block.Seq == 1 {
			b.fill(j, "three")
		}
	}
	if got := strings.Join(seen, " "); got != "one two" && got != "one two three" {
		b.Errorf("read %q while appending", got)
	}
	b.wantRead(j, 1, "one", "two", "three")
}

// Writers that race for each number: one wins it, the others are told so, and
// readers see a prefix without gaps all the while.
func testOneWinner(b *bench) {
	const writers, blocks = 4, 25
	j := b.open()
	var wg sync.WaitGroup
	var won [writers]int
	for w := range writers {
		wg.Go(func() { won[w] = race(b, j, fmt.Sprint(w), blocks) })
	}
	wg.Go(func() {
		for n := 0; n < blocks; {
			data, err := read(b.Context(), j, 1)
			if err != nil || len(data) < n {
				b.Errorf("read %d blocks after %d: %v", len(data), n, err)
				return
			}
			n = len(data)
		}
	})
	wg.Wait()
	var total [writers]int
	for _, d := range b.read(j, 1) {
		total[d[0]-'0']++
	}
	if total != won {
		b.Errorf("blocks by writer %v, they were told %v", total, won)
	}
}

// race tries to append as every number, and counts how often it was told that
// it did. It stops at the first answer that is neither yes nor a conflict.
func race(b *bench, j journal.Journal, name string, blocks uint64) (won int) {
	for seq := uint64(1); seq <= blocks; seq++ {
		err := j.Append(b.Context(), journal.Block{Seq: seq, Data: []byte(name)})
		switch {
		case err == nil:
			won++
		case !errors.Is(err, journal.ErrConflict):
			b.Errorf("append of block %d: %v", seq, err)
			return won
		}
	}
	return won
}

func testCanceled(b *bench) {
	j := b.open()
	b.fill(j, "one")
	ctx, cancel := context.WithCancel(b.Context())
	cancel()
	for name, err := range every(ctx, j) {
		if !errors.Is(err, context.Canceled) {
			b.Errorf("%s with a canceled context: %v", name, err)
		}
	}
	b.wantRead(j, 1, "one")
	b.wantSnapshot(j, 0, nil)
}

func testClosed(b *bench) {
	j := b.open()
	b.fill(j, "one")
	b.must(j.Close())
	b.must(j.Close())
	for name, err := range every(b.Context(), j) {
		if !errors.Is(err, journal.ErrClosed) {
			b.Errorf("%s after close: %v", name, err)
		}
	}
	b.wantRead(b.open(), 1, "one")
}

// every calls each method once, with arguments a journal of one block accepts.
func every(ctx context.Context, j journal.Journal) map[string]error {
	errs := map[string]error{}
	errs["Append"] = j.Append(ctx, journal.Block{Seq: 2})
	_, errs["Last"] = j.Last(ctx)
	_, errs["Read"] = read(ctx, j, 1)
	errs["SaveSnapshot"] = j.SaveSnapshot(ctx, 1, func(io.Writer) error { return nil })
	_, _, errs["LoadSnapshot"] = load(ctx, j)
	_, _, errs["Find"] = j.Find(ctx, "a")
	_, errs["List"] = j.List(ctx, "a", journal.Cursor{}, 1)
	_, errs["Trim"] = j.Trim(ctx, 0, 1)
	return errs
}
