package muster

import "context"

// Host is one game server process as seen by the game: it announces the
// process to the provider's service, hears from it through
// [SessionNotifications], and answers for its players. Its counterparts are
// AWSGameLiftServerRequests and ISessionHandlingProviderRequests. A process
// hosts one session in its life.
//
// All methods may be called concurrently, also by notification handlers. How a
// host is made and closed is the provider's affair.
type Host interface {
	PlayerHandler
	Certificates

	// Connect adds a handler of the host's notifications and returns what
	// removes it. Connect before NotifyProcessReady.
	Connect(handler SessionNotifications) (disconnect func())

	// NotifyProcessReady tells the service that this process can host a
	// session; from then on health is reported and a session may come. Its
	// counterpart is NotifyGameLiftProcessReady. It returns once the service
	// has answered, and with the process ready where the service says so. A
	// health check that hangs is waited for some seconds, no longer than ctx,
	// and is no error: the process gets no session until the game is healthy.
	//
	// Before the host is initialised it returns [ErrNotInitialized]; if the
	// service refuses or does not answer, the destroy path runs before the
	// error is returned. Another call returns [ErrConflict] and changes
	// nothing; so does a call after HandleDestroySession, also if a handler
	// refused that: the process takes no session any more.
	NotifyProcessReady(ctx context.Context) error

	// HandleDestroySession ends the session and the process: it stops taking
	// players, asks OnDestroySessionBegin, tells the service, and calls
	// OnDestroySessionEnd. If a handler refuses, the service is not told and
	// the error is [ErrRejected]; it may be called again. While it runs, other
	// calls wait for it and share its result, so a handler of the destroy
	// notifications must not call it; after success it returns nil.
	HandleDestroySession(ctx context.Context) error
}

// PlayerHandler answers for the players of a game server.
type PlayerHandler interface {
	// ValidatePlayerJoinSession is called by the game when a client connects:
	// it returns nil if the player may come in. Of many calls for the same
	// connection exactly one succeeds. After any other error the connection is
	// forgotten, so that a retry can succeed. If ctx ends first or the service
	// does not answer, the player may hold the slot all the same: without a
	// retry within a minute, on whatever connection, it is given back.
	//
	// Errors: [ErrInvalidRequest] without player session id, [ErrConflict] for
	// a connection id already registered and for nothing else, [ErrNoSession]
	// before there is a session and [ErrNotActive] after it, or what the service
	// says to a player session that is unknown ([ErrNotFound]), used already or
	// expired ([ErrNotActive]).
	ValidatePlayerJoinSession(ctx context.Context, connection PlayerConnectionConfig) error

	// HandlePlayerLeaveSession is called by the game when a client has
	// disconnected. The player session is removed at the service, once however
	// many calls there are; for an unknown connection the error is
	// [ErrNotFound]. The connection is forgotten even if the service cannot be
	// told. If ctx ends first or the service is [ErrUnavailable], the removal
	// goes on in the background. When the last player leaves, the session is
	// destroyed in the background unless the host is set not to.
	HandlePlayerLeaveSession(ctx context.Context, connection PlayerConnectionConfig) error
}

// Certificates tells a game server where its TLS certificates are. Its
// counterparts are GetExternalSessionCertificate and
// GetInternalSessionCertificate.
type Certificates interface {
	// ExternalSessionCertificate returns the path of the certificate to
	// show to clients, empty when TLS is off.
	ExternalSessionCertificate(ctx context.Context) (path string, err error)
	// InternalSessionCertificate returns the path of the certificate for
	// traffic between servers, empty when there is none.
	InternalSessionCertificate(ctx context.Context) (path string, err error)
}
