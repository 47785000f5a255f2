package gamelift_test

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"log"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/coder/websocket"
	"github.com/google/go-cmp/cmp"

	"github.com/musterhq/muster"
	"github.com/musterhq/muster/gamelift"
	"github.com/musterhq/muster/internal/sdkwire"
)

func TestBrokenConnectionIsReplacedAtOnce(t *testing.T) {
	play(t, func(t *testing.T, s *fakeService, h *gamelift.Host) {
		startSession(t, s, h)
		before := s.lastQuery()
		s.dropAll()
		synctest.Wait()
		if after := s.lastQuery(); after != before || len(s.queries) != 2 {
			t.Errorf("connected again as %+v, want %+v", after, before)
		}
		must(t, h.ValidatePlayerJoinSession(t.Context(), ann))
		time.Sleep(time.Minute)
		s.want(t, "AcceptPlayerSession "+sessionID+" psess-ann", "HeartbeatServerProcess")
	})
}

func TestCloseFrameIsNoReasonToGiveUp(t *testing.T) {
	for _, code := range []websocket.StatusCode{websocket.StatusNormalClosure, websocket.StatusGoingAway, websocket.StatusInternalError} {
		play(t, func(t *testing.T, s *fakeService, h *gamelift.Host) {
			start(t, s, h)
			s.conns[0].Close(code, "")
			time.Sleep(time.Minute)
			s.want(t, "HeartbeatServerProcess")
		})
	}
}

func TestReconnectSchedule(t *testing.T) {
	play(t, func(t *testing.T, s *fakeService, h *gamelift.Host) {
		start(t, s, h)
		time.Sleep(time.Second)
		s.change(func() { s.down, s.attempts, s.began = true, nil, time.Now() })
		s.dropAll()
		time.Sleep(310 * time.Second)
		var want []time.Duration
		for _, seconds := range []time.Duration{0, 8, 24, 56, 88, 120, 152, 184, 244, 304} {
			want = append(want, seconds*time.Second)
		}
		s.change(func() {
			if diff := cmp.Diff(want, s.attempts); diff != "" {
				t.Errorf("attempts:\n%s", diff)
			}
			s.down, s.lines = false, nil
		})
		time.Sleep(2 * time.Minute) // it never gives up
		synctest.Wait()
		s.change(func() {
			if len(s.lines) == 0 || slices.Contains(s.lines, "ActivateServerProcess") {
				t.Errorf("after the outage it said %v, want heartbeats alone", s.lines)
			}
		})
	})
}

func TestServiceThatHangsUpIsNotStormed(t *testing.T) {
	play(t, func(t *testing.T, s *fakeService, h *gamelift.Host) {
		start(t, s, h)
		time.Sleep(time.Minute)
		s.change(func() { s.hangUp, s.attempts, s.began = true, nil, time.Now() })
		s.dropAll()
		time.Sleep(100 * time.Second)
		want := []time.Duration{0, 8 * time.Second, 24 * time.Second, 56 * time.Second, 88 * time.Second}
		s.change(func() {
			if diff := cmp.Diff(want, s.attempts); diff != "" {
				t.Errorf("attempts:\n%s", diff)
			}
			s.hangUp = false
		})
		time.Sleep(time.Minute)
		s.change(func() { s.attempts, s.began = nil, time.Now() })
		s.dropAll()
		synctest.Wait()
		s.change(func() {
			if len(s.attempts) != 1 {
				t.Errorf("a steady connection was replaced by %d attempts, want one at once", len(s.attempts))
			}
		})
	})
}

// TestTwinsAreTold: two hosts with one process id throw each other out.
func TestTwinsAreTold(t *testing.T) {
	play(t, func(t *testing.T, s *fakeService, h *gamelift.Host) {
		var log bytes.Buffer
		h.Logger = slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: slog.LevelError}))
		start(t, s, h)
		for range 4 {
			time.Sleep(time.Minute)
			s.dropAll() // now and then is nothing special
		}
		synctest.Wait()
		if log.Len() > 0 {
			t.Errorf("steady connections: %s", &log)
		}
		for range 3 {
			time.Sleep(20 * time.Second)
			s.dropAll()
		}
		synctest.Wait()
		for _, word := range []string{"proc-1", "host-1", "fleet-1", gamelift.EnvProcessID} {
			if !strings.Contains(log.String(), word) {
				t.Errorf("the log does not mention %s: %s", word, &log)
			}
		}
		if strings.Contains(log.String(), "secret-token") {
			t.Errorf("the log shows the token: %s", &log)
		}
	})
}

// TestEndedProcessStaysAway: a service may hang up on a process that has
// ended, which must not come back as if it had not.
func TestEndedProcessStaysAway(t *testing.T) {
	play(t, func(t *testing.T, s *fakeService, h *gamelift.Host) {
		s.change(func() { s.lastWord = sdkwire.TerminateServerProcessAction })
		start(t, s, h)
		must(t, h.HandleDestroySession(t.Context()))
		time.Sleep(time.Hour)
		s.change(func() {
			if len(s.attempts) != 1 {
				t.Errorf("connected %d times, want once", len(s.attempts))
			}
		})
	})
}

// TestEndedProcessIsNotAnnounced: it is too late for that, whether or not there
// is a connection to say so.
func TestEndedProcessIsNotAnnounced(t *testing.T) {
	play(t, func(t *testing.T, s *fakeService, h *gamelift.Host) {
		s.change(func() { s.lastWord = sdkwire.TerminateServerProcessAction })
		must(t, h.Init(t.Context()))
		must(t, h.HandleDestroySession(t.Context()))
		wantError(t, h.NotifyProcessReady(t.Context()), muster.ErrConflict)
		s.want(t, "TerminateServerProcess")
	})
}

// TestEndedProcessMayMissTheAnswer: a service that has heard that the process
// ends says so by refusing it, if its answer has got lost.
func TestEndedProcessMayMissTheAnswer(t *testing.T) {
	for name, down := range map[string]time.Duration{"a moment": 0, "longer than a request": time.Minute} {
		t.Run(name, func(t *testing.T) {
			play(t, func(t *testing.T, s *fakeService, h *gamelift.Host) {
				var events []string
				h.Connect(muster.SessionNotifications{
					OnDestroySessionBegin: func(context.Context) bool { events = append(events, "destroy?"); return true },
					OnDestroySessionEnd:   func(context.Context) { events = append(events, "destroyed") },
				})
				start(t, s, h)
				s.change(func() { s.mute[sdkwire.TerminateServerProcessAction] = true })
				result := make(chan error, 1)
				go func() { result <- h.HandleDestroySession(t.Context()) }()
				s.want(t, "TerminateServerProcess")
				s.change(func() { s.status, s.down = http.StatusForbidden, down > 0 })
				s.dropAll()
				time.Sleep(down)
				s.change(func() { s.down = false })
				if err := <-result; (err == nil) != (down == 0) {
					t.Errorf("destroyed after %v without service: %v", down, err)
				}
				time.Sleep(time.Minute)
				synctest.Wait()
				if diff := cmp.Diff([]string{"destroy?", "destroyed"}, events); diff != "" {
					t.Errorf("events:\n%s", diff)
				}
				must(t, h.HandleDestroySession(t.Context()))
				s.change(func() { s.attempts = nil })
				time.Sleep(time.Hour)
				s.change(func() {
					if len(s.attempts) != 0 {
						t.Errorf("an ended process connected again: %v", s.attempts)
					}
				})
			})
		})
	}
}

// TestRefusalOfAnEndIsNoEnd: neither is one to an end that was not asked for yet.
func TestRefusalOfAnEndIsNoEnd(t *testing.T) {
	play(t, func(t *testing.T, s *fakeService, h *gamelift.Host) {
		start(t, s, h)
		s.change(func() { s.fail[sdkwire.TerminateServerProcessAction] = http.StatusConflict })
		wantError(t, h.HandleDestroySession(t.Context()), muster.ErrConflict)
		s.change(func() { s.status, s.fail = http.StatusForbidden, nil })
		s.dropAll()
		synctest.Wait()
		wantError(t, h.HandleDestroySession(t.Context()), muster.ErrUnavailable)
		s.change(func() { s.status, s.lines = 0, nil })
		must(t, h.HandleDestroySession(t.Context()))
		s.want(t, "TerminateServerProcess")
	})
}

func TestRefusedUpgradeIsTriedAgain(t *testing.T) {
	play(t, func(t *testing.T, s *fakeService, h *gamelift.Host) {
		start(t, s, h)
		s.change(func() { s.status = http.StatusForbidden })
		s.dropAll()
		time.Sleep(10 * time.Second)
		s.change(func() { s.status = 0 })
		must(t, h.HandleDestroySession(t.Context()))
		s.want(t, "TerminateServerProcess")
	})
}

func TestRequestWithoutAnswerIsSentAgainUnderTheSameID(t *testing.T) {
	play(t, func(t *testing.T, s *fakeService, h *gamelift.Host) {
		startSession(t, s, h)
		s.change(func() { s.mute[sdkwire.AcceptPlayerSessionAction], s.ids = true, nil })
		result := make(chan error, 1)
		go func() { result <- h.ValidatePlayerJoinSession(t.Context(), ann) }()
		synctest.Wait()
		s.change(func() { s.mute[sdkwire.AcceptPlayerSessionAction] = false })
		s.dropAll()
		must(t, <-result)
		s.want(t, "AcceptPlayerSession "+sessionID+" psess-ann", "AcceptPlayerSession "+sessionID+" psess-ann")
		s.change(func() {
			if len(s.ids) != 2 || s.ids[0] != s.ids[1] {
				t.Errorf("request ids %v, want one twice", s.ids)
			}
		})
	})
}

func TestRequestWaitsForTheConnection(t *testing.T) {
	play(t, func(t *testing.T, s *fakeService, h *gamelift.Host) {
		startSession(t, s, h)
		s.change(func() { s.down = true })
		s.dropAll()
		synctest.Wait()
		result := make(chan error, 1)
		go func() { result <- h.ValidatePlayerJoinSession(t.Context(), ann) }()
		time.Sleep(time.Second)
		s.change(func() { s.down = false })
		must(t, <-result)
		s.want(t, "AcceptPlayerSession "+sessionID+" psess-ann")
	})
}

func TestRequestsFailInTime(t *testing.T) {
	play(t, func(t *testing.T, s *fakeService, h *gamelift.Host) {
		startSession(t, s, h)
		s.change(func() { s.down = true })
		s.dropAll()
		synctest.Wait()
		began := time.Now()
		wantError(t, h.ValidatePlayerJoinSession(t.Context(), ann), muster.ErrUnavailable)
		if took := time.Since(began); took != gamelift.DefaultRequestTimeout {
			t.Errorf("took %v, want %v", took, gamelift.DefaultRequestTimeout)
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		wantError(t, h.ValidatePlayerJoinSession(ctx, ann), context.DeadlineExceeded)

		result := make(chan error, 1)
		go func() { result <- h.ValidatePlayerJoinSession(t.Context(), ann) }()
		synctest.Wait()
		h.Close()
		wantError(t, <-result, muster.ErrClosed)
	})
}

func TestTwoSilentRequestsBreakTheConnection(t *testing.T) {
	play(t, func(t *testing.T, s *fakeService, h *gamelift.Host) {
		startSession(t, s, h)
		s.change(func() { s.mute[sdkwire.AcceptPlayerSessionAction] = true })
		for range 2 {
			if len(s.queries) != 1 {
				t.Error("one silent request broke the connection")
			}
			wantError(t, h.ValidatePlayerJoinSession(t.Context(), ann), muster.ErrUnavailable)
		}
		synctest.Wait()
		if len(s.queries) != 2 {
			t.Errorf("connected %d times, want twice", len(s.queries))
		}
	})
}

func TestGarbageIsIgnored(t *testing.T) {
	play(t, func(t *testing.T, s *fakeService, h *gamelift.Host) {
		startSession(t, s, h)
		for _, frame := range []string{
			``, `{`, `[]`, `null`, `{"Action":"Dance"}`, `{"Action":"CreateGameSession","Port":"x"}`,
			`{"Action":"AcceptPlayerSession","RequestId":"nobody's","StatusCode":200}`,
			`{"Action":"UpdateGameSession"}`, strings.Repeat(" ", 1<<20),
		} {
			s.send(t, []byte(frame))
		}
		must(t, h.ValidatePlayerJoinSession(t.Context(), ann))
		if len(s.queries) != 1 {
			t.Errorf("connected %d times, want once", len(s.queries))
		}
	})
}

func TestAnswerThatCannotBeReadIsAnError(t *testing.T) {
	play(t, func(t *testing.T, s *fakeService, h *gamelift.Host) {
		start(t, s, h)
		s.change(func() { s.mute[sdkwire.GetComputeCertificateAction] = true })
		result := make(chan error, 1)
		go func() {
			_, err := h.ExternalSessionCertificate(t.Context())
			result <- err
		}()
		synctest.Wait()
		id := s.ids[len(s.ids)-1]
		s.send(t, []byte(`{"Action":"GetComputeCertificate","RequestId":"`+id+`","StatusCode":200,"CertificatePath":7}`))
		wantError(t, <-result, muster.ErrUnavailable)
	})
}

func TestLargePush(t *testing.T) {
	play(t, func(t *testing.T, s *fakeService, h *gamelift.Host) {
		start(t, s, h)
		push := create
		push.MatchmakerData = strings.Repeat("m", 390_000)
		push.GameSessionData = strings.Repeat("\x01", 262_144) // six bytes each on the wire
		s.push(t, &push)
		session, err := h.Session()
		if err != nil || len(session.MatchmakingData) != 390_000 {
			t.Errorf("session with %d bytes of match (%v)", len(session.MatchmakingData), err)
		}
	})
}

func TestServiceMovesTheProcess(t *testing.T) {
	play(t, func(t *testing.T, s *fakeService, h *gamelift.Host) {
		startSession(t, s, h)
		old := s.conns[0]
		before := s.lastQuery()
		s.change(func() { s.mute[sdkwire.AcceptPlayerSessionAction] = true })
		result := make(chan error, 1)
		go func() { result <- h.ValidatePlayerJoinSession(t.Context(), ann) }()
		synctest.Wait()
		s.change(func() { s.mute[sdkwire.AcceptPlayerSessionAction] = false })
		id := s.ids[len(s.ids)-1]

		s.push(t, &sdkwire.RefreshConnection{RefreshConnectionEndpoint: "ws://other:1", AuthToken: "token-2"})
		after := s.lastQuery()
		if after.AuthToken != "token-2" || after.ProcessID != before.ProcessID || after.IdempotencyToken == before.IdempotencyToken {
			t.Errorf("moved as %+v, was %+v", after, before)
		}
		must(t, h.ValidatePlayerJoinSession(t.Context(), bob)) // on the new connection
		answer, err := sdkwire.EncodeAnswer(sdkwire.Header{Action: sdkwire.AcceptPlayerSessionAction, RequestID: id}, new(sdkwire.Status))
		must(t, err)
		must(t, old.Write(t.Context(), websocket.MessageText, answer)) // on the old one
		must(t, <-result)

		time.Sleep(6 * time.Second)
		if err := old.Write(t.Context(), websocket.MessageText, answer); err == nil {
			t.Error("the old connection is still open")
		}
		s.dropAll()
		synctest.Wait()
		if again := s.lastQuery(); again != after {
			t.Errorf("connected again as %+v, want %+v", again, after)
		}
	})
}

// TestServiceThatMovesTheProcessOnIsNotStormed: moves come one after the other,
// and the last address counts.
func TestServiceThatMovesTheProcessOnIsNotStormed(t *testing.T) {
	play(t, func(t *testing.T, s *fakeService, h *gamelift.Host) {
		startSession(t, s, h)
		s.change(func() { s.attempts, s.began = nil, time.Now() })
		for _, token := range []string{"token-2", "token-3", "token-4"} {
			s.push(t, &sdkwire.RefreshConnection{RefreshConnectionEndpoint: "ws://other:1", AuthToken: token})
		}
		if got := s.lastQuery().AuthToken; got != "token-2" {
			t.Errorf("moved with %q at first, want token-2", got)
		}
		time.Sleep(time.Minute)
		if got := s.lastQuery().AuthToken; got != "token-4" {
			t.Errorf("moved with %q at last, want token-4", got)
		}
		s.change(func() {
			if diff := cmp.Diff([]time.Duration{0, 5 * time.Second}, s.attempts); diff != "" {
				t.Errorf("moves:\n%s", diff)
			}
		})
		must(t, h.ValidatePlayerJoinSession(t.Context(), ann))
	})
}

func TestRequestLeftOnTheOldConnectionIsSentAgain(t *testing.T) {
	play(t, func(t *testing.T, s *fakeService, h *gamelift.Host) {
		startSession(t, s, h)
		s.change(func() { s.mute[sdkwire.AcceptPlayerSessionAction] = true })
		result := make(chan error, 1)
		go func() { result <- h.ValidatePlayerJoinSession(t.Context(), ann) }()
		synctest.Wait()
		s.change(func() { s.mute[sdkwire.AcceptPlayerSessionAction] = false })
		began := time.Now()
		s.push(t, &sdkwire.RefreshConnection{RefreshConnectionEndpoint: "ws://other:1", AuthToken: "token-2"})
		must(t, <-result)
		if took := time.Since(began); took != 5*time.Second {
			t.Errorf("sent again after %v, want the 5s the old connection has", took)
		}
	})
}

func TestUnreachableNewEndpointChangesNothing(t *testing.T) {
	play(t, func(t *testing.T, s *fakeService, h *gamelift.Host) {
		startSession(t, s, h)
		before := s.lastQuery()
		s.push(t, &sdkwire.RefreshConnection{RefreshConnectionEndpoint: "ws://nowhere:1", AuthToken: "token-2"})
		must(t, h.ValidatePlayerJoinSession(t.Context(), ann))
		s.dropAll()
		synctest.Wait()
		if after := s.lastQuery(); after != before {
			t.Errorf("connected again as %+v, want %+v", after, before)
		}
	})
}

func TestHeartbeatsSurviveAnOutage(t *testing.T) {
	play(t, func(t *testing.T, s *fakeService, h *gamelift.Host) {
		start(t, s, h)
		s.change(func() { s.down = true })
		s.dropAll()
		time.Sleep(5 * time.Minute)
		s.change(func() { s.down = false })
		time.Sleep(2 * time.Minute)
		synctest.Wait()
		s.change(func() {
			if len(s.lines) == 0 || len(s.lines) > 3 {
				t.Errorf("said %v after the outage, want a heartbeat or two and no burst", s.lines)
			}
		})
	})
}

func TestTLSWithACertificateOfOnesOwn(t *testing.T) {
	service := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		conn, err := websocket.Accept(w, r, nil)
		if err != nil {
			return
		}
		defer conn.CloseNow()
		conn.Read(r.Context())
	}))
	service.Config.ErrorLog = log.New(io.Discard, "", 0)
	service.StartTLS()
	defer service.Close()
	roots := x509.NewCertPool()
	roots.AddCert(service.Certificate())
	host := &gamelift.Host{
		WebSocketURL: strings.Replace(service.URL, "https://", "wss://", 1),
		AuthToken:    "t", HostID: "h", FleetID: "f", LookupEnv: noEnv,
	}
	defer host.Close()
	err := host.Init(t.Context())
	var untrusted *tls.CertificateVerificationError
	if !errors.Is(err, muster.ErrUnavailable) || !errors.As(err, &untrusted) {
		t.Errorf("unknown certificate: %v", err)
	}
	host.TLS = &tls.Config{RootCAs: roots}
	must(t, host.Init(t.Context()))
}
