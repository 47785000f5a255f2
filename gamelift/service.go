package gamelift

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"time"

	"github.com/musterhq/muster"
	"github.com/musterhq/muster/internal/hosting"
	"github.com/musterhq/muster/internal/sdkwire"
)

// service is GameLift as the host's process talks to it.
type service struct {
	host *Host
	link *link
}

var _ hosting.Service = service{}

func (s service) ActivateSession(ctx context.Context, sessionID string) error {
	return s.link.do(ctx, &sdkwire.ActivateGameSessionRequest{GameSessionID: sessionID}, new(sdkwire.Status))
}

// AcceptPlayer tells a player session that is used already or has expired, which
// the service calls a conflict, from a connection that is registered already.
func (s service) AcceptPlayer(ctx context.Context, request, sessionID, playerSessionID string) error {
	err := s.link.doAs(ctx, request, &sdkwire.AcceptPlayerSessionRequest{
		GameSessionID: sessionID, PlayerSessionID: playerSessionID,
	}, new(sdkwire.Status))
	if errors.Is(err, muster.ErrConflict) {
		return fmt.Errorf("%w: %v", muster.ErrNotActive, err)
	}
	return err
}

func (s service) RemovePlayer(ctx context.Context, sessionID, playerSessionID string) error {
	return s.link.do(ctx, &sdkwire.RemovePlayerSessionRequest{
		GameSessionID: sessionID, PlayerSessionID: playerSessionID,
	}, new(sdkwire.Status))
}

func (s service) EndProcess(ctx context.Context) error {
	if err := s.link.do(ctx, new(sdkwire.TerminateServerProcessRequest), new(sdkwire.Status)); err != nil {
		return err
	}
	s.host.processEnded()
	return nil
}

func (h *Host) processEnded() {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.stopBeats != nil {
		h.stopBeats()
	}
	if h.state == announced {
		h.state = over
	}
}

// startBeats reports health from now on, unless the process has ended while it
// was announced. The channel is closed when the first report is over.
func (h *Host) startBeats(ctx context.Context, link *link) (reported <-chan struct{}) {
	first := make(chan struct{})
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.state != announced {
		close(first)
		return first
	}
	ctx, h.stopBeats = context.WithCancel(context.WithoutCancel(ctx))
	h.work.Go(func() { h.beat(ctx, link, first) })
	return first
}

// beat reports health at once and then regularly: the service offers no
// session to a process before its first report.
func (h *Host) beat(ctx context.Context, link *link, first chan<- struct{}) {
	next := time.Now().Add(h.pace())
	h.report(ctx, link)
	close(first)
	for hosting.Sleep(ctx, time.Until(next)) {
		next = time.Now().Add(h.pace())
		h.report(ctx, link)
	}
}

// report asks the game for its health and passes it on.
func (h *Host) report(ctx context.Context, link *link) {
	healthy := h.process.CheckHealth(ctx)
	if ctx.Err() != nil {
		return
	}
	if healthy != nil {
		h.logger().Warn("reporting this process as unhealthy", "error", healthy)
	}
	err := link.do(ctx, &sdkwire.HeartbeatServerProcessRequest{HealthStatus: healthy == nil}, new(sdkwire.Status))
	if err != nil && ctx.Err() == nil {
		h.logger().Warn("health report without an answer", "error", err)
	}
}

// pace is the interval, give or take the jitter.
func (h *Host) pace() time.Duration {
	interval := cmp.Or(h.HeartbeatInterval, DefaultHeartbeatInterval)
	jitter := cmp.Or(h.HeartbeatJitter, interval/6)
	if jitter <= 0 {
		return interval
	}
	return interval - jitter + rand.N(2*jitter)
}

// pushed is called in a goroutine of its own for every push.
func (h *Host) pushed(ctx context.Context, push sdkwire.Push) {
	switch push := push.(type) {
	case *sdkwire.RefreshConnection:
		h.moved(ctx, push)
	case *sdkwire.CreateGameSession:
		h.created(ctx, push)
	case *sdkwire.UpdateGameSession:
		h.updated(ctx, push)
	case *sdkwire.TerminateProcess:
		h.logger().Info("GameLift ends this process", "deadline", push.TerminationTime.Time())
		h.process.DestroyInBackground(ctx, "GameLift ends this process")
	}
}

// refused lets the destroy path come to its end, even if nobody has waited for
// it so long.
func (h *Host) refused(ctx context.Context) {
	h.process.DestroyInBackground(ctx, "GameLift has ended this process")
}

func (h *Host) moved(ctx context.Context, push *sdkwire.RefreshConnection) {
	if link, err := h.live(); err == nil {
		link.move(ctx, address{push.RefreshConnectionEndpoint, push.AuthToken})
	}
}

func (h *Host) created(ctx context.Context, push *sdkwire.CreateGameSession) {
	if !h.ready() {
		h.logger().Warn("game session for a process that is not ready, ignored", "session", push.GameSessionID)
		return
	}
	err := h.process.CreateSession(ctx, muster.SessionConfig{
		SessionID:       push.GameSessionID,
		Name:            push.GameSessionName,
		Properties:      push.GameProperties,
		MatchmakingData: push.MatchmakerData,
		SessionData:     push.GameSessionData,
		DNSName:         push.DNSName,
		IPAddress:       push.IPAddress,
		Port:            port(push.Port),
		MaxPlayers:      count(push.MaximumPlayerSessionCount),
		Status:          muster.SessionActivating,
	})
	if err != nil {
		h.logger().Error("game session not created", "session", push.GameSessionID, "error", err)
	}
}

func (h *Host) ready() bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.state == announced
}

func (h *Host) updated(ctx context.Context, push *sdkwire.UpdateGameSession) {
	session := push.GameSession
	err := h.process.UpdateSession(ctx, muster.SessionConfig{
		SessionID:       session.GameSessionID,
		Name:            session.Name,
		Properties:      session.GameProperties,
		MatchmakingData: session.MatchmakerData,
		SessionData:     session.GameSessionData,
		DNSName:         session.DNSName,
		IPAddress:       session.IPAddress,
		Port:            port(session.Port),
		MaxPlayers:      count(session.MaximumPlayerSessionCount),
		Status:          muster.SessionStatus(session.Status),
		StatusReason:    muster.SessionStatusReason(session.StatusReason),
	}, updateReason(push.UpdateReason))
	if err != nil {
		h.logger().Error("game session not updated", "session", session.GameSessionID, "error", err)
	}
}

func updateReason(reason string) muster.UpdateReason {
	switch known := muster.UpdateReason(reason); known {
	case muster.UpdateMatchmakingData, muster.UpdateBackfillFailed, muster.UpdateBackfillTimedOut, muster.UpdateBackfillCancelled:
		return known
	}
	return muster.UpdateUnknown
}
