package ledger_test

import (
	"context"
	"fmt"
	"os"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/musterhq/muster/internal/journal"
	"github.com/musterhq/muster/internal/journal/sqlite"
	"github.com/musterhq/muster/internal/ledger"
	"github.com/musterhq/muster/internal/world"
)

// BenchmarkRestart opens a data folder with 100,000 live game sessions, each
// with a process and a player: from a snapshot and the blocks of half of them.
func BenchmarkRestart(b *testing.B) {
	const sessions = 100_000
	dir := b.TempDir()
	fillFolder(b, dir, sessions)
	before := heap()
	var used uint64
	for b.Loop() {
		l := startFolder(b, dir)
		n, err := ledger.View(b.Context(), l.Ledger, func(w *world.World) (int, error) {
			live, err := w.Processes(fleetID)
			return len(live), err
		})
		if n != sessions || err != nil {
			b.Fatalf("%d processes, %v", n, err)
		}
		b.StopTimer()
		used = max(used, heap()-before)
		l.stop()
		b.StartTimer()
	}
	b.ReportMetric(float64(used>>20), "MB")
}

// BenchmarkSnapshot saves a snapshot of 100,000 live game sessions, from the
// one before and as many blocks as BenchmarkRestart replays.
func BenchmarkSnapshot(b *testing.B) {
	dir := b.TempDir()
	fillFolder(b, dir, 100_000)
	for b.Loop() {
		b.StopTimer()
		copied := b.TempDir()
		if err := os.CopyFS(copied, os.DirFS(dir)); err != nil {
			b.Fatal(err)
		}
		l := startFolder(b, copied)
		if _, err := l.Now(b.Context()); err != nil { // it has recovered
			b.Fatal(err)
		}
		b.StartTimer()
		if err := l.Snapshot(b.Context()); err != nil {
			b.Fatal(err)
		}
		b.StopTimer()
		l.stop()
		b.StartTimer()
	}
}

// BenchmarkBesideSnapshot has eight clients join while a snapshot of 100,000
// live game sessions is saved, and for as long without one, and reports the
// longest and the 99th of a hundred joins of each.
func BenchmarkBesideSnapshot(b *testing.B) {
	const sessions, clients = 100_000, 8
	dir := b.TempDir()
	fillFolder(b, dir, sessions)
	l := startFolder(b, dir)
	defer l.stop()
	joins := 0
	beside := func(during func()) (took []time.Duration) {
		var mu sync.Mutex
		var all sync.WaitGroup
		over := make(chan struct{})
		for range clients {
			all.Go(func() {
				for {
					mu.Lock()
					joins++
					n := joins
					mu.Unlock()
					begin := time.Now()
					_, err := ledger.Do(b.Context(), l.Ledger, world.CreatePlayerSessions{
						Session: l.Settings().SessionID(fmt.Sprint(fleetID, "/", location, "/game-", n%sessions)),
						Players: []world.ReservedPlayer{{ID: fmt.Sprint("more-", n), Player: fmt.Sprint("guest-", n)}},
					})
					if err != nil {
						b.Error(err)
					}
					mu.Lock()
					took = append(took, time.Since(begin))
					mu.Unlock()
					select {
					case <-over:
						return
					default:
					}
				}
			})
		}
		during()
		close(over)
		all.Wait()
		slices.Sort(took)
		return took
	}
	beside(func() { time.Sleep(time.Second) }) // what the restart left behind
	var with, without []time.Duration
	for b.Loop() {
		begin := time.Now()
		with = append(with, beside(func() {
			if err := l.Snapshot(b.Context()); err != nil {
				b.Error(err)
			}
		})...)
		without = append(without, beside(func() { time.Sleep(time.Since(begin)) })...)
	}
	for name, took := range map[string][]time.Duration{"with": with, "without": without} {
		slices.Sort(took)
		b.ReportMetric(took[len(took)-1].Seconds()*1e3, name+"-max-ms")
		b.ReportMetric(took[len(took)*99/100].Seconds()*1e3, name+"-p99-ms")
	}
}

// startFolder runs a ledger over a data folder, with no snapshot ever due.
func startFolder(b *testing.B, dir string) running {
	j, err := sqlite.Open(dir, nil)
	if err != nil {
		b.Fatal(err)
	}
	l := startWith(b, ledger.Config{Journal: j, SnapshotEvery: 1 << 40})
	return running{l.Ledger, func() {
		l.stop()
		if err := j.Close(); err != nil {
			b.Error(err)
		}
	}}
}

// fillFolder writes the journal of a world with so many game sessions, with a
// snapshot halfway.
func fillFolder(b *testing.B, dir string, sessions int) {
	j, err := sqlite.Open(dir, nil)
	if err != nil {
		b.Fatal(err)
	}
	defer j.Close()
	f := &filler{b: b, j: j, w: world.New(world.Settings{}), at: world.At(ledger.SystemClock{}.Now())}
	fill(f, world.CreateLocation{Name: location})
	fill(f, world.CreateFleet{ID: fleetID, Locations: []string{location}})
	fill(f, world.RegisterCompute{Fleet: fleetID, Name: machine, IP: "127.0.0.1"})
	for n := range sessions {
		key := process(n)
		fill(f, world.ConnectProcess{Key: key, Conn: fmt.Sprint("socket-", n), Trusted: true})
		fill(f, world.ActivateProcess{Key: key, Port: 7777})
		fill(f, world.Heartbeat{Key: key, Healthy: true})
		s := fill(f, world.CreateGameSession{ID: fmt.Sprint("game-", n), Fleet: fleetID, Maximum: 8, Properties: map[string]string{"map": "arena", "mode": "duel"}})
		fill(f, world.ActivateGameSession{Process: s.Key(), ID: s.ID})
		fill(f, world.CreatePlayerSessions{Session: s.ID, Players: []world.ReservedPlayer{{ID: fmt.Sprint("psess-", n), Player: fmt.Sprint("player-", n)}}})
		fill(f, world.AcceptPlayer{Process: s.Key(), Session: s.ID, ID: fmt.Sprint("psess-", n)})
		if n == sessions/2 {
			f.flush()
			if err := j.SaveSnapshot(context.Background(), f.seq, f.w.Write); err != nil {
				b.Fatal(err)
			}
		}
	}
	f.flush()
}

// A filler writes commands into a journal without waiting for each.
type filler struct {
	b       *testing.B
	j       journal.Journal
	w       *world.World
	at      world.Instant
	seq     uint64
	commits []world.Commit
}

func fill[A any](f *filler, c world.Command[A]) A {
	answer, o, err := world.Execute(f.w, f.at, nil, c)
	if err != nil {
		f.b.Fatalf("%T: %v", c, err)
	}
	if f.commits = append(f.commits, world.Commit{At: f.at, Events: o.Events}); len(f.commits) == 1000 {
		f.flush()
	}
	return answer
}

func (f *filler) flush() {
	f.seq++
	if err := f.j.Append(context.Background(), journal.Block{Seq: f.seq, Data: world.AppendCommits(nil, f.commits)}); err != nil {
		f.b.Fatal(err)
	}
	f.commits = nil
}
