package ledger

import (
	"context"
	"time"

	"github.com/musterhq/muster/internal/world"
)

// A Clock is where the ledger's time comes from. Its times may carry a
// monotonic reading, as those of package time do.
type Clock interface {
	Now() time.Time
	// Sleep returns after d, or earlier when ctx is done or wake receives.
	Sleep(ctx context.Context, d time.Duration, wake <-chan struct{})
}

// SystemClock is the machine's clock.
type SystemClock struct{}

// Now implements Clock.
func (SystemClock) Now() time.Time { return time.Now() }

// Sleep implements Clock.
func (SystemClock) Sleep(ctx context.Context, d time.Duration, wake <-chan struct{}) {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
	case <-ctx.Done():
	case <-wake:
	}
}

// A stamp is the ledger's time. It runs by what has passed, not by what the
// wall clock says: somebody who sets the clock ahead by hours must not end
// every game, nor stop every timer by setting it back. It drifts towards the
// wall clock by a tenth of what passes.
type stamp struct {
	at   time.Time // ledger time
	read time.Time // the clock when at was set
}

// start begins at the wall clock, or at the last commit if that is later.
func (s *stamp) start(now time.Time, last world.Instant) {
	s.read, s.at = now, now.Round(0)
	if l := last.Time(); l.After(s.at) {
		s.at = l
	}
}

// next returns the ledger's time at the clock's reading now.
func (s *stamp) next(now time.Time) world.Instant {
	passed := max(0, now.Sub(s.read)) // monotonic, where the clock is
	s.read = now
	s.at = s.at.Add(passed)
	drift := now.Round(0).Sub(s.at)
	s.at = s.at.Add(min(max(drift, -passed/10), passed/10))
	return world.At(s.at)
}
