package gamelift

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/coder/websocket"

	"github.com/musterhq/muster"
	"github.com/musterhq/muster/internal/sdkwire"
)

// dialer opens websockets.
type dialer struct {
	tls     *tls.Config
	connect func(ctx context.Context, network, address string) (net.Conn, error)
	timeout time.Duration
}

// transport returns an HTTP transport for one attempt. Transports dial on
// behalf of all their requests and so beyond the end of any; this one gives up
// with its only one.
func (d *dialer) transport(ctx context.Context) *http.Transport {
	config := &tls.Config{}
	if d.tls != nil {
		config = d.tls.Clone()
	}
	config.NextProtos = []string{"http/1.1"} // a websocket needs it
	config.MinVersion = max(config.MinVersion, tls.VersionTLS12)
	connect := d.connect
	if connect == nil {
		connect = new(net.Dialer).DialContext
	}
	return &http.Transport{
		Proxy: http.ProxyFromEnvironment,
		DialContext: func(_ context.Context, network, address string) (net.Conn, error) {
			return connect(ctx, network, address)
		},
		TLSClientConfig:     config,
		TLSHandshakeTimeout: d.timeout,
		DisableKeepAlives:   true,
	}
}

// dial opens one websocket. Errors never show the URL: it carries the token.
func (d *dialer) dial(ctx context.Context, to settings) (*websocket.Conn, error) {
	ctx, cancel := context.WithTimeoutCause(ctx, d.timeout, errNoConnection)
	defer cancel()
	target, err := to.query.URL(to.endpoint)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", muster.ErrInvalidRequest, err)
	}
	conn, response, err := websocket.Dial(ctx, target, &websocket.DialOptions{
		HTTPClient: &http.Client{Transport: d.transport(ctx)},
		HTTPHeader: http.Header{"User-Agent": {sdkTool}},
	})
	if err == nil {
		conn.SetReadLimit(maxFrame)
		return conn, nil
	}
	return nil, dialError(ctx, to, response, err)
}

var errNoConnection = errors.New("no connection in time")

func dialError(ctx context.Context, to settings, response *http.Response, err error) error {
	if ctx.Err() != nil {
		err = context.Cause(ctx)
	}
	var withURL *url.Error
	if errors.As(err, &withURL) {
		err = withURL.Err
	}
	switch {
	case response == nil || response.StatusCode == http.StatusSwitchingProtocols:
		return fmt.Errorf("%w: %s: %w: check that the service runs there", muster.ErrUnavailable, host(to.endpoint), err)
	case response.StatusCode == http.StatusForbidden || response.StatusCode == http.StatusUnauthorized:
		return fmt.Errorf("%w: %s answers %s: check auth token, fleet id %q, host id %q, and that process id %q was not used before",
			muster.ErrUnauthorized, host(to.endpoint), response.Status, to.query.FleetID, to.query.ComputeID, to.query.ProcessID)
	case response.StatusCode == http.StatusBadRequest:
		return fmt.Errorf("%w: %s answers %s: %s", muster.ErrInvalidRequest, host(to.endpoint), response.Status, words(response, to))
	}
	return fmt.Errorf("%w: %s answers %s instead of a websocket: check %s",
		muster.ErrUnavailable, host(to.endpoint), response.Status, EnvWebSocketURL)
}

// words returns what a service says to a connection it does not take. It might
// quote the URL.
func words(response *http.Response, to settings) string {
	text, _ := io.ReadAll(response.Body) // the beginning of it, which was read already
	return strings.ReplaceAll(strings.TrimSpace(string(text)), to.query.AuthToken, "(token)")
}

// host returns what of an endpoint may go into messages.
func host(endpoint string) string {
	u, err := url.Parse(endpoint)
	if err != nil {
		return "endpoint"
	}
	return u.Host
}

func decodeAnswer(frame []byte, reply sdkwire.Reply) error {
	status, err := sdkwire.DecodeReply(frame)
	if err != nil {
		return fmt.Errorf("%w: %w", muster.ErrUnavailable, err)
	}
	if !status.OK() {
		return fmt.Errorf("%s: %w: %s", status.Action, refusal(status.StatusCode), status.ErrorMessage)
	}
	if err := sdkwire.DecodeAnswer(frame, reply); err != nil {
		return fmt.Errorf("%w: %w", muster.ErrUnavailable, err)
	}
	return nil
}

// refusal returns package muster's name for an answer's status.
func refusal(code int) error {
	switch {
	case code == http.StatusUnauthorized || code == http.StatusForbidden:
		return muster.ErrUnauthorized
	case code == http.StatusNotFound:
		return muster.ErrNotFound
	case code == http.StatusConflict:
		return muster.ErrConflict
	case code == http.StatusTooManyRequests:
		return muster.ErrUnavailable
	case code >= 400 && code < 500:
		return muster.ErrInvalidRequest
	}
	return muster.ErrUnavailable
}
