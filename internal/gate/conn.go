package gate

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net"
	"sync"
	"sync/atomic"
	"time"

	"github.com/coder/websocket"
	"github.com/musterhq/muster/internal/ledger"
	"github.com/musterhq/muster/internal/sdkwire"
	"github.com/musterhq/muster/internal/world"
)

const (
	// frameLimit is the largest frame a game server may send, in bytes.
	frameLimit = 1 << 20
	// writeTimeout is how long a client may take to read one frame.
	writeTimeout = 10 * time.Second
	// The most that may wait to be read by a client: a slow one is cut off.
	outboxFrames = 4096
	outboxBytes  = 8 << 20
)

// errFrame drops a client whose frame is too large.
var errFrame = errors.New("the frame is larger than the limit")

// A conn is one websocket of a server process.
type conn struct {
	id   string
	gate *Gate
	peer *peer
	ws   *websocket.Conn
	raw  net.Conn

	heard    atomic.Int64  // when the client last showed that it is there, since the gate began
	patience time.Duration // how long it may be silent until it is pinged
	pinging  atomic.Bool
	held     atomic.Bool // it has more to say than is read

	mu      sync.Mutex // guards what follows
	out     []message
	bytes   int // in out
	writing bool
	ending  bool // closed as soon as out is written
	closed  bool
	retired *time.Timer
}

// A message is an answer, or a push that is not encoded yet.
type message struct {
	frame []byte
	push  sdkwire.Push
}

// serve is the life of a socket. When ctx is done, its end is ours.
func (g *Gate) serve(ctx, work context.Context, c *conn) {
	c.peer.attach(c)
	for c.receive(work) == nil {
	}
	unsent := c.drop()
	c.ws.CloseNow()
	g.leave(c)
	if c.peer.detach(c, unsent) && ctx.Err() == nil {
		g.disconnect(ctx, c.peer.key, c.id)
	}
}

// receive reads one frame and has it acted on. It waits for nothing but the
// client, since pings are answered while it reads, unless that has too many
// requests under way. An error means that the socket is gone.
func (c *conn) receive(work context.Context) error {
	kind, r, err := c.ws.Reader(context.Background()) // ended by cut
	if err != nil {
		return err
	}
	c.touch()
	b := c.gate.buffer()
	defer c.gate.release(b)
	if _, err = b.ReadFrom(io.LimitReader(r, frameLimit+1)); err != nil {
		return err
	}
	if b.Len() > frameLimit {
		return errFrame
	}
	if kind != websocket.MessageText {
		return nil // no SDK sends any
	}
	// Decoding makes a stack grow, and this one stays while the socket does.
	taken := make(chan struct{})
	c.gate.work.Go(func() { c.gate.take(work, c, b.Bytes(), taken) })
	<-taken
	return nil
}

func (g *Gate) buffer() *bytes.Buffer {
	if b, ok := g.buffers.Get().(*bytes.Buffer); ok {
		return b
	}
	return new(bytes.Buffer)
}

// release gives a buffer back, unless it has grown out of the ordinary.
func (g *Gate) release(b *bytes.Buffer) {
	if b.Cap() <= 64<<10 {
		b.Reset()
		g.buffers.Put(b)
	}
}

// touch notes that the client is there.
func (c *conn) touch() { c.heard.Store(int64(time.Since(c.gate.begun))) }

// silence is how long nothing was heard of the client.
func (c *conn) silence() time.Duration {
	return time.Since(c.gate.begun) - time.Duration(c.heard.Load())
}

// disconnect tells the ledger that a socket is gone, as often as it takes.
func (g *Gate) disconnect(ctx context.Context, key world.ProcessKey, id string) {
	_, err := insist(ctx, g.Ledger, world.DisconnectProcess{Key: key, Conn: id})
	if err != nil && ctx.Err() == nil && !errors.Is(err, ledger.ErrClosed) {
		g.Log.Error("the loss of a game server's connection could not be recorded", "process", key.Process, "compute", key.Compute, "fleet", key.Fleet, "error", err)
	}
}

// send queues m and reports whether it may still reach the client. It does
// not block: a client that lets too much wait is cut off.
func (c *conn) send(m message) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.closed {
		return false
	}
	if len(c.out) >= outboxFrames || len(c.out) > 0 && c.bytes+len(m.frame) > outboxBytes {
		c.close()
		return false
	}
	c.out = append(c.out, m)
	c.bytes += len(m.frame)
	if !c.writing {
		c.writing = true
		c.gate.work.Go(c.write)
	}
	return true
}

// write sends what is queued, and ends when there is nothing: a socket that
// is idle costs no goroutine for writing.
func (c *conn) write() {
	for {
		m, ok := c.next()
		if !ok {
			return
		}
		err := c.put(m)
		if err != nil && c.cut() {
			c.gate.Log.Info("a game server's connection was dropped: it could not be written to", "process", c.peer.key.Process, "error", err)
		}
		if err == nil && ends(m.push) {
			c.gate.work.Go(c.tell)
		}
	}
}

func (c *conn) next() (message, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.closed || len(c.out) == 0 {
		c.writing = false
		if c.ending {
			c.close()
		}
		return message{}, false
	}
	m := c.out[0]
	c.bytes -= len(m.frame)
	if c.out = c.out[1:]; len(c.out) == 0 {
		c.out = nil
	}
	return m, true
}

func (c *conn) put(m message) error {
	if m.push != nil {
		frame, err := sdkwire.EncodePush(m.push)
		if err != nil {
			return err
		}
		m.frame = frame
	}
	ctx, cancel := context.WithTimeout(context.Background(), writeTimeout)
	defer cancel()
	return c.ws.Write(ctx, websocket.MessageText, m.frame)
}

// retire drops the socket after d, unless it goes by itself.
func (c *conn) retire(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.closed || c.retired != nil {
		return
	}
	c.retired = time.AfterFunc(d, func() { c.cut() })
}

// finish cuts the socket when all that was said is written, or at the given
// time.
func (c *conn) finish(by time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if !c.writing {
		c.close()
		return
	}
	c.ending = true
	c.raw.SetWriteDeadline(by)
}

// cut ends the socket without a close frame, after which some SDKs would never
// reconnect. It reports whether the socket was open.
func (c *conn) cut() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.close()
}

// drop cuts the socket and returns the pushes that were not sent.
func (c *conn) drop() []sdkwire.Push {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.close()
	var unsent []sdkwire.Push
	for _, m := range c.out {
		if m.push != nil {
			unsent = append(unsent, m.push)
		}
	}
	c.out = nil
	return unsent
}

// close is cut for those who hold the lock. Closing below TLS leaves out its
// farewell, which could block.
func (c *conn) close() bool {
	if c.closed {
		return false
	}
	c.closed = true
	if c.retired != nil {
		c.retired.Stop()
	}
	raw := c.raw
	if t, ok := raw.(interface{ NetConn() net.Conn }); ok {
		raw = t.NetConn()
	}
	raw.Close()
	return true
}
