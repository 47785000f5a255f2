package ledger_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"testing/synctest"

	"github.com/musterhq/muster/internal/journal"
	"github.com/musterhq/muster/internal/ledger"
	"github.com/musterhq/muster/internal/world"
)

// TestWaitsForRecovery asks before there is a state. Who has no patience is
// let go, the others are answered.
func TestWaitsForRecovery(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := ledger.New(ledger.Config{Journal: &journal.Memory{}})
		if err := l.Healthy(); !errors.Is(err, ledger.ErrRecovering) {
			t.Errorf("healthy before it runs: %v", err)
		}
		gone, cancel := context.WithCancel(t.Context())
		impatient, patient, reader := make(chan error, 1), make(chan error, 1), make(chan error, 1)
		go func() {
			_, err := ledger.Do(gone, l, world.CreateLocation{Name: "custom-a"})
			impatient <- err
		}()
		go func() {
			_, err := ledger.Do(t.Context(), l, world.CreateLocation{Name: "custom-b"})
			patient <- err
		}()
		go func() {
			_, err := ledger.View(t.Context(), l, func(w *world.World) (int, error) { return len(w.Locations()), nil })
			reader <- err
		}()
		synctest.Wait()
		cancel()
		if err := <-impatient; !errors.Is(err, context.Canceled) {
			t.Errorf("who gave up: %v", err)
		}
		ctx, stop := context.WithCancel(t.Context())
		done := make(chan error, 1)
		go func() { done <- l.Run(ctx) }()
		if err := errors.Join(<-patient, <-reader); err != nil {
			t.Errorf("who waited: %v", err)
		}
		stop()
		if err := <-done; err != nil {
			t.Errorf("run: %v", err)
		}
	})
}

// TestShutdown stops a ledger while callers wait for an append: what was
// taken is made durable and answered, what comes later is turned away.
func TestShutdown(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		j := newSlow()
		l := start(t, j)
		furnish(t, l.Ledger)
		j.set(func(s *slow) { s.hold = true })
		answers := make(chan error, 3)
		create := creating(t, l.Ledger, answers)
		go create("custom-in-flight")
		synctest.Wait()
		go create("custom-pending")
		go create("custom-pending-too")
		synctest.Wait()
		go l.stop()
		synctest.Wait()
		j.set(func(s *slow) { s.hold = false })
		j.let <- struct{}{}
		for range 3 {
			if err := <-answers; err != nil {
				t.Errorf("taken before the end: %v", err)
			}
		}
		synctest.Wait()
		_, err := ledger.Do(t.Context(), l.Ledger, world.CreateLocation{Name: "custom-late"})
		_, errRead := ledger.View(t.Context(), l.Ledger, func(*world.World) (int, error) { return 0, nil })
		if !errors.Is(err, ledger.ErrClosed) || !errors.Is(errRead, ledger.ErrClosed) || !errors.Is(l.Healthy(), ledger.ErrClosed) {
			t.Errorf("after the end: %v, %v, %v; want ErrClosed", err, errRead, l.Healthy())
		}
		after := start(t, j)
		defer after.stop()
		if n := locations(t, after.Ledger); n != 4 {
			t.Errorf("%d locations after the restart, want 4", n)
		}
	})
}

// creating returns what creates a location and says how that went.
func creating(t *testing.T, l *ledger.Ledger, answers chan<- error) func(name string) {
	return func(name string) {
		_, err := ledger.Do(t.Context(), l, world.CreateLocation{Name: name})
		answers <- err
	}
}

// TestPatientAtShutdown stops a ledger while a health report waits for company:
// that was taken too.
func TestPatientAtShutdown(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := start(t, &journal.Memory{})
		furnish(t, l.Ledger)
		key := ready(t, l.Ledger, 1)
		answer := make(chan error, 1)
		go func() {
			_, err := ledger.Do(t.Context(), l.Ledger, world.Heartbeat{Key: key, Healthy: true})
			answer <- err
		}()
		synctest.Wait()
		l.stop()
		if err := <-answer; err != nil {
			t.Errorf("taken before the end: %v", err)
		}
	})
}

// TestFailedAppendAtShutdown fails the append that is under way when a ledger is
// stopped. What was decided on that block must not reach the journal without it.
func TestFailedAppendAtShutdown(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		j := newSlow()
		l := start(t, j)
		furnish(t, l.Ledger)
		once := true
		j.set(func(s *slow) {
			s.hold = true
			s.before = func(journal.Block) error {
				if once {
					once = false
					return errDisk
				}
				return nil
			}
		})
		answers := make(chan error, 2)
		create := creating(t, l.Ledger, answers)
		go create("custom-in-flight")
		synctest.Wait()
		go create("custom-pending")
		synctest.Wait()
		go l.stop()
		synctest.Wait()
		j.set(func(s *slow) { s.hold = false })
		j.let <- struct{}{}
		for range 2 {
			if err := <-answers; err == nil {
				t.Error("answered, although the append failed")
			}
		}
		synctest.Wait()
		after := start(t, j)
		defer after.stop()
		if n := locations(t, after.Ledger); n != 1 {
			t.Errorf("%d locations after the restart, want 1: what was pending came without what it was decided on", n)
		}
	})
}

// TestSubscribe tells several subscribers of each commit, until they cancel.
func TestSubscribe(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := open(t, ledger.Config{})
		furnish(t, l)
		var first, second int
		cancel := l.Subscribe(func(c []world.Commit) { first += len(c) })
		defer l.Subscribe(func(c []world.Commit) { second += len(c) })()
		do(t, l, world.CreateLocation{Name: "custom-a"})
		cancel()
		cancel()
		do(t, l, world.CreateLocation{Name: "custom-b"})
		if first != 1 || second != 2 {
			t.Errorf("told %d and %d times, want 1 and 2", first, second)
		}
	})
}

// TestSnapshotDue counts what a restart had to replay towards the next
// snapshot: many short lives must not add up to a long replay.
func TestSnapshotDue(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		j := &journal.Memory{}
		for life := range 10 {
			l := startWith(t, ledger.Config{Journal: j, SnapshotEvery: 2000})
			for n := range 20 {
				do(t, l.Ledger, world.CreateLocation{Name: fmt.Sprintf("custom-%d-%d", life, n)})
			}
			synctest.Wait()
			l.stop()
		}
		if s, err := j.LoadSnapshot(t.Context()); s.Seq == 0 || err != nil {
			t.Errorf("ten short lives saved no snapshot, %v", err)
		}
	})
}
