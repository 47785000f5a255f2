package ledger_test

import (
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
	"unsafe"

	"github.com/musterhq/muster/internal/ledger"
	"github.com/musterhq/muster/internal/world"
)

// setWall returns t as a machine would read it whose wall clock had been set
// ahead by d whole seconds: what has passed between two readings is not
// affected. Package time offers no such thing, so this knows how a Time with a
// monotonic reading is laid out; TestSetWall finds out if that changes.
func setWall(t time.Time, d time.Duration) time.Time {
	const secondsShift = 30
	wall := (*uint64)(unsafe.Pointer(&t))
	*wall += uint64(d/time.Second) << secondsShift
	return t
}

func TestSetWall(t *testing.T) {
	for _, d := range []time.Duration{-5 * time.Hour, 0, time.Second, 9 * time.Hour} {
		before := time.Now()
		after := setWall(before, d)
		if wall, passed := after.Round(0).Sub(before.Round(0)), after.Sub(before); wall != d || passed != 0 {
			t.Fatalf("set ahead by %v: the wall clock says %v, %v have passed", d, wall, passed)
		}
	}
}

// A wrongClock runs as the time of a bubble does, but its wall clock can be
// set. Times in a bubble have no monotonic reading, so it needs one to go by
// from outside.
type wrongClock struct {
	ledger.SystemClock
	outside, began time.Time
	ahead          atomic.Int64 // a time.Duration
}

func newWrongClock(outside time.Time) *wrongClock {
	return &wrongClock{outside: outside, began: time.Now()}
}

func (c *wrongClock) Now() time.Time {
	return setWall(c.outside.Add(time.Since(c.began)), time.Duration(c.ahead.Load()))
}

// TestClockJumps sets the wall clock by hours, both ways, while a reservation
// runs: it ends when its minute has passed, give or take the tenth by which
// the ledger's time drifts.
func TestClockJumps(t *testing.T) {
	for _, jump := range []time.Duration{-30 * time.Hour, -3 * time.Hour, 3 * time.Hour, 30 * time.Hour} {
		t.Run(jump.String(), func(t *testing.T) {
			outside := time.Now()
			synctest.Test(t, func(t *testing.T) { testClockJump(t, newWrongClock(outside), jump) })
		})
	}
}

func testClockJump(t *testing.T, c *wrongClock, jump time.Duration) {
	l := open(t, ledger.Config{Clock: c})
	furnish(t, l)
	_, s := active(t, l, 1, 4)
	do(t, l, world.CreatePlayerSessions{Session: s.ID, Players: []world.ReservedPlayer{{ID: "psess-1", Player: "ann"}}})
	before, err := l.Now(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	c.ahead.Store(int64(jump))
	after, err := l.Now(t.Context())
	if passed := after.Sub(before); err != nil || passed != 0 {
		t.Errorf("the ledger's time moved by %v with the clock, %v", passed, err)
	}
	synctest.Wait()
	if p, err := ledger.View(t.Context(), l, func(w *world.World) (world.Process, error) { return w.Process(process(1)) }); err != nil || p.Bad > 0 {
		t.Errorf("the jump missed %d health reports, %v", p.Bad, err)
	}
	for _, at := range []struct {
		after time.Duration
		want  world.PlayerStatus
	}{{54 * time.Second, world.PlayerReserved}, {13 * time.Second, world.PlayerTimedOut}} {
		time.Sleep(at.after)
		if p, err := l.PlayerSession(t.Context(), "psess-1"); err != nil || p.Status != at.want {
			t.Errorf("the player session is %s, %v, want %s", p.Status, err, at.want)
		}
	}
}

// TestDrift is how an hour's error is made good: within ten, and never by
// going back.
func TestDrift(t *testing.T) {
	for _, hour := range []time.Duration{-time.Hour, time.Hour} {
		outside := time.Now()
		synctest.Test(t, func(t *testing.T) {
			c := newWrongClock(outside)
			l := open(t, ledger.Config{Clock: c})
			now := ledgerTime(t, l)
			c.ahead.Store(int64(hour))
			for range 101 {
				time.Sleep(6 * time.Minute)
				next := ledgerTime(t, l)
				if passed := next.Sub(now); passed < 5*time.Minute || passed > 7*time.Minute {
					t.Fatalf("in six minutes the ledger's time moved by %v", passed)
				}
				now = next
			}
			if wrong := c.Now().Round(0).Sub(now.Time()); wrong.Abs() > time.Second {
				t.Errorf("after ten hours the ledger's time is %v off", wrong)
			}
		})
	}
}

func ledgerTime(t *testing.T, l *ledger.Ledger) world.Instant {
	t.Helper()
	now, err := l.Now(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return now
}

// TestClockSetBackAtRestart restarts with a clock that is behind the journal:
// time goes on from there.
func TestClockSetBackAtRestart(t *testing.T) {
	outside := time.Now()
	synctest.Test(t, func(t *testing.T) {
		j, c := newSlow(), newWrongClock(outside)
		first := startWith(t, ledger.Config{Journal: j, Clock: c})
		furnish(t, first.Ledger)
		before := ledgerTime(t, first.Ledger)
		first.stop()
		c.ahead.Store(int64(-5 * time.Hour))
		second := startWith(t, ledger.Config{Journal: j, Clock: c})
		defer second.stop()
		if after := ledgerTime(t, second.Ledger); after < before {
			t.Errorf("time went back by %v", before.Sub(after))
		}
	})
}
