package gamelift_test

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"net"
	"net/http"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/coder/websocket"

	"github.com/musterhq/muster"
	"github.com/musterhq/muster/gamelift"
	"github.com/musterhq/muster/internal/sdkwire"
)

// fakeService answers game servers over pipes. It writes down what they ask,
// each request as its action with its ids, and what its tests make happen.
type fakeService struct {
	server http.Server
	pipes  chan net.Conn
	closed chan struct{}
	began  time.Time

	mu       sync.Mutex
	lines    []string
	ids      []string // of requests, in order
	queries  []sdkwire.Query
	conns    []*websocket.Conn
	attempts []time.Duration // since began
	down     bool            // refuse TCP connections
	status   int             // refuse upgrades with this
	hangUp   bool            // break connections as soon as they are made
	lastWord sdkwire.Action  // break connections after the answer to this
	mute     map[sdkwire.Action]bool
	fail     map[sdkwire.Action]int
	healthy  []bool
	ports    []int
}

func newFakeService(t *testing.T) *fakeService {
	s := &fakeService{
		pipes: make(chan net.Conn), closed: make(chan struct{}), began: time.Now(),
		mute: map[sdkwire.Action]bool{}, fail: map[sdkwire.Action]int{},
	}
	s.server.Handler = s
	var serving sync.WaitGroup
	serving.Go(func() { s.server.Serve(s) })
	t.Cleanup(func() {
		s.server.Close()
		s.dropAll()
		serving.Wait()
	})
	return s
}

// The service is its own listener, and dials itself.

func (s *fakeService) Accept() (net.Conn, error) {
	select {
	case conn := <-s.pipes:
		return conn, nil
	case <-s.closed:
		return nil, net.ErrClosed
	}
}

func (s *fakeService) Close() error {
	close(s.closed)
	return nil
}

func (s *fakeService) Addr() net.Addr { return &net.TCPAddr{} }

func (s *fakeService) dial(ctx context.Context, _, address string) (net.Conn, error) {
	s.mu.Lock()
	s.attempts = append(s.attempts, time.Since(s.began))
	down := s.down
	s.mu.Unlock()
	if address == "silent:1" {
		<-ctx.Done()
		return nil, ctx.Err()
	}
	if down || address == "nowhere:1" {
		return nil, syscall.ECONNREFUSED
	}
	client, server := net.Pipe()
	select {
	case s.pipes <- server:
		return client, nil
	case <-s.closed:
		return nil, net.ErrClosed
	}
}

func (s *fakeService) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	status := s.status
	s.queries = append(s.queries, sdkwire.ParseQuery(r.URL.Query()))
	s.mu.Unlock()
	if status != 0 {
		http.Error(w, "because of "+r.RequestURI, status)
		return
	}
	conn, err := websocket.Accept(w, r, nil)
	if err != nil {
		return
	}
	s.mu.Lock()
	s.conns = append(s.conns, conn)
	hangUp, lastWord := s.hangUp, s.lastWord
	s.mu.Unlock()
	if hangUp {
		conn.CloseNow()
		return
	}
	for {
		_, frame, err := conn.Read(r.Context())
		if err != nil {
			return
		}
		if answer := s.answer(frame); answer != nil {
			conn.Write(r.Context(), websocket.MessageText, answer)
			if status, err := sdkwire.DecodeReply(answer); err == nil && status.Action == lastWord {
				conn.CloseNow()
			}
		}
	}
}

func (s *fakeService) answer(frame []byte) []byte {
	request, head, err := sdkwire.DecodeRequest(frame)
	if err != nil {
		panic(err)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.ids = append(s.ids, head.RequestID)
	s.note(request, head)
	if s.mute[head.Action] {
		return nil
	}
	if code := s.fail[head.Action]; code != 0 {
		answer, _ := sdkwire.EncodeError(head, code, "because")
		return answer
	}
	var reply sdkwire.Reply = new(sdkwire.Status)
	if head.Action == sdkwire.GetComputeCertificateAction {
		reply = &sdkwire.GetComputeCertificateAnswer{CertificatePath: "/etc/certs", ComputeName: "host-1"}
	}
	answer, err := sdkwire.EncodeAnswer(head, reply)
	if err != nil {
		panic(err)
	}
	return answer
}

func (s *fakeService) note(request sdkwire.Request, head sdkwire.Header) {
	line := string(head.Action)
	switch r := request.(type) {
	case *sdkwire.HeartbeatServerProcessRequest:
		s.healthy = append(s.healthy, r.HealthStatus)
	case *sdkwire.ActivateServerProcessRequest:
		s.ports = append(s.ports, r.Port)
	case *sdkwire.ActivateGameSessionRequest:
		line += " " + r.GameSessionID
	case *sdkwire.AcceptPlayerSessionRequest:
		line += " " + r.GameSessionID + " " + r.PlayerSessionID
	case *sdkwire.RemovePlayerSessionRequest:
		line += " " + r.GameSessionID + " " + r.PlayerSessionID
	}
	s.lines = append(s.lines, line)
}

// change lets a test change the service while it runs.
func (s *fakeService) change(what func()) {
	s.mu.Lock()
	defer s.mu.Unlock()
	what()
}

// push sends a push on the newest connection.
func (s *fakeService) push(t *testing.T, push sdkwire.Push) {
	t.Helper()
	frame, err := sdkwire.EncodePush(push)
	must(t, err)
	s.send(t, frame)
}

func (s *fakeService) send(t *testing.T, frame []byte) {
	t.Helper()
	synctest.Wait() // for the connection, and after it for what comes of it
	s.mu.Lock()
	conns := s.conns
	s.mu.Unlock()
	conn := conns[len(conns)-1]
	must(t, conn.Write(t.Context(), websocket.MessageText, frame))
	synctest.Wait()
}

// dropAll breaks every connection without a word.
func (s *fakeService) dropAll() {
	s.mu.Lock()
	conns := s.conns
	s.conns = nil
	s.mu.Unlock()
	for _, conn := range conns {
		conn.CloseNow()
	}
}

// want checks what was asked since the last time.
func (s *fakeService) want(t *testing.T, lines ...string) {
	t.Helper()
	synctest.Wait()
	s.mu.Lock()
	defer s.mu.Unlock()
	if !slices.Equal(s.lines, lines) {
		t.Errorf("asked\n\t%s\nwant\n\t%s", strings.Join(s.lines, "\n\t"), strings.Join(lines, "\n\t"))
	}
	s.lines = nil
}

func (s *fakeService) lastQuery() sdkwire.Query {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.queries[len(s.queries)-1]
}

func noEnv(string) (string, bool) { return "", false }

func newHost(s *fakeService) *gamelift.Host {
	return &gamelift.Host{
		WebSocketURL: "ws://service:1", AuthToken: "secret-token", ProcessID: "proc-1", HostID: "host-1", FleetID: "fleet-1",
		LookupEnv: noEnv, Port: 7777, HeartbeatJitter: -1,
		DialContext: s.dial, Logger: slog.New(slog.NewTextHandler(io.Discard, nil)),
	}
}

// play runs a test with a service and a host of its own, whose time moves by
// itself.
func play(t *testing.T, test func(t *testing.T, s *fakeService, h *gamelift.Host)) {
	synctest.Test(t, func(t *testing.T) {
		s := newFakeService(t)
		h := newHost(s)
		defer h.Close()
		test(t, s, h)
	})
}

// start makes a host ready and forgets what that took.
func start(t *testing.T, s *fakeService, h *gamelift.Host) {
	t.Helper()
	must(t, h.Init(t.Context()))
	must(t, h.NotifyProcessReady(t.Context()))
	s.want(t, "ActivateServerProcess", "HeartbeatServerProcess")
}

const sessionID = "arn:aws:gamelift:us-west-2::gamesession/fleet-1/s1"

var create = sdkwire.CreateGameSession{
	GameSessionID: sessionID, GameSessionName: "duel", GameSessionData: "opaque", MatchmakerData: `{"matchId":"m"}`,
	MaximumPlayerSessionCount: 2, Port: 7777, IPAddress: "127.0.0.1", DNSName: "localhost",
	GameProperties: map[string]string{"map": "desert"},
}

// startSession makes a host ready and gives it a session.
func startSession(t *testing.T, s *fakeService, h *gamelift.Host) {
	t.Helper()
	start(t, s, h)
	push := create
	s.push(t, &push)
	s.want(t, "ActivateGameSession "+sessionID)
}

var (
	ann = muster.PlayerConnectionConfig{ConnectionID: 1, PlayerSessionID: "psess-ann"}
	bob = muster.PlayerConnectionConfig{ConnectionID: 2, PlayerSessionID: "psess-bob"}
)

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func wantError(t *testing.T, err, cause error) {
	t.Helper()
	if !errors.Is(err, cause) {
		t.Errorf("got %v, want %v", err, cause)
	}
}
