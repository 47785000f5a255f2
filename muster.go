// Package muster is the vocabulary of sessions for multiplayer games: the
// requests a player's client makes, the notifications a game server receives,
// and the contracts that tie both to whatever runs the dedicated servers.
//
// It holds no implementation of a dedicated-server solution. Those are
// providers, one package each; every provider supplies a [Provider] for the
// client's side and a [Host] for the game server's, and passes the one
// conformance suite.
//
// A game client starts at [Client], which turns any [Provider] into the
// session interface; [Async] adds the form that returns at once. A game server
// starts at [Host] and [SessionNotifications].
//
// The interface is the one that Open 3D Engine's multiplayer games use
// (ISessionRequests, ISessionAsyncRequests, SessionNotificationBus and their
// kin); every type names its counterpart.
package muster

import "context"

// Sessions is the session interface a game's client code calls. Its
// counterpart is ISessionRequests. [Client] implements it over any [Provider].
//
// All methods may be called concurrently. None outlives its context, but for
// the seconds that giving a slot back may take.
type Sessions interface {
	// CreateSession creates a session that players can find and join and
	// returns its id. A request that names a queue returns the placement id
	// instead: the queue finds a place later. The session may still be
	// ACTIVATING when this returns.
	//
	// Errors: [ErrInvalidRequest], [ErrNotFound], [ErrNoCapacity],
	// [ErrConflict], [ErrUnauthorized], [ErrUnavailable].
	CreateSession(ctx context.Context, request CreateSessionRequest) (id string, err error)

	// SearchSessions returns one page of the active sessions that match the
	// request. An empty page is no error.
	SearchSessions(ctx context.Context, request SearchSessionsRequest) (SearchSessionsResponse, error)

	// JoinSession reserves a player slot and then connects the player to the
	// game server. It succeeds only if both steps do; a [*StepError] says which
	// one failed. A slot whose connection failed is given back where the
	// provider can and expires otherwise. A player who is in a session already
	// gets [ErrConflict] and no slot: leave that session first.
	JoinSession(ctx context.Context, request JoinSessionRequest) error

	// LeaveSession disconnects the player from the joined session. Without
	// one it returns [ErrNoSession], and [ErrConflict] while the player is on
	// the way in or out. After another error the player is still in the session.
	LeaveSession(ctx context.Context) error
}

// Provider is what one dedicated-server solution supplies for the client's
// side. Requests reach it validated when it is used through [Client]; a
// provider adds only the checks of its own fields. All methods may be called
// concurrently, return when their context ends, and map their solution's
// errors to the sentinels of this package.
type Provider interface {
	// CreateSession is [Sessions].CreateSession. A repeated IdempotencyToken
	// with the same parameters returns the id of the first call.
	CreateSession(ctx context.Context, request CreateSessionRequest) (id string, err error)

	// SearchSessions is [Sessions].SearchSessions.
	SearchSessions(ctx context.Context, request SearchSessionsRequest) (SearchSessionsResponse, error)

	// ReserveSession reserves one player slot of an active session and says
	// where to connect. The slot expires unless the game server accepts the
	// player in time. It is not idempotent: each call takes a slot.
	//
	// Errors: [ErrNotFound], [ErrSessionFull], [ErrNotActive] for a session
	// that is not active or takes no new players, and the general ones.
	ReserveSession(ctx context.Context, request JoinSessionRequest) (SessionConnectionConfig, error)
}

// Releaser is implemented by a [Provider] that can give a reserved slot back
// before it expires. Releasing a slot that is gone already is no error.
type Releaser interface {
	ReleaseSession(ctx context.Context, connection SessionConnectionConfig) error
}

// ClientHandler is the game's own part in joining and leaving: it speaks the
// game's transport. Its counterpart is ISessionHandlingClientRequests.
type ClientHandler interface {
	// RequestPlayerJoinSession connects to the game server and hands it the
	// player session id, which the server validates. It returns once the
	// connection has started, and gives up when ctx ends: the slot is given
	// back then, whether or not it has returned.
	RequestPlayerJoinSession(ctx context.Context, connection SessionConnectionConfig) error

	// RequestPlayerLeaveSession disconnects from the game server. After an
	// error, or when ctx has ended first, the player still counts as joined and
	// may try again, but cannot join anything else. So a game server that is
	// gone is no error: there is nothing left to disconnect from.
	RequestPlayerLeaveSession(ctx context.Context) error
}
