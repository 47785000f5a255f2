// Package gate is the game servers' door: the websocket that GameLift's
// server SDK 5 keeps to its service, one for each server process.
//
// It turns requests into commands on the ledger and committed events into
// pushes, and it owns the sockets. What a process may do is not decided here
// but in the world; a socket is an attribute of a process, which outlives it.
//
// Start with [Gate]; connect.go is how a socket comes to be, conn.go its life,
// call.go a request's, and push.go what the service says unasked.
package gate

import (
	"context"
	"crypto/rand"
	"log/slog"
	"net/url"
	"sync"
	"sync/atomic"
	"time"

	"github.com/musterhq/muster/internal/ledger"
	"github.com/musterhq/muster/internal/sdkwire"
	"github.com/musterhq/muster/internal/world"
)

// drain is how long, when Run is to end, requests under way may take to be
// answered and the answers to be read.
const drain = 4 * time.Second

// A Gate is an http.Handler for the websocket endpoint of the server SDKs, on
// whatever path they are given. It serves while Run runs.
type Gate struct {
	// Ledger decides and remembers. It must run before a game server connects.
	Ledger *ledger.Ledger

	// Trust lets every game server in: neither tokens nor signatures are checked.
	Trust bool

	// VerifySigned checks the query of a connection whose Authorization is the
	// word SigV4, and returns why its signature is not good. nil: only tokens
	// open a connection.
	VerifySigned func(query url.Values) error

	// Log is told of game servers that are turned away and why. nil: nobody.
	Log *slog.Logger

	// Observe is told of every request that was answered. It is called by many
	// goroutines and must not block. nil: nobody.
	Observe func(Call)

	// PingEvery is about how long a socket may be silent before it is asked
	// whether it is still there. Zero: 30 s; negative: never.
	PingEvery time.Duration

	once     sync.Once
	begun    time.Time
	name     string        // begins the ids of this gate's sockets
	serial   atomic.Uint64 // ends them
	up, down chan struct{} // closed when Run has begun, and when it is to end
	arrivals chan *conn
	work     sync.WaitGroup // every goroutine that Run must wait for
	buffers  sync.Pool      // of *bytes.Buffer, for inbound frames

	mu    sync.Mutex // guards what follows
	peers map[world.ProcessKey]*peer
	conns map[*conn]struct{}
}

// A Call is a request that was answered.
type Call struct {
	Action sdkwire.Action // "" if it was none of the protocol's
	Status int            // StatusCode of the answer
	Took   time.Duration
}

func (g *Gate) init() {
	g.once.Do(func() {
		if g.Log == nil {
			g.Log = slog.New(slog.DiscardHandler)
		}
		if g.Observe == nil {
			g.Observe = func(Call) {}
		}
		if g.PingEvery == 0 {
			g.PingEvery = 30 * time.Second
		}
		g.begun, g.name = time.Now(), rand.Text()[:10]
		g.up, g.down, g.arrivals = make(chan struct{}), make(chan struct{}), make(chan *conn)
		g.peers, g.conns = map[world.ProcessKey]*peer{}, map[*conn]struct{}{}
	})
}

// Run serves until ctx is done. Then it begins no more requests, answers those
// under way, for which the ledger must still run, and drops every socket
// without a close frame, since that is what makes every SDK come back. It
// returns when the last goroutine has, and runs once in a Gate's life.
func (g *Gate) Run(ctx context.Context) {
	g.init()
	cancel := g.Ledger.Subscribe(g.hear)
	work, giveUp := context.WithCancel(context.WithoutCancel(ctx))
	close(g.up)
	g.receive(ctx, work)
	close(g.down)
	by := time.Now().Add(drain)
	g.finish(by)
	giveUp()
	cancel()
	for _, c := range g.connections() {
		c.finish(by)
	}
	g.work.Wait()
}

// receive starts the life of every socket that arrives, and looks after those
// that have gone quiet. Requests are worked on under work, which outlives ctx.
func (g *Gate) receive(ctx, work context.Context) {
	look := make(<-chan time.Time)
	if g.PingEvery > 0 {
		t := time.NewTicker(g.PingEvery / 8)
		defer t.Stop()
		look = t.C
	}
	for {
		select {
		case c := <-g.arrivals:
			g.enter(c)
			g.work.Go(func() { g.serve(ctx, work, c) })
		case <-look:
			g.pingTheQuiet()
		case <-ctx.Done():
			return
		}
	}
}

// stopping says whether no more requests are begun.
func (g *Gate) stopping() bool {
	select {
	case <-g.down:
		return true
	default:
		return false
	}
}

// finish waits for the requests under way, at most until by.
func (g *Gate) finish(by time.Time) {
	late := time.NewTimer(time.Until(by))
	defer late.Stop()
	for _, w := range g.underWay() {
		select {
		case <-w.done:
		case <-late.C:
			return
		}
	}
}

// underWay returns the requests being worked on. If the gate is stopping,
// there will be no others.
func (g *Gate) underWay() (all []*call) {
	g.mu.Lock()
	defer g.mu.Unlock()
	for _, p := range g.peers {
		p.mu.Lock()
		all = append(all, p.calls.running...)
		p.mu.Unlock()
	}
	return all
}

// Connected returns how many sockets are open.
func (g *Gate) Connected() int {
	g.mu.Lock()
	defer g.mu.Unlock()
	return len(g.conns)
}

func (g *Gate) enter(c *conn) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.conns[c] = struct{}{}
}

func (g *Gate) leave(c *conn) {
	g.mu.Lock()
	defer g.mu.Unlock()
	delete(g.conns, c)
}

func (g *Gate) connections() []*conn {
	g.mu.Lock()
	defer g.mu.Unlock()
	out := make([]*conn, 0, len(g.conns))
	for c := range g.conns {
		out = append(out, c)
	}
	return out
}

// meet returns the peer of a process, a new one if need be.
func (g *Gate) meet(key world.ProcessKey) *peer {
	g.mu.Lock()
	defer g.mu.Unlock()
	p := g.peers[key]
	if p == nil {
		p = &peer{key: key}
		g.peers[key] = p
	}
	return p
}

// known returns the peer of a process, or nil.
func (g *Gate) known(key world.ProcessKey) *peer {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.peers[key]
}

func (g *Gate) forget(key world.ProcessKey) {
	g.mu.Lock()
	defer g.mu.Unlock()
	delete(g.peers, key)
}
