package gate

import (
	"context"
	"errors"
	"net/http"
	"time"

	"github.com/musterhq/muster/internal/ledger"
	"github.com/musterhq/muster/internal/sdkwire"
	"github.com/musterhq/muster/internal/world"
)

// handle does what a process asks for. A nil reply is plain success.
func (g *Gate) handle(ctx context.Context, key world.ProcessKey, r sdkwire.Request) (sdkwire.Reply, error) {
	switch r := r.(type) {
	case *sdkwire.ActivateServerProcessRequest:
		return do(ctx, g, world.ActivateProcess{Key: key, Port: r.Port, LogPaths: r.LogPaths, SDK: world.SDK{
			Version: r.SDKVersion, Language: r.SDKLanguage, Tool: r.SDKToolName, ToolVersion: r.SDKToolVersion,
		}})
	case *sdkwire.HeartbeatServerProcessRequest:
		return do(ctx, g, world.Heartbeat{Key: key, Healthy: r.HealthStatus})
	case *sdkwire.ActivateGameSessionRequest:
		return do(ctx, g, world.ActivateGameSession{Process: key, ID: r.GameSessionID})
	case *sdkwire.AcceptPlayerSessionRequest:
		return do(ctx, g, world.AcceptPlayer{Process: key, Session: r.GameSessionID, ID: r.PlayerSessionID, Request: r.RequestID})
	case *sdkwire.RemovePlayerSessionRequest:
		return do(ctx, g, world.RemovePlayer{Process: key, Session: r.GameSessionID, ID: r.PlayerSessionID})
	case *sdkwire.UpdatePlayerSessionCreationPolicyRequest:
		return do(ctx, g, world.SetPlayerPolicy{Process: key, ID: r.GameSessionID, Policy: r.PlayerSessionPolicy})
	case *sdkwire.TerminateServerProcessRequest:
		return do(ctx, g, world.EndProcess{Key: key})
	case *sdkwire.DescribePlayerSessionsRequest:
		return g.describePlayerSessions(ctx, r)
	case *sdkwire.GetComputeCertificateRequest:
		return g.computeCertificate(ctx, key)
	case *sdkwire.GetFleetRoleCredentialsRequest:
		return &sdkwire.GetFleetRoleCredentialsAnswer{}, nil // an Anywhere fleet has no role
	case *sdkwire.StartMatchBackfillRequest, *sdkwire.StopMatchBackfillRequest:
		return nil, reject("matchmaking is not offered here, and so no backfill: fill open slots with CreatePlayerSession")
	}
	return nil, reject("this action is not offered here")
}

// A reject is a request that is wrong in itself: what to tell the caller.
type reject string

func (r reject) Error() string { return string(r) }

// Unwrap returns the code, for errors.Is.
func (r reject) Unwrap() error { return world.ErrInvalidRequest }

// do runs a command whose answer does not interest the game server.
func do[A any](ctx context.Context, g *Gate, cmd world.Command[A]) (sdkwire.Reply, error) {
	_, err := insist(ctx, g.Ledger, cmd)
	return nil, err
}

// insistEvery is how often a command is tried while the journal takes none.
const insistEvery = 250 * time.Millisecond

// insist runs a command as often as it takes for the journal to take it. Many
// SDKs do not look at answers, so one refused for a moment would be lost; and
// all that a game server asks for can be repeated.
func insist[A any](ctx context.Context, l *ledger.Ledger, cmd world.Command[A]) (A, error) {
	for {
		a, err := ledger.Do(ctx, l, cmd)
		if !errors.Is(err, ledger.ErrUnavailable) {
			return a, err
		}
		select {
		case <-time.After(insistEvery):
		case <-ctx.Done():
			return a, err
		}
	}
}

// encode returns the frame of an answer, and its status.
func encode(to sdkwire.Header, reply sdkwire.Reply, err error) ([]byte, int) {
	if reply == nil {
		reply = new(sdkwire.Status)
	}
	if err == nil {
		var frame []byte
		if frame, err = sdkwire.EncodeAnswer(to, reply); err == nil {
			return frame, http.StatusOK
		}
	}
	status := statusOf(err)
	frame, _ := sdkwire.EncodeError(to, status, err.Error())
	return frame, status
}

// statusOf is the one table from errors to status codes. What is none of the
// caller's doing is an internal error to every SDK.
func statusOf(err error) int {
	code, _ := errors.AsType[world.Code](err)
	switch code {
	case world.ErrInvalidRequest:
		return http.StatusBadRequest
	case world.ErrUnauthorized:
		return http.StatusUnauthorized
	case world.ErrNotFound:
		return http.StatusNotFound
	case world.ErrConflict, world.ErrSessionStatus, world.ErrSessionFull, world.ErrFleetStatus, world.ErrTokenMismatch:
		return http.StatusConflict
	case world.ErrLimitExceeded, world.ErrNoCapacity:
		return http.StatusTooManyRequests
	}
	return http.StatusInternalServerError
}
