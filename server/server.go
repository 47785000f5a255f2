package server

import (
	"cmp"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"strconv"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/musterhq/muster/internal/api"
	"github.com/musterhq/muster/internal/auth"
	"github.com/musterhq/muster/internal/gate"
	"github.com/musterhq/muster/internal/journal"
	"github.com/musterhq/muster/internal/journal/sqlite"
	"github.com/musterhq/muster/internal/ledger"
	"github.com/musterhq/muster/internal/web"
)

// A Server is one muster server. Make it with New and Run it once.
type Server struct {
	cfg    Config
	ran    atomic.Bool
	ledger *ledger.Ledger
	door   *api.Door
	gate   *gate.Gate
	meters *meters
	url    string // set once it listens
}

// New returns a server that does not run yet.
func New(cfg Config) *Server {
	if cfg.Listen == "" {
		cfg.Listen = "127.0.0.1:9080"
	}
	if cfg.Log == nil {
		cfg.Log = slog.New(slog.DiscardHandler)
	}
	return &Server{cfg: cfg}
}

// drain is how long requests under way may take to finish at shutdown. The
// gate has a time of its own for those of game servers: both together are less
// than the 10 s for which Docker waits.
const drain = 5 * time.Second

// Run serves until ctx is done, then stops in order: no new connections,
// requests under way are answered, game servers' sockets are dropped (they
// come back by themselves), and what was decided is made durable. It returns
// nil then, or what it could not do; [ErrConfig] before it did anything.
func (s *Server) Run(ctx context.Context) error {
	if s.ran.Swap(true) {
		return errors.New("this server has been run before: make another with New")
	}
	if err := s.cfg.check(); err != nil {
		return fmt.Errorf("%w: %w", ErrConfig, err)
	}
	keys, err := s.keys()
	if err != nil {
		return err
	}
	j, err := s.openJournal()
	if err != nil {
		return err
	}
	defer j.Close()
	listener, err := s.listen(ctx)
	if err != nil {
		return err
	}
	s.assemble(j, keys)
	return s.serve(ctx, listener)
}

func (s *Server) keys() (*auth.Verifier, error) {
	if s.cfg.Auth.None {
		return nil, nil
	}
	keys, err := auth.Open(s.cfg.Auth.Keys)
	if err != nil {
		return nil, err
	}
	if err := auth.CheckPrivate(s.cfg.Auth.Keys); err != nil {
		s.cfg.Log.Warn("the file of keys is not private", "warning", err)
	}
	return keys, nil
}

func (s *Server) openJournal() (journal.Journal, error) {
	if s.cfg.Data == "" {
		return &journal.Memory{}, nil
	}
	return sqlite.Open(s.cfg.Data, &sqlite.Options{Log: s.cfg.Log})
}

func (s *Server) listen(ctx context.Context) (net.Listener, error) {
	var lc net.ListenConfig
	l, err := lc.Listen(ctx, "tcp", s.cfg.Listen)
	if err != nil {
		return nil, fmt.Errorf("%w (%s)", err, listenHint(err))
	}
	scheme := "http"
	if s.cfg.TLS.on() {
		cert, err := s.certificate()
		if err != nil {
			l.Close()
			return nil, err
		}
		scheme = "https"
		l = sniff(l, &tls.Config{Certificates: []tls.Certificate{cert}, MinVersion: tls.VersionTLS12})
	}
	s.url = scheme + "://" + reachable(l.Addr())
	return l, nil
}

// listenHint says what to do about an address that cannot be listened at.
func listenHint(err error) string {
	switch {
	case errors.Is(err, syscall.EADDRINUSE):
		return "is another muster running? choose another port with --listen"
	case errors.Is(err, syscall.EADDRNOTAVAIL):
		return "this machine has no such address: choose one that it has with --listen, or 0.0.0.0 for all of them"
	case errors.Is(err, syscall.EACCES):
		return "the system keeps this port to itself: choose one above 1023 with --listen"
	}
	return "choose another HOST:PORT with --listen"
}

// reachable returns where this machine reaches its own listener: one on every
// address is at loopback, too.
func reachable(a net.Addr) string {
	if tcp, ok := a.(*net.TCPAddr); ok && tcp.IP.IsUnspecified() {
		return net.JoinHostPort("127.0.0.1", strconv.Itoa(tcp.Port))
	}
	return a.String()
}

func (s *Server) certificate() (tls.Certificate, error) {
	if s.cfg.TLS.SelfSigned {
		return selfSigned(cmp.Or(s.cfg.TLS.Dir, s.cfg.Data), promised(s.cfg.Listen, s.cfg.SDKEndpoint))
	}
	cert, err := tls.LoadX509KeyPair(s.cfg.TLS.Cert, s.cfg.TLS.Key)
	if err != nil {
		return cert, fmt.Errorf("read the TLS certificate %s and its key %s: %w (both are PEM files, and the key is the certificate's own)", s.cfg.TLS.Cert, s.cfg.TLS.Key, err)
	}
	return cert, nil
}

func (s *Server) assemble(j journal.Journal, keys *auth.Verifier) {
	s.meters = newMeters(s.cfg.Version)
	s.ledger = ledger.New(ledger.Config{
		Journal: j, Settings: s.cfg.settings(), Clock: s.cfg.Clock, Log: s.cfg.Log, Observe: s.meters.commit,
		SnapshotEvery: s.cfg.SnapshotEvery,
	})
	s.door = &api.Door{Ledger: s.ledger, Auth: keys, SDKEndpoint: s.sdkEndpoint, Log: s.cfg.Log, Observe: s.meters.call}
	s.gate = &gate.Gate{Ledger: s.ledger, Trust: s.cfg.Auth.None, Log: s.cfg.Log}
	if keys != nil {
		s.gate.VerifySigned = keys.VerifyServerSDK
	}
	s.meters.watch(s.ledger, s.gate)
}

// sdkEndpoint is where game servers connect to.
func (s *Server) sdkEndpoint(r *http.Request) string {
	switch {
	case s.cfg.SDKEndpoint != "":
		return s.cfg.SDKEndpoint
	case s.cfg.TLS.on():
		return "wss://" + r.Host
	}
	return "ws://" + r.Host
}

// serve runs the parts and stops them in order.
func (s *Server) serve(ctx context.Context, listener net.Listener) error {
	// The ledger outlives everything that asks it.
	keep, stopLedger := context.WithCancel(context.WithoutCancel(ctx))
	defer stopLedger()
	var parts sync.WaitGroup
	failed := make(chan error, 3)
	run := func(part func(context.Context) error, ctx context.Context) {
		parts.Go(func() {
			if err := part(ctx); err != nil {
				failed <- err
			}
		})
	}
	run(s.ledger.Run, keep)
	open, stopGate := context.WithCancel(keep)
	defer stopGate()
	var gated sync.WaitGroup
	gated.Go(func() { s.gate.Run(open) })

	doors := web.New(s.handler(), s.cfg.Log)
	run(func(context.Context) error { return doors.Serve(listener) }, ctx)
	parts.Go(func() { s.announce(ctx) })

	var err error
	select {
	case <-ctx.Done():
	case err = <-failed:
	}
	// Requests first, while the ledger can still answer them and game servers
	// hear what came of them; then those of game servers, and their sockets, so
	// that none speaks to a ledger that has stopped.
	patience, cancel := context.WithTimeout(context.WithoutCancel(ctx), drain)
	defer cancel()
	doors.Stop(patience)
	stopGate()
	gated.Wait()
	stopLedger()
	parts.Wait()
	return err
}

// announce tells the caller once the ledger has recovered.
func (s *Server) announce(ctx context.Context) {
	if _, err := s.ledger.Now(ctx); err == nil && s.cfg.Ready != nil {
		s.cfg.Ready(s.url)
	}
}

// Settle runs what is due by now and returns when it is durable. A server does
// so by itself; tests that move its clock need not wait for it. Call it after
// Ready.
func (s *Server) Settle(ctx context.Context) error { return s.ledger.Tick(ctx) }
