package gamelift

import (
	"cmp"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"sync"
	"time"

	"github.com/musterhq/muster"
	"github.com/musterhq/muster/internal/hosting"
	"github.com/musterhq/muster/internal/sdkwire"
)

// What a [Host]'s times are when they are zero.
// Source: GameLift server SDK 5, all languages.
const (
	DefaultHeartbeatInterval = 60 * time.Second
	DefaultRequestTimeout    = 20 * time.Second
)

// Host is a [muster.Host] over the websocket of GameLift's server SDK 5. A
// process may have several. Set the fields, connect the notifications, then
// call [Host.Init], [Host.NotifyProcessReady], and at the end [Host.Close]. A
// Host must not be copied.
//
// The connection mends itself: when it breaks, Host connects again, at first
// within seconds and then at the pace of heartbeats, and sends again what had
// no answer.
type Host struct {
	// Where the service is and who the process says it is. The environment's
	// GAMELIFT_SDK_* variables win over each of these. ProcessID may stay
	// empty: a random one is used then. Each of several hosts needs its own, so
	// GAMELIFT_SDK_PROCESS_ID must not be set for them.
	WebSocketURL string // ws://host:port or wss://host:port
	AuthToken    string // from GetComputeAuthToken
	ProcessID    string // unique for the life of the fleet
	HostID       string // the compute's name
	FleetID      string
	// LookupEnv reads the environment. Nil means os.LookupEnv.
	LookupEnv func(name string) (value string, set bool)

	// Port is where players connect to this process.
	Port int
	// LogPaths are files the service may keep after the process has ended.
	LogPaths []string
	// KeepEmptySession switches passive destruction off: the session goes on
	// when its last player has left.
	KeepEmptySession bool

	// TLS is used for wss. Nil trusts the system's certificates; set RootCAs
	// for a service with a certificate of its own making.
	TLS *tls.Config
	// DialContext opens TCP connections. Nil means net.Dialer.
	DialContext func(ctx context.Context, network, address string) (net.Conn, error)
	// Logger hears of what nobody waits for: lost connections, refused pushes.
	// Nil means slog.Default.
	Logger *slog.Logger

	// Times; zero means GameLift's own, the constants of this package. Health
	// is reported every HeartbeatInterval, give or take HeartbeatJitter, which
	// is a sixth of the interval by default and none if negative. A request
	// fails after RequestTimeout. The health check has HealthTimeout to answer,
	// 50 seconds by default.
	HeartbeatInterval time.Duration
	HeartbeatJitter   time.Duration
	RequestTimeout    time.Duration
	HealthTimeout     time.Duration

	process hosting.Process
	work    sync.WaitGroup // Init under way, and the heart

	mu        sync.Mutex
	state     hostState
	stopInit  context.CancelCauseFunc // set while initializing
	link      *link                   // set from initialized on
	stopBeats context.CancelFunc      // set from announced on
}

type hostState int

const (
	fresh hostState = iota
	initializing
	initialized
	announced // NotifyProcessReady was called
	over      // the service knows that the process has ended
	closed
)

var _ muster.Host = (*Host)(nil)

// Connect implements [muster.Host].
func (h *Host) Connect(handler muster.SessionNotifications) (disconnect func()) {
	return h.process.Notifications.Connect(handler)
}

// Init connects to the service, in one attempt bounded by ctx and
// RequestTimeout. After an error it may be called again; once it has succeeded
// another call returns [muster.ErrConflict] and changes nothing. Its
// counterpart is InitSDK.
//
// Errors: [muster.ErrInvalidRequest] for settings that are missing or that the
// service cannot read, [muster.ErrUnauthorized] if it refuses them,
// [muster.ErrUnavailable] if it cannot be reached.
func (h *Host) Init(ctx context.Context) error {
	if err := h.init(ctx); err != nil {
		return fmt.Errorf("init: %w", err)
	}
	return nil
}

func (h *Host) init(ctx context.Context) error {
	ctx, err := h.beginInit(ctx)
	if err != nil {
		return err
	}
	defer h.work.Done()
	link, err := h.open(ctx)
	if err != nil {
		link = nil
	}
	if h.endInit(link) {
		return err
	}
	if link != nil {
		link.close()
	}
	return muster.ErrClosed
}

// beginInit returns a context that ends with close.
func (h *Host) beginInit(ctx context.Context) (context.Context, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	switch h.state {
	case fresh:
		ctx, h.stopInit = context.WithCancelCause(ctx)
		h.state = initializing
		h.work.Add(1)
		return ctx, nil
	case closed:
		return nil, muster.ErrClosed
	}
	return nil, fmt.Errorf("%w: initialised already", muster.ErrConflict)
}

func (h *Host) open(ctx context.Context) (*link, error) {
	settings, err := h.settings()
	if err != nil {
		return nil, err
	}
	timeout := cmp.Or(h.RequestTimeout, DefaultRequestTimeout)
	link := &link{
		dialer:         &dialer{tls: h.TLS, connect: h.DialContext, timeout: timeout},
		logger:         h.logger(),
		requestTimeout: timeout,
		redialPace:     cmp.Or(h.HeartbeatInterval, DefaultHeartbeatInterval),
		push:           h.pushed,
		refused:        h.refused,
		settings:       settings,
	}
	h.process.Service = service{h, link}
	h.process.Logger = h.logger()
	h.process.KeepEmpty = h.KeepEmptySession
	h.process.HealthTimeout = h.HealthTimeout
	return link, link.open(ctx)
}

// endInit opens the host for use, or for another Init if link is nil. It
// reports false if the host was closed meanwhile.
func (h *Host) endInit(link *link) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.stopInit(nil)
	if h.state != initializing {
		return false
	}
	h.state, h.link = fresh, link
	if link != nil {
		h.state = initialized
	}
	return true
}

// firstReport is how long NotifyProcessReady waits for the first health report.
const firstReport = 5 * time.Second

// NotifyProcessReady implements [muster.Host]. It returns when the service has
// had the first health report as well, before which it offers the process no
// session. For a health check that hangs it waits 5 seconds and not longer
// than ctx; that is no error.
func (h *Host) NotifyProcessReady(ctx context.Context) error {
	const op = "notify process ready"
	link, err := h.announce()
	if err != nil {
		return fmt.Errorf("%s: %w", op, err)
	}
	if h.Port == 0 {
		h.logger().Warn("the port of this game server is 0: players will not find it unless the service knows better")
	}
	err = link.do(ctx, &sdkwire.ActivateServerProcessRequest{
		SDKVersion: sdkVersion, SDKLanguage: sdkLanguage, SDKToolName: sdkTool,
		Port: h.Port, LogPaths: h.LogPaths,
	}, new(sdkwire.Status))
	if err != nil {
		err = &muster.StepError{Op: op, Step: muster.StepActivate, Err: err}
		return errors.Join(err, h.process.HandleDestroySession(ctx))
	}
	ctx, cancel := context.WithTimeout(ctx, firstReport)
	defer cancel()
	select {
	case <-h.startBeats(ctx, link):
	case <-ctx.Done():
	}
	return nil
}

// announce lets pushes in before the service hears of the process: a session
// may come faster than its answer.
func (h *Host) announce() (*link, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	switch {
	case h.state == fresh || h.state == initializing:
		return nil, fmt.Errorf("%w: call Init first", muster.ErrNotInitialized)
	case h.state == closed:
		return nil, muster.ErrClosed
	case h.process.Ending():
		return nil, fmt.Errorf("%w: the process has ended, or is asked to: make another host", muster.ErrConflict)
	case h.state != initialized:
		return nil, fmt.Errorf("%w: notified already", muster.ErrConflict)
	}
	h.state = announced
	return h.link, nil
}

// Close drops the connection and waits for everything the host has started; an
// Init under way ends with [muster.ErrClosed].
// The service is told nothing: call HandleDestroySession before, or it takes
// the process for crashed some minutes later. Close must not be called by a
// notification handler.
func (h *Host) Close() {
	link := h.shut()
	h.process.Close()
	if link != nil {
		link.close()
	}
	h.work.Wait()
}

func (h *Host) shut() *link {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.state == initializing {
		h.stopInit(muster.ErrClosed)
	}
	h.state = closed
	if h.stopBeats != nil {
		h.stopBeats()
	}
	return h.link
}

// ValidatePlayerJoinSession implements [muster.PlayerHandler].
func (h *Host) ValidatePlayerJoinSession(ctx context.Context, connection muster.PlayerConnectionConfig) error {
	if _, err := h.live(); err != nil {
		return fmt.Errorf("validate player session: %w", err)
	}
	return h.process.ValidatePlayerJoinSession(ctx, connection)
}

// HandlePlayerLeaveSession implements [muster.PlayerHandler].
func (h *Host) HandlePlayerLeaveSession(ctx context.Context, connection muster.PlayerConnectionConfig) error {
	if _, err := h.live(); err != nil {
		return fmt.Errorf("remove player: %w", err)
	}
	return h.process.HandlePlayerLeaveSession(ctx, connection)
}

// HandleDestroySession implements [muster.Host].
func (h *Host) HandleDestroySession(ctx context.Context) error {
	if _, err := h.live(); err != nil {
		return fmt.Errorf("destroy session: %w", err)
	}
	return h.process.HandleDestroySession(ctx)
}

// ExternalSessionCertificate implements [muster.Certificates].
func (h *Host) ExternalSessionCertificate(ctx context.Context) (path string, err error) {
	link, err := h.live()
	if err != nil {
		return "", fmt.Errorf("external session certificate: %w", err)
	}
	var answer sdkwire.GetComputeCertificateAnswer
	if err := link.do(ctx, new(sdkwire.GetComputeCertificateRequest), &answer); err != nil {
		return "", fmt.Errorf("external session certificate: %w", err)
	}
	return answer.CertificatePath, nil
}

// InternalSessionCertificate implements [muster.Certificates]. GameLift has
// none: the path is empty.
func (h *Host) InternalSessionCertificate(context.Context) (path string, err error) { return "", nil }

// Session returns the session this process hosts or has hosted, with
// [muster.ErrNoSession] before there is one.
func (h *Host) Session() (muster.SessionConfig, error) { return h.process.Session() }

func (h *Host) live() (*link, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	switch h.state {
	case fresh, initializing:
		return nil, fmt.Errorf("%w: call Init first", muster.ErrNotInitialized)
	case closed:
		return nil, muster.ErrClosed
	}
	return h.link, nil
}

func (h *Host) logger() *slog.Logger {
	if h.Logger != nil {
		return h.Logger
	}
	return slog.Default()
}
