package servertest

import (
	"context"
	"sync"
	"time"
)

// A Clock stands still until it is moved. It is also one for the memory
// provider.
type Clock struct {
	mu    sync.Mutex
	now   time.Time
	moved chan struct{} // closed and replaced by every move
}

// NewClock returns a clock that stands at the given time.
func NewClock(at time.Time) *Clock {
	return &Clock{now: at.Round(0), moved: make(chan struct{})}
}

// Now implements server.Clock.
func (c *Clock) Now() time.Time {
	now, _ := c.read()
	return now
}

func (c *Clock) read() (time.Time, <-chan struct{}) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now, c.moved
}

// Advance moves the clock on by d. What becomes due by it happens soon; with a
// Server, Server.Advance waits for it.
func (c *Clock) Advance(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
	close(c.moved)
	c.moved = make(chan struct{})
}

// Sleep implements server.Clock.
func (c *Clock) Sleep(ctx context.Context, d time.Duration, wake <-chan struct{}) {
	now, moved := c.read()
	for until := now.Add(d); now.Before(until); now, moved = c.read() {
		select {
		case <-moved:
		case <-wake:
			return
		case <-ctx.Done():
			return
		}
	}
}
