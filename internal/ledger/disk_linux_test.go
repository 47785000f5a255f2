package ledger_test

import (
	"context"
	"errors"
	"io"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/musterhq/muster/internal/journal"
	"github.com/musterhq/muster/internal/journal/sqlite"
	"github.com/musterhq/muster/internal/ledger"
	"github.com/musterhq/muster/internal/world"
)

// TestFullDisk fills the disk under a ledger that serves, by a limit on the
// size of files. Writes fail and say why, reads go on, nothing acknowledged is
// lost, and with new space it takes writes again by itself.
func TestFullDisk(t *testing.T) {
	dir := t.TempDir()
	j, err := sqlite.Open(dir, nil)
	if err != nil {
		t.Fatal(err)
	}
	l := startWith(t, ledger.Config{Journal: j, Retry: time.Millisecond})
	furnish(t, l.Ledger)
	lift := limitFiles(t, 1<<20)
	last := describeUntil(t, l.Ledger, journal.ErrFull)
	checkDescription(t, l.Ledger, last)
	lift()
	recoverWrites(t, l.Ledger)
	if last, err = describe(l.Ledger, 1, long); err != nil {
		t.Fatal(err)
	}
	l.stop()
	if err := j.Close(); err != nil {
		t.Fatal(err)
	}
	again, err := sqlite.Open(dir, nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { again.Close() })
	checkDescription(t, open(t, ledger.Config{Journal: again}), last)
}

// limitFiles lets no file of this process grow beyond so many bytes.
func limitFiles(t *testing.T, bytes uint64) (lift func()) {
	t.Helper()
	var before unix.Rlimit
	if err := unix.Getrlimit(unix.RLIMIT_FSIZE, &before); err != nil {
		t.Fatal(err)
	}
	limit := func(r unix.Rlimit) {
		if err := unix.Setrlimit(unix.RLIMIT_FSIZE, &r); err != nil {
			t.Fatal(err)
		}
	}
	limit(unix.Rlimit{Cur: bytes, Max: before.Max})
	lift = func() { limit(before) }
	t.Cleanup(lift)
	return lift
}

const long = 50 << 10

// describe gives the fleet a description of n times x and so many points.
func describe(l *ledger.Ledger, n, points int) (string, error) {
	text := strings.Repeat("x", n) + strings.Repeat(".", points)
	_, err := ledger.Do(context.Background(), l, world.UpdateFleet{Fleet: fleetID, Description: &text})
	return text, err
}

// describeUntil describes the fleet until that fails with want and the ledger
// says so of itself, and returns the last description that was acknowledged.
// Where a long one fails a short one may still find room.
func describeUntil(t *testing.T, l *ledger.Ledger, want error) (last string) {
	t.Helper()
	points := long
	for n := range 100_000 {
		text, err := describe(l, n%100, points)
		if err == nil {
			last = text
			continue
		}
		if !errors.Is(err, ledger.ErrUnavailable) || !errors.Is(err, want) {
			t.Fatalf("error %v, want ErrUnavailable for %v", err, want)
		}
		if errors.Is(l.Healthy(), want) {
			return last
		}
		points = 0
	}
	t.Fatal("the ledger never refused all writes")
	return ""
}

func checkDescription(t *testing.T, l *ledger.Ledger, want string) {
	t.Helper()
	f, err := ledger.View(t.Context(), l, func(w *world.World) (world.Fleet, error) { return w.Fleet(fleetID) })
	if err != nil || f.Description != want {
		t.Errorf("the fleet's description is %d characters, %v, not the %d that were acknowledged", len(f.Description), err, len(want))
	}
}

// recoverWrites waits until l takes writes again.
func recoverWrites(t *testing.T, l *ledger.Ledger) {
	t.Helper()
	for begin := time.Now(); l.Healthy() != nil; time.Sleep(time.Millisecond) {
		if time.Since(begin) > 10*time.Second {
			t.Fatalf("it does not take writes again: %v", l.Healthy())
		}
	}
}

// A locked journal can be made read-only, as a file system is after an error.
type locked struct {
	journal.Journal
	yes atomic.Bool
}

func (j *locked) err() error {
	if j.yes.Load() {
		return journal.ErrReadOnly
	}
	return nil
}

func (j *locked) Append(ctx context.Context, b journal.Block) error {
	if err := j.err(); err != nil {
		return err
	}
	return j.Journal.Append(ctx, b)
}

func (j *locked) SaveSnapshot(ctx context.Context, seq uint64, write func(io.Writer) error) error {
	if err := j.err(); err != nil {
		return err
	}
	return j.Journal.SaveSnapshot(ctx, seq, write)
}

// TestReadOnlyWhileServing does the same with a data folder that becomes
// read-only.
func TestReadOnlyWhileServing(t *testing.T) {
	s, err := sqlite.Open(t.TempDir(), nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	j := &locked{Journal: s}
	l := open(t, ledger.Config{Journal: j, Retry: time.Millisecond})
	furnish(t, l)
	want, err := describe(l, 1, long)
	if err != nil {
		t.Fatal(err)
	}
	j.yes.Store(true)
	describeUntil(t, l, journal.ErrReadOnly)
	if err := l.Snapshot(t.Context()); !errors.Is(err, journal.ErrReadOnly) {
		t.Errorf("snapshot: %v", err)
	}
	checkDescription(t, l, want)
	j.yes.Store(false)
	recoverWrites(t, l)
	if want, err = describe(l, 2, long); err != nil {
		t.Fatal(err)
	}
	checkDescription(t, l, want)
}
