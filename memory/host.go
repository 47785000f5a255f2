package memory

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/google/uuid"

	"github.com/musterhq/muster"
	"github.com/musterhq/muster/internal/hosting"
	"github.com/musterhq/muster/internal/ledger"
	"github.com/musterhq/muster/internal/world"
)

// HostOptions describe one game server.
type HostOptions struct {
	Port      uint16        // where players connect to, on 127.0.0.1
	KeepEmpty bool          // keep a session whose last player has left
	Health    time.Duration // between two health checks; zero means 60 s
	Log       *slog.Logger  // nil means slog.Default()
}

// A Host is one game server process of a Service, though it runs in this
// process with the others. Make it with NewHost and Close it.
type Host struct {
	service *Service
	options HostOptions
	key     world.ProcessKey
	process *hosting.Process

	announced bool // guarded by the service's lock

	life context.Context // of what runs in the background
	stop context.CancelFunc
	work sync.WaitGroup
}

var _ muster.Host = (*Host)(nil)

// NewHost returns a game server that is not ready yet.
func (s *Service) NewHost(o HostOptions) *Host {
	if o.Health == 0 {
		o.Health = time.Minute
	}
	h := &Host{service: s, options: o, key: world.ProcessKey{Fleet: fleet, Compute: compute, Process: uuid.NewString()}}
	h.process = &hosting.Process{Service: backend{h}, Logger: o.Log, KeepEmpty: o.KeepEmpty}
	h.life, h.stop = context.WithCancel(context.Background())
	s.mu.Lock()
	defer s.mu.Unlock()
	s.hosts[h.key.Process] = h
	return h
}

// Close ends the game server as if its process had crashed: nobody is told.
// The service notices when its grace period is over. To end in order, call
// HandleDestroySession first.
func (h *Host) Close() {
	h.service.mu.Lock()
	delete(h.service.hosts, h.key.Process)
	h.service.mu.Unlock()
	h.stop()
	h.process.Close()
	h.work.Wait()
	ledger.Do(context.Background(), h.service.ledger, world.DisconnectProcess{Key: h.key, Conn: h.key.Process})
}

// Connect implements muster.Host.
func (h *Host) Connect(n muster.SessionNotifications) (disconnect func()) {
	return h.process.Notifications.Connect(n)
}

// NotifyProcessReady implements muster.Host.
func (h *Host) NotifyProcessReady(ctx context.Context) error {
	const op = "notify process ready"
	if err := h.service.furnish(ctx); err != nil {
		return fmt.Errorf("%s: %w", op, err)
	}
	if err := h.announce(); err != nil {
		return fmt.Errorf("%s: %w", op, err)
	}
	l := h.service.ledger
	_, err := ledger.Do(ctx, l, world.ConnectProcess{Key: h.key, Conn: h.key.Process, Trusted: true})
	if err == nil {
		_, err = ledger.Do(ctx, l, world.ActivateProcess{Key: h.key, Port: int(h.options.Port)})
	}
	if err == nil {
		err = h.report(ctx)
	}
	if err != nil {
		return errors.Join(translate(err), h.process.HandleDestroySession(ctx))
	}
	h.work.Go(h.keepReporting)
	return nil
}

// announce lets a process become ready once.
func (h *Host) announce() error {
	h.service.mu.Lock()
	defer h.service.mu.Unlock()
	switch {
	case h.service.hosts[h.key.Process] != h:
		return muster.ErrClosed
	case h.announced:
		return fmt.Errorf("%w: notified already", muster.ErrConflict)
	}
	h.announced = true
	return nil
}

// report asks the game for its health and passes it on.
func (h *Host) report(ctx context.Context) error {
	healthy := h.process.CheckHealth(ctx) == nil
	_, err := ledger.Do(ctx, h.service.ledger, world.Heartbeat{Key: h.key, Healthy: healthy})
	return err
}

func (h *Host) keepReporting() {
	for {
		h.service.clock.Sleep(h.life, h.options.Health, nil)
		if h.life.Err() != nil || h.report(h.life) != nil {
			return // closed, or the process has ended
		}
	}
}

// begin hears that the process was claimed for a session. A nil host is one
// that was closed: its session ends when the service gives it up.
func (h *Host) begin(session muster.SessionConfig) {
	if h != nil {
		h.work.Go(func() { h.process.CreateSession(h.life, session) })
	}
}

// terminate hears that the process is asked to end.
func (h *Host) terminate() {
	if h != nil {
		h.work.Go(func() { h.process.HandleDestroySession(h.life) })
	}
}

// ValidatePlayerJoinSession implements muster.PlayerHandler.
func (h *Host) ValidatePlayerJoinSession(ctx context.Context, c muster.PlayerConnectionConfig) error {
	return h.process.ValidatePlayerJoinSession(ctx, c)
}

// HandlePlayerLeaveSession implements muster.PlayerHandler.
func (h *Host) HandlePlayerLeaveSession(ctx context.Context, c muster.PlayerConnectionConfig) error {
	return h.process.HandlePlayerLeaveSession(ctx, c)
}

// HandleDestroySession implements muster.Host.
func (h *Host) HandleDestroySession(ctx context.Context) error {
	return h.process.HandleDestroySession(ctx)
}

// ExternalSessionCertificate implements muster.Certificates: there is no TLS.
func (h *Host) ExternalSessionCertificate(context.Context) (string, error) { return "", nil }

// InternalSessionCertificate implements muster.Certificates: there is no TLS.
func (h *Host) InternalSessionCertificate(context.Context) (string, error) { return "", nil }

// backend is the service as a process sees it.
type backend struct{ h *Host }

func (b backend) ActivateSession(ctx context.Context, id string) error {
	_, err := ledger.Do(ctx, b.h.service.ledger, world.ActivateGameSession{Process: b.h.key, ID: id})
	return translate(err)
}

func (b backend) AcceptPlayer(ctx context.Context, session, player string) error {
	_, err := ledger.Do(ctx, b.h.service.ledger, world.AcceptPlayer{Process: b.h.key, Session: session, ID: player})
	return translate(err)
}

func (b backend) RemovePlayer(ctx context.Context, session, player string) error {
	_, err := ledger.Do(ctx, b.h.service.ledger, world.RemovePlayer{Process: b.h.key, Session: session, ID: player})
	return translate(err)
}

func (b backend) EndProcess(ctx context.Context) error {
	_, err := ledger.Do(ctx, b.h.service.ledger, world.EndProcess{Key: b.h.key})
	return translate(err)
}
