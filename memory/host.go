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
	"github.com/musterhq/muster/internal/world"
)

// HostOptions describe one game server.
type HostOptions struct {
	Port      uint16        // where players connect to, on 127.0.0.1
	KeepEmpty bool          // keep a session whose last player has left
	Health    time.Duration // between two health checks; zero means 60 s
	Log       *slog.Logger  // hears of what nobody waits for; nil means slog.Default()
}

// A Host is one game server process of a Service, though it runs in this
// process with the others. Make it with NewHost and Close it: the zero value
// returns muster.ErrNotInitialized.
type Host struct {
	service *Service
	options HostOptions
	key     world.ProcessKey
	process hosting.Process

	// Guarded by the service's lock.
	announced bool // NotifyProcessReady was called
	ending    bool // HandleDestroySession was called

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
	if o.Log == nil {
		o.Log = slog.Default()
	}
	h := &Host{service: s, options: o, key: world.ProcessKey{Fleet: fleet, Compute: compute, Process: uuid.NewString()}}
	h.process.Service, h.process.Logger, h.process.KeepEmpty = backend{h}, o.Log, o.KeepEmpty
	h.life, h.stop = context.WithCancel(context.Background())
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.hosts == nil {
		s.hosts = map[string]*Host{}
	}
	s.hosts[h.key.Process] = h
	return h
}

// Close ends the game server as if its process had crashed: nobody is told.
// The service notices when its grace period is over. To end in order, call
// HandleDestroySession first. Calls made later return muster.ErrClosed.
func (h *Host) Close() {
	if h.service == nil {
		return
	}
	h.service.mu.Lock()
	delete(h.service.hosts, h.key.Process)
	h.service.mu.Unlock()
	h.stop()
	h.process.Close()
	h.work.Wait()
	do(context.Background(), h.service, world.DisconnectProcess{Key: h.key, Conn: h.key.Process})
}

// Connect implements muster.Host.
func (h *Host) Connect(n muster.SessionNotifications) (disconnect func()) {
	return h.process.Notifications.Connect(n)
}

// firstReport is how long NotifyProcessReady waits for the first health report.
const firstReport = 5 * time.Second

// NotifyProcessReady implements muster.Host. It returns when the service has
// had the first health report as well, before which it offers the process no
// session. For a health check that hangs it waits 5 seconds and not longer
// than ctx; that is no error.
func (h *Host) NotifyProcessReady(ctx context.Context) error {
	const op = "notify process ready"
	if err := h.announce(); err != nil {
		return fmt.Errorf("%s: %w", op, err)
	}
	if err := h.activate(ctx); err != nil {
		err = &muster.StepError{Op: op, Step: muster.StepActivate, Err: err}
		return errors.Join(err, h.process.HandleDestroySession(ctx))
	}
	reported, err := h.startReports()
	if err != nil {
		return fmt.Errorf("%s: %w", op, err)
	}
	ctx, cancel := context.WithTimeout(ctx, firstReport)
	defer cancel()
	select {
	case <-reported:
	case <-ctx.Done():
	}
	return nil
}

// whileOpen calls then under the service's lock, unless the host is closed or
// nobody made it. A nil then does nothing.
func (h *Host) whileOpen(then func() error) error {
	if h.service == nil {
		return errNotMade
	}
	h.service.mu.Lock()
	defer h.service.mu.Unlock()
	switch {
	case h.service.hosts[h.key.Process] != h:
		return muster.ErrClosed
	case then == nil:
		return nil
	}
	return then()
}

// announce lets a process become ready once.
func (h *Host) announce() error {
	return h.whileOpen(func() error {
		switch {
		case h.ending:
			return fmt.Errorf("%w: the process has ended, or is asked to: make another host", muster.ErrConflict)
		case h.announced:
			return fmt.Errorf("%w: notified already", muster.ErrConflict)
		}
		h.announced = true
		return nil
	})
}

// open makes the process known to the service. One that has ended stays so.
func (h *Host) open(ctx context.Context) error {
	if err := h.service.furnish(ctx); err != nil {
		return err
	}
	_, err := do(ctx, h.service, world.ConnectProcess{Key: h.key, Conn: h.key.Process, Trusted: true})
	return err
}

func (h *Host) activate(ctx context.Context) error {
	if err := h.open(ctx); err != nil {
		return err
	}
	_, err := do(ctx, h.service, world.ActivateProcess{Key: h.key, Port: int(h.options.Port)})
	return err
}

// startReports reports health from now on, unless the host is closed, which
// waits for the reports. The channel is closed when the first is over.
func (h *Host) startReports() (<-chan struct{}, error) {
	first := make(chan struct{})
	err := h.whileOpen(func() error {
		h.work.Go(func() { h.keepReporting(first) })
		return nil
	})
	return first, err
}

// keepReporting reports health until the host is closed or the process ends.
func (h *Host) keepReporting(first chan<- struct{}) {
	err := h.report(h.life)
	close(first)
	for err == nil {
		h.service.clock.Sleep(h.life, h.options.Health, nil)
		err = h.report(h.life)
	}
}

// report asks the game for its health and passes it on.
func (h *Host) report(ctx context.Context) error {
	if ctx.Err() != nil {
		return ctx.Err()
	}
	unwell := h.process.CheckHealth(ctx)
	if ctx.Err() != nil {
		return ctx.Err()
	}
	if unwell != nil {
		h.options.Log.Warn("reporting this process as unhealthy", "error", unwell)
	}
	_, err := do(ctx, h.service, world.Heartbeat{Key: h.key, Healthy: unwell == nil})
	return err
}

// begin hears that the process was claimed for a session. A nil host is one
// that was closed: its session ends when the service gives it up.
func (h *Host) begin(session muster.SessionConfig) {
	if h == nil {
		return
	}
	h.work.Go(func() {
		if err := h.process.CreateSession(h.life, session); err != nil {
			h.options.Log.Error("game session not created", "session", session.SessionID, "error", err)
		}
	})
}

// terminate hears that the process is asked to end.
func (h *Host) terminate(reason string) {
	if h != nil {
		h.process.DestroyInBackground(h.life, "the service ends this process: "+reason)
	}
}

// ValidatePlayerJoinSession implements muster.PlayerHandler.
func (h *Host) ValidatePlayerJoinSession(ctx context.Context, c muster.PlayerConnectionConfig) error {
	if err := h.whileOpen(nil); err != nil {
		return fmt.Errorf("validate player session: %w", err)
	}
	return h.process.ValidatePlayerJoinSession(ctx, c)
}

// HandlePlayerLeaveSession implements muster.PlayerHandler.
func (h *Host) HandlePlayerLeaveSession(ctx context.Context, c muster.PlayerConnectionConfig) error {
	if err := h.whileOpen(nil); err != nil {
		return fmt.Errorf("remove player: %w", err)
	}
	return h.process.HandlePlayerLeaveSession(ctx, c)
}

// HandleDestroySession implements muster.Host. A process whose end has begun
// before it was ready does not become so.
func (h *Host) HandleDestroySession(ctx context.Context) error {
	if err := h.whileOpen(func() error { h.ending = true; return nil }); err != nil {
		return fmt.Errorf("destroy session: %w", err)
	}
	return h.process.HandleDestroySession(ctx)
}

// ExternalSessionCertificate implements muster.Certificates: there is no TLS.
func (h *Host) ExternalSessionCertificate(context.Context) (string, error) {
	if err := h.whileOpen(nil); err != nil {
		return "", fmt.Errorf("external session certificate: %w", err)
	}
	return "", nil
}

// InternalSessionCertificate implements muster.Certificates: there is no TLS.
func (h *Host) InternalSessionCertificate(context.Context) (string, error) { return "", nil }

// backend is the service as a process sees it.
type backend struct{ h *Host }

func (b backend) ActivateSession(ctx context.Context, id string) error {
	_, err := do(ctx, b.h.service, world.ActivateGameSession{Process: b.h.key, ID: id})
	return err
}

func (b backend) AcceptPlayer(ctx context.Context, request, session, player string) error {
	_, err := do(ctx, b.h.service, world.AcceptPlayer{Process: b.h.key, Session: session, ID: player, Request: request})
	return err
}

func (b backend) RemovePlayer(ctx context.Context, session, player string) error {
	_, err := do(ctx, b.h.service, world.RemovePlayer{Process: b.h.key, Session: session, ID: player})
	return err
}

// EndProcess makes the process known if it never was ready: the service has to
// remember that it has ended, for a NotifyProcessReady that is on its way.
func (b backend) EndProcess(ctx context.Context) error {
	end := world.EndProcess{Key: b.h.key}
	_, err := do(ctx, b.h.service, end)
	if errors.Is(err, world.ErrNotFound) {
		if err := b.h.open(ctx); err != nil {
			return err
		}
		_, err = do(ctx, b.h.service, end)
	}
	return err
}
