package ledger_test

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"io/fs"
	"path/filepath"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/musterhq/muster/internal/journal"
	"github.com/musterhq/muster/internal/journal/sqlite"
	"github.com/musterhq/muster/internal/ledger"
	"github.com/musterhq/muster/internal/world"
)

var soak = flag.Int("soak", 0, "game sessions of TestSteady; 0: 5,000, and 1,000 with -short")

// soakClients is how many game sessions go on at a time.
const soakClients = 128

// TestSteady creates, joins and ends game sessions by the thousand over
// SQLite: memory stays where it was, and each is described by its id.
func TestSteady(t *testing.T) {
	total := 5_000
	if testing.Short() {
		total = 1_000
	}
	if *soak > 0 {
		total = *soak
	}
	dir := t.TempDir()
	j, err := sqlite.Open(dir, nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { j.Close() })
	w := &stopwatch{Journal: j}
	l := open(t, ledger.Config{Journal: w, Settings: world.Settings{Tail: time.Second, TailLimit: 1000}, SnapshotEvery: 8 << 20})
	furnish(t, l)
	w.run(t, l, 0, total/10) // so that what grows once has grown
	before, begin := heap(), time.Now()
	w.run(t, l, total/10, total)
	took, after := time.Since(begin), heap()
	if grown := int64(after) - int64(before); grown > 50<<20 {
		t.Errorf("memory grew from %d to %d MB", before>>20, after>>20)
	}
	for n := 0; n < total; n += max(1, total/1000) {
		s, err := l.GameSession(t.Context(), w.session(l, n))
		if err != nil || s.Status != world.SessionTerminated {
			t.Fatalf("game session %d is %s, %v", n, s.Status, err)
		}
	}
	t.Logf("%d game sessions in %v, %.0f a second; memory %d MB, then %d MB; folder %d MB; longest command %v, and %v during %d snapshots",
		total, took.Round(time.Millisecond), float64(total*9/10)/took.Seconds(), before>>20, after>>20, size(t, dir)>>20,
		time.Duration(w.longest[0].Load()), time.Duration(w.longest[1].Load()), w.snapshots.Load())
}

// A stopwatch takes game sessions through their lives and knows the longest
// that a command took, without and with a snapshot going on. It stands before
// the journal to see those.
type stopwatch struct {
	journal.Journal
	saving    atomic.Bool
	snapshots atomic.Int64
	longest   [2]atomic.Int64
}

func (w *stopwatch) SaveSnapshot(ctx context.Context, seq uint64, write func(io.Writer) error) error {
	w.saving.Store(true)
	defer w.snapshots.Add(1)
	defer w.saving.Store(false)
	return w.Journal.SaveSnapshot(ctx, seq, write)
}

func (w *stopwatch) session(l *ledger.Ledger, n int) string {
	return l.Settings().SessionID(fmt.Sprintf("%s/%s/token-%d", fleetID, location, n))
}

func (w *stopwatch) run(t *testing.T, l *ledger.Ledger, from, to int) {
	var next atomic.Int64
	next.Store(int64(from))
	var clients sync.WaitGroup
	for range soakClients {
		clients.Go(func() {
			for n := int(next.Add(1)) - 1; n < to; n = int(next.Add(1)) - 1 {
				if err := w.life(l, n); err != nil {
					t.Errorf("game session %d: %v", n, err)
					return
				}
			}
		})
	}
	clients.Wait()
}

// life is a game server that starts, hosts one game session with a player,
// and ends.
func (w *stopwatch) life(l *ledger.Ledger, n int) error {
	key, id := process(n), fmt.Sprint("psess-", n)
	_, err := timed(w, l, world.ConnectProcess{Key: key, Conn: fmt.Sprint("socket-", n), Trusted: true}, nil)
	_, err = timed(w, l, world.ActivateProcess{Key: key, Port: 7777}, err)
	_, err = timed(w, l, world.Heartbeat{Key: key, Healthy: true}, err)
	s, err := timed(w, l, world.CreateGameSession{Fleet: fleetID, Maximum: 4, Token: fmt.Sprint("token-", n)}, err)
	_, err = timed(w, l, world.ActivateGameSession{Process: s.Key(), ID: s.ID}, err)
	_, err = timed(w, l, world.CreatePlayerSessions{Session: s.ID, Players: []world.ReservedPlayer{{ID: id, Player: id}}}, err)
	_, err = timed(w, l, world.AcceptPlayer{Process: s.Key(), Session: s.ID, ID: id}, err)
	_, err = timed(w, l, world.RemovePlayer{Process: s.Key(), Session: s.ID, ID: id}, err)
	_, err = timed(w, l, world.EndProcess{Key: s.Key()}, err)
	return err
}

// timed decides c, unless something has gone wrong before.
func timed[A any](w *stopwatch, l *ledger.Ledger, c world.Command[A], before error) (A, error) {
	if before != nil {
		var none A
		return none, before
	}
	begin, saving := time.Now(), w.saving.Load()
	a, err := ledger.Do(context.Background(), l, c)
	longest := &w.longest[0]
	if saving || w.saving.Load() {
		longest = &w.longest[1]
	}
	for took := int64(time.Since(begin)); ; {
		was := longest.Load()
		if took <= was || longest.CompareAndSwap(was, took) {
			return a, err
		}
	}
}

// heap is what is in use after everything that can go has gone.
func heap() uint64 {
	runtime.GC()
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapInuse
}

func size(t *testing.T, dir string) (sum int64) {
	err := filepath.WalkDir(dir, func(_ string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		info, err := d.Info()
		if err == nil {
			sum += info.Size()
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return sum
}

// TestFolderIsBounded lets the retention pass again and again: the folder
// grows to what one round needs, and then no more.
func TestFolderIsBounded(t *testing.T) {
	dir := t.TempDir()
	j, err := sqlite.Open(dir, nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { j.Close() })
	w := &stopwatch{Journal: j}
	l := open(t, ledger.Config{Journal: w, Settings: world.Settings{Tail: time.Millisecond, TailLimit: 1, Retention: time.Millisecond}})
	furnish(t, l)
	const rounds, lives = 6, 400
	var sizes []int64
	for round := range rounds {
		w.run(t, l, round*lives, (round+1)*lives)
		if err := errors.Join(l.Snapshot(t.Context()), l.Trim(t.Context())); err != nil {
			t.Fatal(err)
		}
		sizes = append(sizes, size(t, dir))
	}
	if settled, last := sizes[2], sizes[rounds-1]; last > settled*5/4 {
		t.Errorf("the folder goes on growing: %d bytes", sizes)
	}
}
