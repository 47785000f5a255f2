package gate_test

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"net"
	"net/http"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/musterhq/muster/internal/gate"
	"github.com/musterhq/muster/internal/journal"
	"github.com/musterhq/muster/internal/ledger"
	"github.com/musterhq/muster/internal/world"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const (
	fleet   = "fleet-1"
	host    = "host-1"
	token   = "tok-abc"
	process = "proc-1"
)

// A house is a ledger, a gate and an HTTP server around it, connected by
// pipes, so that time can be the test's own.
type house struct {
	testing.TB
	journal *stalling
	ledger  *ledger.Ledger
	gate    *gate.Gate
	pipes   *pipes
	log     *record
	stop    func()

	stopLedger func() // before all else, as if it had failed
}

// inHouse runs a test in a bubble of time with a fleet, a compute and a token.
func inHouse(t *testing.T, settle func(*gate.Gate), test func(h *house)) {
	synctest.Test(t, func(t *testing.T) {
		h := open(t, new(journal.Memory), settle)
		defer func() { h.stop() }()
		h.furnish()
		test(h)
	})
}

func (h *house) furnish() {
	h.Helper()
	do(h, world.CreateLocation{Name: "custom-home"})
	do(h, world.CreateFleet{ID: fleet, Locations: []string{"custom-home"}})
	do(h, world.RegisterCompute{Fleet: fleet, Name: host, IP: "127.0.0.1", DNS: "localhost", Certificate: "/etc/certs"})
	do(h, world.IssueComputeToken{Fleet: fleet, Compute: host, Hash: hash(token)})
}

// open starts a house over a journal.
func open(t testing.TB, j *journal.Memory, settle func(*gate.Gate)) *house {
	h := &house{TB: t, journal: &stalling{Journal: j}, pipes: newPipes(), log: &record{}}
	h.ledger = ledger.New(ledger.Config{Journal: h.journal})
	h.gate = &gate.Gate{Ledger: h.ledger, Log: slog.New(slog.NewTextHandler(h.log, &slog.HandlerOptions{Level: slog.LevelDebug}))}
	if settle != nil {
		settle(h.gate)
	}
	server := &http.Server{Handler: h.gate, ReadHeaderTimeout: 5 * time.Second, ErrorLog: slog.NewLogLogger(slog.DiscardHandler, slog.LevelError)}
	gateCtx, stopGate := context.WithCancel(context.Background())
	ledgerCtx, stopLedger := context.WithCancel(context.Background())
	var gates, ledgers sync.WaitGroup
	ledgers.Go(func() { h.ledger.Run(ledgerCtx) })
	gates.Go(func() { h.gate.Run(gateCtx) })
	gates.Go(func() { server.Serve(h.pipes) })
	h.stopLedger = func() {
		stopLedger()
		ledgers.Wait()
	}
	var once sync.Once
	h.stop = func() {
		once.Do(func() {
			server.Close()
			stopGate()
			gates.Wait()
			h.stopLedger()
		})
	}
	return h
}

// restart stops everything and starts it again over what is in the journal.
func (h *house) restart() {
	h.stop()
	next := open(h.TB, h.journal.Journal.(*journal.Memory).Reopen(), func(g *gate.Gate) { g.Trust = h.gate.Trust })
	*h = *next
}

func do[A any](h *house, c world.Command[A]) A {
	h.Helper()
	a, err := ledger.Do(context.Background(), h.ledger, c)
	if err != nil {
		h.Fatal(err)
	}
	return a
}

func (h *house) createSession() (world.GameSession, error) {
	return ledger.Do(context.Background(), h.ledger, world.CreateGameSession{
		ID: "gsess-1", Fleet: fleet, Name: "My match", Maximum: 200, Properties: map[string]string{"map": "desert"}, Data: "opaque",
	})
}

func (h *house) reserve(session string, players ...string) []world.PlayerSession {
	h.Helper()
	c := world.CreatePlayerSessions{Session: session}
	for _, p := range players {
		c.Players = append(c.Players, world.ReservedPlayer{ID: "psess-" + p, Player: p, Data: "hello"})
	}
	return do(h, c)
}

func (h *house) process(name string) world.Process {
	h.Helper()
	p, err := ledger.View(context.Background(), h.ledger, func(w *world.World) (world.Process, error) {
		return w.Process(world.ProcessKey{Fleet: fleet, Compute: host, Process: name})
	})
	if err != nil {
		h.Fatal(err)
	}
	return p
}

func (h *house) player(id string) world.PlayerStatus {
	h.Helper()
	p, err := h.ledger.PlayerSession(context.Background(), id)
	if err != nil {
		h.Fatal(err)
	}
	return p.Status
}

// A stalling journal appends when the test lets it.
type stalling struct {
	journal.Journal
	mu     sync.Mutex
	held   chan struct{} // appends wait until it is closed
	broken bool          // appends fail
}

// stall holds appends up until release is called, once or more often.
func (j *stalling) stall() (release func()) {
	held := make(chan struct{})
	j.mu.Lock()
	defer j.mu.Unlock()
	j.held = held
	return sync.OnceFunc(func() { close(held) })
}

func (j *stalling) breakDown(broken bool) {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.broken = broken
}

func (j *stalling) Append(ctx context.Context, b journal.Block) error {
	j.mu.Lock()
	held, broken := j.held, j.broken
	j.mu.Unlock()
	if held != nil {
		<-held
	}
	if broken {
		return errors.New("disk full")
	}
	return j.Journal.Append(ctx, b)
}

// pipes is a listener and the way to it.
type pipes struct {
	conns  chan net.Conn
	closed chan struct{}
	once   sync.Once
}

func newPipes() *pipes { return &pipes{conns: make(chan net.Conn), closed: make(chan struct{})} }

func (p *pipes) Accept() (net.Conn, error) {
	select {
	case c := <-p.conns:
		return c, nil
	case <-p.closed:
		return nil, net.ErrClosed
	}
}

func (p *pipes) Close() error   { p.once.Do(func() { close(p.closed) }); return nil }
func (p *pipes) Addr() net.Addr { return &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1), Port: 9080} }

func (p *pipes) dial(ctx context.Context, _, _ string) (net.Conn, error) {
	near, far := net.Pipe()
	select {
	case p.conns <- far:
		return near, nil
	case <-p.closed:
		return nil, errors.New("connection refused")
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// A record is a log that can be read while it is written.
type record struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (r *record) Write(p []byte) (int, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.b.Write(p)
}

func (r *record) String() string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.b.String()
}
