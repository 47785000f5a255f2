package gamelift_test

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/goleak"

	"github.com/musterhq/muster"
	"github.com/musterhq/muster/gamelift"
	"github.com/musterhq/muster/internal/sdkwire"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestLifeOfAGameServer(t *testing.T) {
	play(t, func(t *testing.T, s *fakeService, h *gamelift.Host) {
		var got muster.SessionConfig
		var events []string
		h.Connect(muster.SessionNotifications{
			OnCreateSessionBegin:  func(_ context.Context, c muster.SessionConfig) bool { got = c; return true },
			OnCreateSessionEnd:    func(context.Context) { events = append(events, "created") },
			OnDestroySessionBegin: func(context.Context) bool { events = append(events, "destroy?"); return true },
			OnDestroySessionEnd:   func(context.Context) { events = append(events, "destroyed") },
		})
		startSession(t, s, h)
		want := muster.SessionConfig{
			SessionID: sessionID, Name: "duel", SessionData: "opaque", MatchmakingData: `{"matchId":"m"}`,
			MaxPlayers: 2, Port: 7777, IPAddress: "127.0.0.1", DNSName: "localhost",
			Properties: map[string]string{"map": "desert"}, Status: muster.SessionActivating,
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("session:\n%s", diff)
		}
		must(t, h.ValidatePlayerJoinSession(t.Context(), ann))
		must(t, h.ValidatePlayerJoinSession(t.Context(), bob))
		must(t, h.HandlePlayerLeaveSession(t.Context(), ann))
		must(t, h.HandlePlayerLeaveSession(t.Context(), bob))
		s.want(t,
			"AcceptPlayerSession "+sessionID+" psess-ann", "AcceptPlayerSession "+sessionID+" psess-bob",
			"RemovePlayerSession "+sessionID+" psess-ann", "RemovePlayerSession "+sessionID+" psess-bob",
			"TerminateServerProcess")
		if diff := cmp.Diff([]string{"created", "destroy?", "destroyed"}, events); diff != "" {
			t.Errorf("events:\n%s", diff)
		}
		time.Sleep(time.Hour)
		s.want(t) // the heart has stopped
		s.dropAll()
		time.Sleep(time.Hour)
		if len(s.attempts) != 1 {
			t.Errorf("an ended process connected again: %v", s.attempts)
		}
	})
}

func TestConnectionSaysWhoTheProcessIs(t *testing.T) {
	play(t, func(t *testing.T, s *fakeService, h *gamelift.Host) {
		must(t, h.Init(t.Context()))
		got := s.lastQuery()
		if got.IdempotencyToken == "" || got.SDKVersion == "" {
			t.Errorf("query %+v lacks idempotency token or version", got)
		}
		got.IdempotencyToken, got.SDKVersion = "", ""
		want := sdkwire.Query{ProcessID: "proc-1", SDKLanguage: "Go", ComputeID: "host-1", FleetID: "fleet-1", AuthToken: "secret-token"}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Error(diff)
		}
	})
}

func TestEnvironmentWinsOverFields(t *testing.T) {
	play(t, func(t *testing.T, s *fakeService, h *gamelift.Host) {
		env := map[string]string{
			gamelift.EnvWebSocketURL: "ws://service:1", gamelift.EnvAuthToken: "t2", gamelift.EnvProcessID: "p2",
			gamelift.EnvHostID: "h2", gamelift.EnvFleetID: "f2",
		}
		h.LookupEnv = func(name string) (string, bool) { value, set := env[name]; return value, set }
		h.WebSocketURL = "ws://nowhere:1"
		must(t, h.Init(t.Context()))
		got := s.lastQuery()
		if got.AuthToken != "t2" || got.ProcessID != "p2" || got.ComputeID != "h2" || got.FleetID != "f2" {
			t.Errorf("connected as %+v", got)
		}
	})
}

func TestProcessNamesItself(t *testing.T) {
	for name, value := range map[string]string{"nobody did": "", "managed": "ManagedResource"} {
		t.Run(name, func(t *testing.T) {
			play(t, func(t *testing.T, s *fakeService, h *gamelift.Host) {
				h.ProcessID = value
				must(t, h.Init(t.Context()))
				if id := s.lastQuery().ProcessID; len(id) != 36 {
					t.Errorf("process id %q, want a UUID", id)
				}
			})
		})
	}
}

func TestInitNeedsSettings(t *testing.T) {
	for name, spoil := range map[string]func(*gamelift.Host){
		"GAMELIFT_SDK_WEBSOCKET_URL": func(h *gamelift.Host) { h.WebSocketURL = "" },
		"GAMELIFT_SDK_AUTH_TOKEN":    func(h *gamelift.Host) { h.AuthToken = "" },
		"GAMELIFT_SDK_HOST_ID":       func(h *gamelift.Host) { h.HostID = "" },
		"GAMELIFT_SDK_FLEET_ID":      func(h *gamelift.Host) { h.FleetID = "" },
		"ws://":                      func(h *gamelift.Host) { h.WebSocketURL = "http://service:1" },
		"wss://":                     func(h *gamelift.Host) { h.WebSocketURL = "127.0.0.1:9080" },
	} {
		play(t, func(t *testing.T, s *fakeService, h *gamelift.Host) {
			spoil(h)
			err := h.Init(t.Context())
			wantError(t, err, muster.ErrInvalidRequest)
			if err != nil && !strings.Contains(err.Error(), name) {
				t.Errorf("%v does not mention %s", err, name)
			}
		})
	}
}

func TestFailedInitCanBeRetriedAndASecondOneIsRefused(t *testing.T) {
	play(t, func(t *testing.T, s *fakeService, h *gamelift.Host) {
		wantError(t, h.NotifyProcessReady(t.Context()), muster.ErrNotInitialized)
		wantError(t, h.ValidatePlayerJoinSession(t.Context(), ann), muster.ErrNotInitialized)
		wantError(t, h.HandlePlayerLeaveSession(t.Context(), ann), muster.ErrNotInitialized)
		wantError(t, h.HandleDestroySession(t.Context()), muster.ErrNotInitialized)

		for _, fault := range []struct {
			set  func()
			want error
		}{
			{func() { s.status = http.StatusForbidden }, muster.ErrUnauthorized},
			{func() { s.status = http.StatusBadRequest }, muster.ErrInvalidRequest},
			{func() { s.status = http.StatusServiceUnavailable }, muster.ErrUnavailable},
			{func() { s.status = http.StatusOK }, muster.ErrUnavailable},
			{func() { s.status, s.down = 0, true }, muster.ErrUnavailable},
		} {
			s.change(fault.set)
			err := h.Init(t.Context())
			wantError(t, err, fault.want)
			if strings.Contains(err.Error(), "secret-token") {
				t.Errorf("the error shows the token: %v", err)
			}
			if errors.Is(err, muster.ErrInvalidRequest) && !strings.Contains(err.Error(), "because of /?") {
				t.Errorf("%v hides the service's own words", err)
			}
		}
		s.change(func() { s.down = false })
		start(t, s, h)
		wantError(t, h.Init(t.Context()), muster.ErrConflict)
		wantError(t, h.NotifyProcessReady(t.Context()), muster.ErrConflict)
		must(t, h.HandleDestroySession(t.Context())) // the first init is untouched
		s.want(t, "TerminateServerProcess")
	})
}

func TestInitDoesNotHang(t *testing.T) {
	play(t, func(t *testing.T, s *fakeService, h *gamelift.Host) {
		h.WebSocketURL = "ws://silent:1"
		began := time.Now()
		err := h.Init(t.Context())
		wantError(t, err, muster.ErrUnavailable)
		if took := time.Since(began); took != gamelift.DefaultRequestTimeout {
			t.Errorf("took %v, want %v", took, gamelift.DefaultRequestTimeout)
		}
		if strings.Contains(err.Error(), "secret-token") {
			t.Errorf("the error shows the token: %v", err)
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		wantError(t, h.Init(ctx), context.DeadlineExceeded)
	})
}

func TestInitAfterClose(t *testing.T) {
	play(t, func(t *testing.T, s *fakeService, h *gamelift.Host) {
		h.Close()
		wantError(t, h.Init(t.Context()), muster.ErrClosed)
		wantError(t, h.NotifyProcessReady(t.Context()), muster.ErrClosed)
	})
}

func TestCloseDuringInit(t *testing.T) {
	play(t, func(t *testing.T, s *fakeService, h *gamelift.Host) {
		h.WebSocketURL = "ws://silent:1"
		result := make(chan error, 1)
		go func() { result <- h.Init(t.Context()) }()
		synctest.Wait()
		began := time.Now()
		h.Close()
		select {
		case err := <-result:
			wantError(t, err, muster.ErrClosed)
		default:
			t.Error("close did not wait for init")
		}
		if took := time.Since(began); took != 0 {
			t.Errorf("took %v, want no waiting", took)
		}
		wantError(t, h.Init(t.Context()), muster.ErrClosed)
	})
}

func TestRefusedReadyRunsTheDestroyPath(t *testing.T) {
	play(t, func(t *testing.T, s *fakeService, h *gamelift.Host) {
		destroyed := false
		h.Connect(muster.SessionNotifications{OnDestroySessionEnd: func(context.Context) { destroyed = true }})
		s.fail[sdkwire.ActivateServerProcessAction] = 400
		must(t, h.Init(t.Context()))
		err := h.NotifyProcessReady(t.Context())
		wantError(t, err, muster.ErrInvalidRequest)
		var failed *muster.StepError
		if !errors.As(err, &failed) || failed.Step != muster.StepActivate {
			t.Errorf("%v does not say which step failed", err)
		}
		s.want(t, "ActivateServerProcess", "TerminateServerProcess")
		if !destroyed {
			t.Error("OnDestroySessionEnd was not called")
		}
	})
}

func TestHealthIsReportedAtOnceAndEveryMinute(t *testing.T) {
	play(t, func(t *testing.T, s *fakeService, h *gamelift.Host) {
		var mu sync.Mutex
		healthy := true
		h.Connect(muster.SessionNotifications{OnSessionHealthCheck: func(context.Context) bool {
			mu.Lock()
			defer mu.Unlock()
			return healthy
		}})
		start(t, s, h)
		time.Sleep(59 * time.Second)
		s.want(t)
		time.Sleep(time.Second)
		s.want(t, "HeartbeatServerProcess")
		mu.Lock()
		healthy = false
		mu.Unlock()
		time.Sleep(time.Minute)
		s.want(t, "HeartbeatServerProcess")
		s.change(func() {
			if diff := cmp.Diff([]bool{true, true, false}, s.healthy); diff != "" {
				t.Error(diff)
			}
		})
	})
}

func TestHangingHealthCheckCountsAsUnhealthyAfter50Seconds(t *testing.T) {
	play(t, func(t *testing.T, s *fakeService, h *gamelift.Host) {
		wake := make(chan struct{})
		defer close(wake)
		h.Connect(muster.SessionNotifications{OnSessionHealthCheck: func(context.Context) bool { <-wake; return true }})
		must(t, h.Init(t.Context()))
		began := time.Now()
		must(t, h.NotifyProcessReady(t.Context()))
		if waited := time.Since(began); waited != 5*time.Second {
			t.Errorf("waited %v for a health check that hangs, want 5s", waited)
		}
		time.Sleep(44 * time.Second)
		s.want(t, "ActivateServerProcess")
		time.Sleep(time.Second)
		s.want(t, "HeartbeatServerProcess")
		s.change(func() {
			if s.healthy[0] {
				t.Error("reported as healthy")
			}
		})
		time.Sleep(time.Minute) // the pace does not suffer
		s.want(t, "HeartbeatServerProcess")
		h.Close() // before the game wakes up
	})
}

// TestReadyIsReady has a session come the moment that the process is ready,
// which the service allows once it has had a health report.
func TestReadyIsReady(t *testing.T) {
	play(t, func(t *testing.T, s *fakeService, h *gamelift.Host) {
		must(t, h.Init(t.Context()))
		must(t, h.NotifyProcessReady(t.Context()))
		s.change(func() {
			if len(s.healthy) != 1 {
				t.Errorf("%d health reports had arrived, want 1", len(s.healthy))
			}
		})
	})
}

func TestHeartbeatsAreJittered(t *testing.T) {
	play(t, func(t *testing.T, s *fakeService, h *gamelift.Host) {
		h.HeartbeatJitter = 0 // the default
		var at []time.Time
		h.Connect(muster.SessionNotifications{OnSessionHealthCheck: func(context.Context) bool {
			at = append(at, time.Now())
			return true
		}})
		must(t, h.Init(t.Context()))
		must(t, h.NotifyProcessReady(t.Context()))
		time.Sleep(time.Hour)
		h.Close()
		different := map[time.Duration]bool{}
		for i := 1; i < len(at); i++ {
			pause := at[i].Sub(at[i-1])
			different[pause] = true
			if pause < 50*time.Second || pause > 70*time.Second {
				t.Errorf("pause of %v, want 60s give or take 10s", pause)
			}
		}
		if len(different) < 10 {
			t.Errorf("only %d different pauses in an hour", len(different))
		}
	})
}

func TestSessionForAProcessThatIsNotReadyIsIgnored(t *testing.T) {
	play(t, func(t *testing.T, s *fakeService, h *gamelift.Host) {
		must(t, h.Init(t.Context()))
		push := create
		s.push(t, &push)
		s.want(t)
		startSessionAfterInit(t, s, h)
		s.push(t, &push) // and a second one, too
		s.want(t)
	})
}

func startSessionAfterInit(t *testing.T, s *fakeService, h *gamelift.Host) {
	t.Helper()
	must(t, h.NotifyProcessReady(t.Context()))
	s.want(t, "ActivateServerProcess", "HeartbeatServerProcess")
	push := create
	s.push(t, &push)
	s.want(t, "ActivateGameSession "+sessionID)
}

func TestRefusedSessionEndsTheProcess(t *testing.T) {
	play(t, func(t *testing.T, s *fakeService, h *gamelift.Host) {
		h.Connect(muster.SessionNotifications{OnCreateSessionBegin: func(context.Context, muster.SessionConfig) bool { return false }})
		start(t, s, h)
		push := create
		s.push(t, &push)
		s.want(t, "TerminateServerProcess")
	})
}

func TestServiceEndsTheProcess(t *testing.T) {
	play(t, func(t *testing.T, s *fakeService, h *gamelift.Host) {
		refuse := true
		h.Connect(muster.SessionNotifications{OnDestroySessionBegin: func(context.Context) bool { return !refuse }})
		startSession(t, s, h)
		s.push(t, &sdkwire.TerminateProcess{TerminationTime: sdkwire.MillisOf(time.Now().Add(time.Minute))})
		s.want(t) // the game refuses
		refuse = false
		s.push(t, &sdkwire.TerminateProcess{})
		s.want(t, "TerminateServerProcess")
	})
}

func TestUpdatesReachTheGame(t *testing.T) {
	play(t, func(t *testing.T, s *fakeService, h *gamelift.Host) {
		var reasons []muster.UpdateReason
		h.Connect(muster.SessionNotifications{
			OnUpdateSessionBegin: func(_ context.Context, c muster.SessionConfig, reason muster.UpdateReason) {
				if c.Name != "renamed" {
					t.Errorf("told of %+v", c)
				}
				reasons = append(reasons, reason)
			},
		})
		startSession(t, s, h)
		for _, reason := range []string{"BACKFILL_FAILED", "SOMETHING_NEW", "MATCHMAKING_DATA_UPDATED"} {
			s.push(t, &sdkwire.UpdateGameSession{
				GameSession:  sdkwire.GameSession{GameSessionID: sessionID, Name: "renamed", MatchmakerData: reason},
				UpdateReason: reason,
			})
		}
		want := []muster.UpdateReason{muster.UpdateBackfillFailed, muster.UpdateUnknown, muster.UpdateMatchmakingData}
		if diff := cmp.Diff(want, reasons); diff != "" {
			t.Error(diff)
		}
		if session, err := h.Session(); err != nil || session.MatchmakingData != "MATCHMAKING_DATA_UPDATED" {
			t.Errorf("stored %+v (%v)", session, err)
		}
	})
}

func TestRefusalsOfTheService(t *testing.T) {
	play(t, func(t *testing.T, s *fakeService, h *gamelift.Host) {
		startSession(t, s, h)
		for code, want := range map[int]error{
			400: muster.ErrInvalidRequest, 401: muster.ErrUnauthorized, 403: muster.ErrUnauthorized, 404: muster.ErrNotFound,
			409: muster.ErrNotActive, 418: muster.ErrInvalidRequest, 429: muster.ErrUnavailable, 500: muster.ErrUnavailable,
		} {
			s.change(func() { s.fail[sdkwire.AcceptPlayerSessionAction] = code })
			err := h.ValidatePlayerJoinSession(t.Context(), ann)
			wantError(t, err, want)
			if !strings.Contains(err.Error(), "because") {
				t.Errorf("%v hides the service's own words", err)
			}
		}
	})
}

func TestCertificates(t *testing.T) {
	play(t, func(t *testing.T, s *fakeService, h *gamelift.Host) {
		if _, err := h.ExternalSessionCertificate(t.Context()); !errors.Is(err, muster.ErrNotInitialized) {
			t.Errorf("before init: %v", err)
		}
		must(t, h.Init(t.Context()))
		path, err := h.ExternalSessionCertificate(t.Context())
		if err != nil || path != "/etc/certs" {
			t.Errorf("external certificate %q, %v", path, err)
		}
		path, err = h.InternalSessionCertificate(t.Context())
		if err != nil || path != "" {
			t.Errorf("internal certificate %q, %v", path, err)
		}
	})
}

func TestSeveralHostsInOneProcess(t *testing.T) {
	play(t, func(t *testing.T, s *fakeService, first *gamelift.Host) {
		second := newHost(s)
		second.ProcessID, second.Port = "proc-2", 7778
		defer second.Close()
		startSession(t, s, first)
		start(t, s, second)
		must(t, first.HandleDestroySession(t.Context()))
		s.want(t, "TerminateServerProcess")
		time.Sleep(time.Minute)
		s.want(t, "HeartbeatServerProcess") // the second lives on
		if diff := cmp.Diff([]int{7777, 7778}, s.ports); diff != "" {
			t.Error(diff)
		}
	})
}

// joinUnanswered has ann's join taken by the service and its answer not waited
// for.
func joinUnanswered(t *testing.T, s *fakeService, h *gamelift.Host) {
	t.Helper()
	startSession(t, s, h)
	s.change(func() { s.mute[sdkwire.AcceptPlayerSessionAction], s.ids = true, nil })
	ctx, cancel := context.WithTimeout(t.Context(), time.Second)
	defer cancel()
	wantError(t, h.ValidatePlayerJoinSession(ctx, ann), context.DeadlineExceeded)
	s.want(t, "AcceptPlayerSession "+sessionID+" psess-ann")
	s.change(func() { s.mute[sdkwire.AcceptPlayerSessionAction] = false })
}

func TestJoinOfACallerWhoIsGoneIsNotSent(t *testing.T) {
	play(t, func(t *testing.T, s *fakeService, h *gamelift.Host) {
		startSession(t, s, h)
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		wantError(t, h.ValidatePlayerJoinSession(ctx, ann), context.Canceled)
		s.want(t)
		must(t, h.ValidatePlayerJoinSession(t.Context(), ann))
		s.want(t, "AcceptPlayerSession "+sessionID+" psess-ann")
	})
}

func TestRetryOfAnUnansweredJoinIsTheSameRequest(t *testing.T) {
	play(t, func(t *testing.T, s *fakeService, h *gamelift.Host) {
		joinUnanswered(t, s, h)
		again := muster.PlayerConnectionConfig{ConnectionID: 7, PlayerSessionID: ann.PlayerSessionID}
		must(t, h.ValidatePlayerJoinSession(t.Context(), again))
		s.change(func() {
			if len(s.ids) != 2 || s.ids[0] != s.ids[1] {
				t.Errorf("request ids %v, want one twice", s.ids)
			}
		})
		time.Sleep(time.Hour) // she stays
		s.change(func() { s.lines = nil })
		must(t, h.HandlePlayerLeaveSession(t.Context(), again))
		s.want(t, "RemovePlayerSession "+sessionID+" psess-ann", "TerminateServerProcess")
	})
}

func TestUnansweredJoinWithoutRetryIsTakenBack(t *testing.T) {
	play(t, func(t *testing.T, s *fakeService, h *gamelift.Host) {
		h.HeartbeatInterval = time.Hour
		joinUnanswered(t, s, h)
		time.Sleep(59 * time.Second)
		s.want(t)
		time.Sleep(2 * time.Second)
		s.want(t, "RemovePlayerSession "+sessionID+" psess-ann")
	})
}

func TestLeaveOfACallerWhoIsGoneIsCarriedOut(t *testing.T) {
	play(t, func(t *testing.T, s *fakeService, h *gamelift.Host) {
		h.KeepEmptySession = true
		startSession(t, s, h)
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		for range 20 {
			must(t, h.ValidatePlayerJoinSession(t.Context(), ann))
			h.HandlePlayerLeaveSession(ctx, ann)
			wantError(t, h.HandlePlayerLeaveSession(t.Context(), ann), muster.ErrNotFound)
			s.want(t, "AcceptPlayerSession "+sessionID+" psess-ann", "RemovePlayerSession "+sessionID+" psess-ann")
		}
	})
}
