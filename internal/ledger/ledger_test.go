package ledger_test

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/musterhq/muster/internal/journal"
	"github.com/musterhq/muster/internal/ledger"
	"github.com/musterhq/muster/internal/world"
)

// A slow journal holds up appends until they are let through, with the error
// that the test wants them to have.
type slow struct {
	journal.Journal
	mu     sync.Mutex
	hold   bool
	before func(journal.Block) error // fails an append that did not happen
	after  func(journal.Block) error // fails one that did
	let    chan struct{}
}

func (s *slow) Append(ctx context.Context, b journal.Block) error {
	s.mu.Lock()
	hold, before, after := s.hold, s.before, s.after
	s.mu.Unlock()
	if hold {
		<-s.let
	}
	if before != nil {
		if err := before(b); err != nil {
			return err
		}
	}
	if err := s.Journal.Append(ctx, b); err != nil {
		return err
	}
	if after != nil {
		return after(b)
	}
	return nil
}

func (s *slow) set(change func(*slow)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	change(s)
}

func newSlow() *slow { return &slow{Journal: &journal.Memory{}, let: make(chan struct{})} }

// TestNothingLeavesBeforeItIsDurable holds an append up, and with it the
// answer, the effect, and every read of what it changed.
func TestNothingLeavesBeforeItIsDurable(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		j := newSlow()
		l := open(t, ledger.Config{Journal: j})
		furnish(t, l)
		var told, answered, read bool
		defer l.Subscribe(func([]world.Commit) { told = true })()
		j.set(func(s *slow) { s.hold = true })
		go func() {
			ledger.Do(t.Context(), l, world.CreateLocation{Name: "custom-there"})
			answered = true
		}()
		synctest.Wait()
		go func() {
			ledger.View(t.Context(), l, func(w *world.World) (int, error) { return len(w.Locations()), nil })
			read = true
		}()
		synctest.Wait()
		if told || answered || read {
			t.Fatalf("before it was durable: told %v, answered %v, read %v", told, answered, read)
		}
		j.set(func(s *slow) { s.hold = false })
		j.let <- struct{}{}
		synctest.Wait()
		if !told || !answered || !read {
			t.Fatalf("after it was durable: told %v, answered %v, read %v", told, answered, read)
		}
	})
}

// TestCommandsShareAnAppend lets a crowd arrive while an append is under way:
// all of it goes out with the next one.
func TestCommandsShareAnAppend(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		j := newSlow()
		var blocks int
		l := open(t, ledger.Config{Journal: j, Observe: func(ledger.Committed) { blocks++ }})
		furnish(t, l)
		_, s := active(t, l, 1, 200)
		synctest.Wait()
		j.set(func(s *slow) { s.hold = true })
		blocks = 0
		for n := range 100 {
			go ledger.Do(t.Context(), l, world.CreatePlayerSessions{Session: s.ID, Players: []world.ReservedPlayer{{ID: psess(n), Player: "ann"}}})
			synctest.Wait()
		}
		j.set(func(s *slow) { s.hold = false })
		j.let <- struct{}{}
		synctest.Wait()
		if blocks != 2 {
			t.Errorf("100 commands took %d appends, want 2: the first, and one for all that came meanwhile", blocks)
		}
	})
}

func psess(n int) string { return "psess-" + string(rune('A'+n/26)) + string(rune('a'+n%26)) }

var errDisk = errors.New("the disk is on fire")

// TestFailedAppend fails an append that did not happen: the caller is told,
// reads go on without it, and writes are taken again when the journal does.
func TestFailedAppend(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		j := newSlow()
		l := open(t, ledger.Config{Journal: j})
		furnish(t, l)
		j.set(func(s *slow) { s.before = func(journal.Block) error { return errDisk } })
		_, err := ledger.Do(t.Context(), l, world.CreateLocation{Name: "custom-there"})
		if !errors.Is(err, ledger.ErrUnavailable) || !errors.Is(err, errDisk) {
			t.Fatalf("error %v, want the journal's", err)
		}
		if n := locations(t, l); n != 1 {
			t.Errorf("%d locations are read while writes fail, want 1", n)
		}
		if err := l.Healthy(); err == nil {
			t.Error("healthy while writes fail")
		}
		j.set(func(s *slow) { s.before = nil })
		time.Sleep(time.Second)
		do(t, l, world.CreateLocation{Name: "custom-there"})
		if n := locations(t, l); n != 2 || l.Healthy() != nil {
			t.Errorf("%d locations, healthy: %v; want 2 and healthy", n, l.Healthy())
		}
	})
}

func locations(t *testing.T, l *ledger.Ledger) int {
	t.Helper()
	n, err := ledger.View(t.Context(), l, func(w *world.World) (int, error) { return len(w.Locations()), nil })
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// TestAmbiguousAppend fails an append that did happen: reading back finds the
// block, so the caller is answered and the effect goes out.
func TestAmbiguousAppend(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		j := newSlow()
		l := open(t, ledger.Config{Journal: j})
		furnish(t, l)
		once := true
		j.set(func(s *slow) {
			s.after = func(journal.Block) error {
				if once {
					once = false
					return errDisk
				}
				return nil
			}
		})
		var told atomic.Int64 // the empty block that follows is told of too
		defer l.Subscribe(func(commits []world.Commit) { told.Add(int64(len(commits))) })()
		if _, err := ledger.Do(t.Context(), l, world.CreateLocation{Name: "custom-there"}); err != nil {
			t.Errorf("error %v for a block that is in the journal", err)
		}
		if n := locations(t, l); n != 2 || told.Load() != 1 {
			t.Errorf("%d locations and %d commits told, want 2 and 1", n, told.Load())
		}
	})
}

// TestFenced appends behind the ledger's back: it must notice at its next
// block, and stop.
func TestFenced(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		j := &journal.Memory{}
		l := ledger.New(ledger.Config{Journal: j})
		done := make(chan error, 1)
		go func() { done <- l.Run(t.Context()) }()
		furnish(t, l)
		last, _ := j.Last(t.Context())
		foreign := world.AppendCommits(nil, []world.Commit{{At: 1, Events: []world.Event{world.LocationCreated{Name: "custom-theirs"}}}})
		if err := j.Append(t.Context(), journal.Block{Seq: last + 1, Data: foreign}); err != nil {
			t.Fatal(err)
		}
		if _, err := ledger.Do(t.Context(), l, world.CreateLocation{Name: "custom-ours"}); !errors.Is(err, ledger.ErrFenced) && !errors.Is(err, ledger.ErrClosed) {
			t.Errorf("a write after the journal was lost: %v", err)
		}
		if err := <-done; !errors.Is(err, ledger.ErrFenced) {
			t.Errorf("run ended with %v, want ErrFenced", err)
		}
	})
}

// TestRestart stops and starts a ledger, with and without a snapshot between.
func TestRestart(t *testing.T) {
	for _, snapshot := range []bool{false, true} {
		synctest.Test(t, func(t *testing.T) {
			j := &journal.Memory{}
			stop := start(t, j)
			furnish(t, stop.Ledger)
			key, s := active(t, stop.Ledger, 1, 4)
			do(t, stop.Ledger, world.CreatePlayerSessions{Session: s.ID, Players: []world.ReservedPlayer{{ID: "psess-1", Player: "ann"}}})
			if snapshot {
				if err := stop.Snapshot(t.Context()); err != nil {
					t.Fatal(err)
				}
			}
			do(t, stop.Ledger, world.AcceptPlayer{Process: key, Session: s.ID, ID: "psess-1", Request: "r1"})
			stop.stop()

			l := start(t, j)
			defer l.stop()
			got, err := l.GameSession(t.Context(), s.ID)
			if err != nil || got.Players != 1 || got.Status != world.SessionActive {
				t.Errorf("after the restart: %+v, %v", got, err)
			}
			do(t, l.Ledger, world.AcceptPlayer{Process: key, Session: s.ID, ID: "psess-1", Request: "r1"})
			p, err := ledger.View(t.Context(), l.Ledger, func(w *world.World) (world.Process, error) { return w.Process(key) })
			if err != nil || p.Conn != "" || p.ReconnectBy == 0 {
				t.Errorf("after the restart the process is %+v, %v: want one whose socket is gone", p, err)
			}
		})
	}
}

// A running ledger can be stopped before the test ends.
type running struct {
	*ledger.Ledger
	stop func()
}

func start(t *testing.T, j journal.Journal) running {
	return startWith(t, ledger.Config{Journal: j})
}

func startWith(t testing.TB, cfg ledger.Config) running {
	t.Helper()
	if cfg.Journal == nil {
		cfg.Journal = &journal.Memory{}
	}
	l := ledger.New(cfg)
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- l.Run(ctx) }()
	return running{l, func() {
		cancel()
		if err := <-done; err != nil {
			t.Errorf("run: %v", err)
		}
	}}
}

// TestPatience reports health in a crowd: the reports share an append, and
// somebody who reads does not wait for company.
func TestPatience(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var blocks int
		l := open(t, ledger.Config{Observe: func(ledger.Committed) { blocks++ }})
		furnish(t, l)
		key := ready(t, l, 1)
		synctest.Wait()
		blocks = 0
		for range 10 {
			go ledger.Do(t.Context(), l, world.Heartbeat{Key: key, Healthy: true})
			time.Sleep(10 * time.Millisecond)
		}
		begin := time.Now()
		locations(t, l)
		waited := time.Since(begin)
		synctest.Wait()
		if waited != 0 || blocks != 1 {
			t.Errorf("a read waited %v behind reports in %d blocks, want none and 1", waited, blocks)
		}
	})
}

// TestRetention forgets for good what has been in the archive for too long.
func TestRetention(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := open(t, ledger.Config{Settings: world.Settings{Retention: time.Hour, Tail: time.Second, Health: 24 * time.Hour}})
		furnish(t, l)
		key, s := active(t, l, 1, 4)
		p := do(t, l, world.CreatePlayerSessions{Session: s.ID, Players: []world.ReservedPlayer{{ID: "psess-1", Player: "anna"}}})[0]
		time.Sleep(3 * time.Hour) // it times out after a minute; the game session lives
		if got, err := l.PlayerSession(t.Context(), p.ID); err != nil || got.Status != world.PlayerTimedOut {
			t.Fatalf("of a game session that lives: %+v, %v", got, err)
		}
		do(t, l, world.EndProcess{Key: key})
		time.Sleep(time.Minute)
		if got, err := l.GameSession(t.Context(), s.ID); err != nil || got.Status != world.SessionTerminated {
			t.Fatalf("from the archive: %+v, %v", got, err)
		}
		if got, err := l.PlayerSession(t.Context(), p.ID); err != nil {
			t.Fatalf("of a game session in the archive: %+v, %v", got, err)
		}
		time.Sleep(2 * time.Hour)
		if _, err := l.GameSession(t.Context(), s.ID); !errors.Is(err, world.ErrNotFound) {
			t.Errorf("after the retention: %v, want not found", err)
		}
		if got, err := l.PlayerSession(t.Context(), p.ID); !errors.Is(err, world.ErrNotFound) {
			t.Errorf("after the retention of its game session: %+v, %v", got, err)
		}
	})
}
