package gate

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"time"

	"github.com/musterhq/muster/internal/ledger"
	"github.com/musterhq/muster/internal/sdkwire"
)

const (
	// answerWithin is how long a request may take: SDKs wait for 20 s.
	answerWithin = 18 * time.Second
	// callLimit is how many requests of one process are worked on at a time.
	// More wait to be read.
	callLimit = 512
	// keepAnswers is how long an answer is repeated to whoever asks again with
	// its RequestId. The C++ SDK does so for two minutes, over new connections.
	keepAnswers = 6 * time.Minute
	// keepLimit is how many answers are kept for one process.
	keepLimit = 4096
	// idLimit is the longest RequestId taken, in bytes.
	idLimit = 256
)

// errSlow is a request whose outcome is not known in time.
var errSlow = fmt.Errorf("no answer could be found within %s: ask again with the same RequestId", answerWithin)

// calls are the requests of a process: those being worked on, and for a while
// those that were answered. A peer's lock guards them.
type calls struct {
	running []*call
	settled []settled // oldest first
}

// A call is a request being worked on.
type call struct {
	head    sdkwire.Header
	mark    fingerprint
	lane    string
	begun   time.Time
	after   []*call       // must be done before it begins
	done    chan struct{} // closed when it is answered
	waiting []*conn       // to be told the answer
}

// A settled call can be answered again. Its frame is nil if it was plain
// success, which nearly all are.
type settled struct {
	mark  fingerprint
	at    time.Time
	frame []byte
}

// A fingerprint identifies a request among those of its process.
type fingerprint [16]byte

func fingerprintOf(h sdkwire.Header) fingerprint {
	sum := sha256.Sum256([]byte(string(h.Action) + "\x00" + h.RequestID))
	return fingerprint(sum[:16])
}

// take acts on a frame from a client. It closes taken, soon, when it is done
// with the frame and the next one may be taken.
func (g *Gate) take(work context.Context, c *conn, frame []byte, taken chan<- struct{}) {
	w, request := g.open(c, frame)
	close(taken)
	if w != nil {
		g.run(work, c.peer, w, request)
	}
}

// open enters the request in a frame and returns the call to run. It returns
// nil if there is nothing to run: then it is answered already, or somebody is
// at it, or it is no request.
func (g *Gate) open(c *conn, frame []byte) (*call, sdkwire.Request) {
	request, head, err := sdkwire.DecodeRequest(frame)
	switch {
	case request == nil && head.RequestID == "":
		g.Log.Debug("a frame from a game server was ignored", "process", c.peer.key.Process, "reason", err)
		return nil, nil
	case request == nil:
		g.reject(c, head, "", http.StatusBadRequest, err.Error())
		return nil, nil
	case head.RequestID == "" || len(head.RequestID) > idLimit:
		g.reject(c, head, head.Action, http.StatusBadRequest, fmt.Sprintf("RequestId has %d bytes: it needs between 1 and %d", len(head.RequestID), idLimit))
		return nil, nil
	}
	w, again := c.ask(head, laneOf(request))
	if again != nil {
		c.send(message{frame: again})
	}
	return w, request
}

// reject answers a request that is not worked on.
func (g *Gate) reject(c *conn, head sdkwire.Header, known sdkwire.Action, status int, text string) {
	if frame, err := sdkwire.EncodeError(head, status, text); err == nil {
		c.send(message{frame: frame})
	}
	g.Observe(Call{Action: known, Status: status})
}

// run works on a request and answers everybody who has sent it by then. When
// muster stops, nobody is told that a request failed which may have been done:
// who hears nothing asks the next muster, with the same RequestId.
func (g *Gate) run(work context.Context, p *peer, w *call, r sdkwire.Request) {
	defer close(w.done)
	ctx, cancel := context.WithTimeout(work, answerWithin)
	defer cancel()
	reply, err := g.inTurn(ctx, p, w, r)
	if errors.Is(err, context.DeadlineExceeded) {
		err = errSlow
	}
	frame, status := encode(w.head, reply, err)
	waiting := p.settle(w, frame, status)
	if status >= http.StatusInternalServerError && (g.stopping() || errors.Is(err, ledger.ErrClosed)) {
		return
	}
	for _, c := range waiting {
		c.send(message{frame: frame})
	}
	g.Observe(Call{Action: w.head.Action, Status: status, Took: time.Since(w.begun)})
}

// inTurn handles a request once those before it are done.
func (g *Gate) inTurn(ctx context.Context, p *peer, w *call, r sdkwire.Request) (sdkwire.Reply, error) {
	for _, before := range w.after {
		select {
		case <-before.done:
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
	w.after = nil
	return g.handle(ctx, p.key, r)
}

// ask enters a request as its peer does, once there is room for it. Until then
// nothing is read from the socket, which bounds what a client can have us keep
// and loses nothing. Every request ends within answerWithin, and so does this.
func (c *conn) ask(head sdkwire.Header, lane string) (w *call, again []byte) {
	for {
		w, again, full := c.peer.ask(c, head, lane)
		if full == nil {
			return w, again
		}
		c.held.Store(true)
		select {
		case <-full.done:
		case <-c.gate.down:
		}
		c.touch()
		c.held.Store(false)
	}
}

// ask enters a request that came on c. It returns a call to run if it is new,
// the answer to send again if it has been answered, neither if it is being
// worked on or the gate is stopping, and if there is no room for it a call that
// must be done before it is tried again.
func (p *peer) ask(c *conn, head sdkwire.Header, lane string) (w *call, again []byte, full *call) {
	mark, now := fingerprintOf(head), time.Now()
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, w := range p.calls.running {
		if w.mark == mark {
			if !slices.Contains(w.waiting, c) {
				w.waiting = append(w.waiting, c)
			}
			return nil, nil, nil
		}
	}
	p.calls.trim(now)
	for _, s := range p.calls.settled {
		if s.mark == mark {
			return nil, s.answer(head), nil
		}
	}
	if c.gate.stopping() {
		return nil, nil, nil
	}
	if len(p.calls.running) >= callLimit {
		return nil, nil, p.calls.running[0]
	}
	w = &call{head: head, mark: mark, lane: lane, begun: now, done: make(chan struct{}), waiting: []*conn{c}}
	for _, other := range p.calls.running {
		if follows(w.lane, other.lane) {
			w.after = append(w.after, other)
		}
	}
	p.calls.running = append(p.calls.running, w)
	return w, nil, nil
}

// settle ends a call and returns who waits for its answer. An answer that
// says to try again is not kept, nor is one that only read.
func (p *peer) settle(w *call, frame []byte, status int) []*conn {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.calls.running = slices.DeleteFunc(p.calls.running, func(other *call) bool { return other == w })
	if w.lane != laneRead && status < http.StatusInternalServerError {
		s := settled{mark: w.mark, at: time.Now()}
		if status != http.StatusOK {
			s.frame = frame
		}
		p.calls.settled = append(p.calls.settled, s)
		p.clear()
	}
	return w.waiting
}

// trim forgets answers that are old or too many.
func (c *calls) trim(now time.Time) {
	n := max(0, len(c.settled)-keepLimit)
	for n < len(c.settled) && now.Sub(c.settled[n].at) > keepAnswers {
		n++
	}
	c.settled = slices.Delete(c.settled, 0, n)
}

// answer returns the frame that was the answer to the request with that header.
func (s settled) answer(head sdkwire.Header) []byte {
	if s.frame != nil {
		return s.frame
	}
	frame, _ := encode(head, nil, nil)
	return frame
}
