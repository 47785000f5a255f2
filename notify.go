package muster

import "context"

// UpdateReason says why a session's settings changed.
type UpdateReason string

// The reasons of an update. Session and matchmaking data are replaced only for
// [UpdateMatchmakingData].
// Source: GameLift server SDK reference, UpdateReason.
const (
	UpdateMatchmakingData   UpdateReason = "MATCHMAKING_DATA_UPDATED"
	UpdateBackfillFailed    UpdateReason = "BACKFILL_FAILED"
	UpdateBackfillTimedOut  UpdateReason = "BACKFILL_TIMED_OUT"
	UpdateBackfillCancelled UpdateReason = "BACKFILL_CANCELLED"
	UpdateUnknown           UpdateReason = "UNKNOWN"
)

// SessionNotifications is what a game server is told about its session. Every
// function may be nil, which agrees to everything. Each call comes in a
// goroutine of its own. A panic, or a function still running when ctx ends,
// counts as false where an answer is wanted.
type SessionNotifications struct {
	// OnSessionHealthCheck is asked regularly once the process is ready. The
	// process is healthy only if all handlers say so.
	OnSessionHealthCheck func(ctx context.Context) bool

	// OnCreateSessionBegin comes when a session starts to be created on this
	// process: load the level here. If all handlers return true the session is
	// activated; otherwise it is destroyed.
	OnCreateSessionBegin func(ctx context.Context, session SessionConfig) bool
	// OnCreateSessionEnd comes when the session is created and active.
	OnCreateSessionEnd func(ctx context.Context)

	// OnDestroySessionBegin comes when the session starts to terminate: clean
	// up here. If any handler returns false the provider is not told that the
	// process ends.
	OnDestroySessionBegin func(ctx context.Context) bool
	// OnDestroySessionEnd comes when the session is destroyed. The process
	// may exit.
	OnDestroySessionEnd func(ctx context.Context)

	// OnUpdateSessionBegin comes when the service sends new settings of the
	// session, or word of a backfill request; session holds what it sent.
	OnUpdateSessionBegin func(ctx context.Context, session SessionConfig, reason UpdateReason)
	// OnUpdateSessionEnd comes after every OnUpdateSessionBegin has returned.
	OnUpdateSessionEnd func(ctx context.Context)
}

// SessionNotificationBus tells a game server's handlers about its session.
// [Host] implementations fire it; its methods return nil only if every handler
// agreed and returned in time, and tell why otherwise: [ErrRejected] for a
// plain false. The zero value is ready.
type SessionNotificationBus struct {
	Bus[SessionNotifications]
}

// SessionHealthCheck asks every OnSessionHealthCheck.
func (b *SessionNotificationBus) SessionHealthCheck(ctx context.Context) error {
	return b.Broadcast(ctx, func(ctx context.Context, n SessionNotifications) error {
		return vote(n.OnSessionHealthCheck == nil || n.OnSessionHealthCheck(ctx))
	})
}

// CreateSessionBegin asks every OnCreateSessionBegin.
func (b *SessionNotificationBus) CreateSessionBegin(ctx context.Context, session SessionConfig) error {
	return b.Broadcast(ctx, func(ctx context.Context, n SessionNotifications) error {
		return vote(n.OnCreateSessionBegin == nil || n.OnCreateSessionBegin(ctx, session.Clone()))
	})
}

// CreateSessionEnd tells every OnCreateSessionEnd.
func (b *SessionNotificationBus) CreateSessionEnd(ctx context.Context) error {
	return b.tell(ctx, func(n SessionNotifications) func(context.Context) { return n.OnCreateSessionEnd })
}

// DestroySessionBegin asks every OnDestroySessionBegin.
func (b *SessionNotificationBus) DestroySessionBegin(ctx context.Context) error {
	return b.Broadcast(ctx, func(ctx context.Context, n SessionNotifications) error {
		return vote(n.OnDestroySessionBegin == nil || n.OnDestroySessionBegin(ctx))
	})
}

// DestroySessionEnd tells every OnDestroySessionEnd.
func (b *SessionNotificationBus) DestroySessionEnd(ctx context.Context) error {
	return b.tell(ctx, func(n SessionNotifications) func(context.Context) { return n.OnDestroySessionEnd })
}

// UpdateSessionBegin tells every OnUpdateSessionBegin.
func (b *SessionNotificationBus) UpdateSessionBegin(ctx context.Context, session SessionConfig, reason UpdateReason) error {
	return b.Broadcast(ctx, func(ctx context.Context, n SessionNotifications) error {
		if n.OnUpdateSessionBegin != nil {
			n.OnUpdateSessionBegin(ctx, session.Clone(), reason)
		}
		return nil
	})
}

// UpdateSessionEnd tells every OnUpdateSessionEnd.
func (b *SessionNotificationBus) UpdateSessionEnd(ctx context.Context) error {
	return b.tell(ctx, func(n SessionNotifications) func(context.Context) { return n.OnUpdateSessionEnd })
}

func (b *SessionNotificationBus) tell(ctx context.Context, which func(SessionNotifications) func(context.Context)) error {
	return b.Broadcast(ctx, func(ctx context.Context, n SessionNotifications) error {
		if call := which(n); call != nil {
			call(ctx)
		}
		return nil
	})
}

func vote(yes bool) error {
	if !yes {
		return ErrRejected
	}
	return nil
}
