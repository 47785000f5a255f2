// Package hosting is the behaviour of a game server process that hosts one
// session, written once for every provider: how a session is created, how
// players come and go, and how it ends. It knows no service; a provider's
// [muster.Host] wraps a [Process] and tells it what its service says.
package hosting

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/musterhq/muster"
)

// Service is the provider's service as a process needs it. Each method returns
// when the service has answered or ctx ends, with the errors of package muster.
type Service interface {
	// ActivateSession says that the session takes players.
	ActivateSession(ctx context.Context, sessionID string) error
	// AcceptPlayer says that a player with a reservation has come. A call with
	// the name of an earlier request is that request again, to be answered as
	// before. It is open whether the player is in if ctx ends or the error is
	// [muster.ErrUnavailable].
	AcceptPlayer(ctx context.Context, request, sessionID, playerSessionID string) error
	// RemovePlayer says that a player has left.
	RemovePlayer(ctx context.Context, sessionID, playerSessionID string) error
	// EndProcess says that the process ends and its session with it.
	EndProcess(ctx context.Context) error
}

// What the time limits of a [Process] are when they are zero.
const (
	// DefaultCreateTimeout is the longest activation timeout of a fleet.
	// Source: GameLift service API, RuntimeConfiguration.
	DefaultCreateTimeout = 10 * time.Minute
	// DefaultDestroyTimeout is the time GameLift gives a process to end.
	DefaultDestroyTimeout = 5 * time.Minute
	// DefaultHealthTimeout is the time the server SDKs give a health check.
	DefaultHealthTimeout = 50 * time.Second
)

// Process is one game server process. It takes one session in its life. Set
// the exported fields before the first call; a Process must not be copied. All
// methods may be called concurrently, also by notification handlers, except
// Close.
type Process struct {
	// Service is told what happens here. Required.
	Service Service
	// Logger hears of what nobody waits for. Nil means slog.Default.
	Logger *slog.Logger
	// KeepEmpty keeps a session whose last player has left.
	KeepEmpty bool
	// The longest the game may take for a notification; zero means the
	// defaults above.
	CreateTimeout, DestroyTimeout, HealthTimeout time.Duration

	// Notifications are the game's.
	Notifications muster.SessionNotificationBus

	tasks tasks

	mu      sync.Mutex
	phase   phase
	session muster.SessionConfig
	players players
	// loading is OnCreateSessionBegin on its way; nil before and after it.
	loading *loading
	// agreed says that the game has agreed to the end of the session, so that
	// it is not asked again if the service could not be told.
	agreed bool
	ending *ending
}

// phase is where a process stands. It only ever grows.
type phase int

const (
	idle phase = iota
	creating
	active
	destroying
	ended
)

// Session returns the session this process hosts or has hosted, with
// [muster.ErrNoSession] before there is one.
func (p *Process) Session() (muster.SessionConfig, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.session.SessionID == "" {
		return muster.SessionConfig{}, muster.ErrNoSession
	}
	return p.session.Clone(), nil
}

// CheckHealth asks the game whether it is healthy; nil means yes.
func (p *Process) CheckHealth(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, or(p.HealthTimeout, DefaultHealthTimeout))
	defer cancel()
	return p.noted(p.Notifications.SessionHealthCheck(ctx))
}

// UpdateSession tells the game that the service has changed its session. The
// stored session takes the new settings only for new matchmaking data.
func (p *Process) UpdateSession(ctx context.Context, session muster.SessionConfig, reason muster.UpdateReason) error {
	if err := p.store(session, reason); err != nil {
		return fmt.Errorf("update session %q: %w", session.SessionID, err)
	}
	if err := p.noted(p.Notifications.UpdateSessionBegin(ctx, session, reason)); err != nil {
		return fmt.Errorf("update session %q: %w", session.SessionID, err)
	}
	return p.noted(p.Notifications.UpdateSessionEnd(ctx))
}

func (p *Process) store(session muster.SessionConfig, reason muster.UpdateReason) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.phase != creating && p.phase != active {
		return muster.ErrNoSession
	}
	if session.SessionID != p.session.SessionID {
		return fmt.Errorf("%w: this process hosts %q", muster.ErrNotFound, p.session.SessionID)
	}
	if reason == muster.UpdateMatchmakingData {
		p.session = session.Clone()
	}
	return nil
}

// Close ends what runs in the background and waits for it. It tells nobody.
func (p *Process) Close() { p.tasks.close() }

// noted leaves to the log what an error does not tell of the game's panic.
func (p *Process) noted(err error) error {
	if panicked, ok := errors.AsType[*muster.PanicError](err); ok {
		p.logger().Error("notification handler panicked", "panic", panicked.Value, "stack", string(panicked.Stack))
	}
	return err
}

func (p *Process) logger() *slog.Logger {
	if p.Logger != nil {
		return p.Logger
	}
	return slog.Default()
}

func or(limit, fallback time.Duration) time.Duration {
	if limit > 0 {
		return limit
	}
	return fallback
}
