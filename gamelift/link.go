package gamelift

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"sync"
	"time"

	"github.com/coder/websocket"
	"github.com/google/uuid"

	"github.com/musterhq/muster"
	"github.com/musterhq/muster/internal/hosting"
	"github.com/musterhq/muster/internal/sdkwire"
)

const (
	// writeTimeout bounds one frame's way into the socket.
	writeTimeout = 10 * time.Second
	// refreshOverlap is how long an old connection is still read after the
	// service has moved the process to a new one.
	refreshOverlap = 5 * time.Second
	// maxFrame is more than a session's properties, data and match together.
	maxFrame = 4 << 20
	// steadyAfter is how long a connection must hold before the loss of it is
	// answered at once.
	steadyAfter = 10 * time.Second
	// restlessAfter is how many connections in a row may end before they are
	// restless old until the process is told that it may have a twin. Services
	// let go of a connection seconds after another has taken its place.
	restlessAfter = 3
	restless      = 30 * time.Second
	// silentRequests is how many requests in a row may go unanswered before
	// the connection counts as dead.
	silentRequests = 2
)

// redialAfter is the pause before each attempt to connect again. After the
// last one attempts go on at the pace of heartbeats.
// Source: measured on the Go server SDK 5.6.0.
var redialAfter = [...]time.Duration{
	0, 8 * time.Second, 16 * time.Second, 32 * time.Second,
	32 * time.Second, 32 * time.Second, 32 * time.Second, 32 * time.Second,
}

// link is a process's connection to the service. It survives the sockets it
// is made of: when one breaks it opens another, with the same token, and sends
// the requests without an answer again, under the same ids.
type link struct {
	dialer         *dialer
	logger         *slog.Logger
	requestTimeout time.Duration
	redialPace     time.Duration
	push           func(context.Context, sdkwire.Push)
	// refused is called when the service does not take the process back after
	// it was asked to end it: it has done so, and its answer got lost.
	refused func(context.Context)

	all  sync.WaitGroup // every goroutine; each is started by one of them or by open
	stop context.CancelFunc
	done <-chan struct{} // closed by stop

	mu       sync.Mutex
	settings settings
	conn     *websocket.Conn // nil while disconnected
	calls    map[string]*call
	sequence int
	silent   int  // unanswered requests in a row
	ending   bool // the last request went out and has no answer
	finished bool // the process has ended: do not connect again
	moving   bool
	next     *address // where to move after the move under way
	// ended is closed when the process has ended without an answer.
	ended chan struct{}
}

// address is where the service wants the process, and the token for there; what
// is empty stays as it is.
type address struct{ endpoint, token string }

// call is a request on its way.
type call struct {
	sequence int
	frame    []byte
	last     bool            // no other follows it
	sent     *websocket.Conn // where it went last
	answer   chan []byte     // has room for the answer
}

// open connects once. The link lives until close, whatever becomes of ctx.
func (l *link) open(ctx context.Context) error {
	conn, err := l.dialer.dial(ctx, l.settings)
	if err != nil {
		return err
	}
	life, stop := context.WithCancel(context.WithoutCancel(ctx))
	l.stop, l.done = stop, life.Done()
	l.calls, l.ended = make(map[string]*call), make(chan struct{})
	l.conn = conn
	l.all.Go(func() { l.serve(life, conn) })
	return nil
}

// close drops the connection without a word, as the official SDK does: what
// the service needs to know it was told by requests. Requests on their way
// fail.
func (l *link) close() {
	l.stop()
	l.all.Wait()
}

// serve reads conn, and each connection that replaces it after it broke, until
// ctx ends. Connections that break as soon as they are made count as attempts.
func (l *link) serve(ctx context.Context, conn *websocket.Conn) {
	for attempt, short := 0, 0; conn != nil; {
		opened := time.Now()
		err := l.read(ctx, conn)
		conn.CloseNow()
		if ctx.Err() != nil {
			return
		}
		if time.Since(opened) > steadyAfter {
			attempt = 0
		}
		if short++; time.Since(opened) > restless {
			short = 0
		}
		if l.lost(conn) {
			l.logger.Warn("connection to GameLift lost, connecting again", "error", err)
			if short > 0 && short%restlessAfter == 0 {
				l.suspectTwin()
			}
			conn, attempt = l.redial(ctx, attempt)
		} else {
			conn = nil // another one has taken over
		}
		l.all.Go(func() { l.resend(ctx) })
	}
}

// suspectTwin says what makes a service drop connections that it has taken.
func (l *link) suspectTwin() {
	query := l.target().query
	l.logger.Error("GameLift takes this process's connections and drops each within seconds, as it does when two hosts have one process id: "+
		"give each its own, and unset "+EnvProcessID+" in a program with several",
		"process", query.ProcessID, "host", query.ComputeID, "fleet", query.FleetID)
}

func (l *link) read(ctx context.Context, conn *websocket.Conn) error {
	for {
		_, frame, err := conn.Read(ctx)
		if err != nil {
			return err
		}
		l.receive(ctx, frame)
	}
}

func (l *link) receive(ctx context.Context, frame []byte) {
	status, err := sdkwire.DecodeReply(frame)
	if err != nil {
		l.logger.Warn("GameLift sent a frame that cannot be read", "error", err)
		return
	}
	if status.RequestID != "" {
		l.deliver(status, frame)
		return
	}
	push, err := sdkwire.DecodePush(status.Action, frame)
	if err != nil {
		l.logger.Warn("GameLift sent a frame that cannot be read", "error", err)
		return
	}
	l.all.Go(func() { l.push(ctx, push) })
}

// deliver hands an answer to whoever waits for it. After the one to its last
// request a process has nothing to connect for, even if the service hangs up
// before anybody has read it.
func (l *link) deliver(status sdkwire.Status, frame []byte) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.silent = 0
	if c, waiting := l.calls[status.RequestID]; waiting {
		delete(l.calls, status.RequestID)
		if c.last {
			l.ending, l.finished = false, l.finished || status.OK()
		}
		c.answer <- frame
	}
}

// lost reports whether conn was the connection in use, which from now on there
// is none of, and whether another is wanted.
func (l *link) lost(conn *websocket.Conn) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.conn != conn {
		return false
	}
	l.conn = nil
	return !l.finished
}

// redial connects again, however long it takes, and returns the number of the
// next attempt as well. The connection is nil when ctx ends, the service has
// meanwhile moved the process to another, or the process has ended.
func (l *link) redial(ctx context.Context, attempt int) (conn *websocket.Conn, next int) {
	for ; ; attempt++ {
		pause := l.redialPace
		if attempt < len(redialAfter) {
			pause = redialAfter[attempt]
		}
		if !hosting.Sleep(ctx, pause) || l.connected() {
			return nil, 0
		}
		conn, err := l.dialer.dial(ctx, l.target())
		if err == nil {
			if before := l.use(conn, nil); before != nil {
				before.CloseNow()
			}
			return conn, attempt + 1
		}
		if errors.Is(err, muster.ErrUnauthorized) && l.confirmEnd() {
			l.logger.Info("GameLift has ended this process, its answer got lost")
			l.refused(ctx)
			return nil, 0
		}
		l.logger.Warn("GameLift cannot be reached", "attempt", attempt+1, "error", err)
	}
}

// confirmEnd reports whether a refusal by the service means that the process
// has ended, for it takes no ended process back.
func (l *link) confirmEnd() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.ending && !l.finished {
		l.finished = true
		close(l.ended)
	}
	return l.finished
}

func (l *link) connected() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.conn != nil
}

func (l *link) target() settings {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.settings
}

// use makes conn the connection in use and returns the one before. New
// settings come with a move to another endpoint.
func (l *link) use(conn *websocket.Conn, moved *settings) (before *websocket.Conn) {
	l.mu.Lock()
	defer l.mu.Unlock()
	before, l.conn, l.silent = l.conn, conn, 0
	if moved != nil {
		l.settings = *moved
	}
	return before
}

// move follows the service to another address. It makes one move at a time, and
// of those asked for meanwhile only the last: a service whose every connection
// sends the process on is not stormed.
func (l *link) move(ctx context.Context, to address) {
	for next := l.beginMove(to); next != nil; next = l.endMove() {
		if ctx.Err() == nil {
			l.moveTo(ctx, *next)
		}
	}
}

// beginMove returns nil if a move is under way, which will go on to this address.
func (l *link) beginMove(to address) *address {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.moving {
		l.next = &to
		return nil
	}
	l.moving = true
	return &to
}

// endMove returns the address to move to next, or nil.
func (l *link) endMove() (next *address) {
	l.mu.Lock()
	defer l.mu.Unlock()
	next, l.next = l.next, nil
	l.moving = next != nil
	return next
}

// moveTo moves once: the new connection takes over, the old one is read a
// little longer for answers on their way.
func (l *link) moveTo(ctx context.Context, to address) {
	next := l.target()
	next.endpoint, next.query.AuthToken = cmp.Or(to.endpoint, next.endpoint), cmp.Or(to.token, next.query.AuthToken)
	next.query.IdempotencyToken = uuid.NewString()
	conn, err := l.dialer.dial(ctx, next)
	if err != nil {
		l.logger.Error("GameLift's new endpoint cannot be reached, staying with the old one", "error", err)
		return
	}
	before := l.use(conn, &next)
	l.all.Go(func() { l.serve(ctx, conn) })
	if before == nil {
		l.resend(ctx)
		return
	}
	hosting.Sleep(ctx, refreshOverlap)
	before.CloseNow() // its reader sends again what it leaves without an answer
}

// do sends a request and waits for its answer, across reconnects. The answer
// is decoded into reply.
func (l *link) do(ctx context.Context, request sdkwire.Request, reply sdkwire.Reply) error {
	return l.doAs(ctx, uuid.NewString(), request, reply)
}

// doAs sends a request under an id that no other request on its way has. The
// service answers as before to one that it has had.
func (l *link) doAs(ctx context.Context, id string, request sdkwire.Request, reply sdkwire.Reply) error {
	ctx, cancel := context.WithTimeoutCause(ctx, l.requestTimeout, errNoAnswer)
	defer cancel()
	frame, err := sdkwire.EncodeRequest(id, request)
	if err != nil {
		return err
	}
	_, last := request.(*sdkwire.TerminateServerProcessRequest)
	conn, answers := l.enqueue(id, &call{frame: frame, last: last, answer: make(chan []byte, 1)})
	if conn != nil {
		l.write(ctx, conn, frame)
	}
	var ended <-chan struct{} // other requests are not answered by the end
	if last {
		ended = l.ended
	}
	select {
	case <-ended:
		l.forget(id, false)
		return nil
	case answer := <-answers:
		return decodeAnswer(answer, reply)
	case <-ctx.Done():
		err = context.Cause(ctx)
	case <-l.done:
		err = muster.ErrClosed
	}
	if dead := l.forget(id, errors.Is(err, errNoAnswer)); dead != nil {
		dead.CloseNow()
	}
	return fmt.Errorf("%s: %w", sdkwire.HeaderOf(request).Action, err)
}

var errNoAnswer = fmt.Errorf("%w: no answer from GameLift in time: check that %s can be reached and the process is still registered",
	muster.ErrUnavailable, EnvWebSocketURL)

// enqueue returns the connection the request should go out on, if there is
// one, and where its answer will come.
func (l *link) enqueue(id string, c *call) (*websocket.Conn, <-chan []byte) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.sequence++
	c.sequence, c.sent = l.sequence, l.conn
	l.calls[id] = c
	l.ending = l.ending || c.last && l.conn != nil
	return l.conn, c.answer
}

// forget gives a request up. Too many without an answer mean that the
// connection, which it returns then, is dead without having said so.
func (l *link) forget(id string, silent bool) (dead *websocket.Conn) {
	l.mu.Lock()
	defer l.mu.Unlock()
	delete(l.calls, id)
	if !silent || l.conn == nil {
		return nil
	}
	if l.silent++; l.silent < silentRequests {
		return nil
	}
	l.silent = 0
	return l.conn
}

// resend sends on the connection in use what has no answer and did not go out
// on it.
func (l *link) resend(ctx context.Context) {
	conn, calls := l.unsent()
	for _, c := range calls {
		l.write(ctx, conn, c.frame)
	}
}

func (l *link) unsent() (*websocket.Conn, []*call) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.conn == nil {
		return nil, nil
	}
	var calls []*call
	for _, c := range l.calls {
		if c.sent != l.conn {
			c.sent = l.conn
			l.ending = l.ending || c.last
			calls = append(calls, c)
		}
	}
	slices.SortFunc(calls, func(a, b *call) int { return a.sequence - b.sequence })
	return l.conn, calls
}

// write puts a frame on its way. A failure breaks the connection, and its
// reader takes care of that. The caller's context must not end in the middle
// of a frame, for that would break it as well.
func (l *link) write(ctx context.Context, conn *websocket.Conn, frame []byte) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), writeTimeout)
	defer cancel()
	if err := conn.Write(ctx, websocket.MessageText, frame); err != nil {
		conn.CloseNow()
	}
}
