package gate

import (
	"slices"
	"sync"
	"time"

	"github.com/musterhq/muster/internal/sdkwire"
	"github.com/musterhq/muster/internal/world"
)

const (
	// overlap is how long a socket is still served after a newer one has taken
	// its place. Source: GameLift Go server SDK, which reads its old socket for
	// 5 s more.
	overlap = 10 * time.Second
	// farewell is how long the socket of a process that has ended is left to
	// its client. Dropping it at once would make some SDKs reconnect.
	farewell = time.Minute
)

// A peer is a server process as the gate knows it, whichever socket it is on.
type peer struct {
	key world.ProcessKey

	mu          sync.Mutex     // guards what follows
	newest      string         // id of the newest socket, as the world has it
	conn        *conn          // that socket, while it is here
	due         []sdkwire.Push // waits for a socket, in order
	terminating bool
	ended       bool
	calls       calls
}

// expect says which socket is the process's own from now on. What is pushed
// waits for it; that the process is to end is pushed again if need be.
func (p *peer) expect(id string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.newest = id
	p.due = slices.DeleteFunc(p.due, ends)
	if p.conn != nil {
		p.conn.retire(overlap)
		p.conn = nil
	}
}

// attach brings the process a socket, and whatever waits for it.
func (p *peer) attach(c *conn) {
	p.mu.Lock()
	defer p.mu.Unlock()
	switch {
	case p.ended:
		c.retire(farewell)
	case p.newest != c.id: // it came late: another has overtaken it
		c.retire(overlap)
	default:
		p.conn = c
		p.deliver()
	}
}

// detach takes a socket away that is no more, with the pushes that were not
// sent on it, and says whether the world still takes it for the newest.
func (p *peer) detach(c *conn, unsent []sdkwire.Push) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.conn == c {
		p.conn = nil
	}
	p.due = append(slices.DeleteFunc(unsent, ends), p.due...)
	p.drain()
	p.deliver()
	p.clear()
	return p.newest == c.id && !p.ended
}

// push sends x to the process once, now or when it is back. A game session
// that a process has not been told of is not worth telling any more once it is
// to end.
func (p *peer) push(x sdkwire.Push) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.terminating = p.terminating || ends(x)
	p.due = append(p.due, x)
	p.drain()
	p.deliver()
}

// end takes note that the process has ended.
func (p *peer) end() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.ended = true
	p.drain()
	if p.conn != nil {
		p.conn.retire(farewell)
	}
	p.clear()
}

// clear forgets the answers of a process that cannot ask again: it has ended,
// and no other socket is let in. The caller holds the lock.
func (p *peer) clear() {
	if p.ended && p.conn == nil {
		p.calls.settled = nil
	}
}

// drain removes what is no longer due. The caller holds the lock.
func (p *peer) drain() {
	p.due = slices.DeleteFunc(p.due, func(x sdkwire.Push) bool {
		return p.ended || p.terminating && !ends(x)
	})
}

// deliver sends what is due, if there is a socket. The caller holds the lock.
func (p *peer) deliver() {
	for len(p.due) > 0 && p.conn != nil && p.conn.send(message{push: p.due[0]}) {
		p.due = slices.Delete(p.due, 0, 1)
	}
	if len(p.due) == 0 {
		p.due = nil
	}
}
