package sqlite_test

import (
	"context"
	"flag"
	"fmt"
	"io"
	"math/rand/v2"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/musterhq/muster/internal/journal"
	"github.com/musterhq/muster/internal/journal/sqlite"
)

func open(tb testing.TB, dir string) *sqlite.Journal {
	tb.Helper()
	return openWith(tb, dir, nil)
}

func openWith(tb testing.TB, dir string, o *sqlite.Options) *sqlite.Journal {
	tb.Helper()
	j, err := sqlite.Open(dir, o)
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() {
		if err := j.Close(); err != nil {
			tb.Error(err)
		}
	})
	return j
}

func appendOne(tb testing.TB, j *sqlite.Journal, b journal.Block) {
	tb.Helper()
	if err := j.Append(tb.Context(), b); err != nil {
		tb.Fatal(err)
	}
}

// ended is the n-th game session of a benchmark that ended: listed under its
// fleet and two players.
func ended(n int) journal.Record {
	return journal.Record{
		Key:     fmt.Sprintf("arn:aws:gamelift:local::gamesession/fleet-1/%d", n),
		Refs:    []string{"fleet/fleet-1", fmt.Sprint("player/", n), fmt.Sprint("player/", n*31)},
		Order:   int64(n),
		Expires: int64(n + 1),
		Data:    make([]byte, 600),
	}
}

// latencies reports quantiles of what an append took.
type latencies []time.Duration

func (l latencies) report(b *testing.B) {
	slices.Sort(l)
	at := func(q float64) float64 { return float64(l[int(q*float64(len(l)-1))].Microseconds()) }
	b.ReportMetric(at(0.5), "p50-µs")
	b.ReportMetric(at(0.99), "p99-µs")
	b.ReportMetric(at(1), "max-µs")
}

func BenchmarkAppend(b *testing.B) {
	for _, size := range []int{200, 4 << 10, 64 << 10} {
		b.Run(fmt.Sprint(size), func(b *testing.B) {
			appendAll(b, open(b, b.TempDir()), size)
		})
	}
}

// appendAll appends blocks as the only thing that the benchmark measures.
func appendAll(b *testing.B, j *sqlite.Journal, size int) {
	var l latencies
	data := make([]byte, size)
	last, err := j.Last(b.Context())
	if err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		last++
		start := time.Now()
		appendOne(b, j, journal.Block{Seq: last, Data: data})
		l = append(l, time.Since(start))
	}
	l.report(b)
}

// How long appends take while a snapshot of 100 MB is written, and the blocks
// before it are dropped.
func BenchmarkAppendWhileSaving(b *testing.B) {
	j := open(b, b.TempDir())
	for seq := range uint64(5000) {
		appendOne(b, j, journal.Block{Seq: seq + 1, Data: make([]byte, 4<<10)})
	}
	beside(b, func(ctx context.Context) error {
		last, err := j.Last(ctx)
		if err != nil {
			return err
		}
		return j.SaveSnapshot(ctx, last, func(w io.Writer) error {
			piece := make([]byte, 1<<20)
			for range 100 {
				if _, err := w.Write(piece); err != nil {
					return err
				}
			}
			return nil
		})
	}, func() { appendAll(b, j, 4<<10) })
}

// How long appends take while the archive is trimmed of its records, in calls
// of the size the ledger makes.
func BenchmarkAppendWhileTrimming(b *testing.B) {
	j := open(b, b.TempDir())
	archive(b, j, 0, 1000)
	beside(b, func(ctx context.Context) error {
		_, err := j.Trim(ctx, 1<<60, 256)
		return err
	}, func() { appendAll(b, j, 4<<10) })
}

// beside runs do over and over while main runs.
func beside(b *testing.B, do func(context.Context) error, main func()) {
	ctx, cancel := context.WithCancel(b.Context())
	var wg sync.WaitGroup
	var times int
	wg.Go(func() {
		for ctx.Err() == nil {
			if err := do(ctx); err != nil && ctx.Err() == nil {
				b.Error(err)
			}
			times++
		}
	})
	main()
	cancel()
	wg.Wait()
	b.ReportMetric(float64(times), "times")
}

// archive appends blocks of 100 records each, and returns how many there are.
func archive(tb testing.TB, j *sqlite.Journal, from, blocks int) int {
	last, err := j.Last(tb.Context())
	if err != nil {
		tb.Fatal(err)
	}
	n := from
	for i := range blocks {
		block := journal.Block{Seq: last + uint64(i) + 1, Data: make([]byte, 4<<10)}
		for range 100 {
			block.Archive = append(block.Archive, ended(n))
			n++
		}
		appendOne(tb, j, block)
	}
	return n
}

// left is the n-th player session of a benchmark that ended: four play in one game session, and
// nobody twice. In hash order they are as far from each other as random ones.
func left(n int) journal.Record {
	return journal.Record{
		Key:     fmt.Sprint("player-session/", n),
		Refs:    []string{fmt.Sprint("session/", n/4), fmt.Sprint("player/", n)},
		Order:   int64(n),
		Expires: int64(n + 1),
		Data:    make([]byte, 400),
	}
}

var filed = flag.Int("filed", 1_000_000, "how many records there are already in the larger BenchmarkArchive")

// How many player sessions end in a second, in blocks of 300, and how long
// an append takes then.
func BenchmarkArchive(b *testing.B) {
	for _, there := range []int{0, *filed} {
		b.Run(fmt.Sprint(there), func(b *testing.B) {
			j := open(b, b.TempDir())
			n, seq := 0, uint64(0)
			next := func() time.Duration {
				seq++
				block := journal.Block{Seq: seq, Data: make([]byte, 20<<10)}
				for range 300 {
					block.Archive = append(block.Archive, left(n))
					n++
				}
				start := time.Now()
				appendOne(b, j, block)
				return time.Since(start)
			}
			for n < there {
				next()
			}
			var l latencies
			from := n
			for b.Loop() {
				l = append(l, next())
			}
			b.ReportMetric(float64(n-from)/b.Elapsed().Seconds(), "records/s")
			l.report(b)
		})
	}
}

func BenchmarkFind(b *testing.B) {
	j := open(b, b.TempDir())
	n := archive(b, j, 0, 1000)
	for b.Loop() {
		key := ended(rand.IntN(n)).Key
		if _, ok, err := j.Find(b.Context(), key); !ok || err != nil {
			b.Fatal(key, ok, err)
		}
	}
}

func BenchmarkList(b *testing.B) {
	j := open(b, b.TempDir())
	n := archive(b, j, 0, 1000)
	for b.Loop() {
		after := ended(rand.IntN(n - 30)).Cursor()
		rs, err := j.List(b.Context(), "fleet/fleet-1", after, 20)
		if err != nil || len(rs) != 20 {
			b.Fatal(len(rs), err)
		}
	}
}

// A start: the folder is opened, and its log of 1,000 blocks read.
func BenchmarkOpen(b *testing.B) {
	dir := b.TempDir()
	j := open(b, dir)
	for seq := range uint64(1000) {
		appendOne(b, j, journal.Block{Seq: seq + 1, Data: make([]byte, 4<<10)})
	}
	for b.Loop() {
		if err := j.Close(); err != nil {
			b.Fatal(err)
		}
		j = open(b, dir)
		for _, err := range j.Read(b.Context(), 1) {
			if err != nil {
				b.Fatal(err)
			}
		}
	}
}
