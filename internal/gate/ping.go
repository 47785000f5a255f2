package gate

import (
	"context"
	"math/rand/v2"
	"time"

	"github.com/musterhq/muster/internal/ledger"
	"github.com/musterhq/muster/internal/world"
)

// pingTimeout is how long a client may take to answer a ping.
const pingTimeout = 15 * time.Second

// jitter spreads d by a quarter either way.
func jitter(d time.Duration) time.Duration {
	return d*3/4 + rand.N(d/2+1)
}

// pingTheQuiet asks every client that has been silent for too long whether it
// is still there, and drops those that do not answer: their processes may
// connect again only once they know that the connection is lost.
func (g *Gate) pingTheQuiet() {
	for _, c := range g.connections() {
		if c.silence() > c.patience && !c.held.Load() && c.pinging.CompareAndSwap(false, true) {
			g.work.Go(c.ping)
		}
	}
}

// tell records that the process knows that it is to end. The pong to a ping
// that goes behind the push says so, as no SDK does. What cannot be recorded is
// pushed again when the process connects the next time.
func (c *conn) tell() {
	ctx, cancel := context.WithTimeout(context.Background(), pingTimeout) // or until cut
	defer cancel()
	if c.ws.Ping(ctx) != nil {
		return
	}
	ctx, cancel = context.WithTimeout(context.Background(), drain)
	defer cancel()
	ledger.Do(ctx, c.gate.Ledger, world.TellProcess{Key: c.peer.key})
}

func (c *conn) ping() {
	defer c.pinging.Store(false)
	ctx, cancel := context.WithTimeout(context.Background(), pingTimeout) // or until cut
	defer cancel()
	heard := c.heard.Load()
	switch err := c.ws.Ping(ctx); {
	case err == nil:
		c.touch()
	case c.held.Load() || c.heard.Load() != heard: // the pong comes behind what is not read yet
	case c.cut():
		c.gate.Log.Info("a game server's connection was dropped: it did not answer a ping", "process", c.peer.key.Process, "error", err)
	}
}
