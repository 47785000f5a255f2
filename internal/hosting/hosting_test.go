package hosting_test

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"

	"github.com/musterhq/muster"
	"github.com/musterhq/muster/internal/hosting"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// transcript is a service and a game that write down what they are told. What
// is in errs fails with that error; what is in slow takes that long.
type transcript struct {
	mu    sync.Mutex
	lines []string
	errs  map[string]error
	slow  map[string]time.Duration

	requests []string // to accept a player
}

func (s *transcript) note(ctx context.Context, what ...string) error {
	line := strings.Join(what, " ")
	if wait := s.slow[what[0]]; wait > 0 {
		select {
		case <-time.After(wait):
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.lines = append(s.lines, line)
	return s.errs[what[0]]
}

func (s *transcript) fail(what string, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.errs = map[string]error{what: err}
}

func (s *transcript) ActivateSession(ctx context.Context, session string) error {
	return s.note(ctx, "activate", session)
}

func (s *transcript) AcceptPlayer(ctx context.Context, request, _, player string) error {
	s.mu.Lock()
	s.requests = append(s.requests, request)
	s.mu.Unlock()
	return s.note(ctx, "accept", player)
}

func (s *transcript) RemovePlayer(ctx context.Context, _, player string) error {
	return s.note(ctx, "remove", player)
}

func (s *transcript) EndProcess(ctx context.Context) error { return s.note(ctx, "end") }

func (s *transcript) notifications() muster.SessionNotifications {
	return muster.SessionNotifications{
		OnSessionHealthCheck: func(ctx context.Context) bool { return s.note(ctx, "health?") == nil },
		OnCreateSessionBegin: func(ctx context.Context, c muster.SessionConfig) bool {
			return s.note(ctx, "create?", c.SessionID) == nil
		},
		OnCreateSessionEnd:    func(ctx context.Context) { s.note(ctx, "created") },
		OnDestroySessionBegin: func(ctx context.Context) bool { return s.note(ctx, "destroy?") == nil },
		OnDestroySessionEnd:   func(ctx context.Context) { s.note(ctx, "destroyed") },
		OnUpdateSessionBegin: func(ctx context.Context, c muster.SessionConfig, reason muster.UpdateReason) {
			s.note(ctx, "update", c.MatchmakingData, string(reason))
		},
		OnUpdateSessionEnd: func(ctx context.Context) { s.note(ctx, "updated") },
	}
}

func (s *transcript) want(t *testing.T, lines ...string) {
	t.Helper()
	synctest.Wait()
	s.mu.Lock()
	defer s.mu.Unlock()
	if !slices.Equal(s.lines, lines) {
		t.Errorf("happened\n\t%s\nwant\n\t%s", strings.Join(s.lines, "\n\t"), strings.Join(lines, "\n\t"))
	}
	s.lines = nil
}

// play runs a test with a process of its own, whose time moves by itself.
func play(t *testing.T, test func(t *testing.T, p *hosting.Process, s *transcript)) {
	synctest.Test(t, func(t *testing.T) {
		s := &transcript{}
		p := &hosting.Process{Service: s, Logger: slog.New(slog.NewTextHandler(io.Discard, nil))}
		defer p.Close()
		p.Notifications.Connect(s.notifications())
		test(t, p, s)
	})
}

var (
	session   = muster.SessionConfig{SessionID: "s1", MatchmakingData: "old"}
	ann       = muster.PlayerConnectionConfig{ConnectionID: 1, PlayerSessionID: "ann"}
	bob       = muster.PlayerConnectionConfig{ConnectionID: 2, PlayerSessionID: "bob"}
	errBroken = errors.New("broken")
)

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func wantError(t *testing.T, err, cause error) {
	t.Helper()
	if !errors.Is(err, cause) {
		t.Errorf("got %v, want %v", err, cause)
	}
}

func TestLifeOfASession(t *testing.T) {
	play(t, func(t *testing.T, p *hosting.Process, s *transcript) {
		wantError(t, p.ValidatePlayerJoinSession(t.Context(), ann), muster.ErrNoSession)
		wantError(t, p.HandlePlayerLeaveSession(t.Context(), ann), muster.ErrNotFound)
		must(t, p.CreateSession(t.Context(), session))
		s.want(t, "create? s1", "activate s1", "created")
		wantError(t, p.CreateSession(t.Context(), session), muster.ErrConflict)
		must(t, p.ValidatePlayerJoinSession(t.Context(), ann))
		must(t, p.ValidatePlayerJoinSession(t.Context(), bob))
		must(t, p.HandlePlayerLeaveSession(t.Context(), ann))
		s.want(t, "accept ann", "accept bob", "remove ann")
		must(t, p.HandlePlayerLeaveSession(t.Context(), bob))
		s.want(t, "remove bob", "destroy?", "end", "destroyed")
		must(t, p.HandleDestroySession(t.Context()))
		s.want(t)
		wantError(t, p.ValidatePlayerJoinSession(t.Context(), ann), muster.ErrNotActive)
		wantError(t, p.HandlePlayerLeaveSession(t.Context(), ann), muster.ErrNotActive)
		wantError(t, p.CreateSession(t.Context(), session), muster.ErrConflict)
	})
}

func TestCreateFails(t *testing.T) {
	for _, test := range []struct {
		failing string
		step    muster.Step
		cause   error
		lines   []string
	}{
		{"create?", muster.StepAnnounce, muster.ErrRejected, []string{"create? s1", "destroy?", "end", "destroyed"}},
		{"activate", muster.StepActivate, errBroken, []string{"create? s1", "activate s1", "destroy?", "end", "destroyed"}},
	} {
		t.Run(test.failing, func(t *testing.T) {
			play(t, func(t *testing.T, p *hosting.Process, s *transcript) {
				s.fail(test.failing, errBroken)
				err := p.CreateSession(t.Context(), session)
				var failed *muster.StepError
				if !errors.As(err, &failed) || failed.Step != test.step || !errors.Is(err, test.cause) {
					t.Errorf("got %v, want step %q", err, test.step)
				}
				s.want(t, test.lines...)
			})
		})
	}
}

func TestHangingLevelLoadIsGivenUp(t *testing.T) {
	play(t, func(t *testing.T, p *hosting.Process, s *transcript) {
		wake := make(chan struct{})
		defer close(wake)
		p.Notifications.Connect(muster.SessionNotifications{
			OnCreateSessionBegin: func(context.Context, muster.SessionConfig) bool { <-wake; return true },
		})
		began := time.Now()
		wantError(t, p.CreateSession(t.Context(), session), context.DeadlineExceeded)
		if took := time.Since(began); took != hosting.DefaultCreateTimeout {
			t.Errorf("given up after %v, want %v", took, hosting.DefaultCreateTimeout)
		}
		s.want(t, "create? s1", "destroy?", "end", "destroyed")
	})
}

func TestDestroyWhileLoadingStopsTheLoad(t *testing.T) {
	play(t, func(t *testing.T, p *hosting.Process, s *transcript) {
		s.slow = map[string]time.Duration{"create?": time.Minute}
		created := make(chan error, 1)
		go func() { created <- p.CreateSession(t.Context(), session) }()
		time.Sleep(time.Second)
		must(t, p.HandleDestroySession(t.Context()))
		wantError(t, <-created, muster.ErrNotActive)
		s.want(t, "destroy?", "end", "destroyed") // neither activated nor created
	})
}

func TestHandlerMayDestroyWhileItLoads(t *testing.T) {
	play(t, func(t *testing.T, p *hosting.Process, s *transcript) {
		p.Notifications.Connect(muster.SessionNotifications{
			OnCreateSessionBegin: func(context.Context, muster.SessionConfig) bool {
				synctest.Wait() // for the other handler
				return p.HandleDestroySession(context.Background()) == nil
			},
		})
		began := time.Now()
		wantError(t, p.CreateSession(t.Context(), session), muster.ErrNotActive)
		if took := time.Since(began); took != 0 {
			t.Errorf("took %v, want no waiting", took)
		}
		s.want(t, "create? s1", "destroy?", "end", "destroyed")
	})
}

func TestRefusedDestroyTellsNobodyAndCanBeRepeated(t *testing.T) {
	play(t, func(t *testing.T, p *hosting.Process, s *transcript) {
		must(t, p.CreateSession(t.Context(), session))
		must(t, p.ValidatePlayerJoinSession(t.Context(), ann))
		s.want(t, "create? s1", "activate s1", "created", "accept ann")
		s.fail("destroy?", errBroken)
		wantError(t, p.HandleDestroySession(t.Context()), muster.ErrRejected)
		s.want(t, "destroy?")
		wantError(t, p.ValidatePlayerJoinSession(t.Context(), bob), muster.ErrNotActive)
		wantError(t, p.HandlePlayerLeaveSession(t.Context(), ann), muster.ErrNotActive)
		s.fail("end", errBroken)
		wantError(t, p.HandleDestroySession(t.Context()), errBroken)
		s.want(t, "destroy?", "end")
		s.fail("", nil)
		must(t, p.HandleDestroySession(t.Context()))
		s.want(t, "end", "destroyed") // the game agreed before
	})
}

func TestDestroyIsDoneOnceForManyCallers(t *testing.T) {
	play(t, func(t *testing.T, p *hosting.Process, s *transcript) {
		s.slow = map[string]time.Duration{"end": time.Second}
		impatient, cancel := context.WithTimeout(t.Context(), time.Millisecond)
		defer cancel()
		wantError(t, p.HandleDestroySession(impatient), context.DeadlineExceeded)
		var all sync.WaitGroup
		for range 10 {
			all.Go(func() { must(t, p.HandleDestroySession(t.Context())) })
		}
		all.Wait()
		s.want(t, "destroy?", "end", "destroyed")
	})
}

func TestOneOfManyJoinsSucceeds(t *testing.T) {
	play(t, func(t *testing.T, p *hosting.Process, s *transcript) {
		must(t, p.CreateSession(t.Context(), session))
		s.slow = map[string]time.Duration{"accept": time.Second}
		s.want(t, "create? s1", "activate s1", "created")
		results := concurrently(20, func() error { return p.ValidatePlayerJoinSession(t.Context(), ann) })
		if results[nil] != 1 || results[muster.ErrConflict] != 19 {
			t.Errorf("results %v, want one success and 19 conflicts", results)
		}
		s.want(t, "accept ann")
		results = concurrently(20, func() error { return p.HandlePlayerLeaveSession(t.Context(), ann) })
		if results[nil] != 1 {
			t.Errorf("results %v, want one success", results)
		}
		s.want(t, "remove ann", "destroy?", "end", "destroyed")
	})
}

// concurrently counts the results of many calls by sentinel.
func concurrently(n int, call func() error) map[error]int {
	results := make(chan error, n)
	for range n {
		go func() { results <- call() }()
	}
	count := map[error]int{}
	for range n {
		err := <-results
		for _, sentinel := range []error{muster.ErrConflict, muster.ErrNotFound, muster.ErrNotActive} {
			if errors.Is(err, sentinel) {
				err = sentinel
			}
		}
		count[err]++
	}
	return count
}

func TestRefusedJoinIsForgotten(t *testing.T) {
	play(t, func(t *testing.T, p *hosting.Process, s *transcript) {
		must(t, p.CreateSession(t.Context(), session))
		wantError(t, p.ValidatePlayerJoinSession(t.Context(), muster.PlayerConnectionConfig{ConnectionID: 1}), muster.ErrInvalidRequest)
		s.fail("accept", errBroken)
		wantError(t, p.ValidatePlayerJoinSession(t.Context(), ann), errBroken)
		wantError(t, p.HandlePlayerLeaveSession(t.Context(), ann), muster.ErrNotFound)
		s.fail("", nil)
		must(t, p.ValidatePlayerJoinSession(t.Context(), ann))
		s.want(t, "create? s1", "activate s1", "created", "accept ann", "accept ann")
	})
}

func TestLeaveDuringJoinWaitsForTheService(t *testing.T) {
	play(t, func(t *testing.T, p *hosting.Process, s *transcript) {
		p.KeepEmpty = true
		must(t, p.CreateSession(t.Context(), session))
		s.want(t, "create? s1", "activate s1", "created")
		s.slow = map[string]time.Duration{"accept": time.Second}
		go p.ValidatePlayerJoinSession(t.Context(), ann)
		synctest.Wait()
		must(t, p.HandlePlayerLeaveSession(t.Context(), ann))
		s.want(t, "accept ann", "remove ann")

		go p.ValidatePlayerJoinSession(t.Context(), ann)
		synctest.Wait()
		impatient, cancel := context.WithTimeout(t.Context(), time.Millisecond)
		defer cancel()
		wantError(t, p.HandlePlayerLeaveSession(impatient, ann), context.DeadlineExceeded)
		wantError(t, p.HandlePlayerLeaveSession(t.Context(), ann), muster.ErrNotFound)
		s.want(t) // but it goes on
		time.Sleep(2 * time.Second)
		s.want(t, "accept ann", "remove ann")

		s.fail("accept", errBroken)
		go p.ValidatePlayerJoinSession(t.Context(), bob)
		synctest.Wait()
		wantError(t, p.HandlePlayerLeaveSession(t.Context(), bob), muster.ErrNotFound)
		s.want(t, "accept bob") // nothing to remove
	})
}

func TestLeaveOfACallerWhoIsGoneIsCarriedOut(t *testing.T) {
	play(t, func(t *testing.T, p *hosting.Process, s *transcript) {
		must(t, p.CreateSession(t.Context(), session))
		must(t, p.ValidatePlayerJoinSession(t.Context(), ann))
		s.want(t, "create? s1", "activate s1", "created", "accept ann")
		s.slow = map[string]time.Duration{"remove": time.Second}
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		wantError(t, p.HandlePlayerLeaveSession(ctx, ann), context.Canceled)
		wantError(t, p.HandlePlayerLeaveSession(ctx, ann), muster.ErrNotFound)
		must(t, p.ValidatePlayerJoinSession(t.Context(), muster.PlayerConnectionConfig{ConnectionID: 1, PlayerSessionID: "bob"}))
		s.want(t, "accept bob") // whose connection may have ann's number
		time.Sleep(2 * time.Second)
		s.want(t, "remove ann")
	})
}

// TestUnansweredJoin: an acceptance that nobody knows the outcome of is asked
// for again by the same name, one that was answered is not.
func TestUnansweredJoin(t *testing.T) {
	play(t, func(t *testing.T, p *hosting.Process, s *transcript) {
		must(t, p.CreateSession(t.Context(), session))
		s.want(t, "create? s1", "activate s1", "created")
		impatient, cancel := context.WithTimeout(t.Context(), time.Millisecond)
		defer cancel()
		s.slow = map[string]time.Duration{"accept": time.Second}
		wantError(t, p.ValidatePlayerJoinSession(impatient, ann), context.DeadlineExceeded)
		s.slow = nil
		wantError(t, p.ValidatePlayerJoinSession(impatient, ann), context.DeadlineExceeded)
		s.fail("accept", muster.ErrUnavailable)
		wantError(t, p.ValidatePlayerJoinSession(t.Context(), ann), muster.ErrUnavailable)
		s.fail("accept", errBroken)
		wantError(t, p.ValidatePlayerJoinSession(t.Context(), ann), errBroken)
		s.fail("", nil)
		must(t, p.ValidatePlayerJoinSession(t.Context(), ann))
		s.want(t, "accept ann", "accept ann", "accept ann")
		if r := s.requests; len(r) != 4 || r[0] != r[1] || r[1] != r[2] || r[2] == r[3] {
			t.Errorf("requests %q, want three times one and another", r)
		}
		time.Sleep(time.Hour)
		s.want(t) // nobody is thrown out
	})
}

func TestUnansweredPlayerIsGivenBackWithoutARetry(t *testing.T) {
	play(t, func(t *testing.T, p *hosting.Process, s *transcript) {
		must(t, p.CreateSession(t.Context(), session))
		s.fail("accept", muster.ErrUnavailable)
		wantError(t, p.ValidatePlayerJoinSession(t.Context(), ann), muster.ErrUnavailable)
		wantError(t, p.HandlePlayerLeaveSession(t.Context(), ann), muster.ErrNotFound)
		s.want(t, "create? s1", "activate s1", "created", "accept ann")
		s.fail("remove", muster.ErrUnavailable)
		time.Sleep(2*time.Minute + time.Second)
		s.want(t, "remove ann", "remove ann") // until the service is back
		wantError(t, p.ValidatePlayerJoinSession(t.Context(), ann), muster.ErrNotActive)
		s.fail("", nil)
		time.Sleep(time.Hour)
		s.want(t, "remove ann")
		must(t, p.ValidatePlayerJoinSession(t.Context(), ann)) // now the service decides
		s.want(t, "accept ann")
	})
}

func TestUnansweredPlayerIsKept(t *testing.T) {
	for name, then := range map[string]func(*testing.T, *hosting.Process){
		"on another connection": func(t *testing.T, p *hosting.Process) {
			must(t, p.ValidatePlayerJoinSession(t.Context(), muster.PlayerConnectionConfig{ConnectionID: 7, PlayerSessionID: "ann"}))
		},
		"by the end of the process": func(t *testing.T, p *hosting.Process) { must(t, p.HandleDestroySession(t.Context())) },
	} {
		t.Run(name, func(t *testing.T) {
			play(t, func(t *testing.T, p *hosting.Process, s *transcript) {
				must(t, p.CreateSession(t.Context(), session))
				s.fail("accept", muster.ErrUnavailable)
				wantError(t, p.ValidatePlayerJoinSession(t.Context(), ann), muster.ErrUnavailable)
				s.fail("", nil)
				then(t, p)
				time.Sleep(time.Hour)
				synctest.Wait()
				s.mu.Lock()
				defer s.mu.Unlock()
				if slices.Contains(s.lines, "remove ann") {
					t.Errorf("happened\n\t%s\nwant nobody removed", strings.Join(s.lines, "\n\t"))
				}
			})
		})
	}
}

// TestTwinOfAnUnansweredPlayerStays: two connections with one player session,
// of which one got in and the other was given no answer.
func TestTwinOfAnUnansweredPlayerStays(t *testing.T) {
	play(t, func(t *testing.T, p *hosting.Process, s *transcript) {
		must(t, p.CreateSession(t.Context(), session))
		s.slow = map[string]time.Duration{"accept": time.Second}
		impatient, cancel := context.WithTimeout(t.Context(), time.Millisecond)
		defer cancel()
		go p.ValidatePlayerJoinSession(impatient, ann)
		must(t, p.ValidatePlayerJoinSession(t.Context(), muster.PlayerConnectionConfig{ConnectionID: 7, PlayerSessionID: "ann"}))
		time.Sleep(time.Hour)
		s.want(t, "create? s1", "activate s1", "created", "accept ann")
	})
}

func TestLeaveDuringAnUnansweredJoin(t *testing.T) {
	play(t, func(t *testing.T, p *hosting.Process, s *transcript) {
		must(t, p.CreateSession(t.Context(), session))
		s.slow = map[string]time.Duration{"accept": time.Hour}
		impatient, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		go p.ValidatePlayerJoinSession(impatient, ann)
		synctest.Wait()
		must(t, p.HandlePlayerLeaveSession(t.Context(), ann))
		s.want(t, "create? s1", "activate s1", "created", "remove ann") // at once: she does not come again
		time.Sleep(time.Hour)
		s.want(t)
	})
}

func TestSessionIsEmptyOnlyAfterTheLastPlayer(t *testing.T) {
	play(t, func(t *testing.T, p *hosting.Process, s *transcript) {
		must(t, p.CreateSession(t.Context(), session))
		s.want(t, "create? s1", "activate s1", "created")

		s.fail("accept", errBroken) // nobody has ever joined
		wantError(t, p.ValidatePlayerJoinSession(t.Context(), bob), errBroken)
		s.want(t, "accept bob")
		s.fail("", nil)

		must(t, p.ValidatePlayerJoinSession(t.Context(), ann))
		s.slow = map[string]time.Duration{"accept": time.Second}
		go p.ValidatePlayerJoinSession(t.Context(), bob)
		synctest.Wait()
		must(t, p.HandlePlayerLeaveSession(t.Context(), ann)) // bob is on his way in
		s.want(t, "accept ann", "remove ann")
		s.fail("accept", errBroken)
		time.Sleep(2 * time.Second) // and is refused, so nobody is left
		s.want(t, "accept bob", "destroy?", "end", "destroyed")
	})
}

func TestPlayerIsForgottenEvenIfTheServiceIsDown(t *testing.T) {
	play(t, func(t *testing.T, p *hosting.Process, s *transcript) {
		must(t, p.CreateSession(t.Context(), session))
		must(t, p.ValidatePlayerJoinSession(t.Context(), ann))
		s.fail("remove", errBroken)
		wantError(t, p.HandlePlayerLeaveSession(t.Context(), ann), errBroken)
		s.want(t, "create? s1", "activate s1", "created", "accept ann", "remove ann", "destroy?", "end", "destroyed")
	})
}

// TestLeaveIsCarriedOutWhenTheServiceIsBack: the slot does not stay taken.
func TestLeaveIsCarriedOutWhenTheServiceIsBack(t *testing.T) {
	play(t, func(t *testing.T, p *hosting.Process, s *transcript) {
		p.KeepEmpty = true
		must(t, p.CreateSession(t.Context(), session))
		must(t, p.ValidatePlayerJoinSession(t.Context(), ann))
		must(t, p.ValidatePlayerJoinSession(t.Context(), bob))
		s.fail("remove", muster.ErrUnavailable)
		wantError(t, p.HandlePlayerLeaveSession(t.Context(), ann), muster.ErrUnavailable)
		time.Sleep(61 * time.Second)
		s.want(t, "create? s1", "activate s1", "created", "accept ann", "accept bob", "remove ann", "remove ann")
		s.fail("", nil)
		time.Sleep(time.Hour)
		s.want(t, "remove ann")
		s.fail("remove", muster.ErrUnavailable)
		wantError(t, p.HandlePlayerLeaveSession(t.Context(), bob), muster.ErrUnavailable)
		must(t, p.HandleDestroySession(t.Context()))
		time.Sleep(time.Hour)
		s.want(t, "remove bob", "destroy?", "end", "destroyed")
	})
}

// TestSessionIsDestroyedWhenTheServiceIsBack: what nobody waits for is tried
// again, without asking the game again.
func TestSessionIsDestroyedWhenTheServiceIsBack(t *testing.T) {
	for name, begin := range map[string]func(*hosting.Process, *transcript){
		"the last player left": func(p *hosting.Process, s *transcript) {
			p.CreateSession(context.Background(), session)
			p.ValidatePlayerJoinSession(context.Background(), ann)
			s.fail("end", muster.ErrUnavailable)
			p.HandlePlayerLeaveSession(context.Background(), ann)
		},
		"it could not be created": func(p *hosting.Process, s *transcript) {
			s.errs = map[string]error{"activate": muster.ErrUnavailable, "end": muster.ErrUnavailable}
			p.CreateSession(context.Background(), session)
		},
	} {
		t.Run(name, func(t *testing.T) {
			play(t, func(t *testing.T, p *hosting.Process, s *transcript) {
				begin(p, s)
				time.Sleep(5*time.Minute + time.Second)
				s.fail("", nil)
				synctest.Wait()
				s.mu.Lock()
				s.lines = nil
				s.mu.Unlock()
				time.Sleep(time.Minute)
				s.want(t, "end", "destroyed")
			})
		})
	}
}

// TestSlowGameIsDestroyed has a game agree to its end when there is hardly any
// time left to tell the service.
func TestSlowGameIsDestroyed(t *testing.T) {
	play(t, func(t *testing.T, p *hosting.Process, s *transcript) {
		s.slow = map[string]time.Duration{"destroy?": hosting.DefaultDestroyTimeout - 10*time.Second, "end": 20 * time.Second}
		must(t, p.CreateSession(t.Context(), session))
		must(t, p.ValidatePlayerJoinSession(t.Context(), ann))
		must(t, p.HandlePlayerLeaveSession(t.Context(), ann))
		time.Sleep(2 * hosting.DefaultDestroyTimeout)
		s.want(t, "create? s1", "activate s1", "created", "accept ann", "remove ann", "destroy?", "end", "destroyed")
	})
}

func TestPassiveDestructionCanBeSwitchedOff(t *testing.T) {
	play(t, func(t *testing.T, p *hosting.Process, s *transcript) {
		p.KeepEmpty = true
		must(t, p.CreateSession(t.Context(), session))
		must(t, p.ValidatePlayerJoinSession(t.Context(), ann))
		must(t, p.HandlePlayerLeaveSession(t.Context(), ann))
		s.want(t, "create? s1", "activate s1", "created", "accept ann", "remove ann")
		must(t, p.ValidatePlayerJoinSession(t.Context(), ann)) // the connection id is free again
		s.want(t, "accept ann")
	})
}

func TestPassiveDestructionOutlivesItsCaller(t *testing.T) {
	play(t, func(t *testing.T, p *hosting.Process, s *transcript) {
		must(t, p.CreateSession(t.Context(), session))
		must(t, p.ValidatePlayerJoinSession(t.Context(), ann))
		s.slow = map[string]time.Duration{"destroy?": time.Second}
		ctx, cancel := context.WithCancel(t.Context())
		must(t, p.HandlePlayerLeaveSession(ctx, ann))
		cancel()
		time.Sleep(2 * time.Second)
		s.want(t, "create? s1", "activate s1", "created", "accept ann", "remove ann", "destroy?", "end", "destroyed")
	})
}

func TestUpdateReplacesOnlyForMatchmakingData(t *testing.T) {
	play(t, func(t *testing.T, p *hosting.Process, s *transcript) {
		update := session
		update.MatchmakingData = "new"
		wantError(t, p.UpdateSession(t.Context(), update, muster.UpdateUnknown), muster.ErrNoSession)
		must(t, p.CreateSession(t.Context(), session))
		s.want(t, "create? s1", "activate s1", "created")
		for reason, want := range map[muster.UpdateReason]string{
			muster.UpdateBackfillFailed: "old", muster.UpdateMatchmakingData: "new",
		} {
			p.UpdateSession(t.Context(), session, muster.UpdateMatchmakingData) // back to old
			s.want(t, "update old MATCHMAKING_DATA_UPDATED", "updated")
			must(t, p.UpdateSession(t.Context(), update, reason))
			s.want(t, "update new "+string(reason), "updated")
			if got, err := p.Session(); err != nil || got.MatchmakingData != want {
				t.Errorf("%s: data is %q (%v), want %q", reason, got.MatchmakingData, err, want)
			}
		}
		update.SessionID = "other"
		wantError(t, p.UpdateSession(t.Context(), update, muster.UpdateMatchmakingData), muster.ErrNotFound)
	})
}

func TestHealth(t *testing.T) {
	play(t, func(t *testing.T, p *hosting.Process, s *transcript) {
		must(t, p.CheckHealth(t.Context()))
		s.slow = map[string]time.Duration{"health?": time.Minute}
		began := time.Now()
		if err := p.CheckHealth(t.Context()); err == nil {
			t.Error("a check that takes a minute counts as healthy")
		}
		if took := time.Since(began); took != hosting.DefaultHealthTimeout {
			t.Errorf("waited %v, want %v", took, hosting.DefaultHealthTimeout)
		}
	})
}

func TestClosedProcessDestroysNothing(t *testing.T) {
	play(t, func(t *testing.T, p *hosting.Process, s *transcript) {
		s.slow = map[string]time.Duration{"end": time.Hour}
		result := make(chan error, 1)
		go func() { result <- p.HandleDestroySession(t.Context()) }()
		synctest.Wait()
		p.Close()
		if err := <-result; err == nil {
			t.Error("destroyed, although the service never answered")
		}
		wantError(t, p.HandleDestroySession(t.Context()), muster.ErrClosed)
		s.want(t, "destroy?")
	})
}
