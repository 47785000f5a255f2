package muster_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/musterhq/muster"
)

// solution is a provider that remembers what it was asked. Its slots can be
// released.
type solution struct {
	mu       sync.Mutex
	reserved int
	released []string
	pages    map[string]muster.SearchSessionsResponse
	err      error
}

func (s *solution) CreateSession(_ context.Context, request muster.CreateSessionRequest) (string, error) {
	return "session-" + request.Name, s.err
}

func (s *solution) SearchSessions(_ context.Context, request muster.SearchSessionsRequest) (muster.SearchSessionsResponse, error) {
	return s.pages[request.NextToken], s.err
}

func (s *solution) ReserveSession(_ context.Context, request muster.JoinSessionRequest) (muster.SessionConnectionConfig, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.err != nil {
		return muster.SessionConnectionConfig{}, s.err
	}
	s.reserved++
	return muster.SessionConnectionConfig{PlayerSessionID: "psess-" + request.PlayerID, IPAddress: "192.0.2.1", Port: 7777}, nil
}

func (s *solution) ReleaseSession(ctx context.Context, connection muster.SessionConnectionConfig) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.released = append(s.released, connection.PlayerSessionID)
	return ctx.Err()
}

// game is a client handler made of functions.
type game struct {
	join  func(context.Context, muster.SessionConnectionConfig) error
	leave func(context.Context) error
}

func (g game) RequestPlayerJoinSession(ctx context.Context, c muster.SessionConnectionConfig) error {
	if g.join == nil {
		return nil
	}
	return g.join(ctx, c)
}

func (g game) RequestPlayerLeaveSession(ctx context.Context) error {
	if g.leave == nil {
		return nil
	}
	return g.leave(ctx)
}

var join = muster.JoinSessionRequest{SessionID: "s", PlayerID: "ann"}

func wantStep(t *testing.T, err error, step muster.Step, cause error) {
	t.Helper()
	var failed *muster.StepError
	if !errors.As(err, &failed) || failed.Step != step || !errors.Is(err, cause) {
		t.Errorf("got %v, want step %q failed by %v", err, step, cause)
	}
}

func TestJoinConnectsToTheReservedSlot(t *testing.T) {
	var got muster.SessionConnectionConfig
	client := muster.Client{Provider: &solution{}, Handler: game{join: func(_ context.Context, c muster.SessionConnectionConfig) error {
		got = c
		return nil
	}}}
	if err := client.JoinSession(t.Context(), join); err != nil {
		t.Fatal(err)
	}
	if got.PlayerSessionID != "psess-ann" || got.Address() != "192.0.2.1:7777" {
		t.Errorf("connected to %+v", got)
	}
	if err := client.LeaveSession(t.Context()); err != nil {
		t.Error(err)
	}
	if err := client.LeaveSession(t.Context()); !errors.Is(err, muster.ErrNoSession) {
		t.Errorf("second leave: %v, want no session", err)
	}
}

func TestJoinWithoutHandlerReservesNothing(t *testing.T) {
	provider := &solution{}
	client := muster.Client{Provider: provider}
	wantStep(t, client.JoinSession(t.Context(), join), muster.StepConnect, muster.ErrNoHandler)
	if provider.reserved != 0 {
		t.Errorf("%d slots reserved for nothing", provider.reserved)
	}
	if err := client.LeaveSession(t.Context()); !errors.Is(err, muster.ErrNoHandler) {
		t.Errorf("leave: %v, want no handler", err)
	}
}

func TestClientWithoutProvider(t *testing.T) {
	client := muster.Client{Handler: game{}}
	_, create := client.CreateSession(t.Context(), muster.CreateSessionRequest{})
	_, search := client.SearchSessions(t.Context(), muster.SearchSessionsRequest{})
	for _, err := range []error{create, search} {
		if !errors.Is(err, muster.ErrNotInitialized) {
			t.Errorf("got %v, want %v", err, muster.ErrNotInitialized)
		}
	}
	wantStep(t, client.JoinSession(t.Context(), join), muster.StepReserve, muster.ErrNotInitialized)
	slot := muster.SessionConnectionConfig{PlayerSessionID: "psess-elsewhere"}
	if err := client.ConnectSession(t.Context(), slot); err != nil { // needs none
		t.Error(err)
	}
}

func TestJoinSaysWhichStepFailed(t *testing.T) {
	refused := errors.New("connection refused")
	refusing := game{join: func(context.Context, muster.SessionConnectionConfig) error { return refused }}
	panicking := game{join: func(context.Context, muster.SessionConnectionConfig) error { panic(refused) }}

	client := muster.Client{Provider: &solution{}, Handler: refusing}
	wantStep(t, client.JoinSession(t.Context(), muster.JoinSessionRequest{}), muster.StepValidate, muster.ErrInvalidRequest)

	full := &solution{err: fmt.Errorf("%w: 4 of 4", muster.ErrSessionFull)}
	client = muster.Client{Provider: full, Handler: refusing}
	wantStep(t, client.JoinSession(t.Context(), join), muster.StepReserve, muster.ErrSessionFull)

	for _, handler := range []game{refusing, panicking} {
		provider := &solution{}
		client := muster.Client{Provider: provider, Handler: handler}
		wantStep(t, client.JoinSession(t.Context(), join), muster.StepConnect, refused)
		if !slices.Equal(provider.released, []string{"psess-ann"}) {
			t.Errorf("released %v, want the one slot", provider.released)
		}
		if err := client.LeaveSession(t.Context()); !errors.Is(err, muster.ErrNoSession) {
			t.Errorf("leave after a failed join: %v, want no session", err)
		}
	}
}

func TestSlotIsReleasedAfterCancellation(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	provider := &solution{}
	client := muster.Client{Provider: provider, Handler: game{join: func(ctx context.Context, _ muster.SessionConnectionConfig) error {
		cancel()
		return ctx.Err()
	}}}
	err := client.JoinSession(ctx, join)
	wantStep(t, err, muster.StepConnect, context.Canceled)
	if len(provider.released) != 1 {
		t.Errorf("released %v, want the one slot", provider.released)
	}
	if joined, ok := err.(interface{ Unwrap() []error }); ok && len(joined.Unwrap()) > 1 {
		t.Errorf("releasing failed as well: %v", err)
	}
}

func TestReserveAndConnectAreTwoSteps(t *testing.T) {
	client := muster.Client{Provider: &solution{}}
	connection, err := client.ReserveSession(t.Context(), join) // needs no handler
	if err != nil {
		t.Fatal(err)
	}
	elsewhere := muster.Client{Provider: &solution{}, Handler: game{}}
	if err := elsewhere.ConnectSession(t.Context(), connection); err != nil {
		t.Error(err)
	}
	if err := elsewhere.LeaveSession(t.Context()); err != nil {
		t.Error(err)
	}
	wantStep(t, elsewhere.ConnectSession(t.Context(), muster.SessionConnectionConfig{}), muster.StepValidate, muster.ErrInvalidRequest)
}

func TestFailedLeaveCanBeRepeated(t *testing.T) {
	down := errors.New("socket is busy")
	attempts := 0
	client := muster.Client{Provider: &solution{}, Handler: game{leave: func(context.Context) error {
		if attempts++; attempts == 1 {
			return down
		}
		return nil
	}}}
	if err := client.JoinSession(t.Context(), join); err != nil {
		t.Fatal(err)
	}
	if err := client.LeaveSession(t.Context()); !errors.Is(err, down) {
		t.Errorf("first leave: %v, want %v", err, down)
	}
	if err := client.LeaveSession(t.Context()); err != nil {
		t.Errorf("second leave: %v", err)
	}
}

func TestHangingClientHandlerBlocksNobody(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var hanging atomic.Bool
		wake := make(chan struct{})
		defer close(wake)
		hang := func() error {
			if hanging.Load() {
				<-wake
			}
			return nil
		}
		provider := &solution{}
		client := muster.Client{Provider: provider, Handler: game{
			join:  func(context.Context, muster.SessionConnectionConfig) error { return hang() },
			leave: func(context.Context) error { return hang() },
		}}
		inASecond := func(call func(context.Context) error) error {
			t.Helper()
			hanging.Store(true)
			defer hanging.Store(false)
			ctx, cancel := context.WithTimeout(t.Context(), time.Second)
			defer cancel()
			began := time.Now()
			err := call(ctx)
			if took := time.Since(began); took != time.Second {
				t.Errorf("took %v, want 1s", took)
			}
			return err
		}

		err := inASecond(func(ctx context.Context) error { return client.JoinSession(ctx, join) })
		wantStep(t, err, muster.StepConnect, context.DeadlineExceeded)
		if !slices.Equal(provider.released, []string{"psess-ann"}) {
			t.Errorf("released %v, want the one slot", provider.released)
		}
		if err := client.LeaveSession(t.Context()); !errors.Is(err, muster.ErrNoSession) {
			t.Errorf("leave after a failed join: %v, want no session", err)
		}
		if err := client.JoinSession(t.Context(), join); err != nil {
			t.Fatal(err)
		}
		if err := inASecond(client.LeaveSession); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("leave: %v, want the deadline", err)
		}
		if err := client.LeaveSession(t.Context()); err != nil {
			t.Errorf("leave once more: %v", err)
		}
	})
}

func TestEndedContextReachesNoHandler(t *testing.T) {
	called := 0
	client := muster.Client{Provider: &solution{}, Handler: game{
		join:  func(context.Context, muster.SessionConnectionConfig) error { called++; return nil },
		leave: func(context.Context) error { called++; return nil },
	}}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	wantStep(t, client.JoinSession(ctx, join), muster.StepConnect, context.Canceled)
	if err := client.JoinSession(t.Context(), join); err != nil {
		t.Fatal(err)
	}
	if err := client.LeaveSession(ctx); !errors.Is(err, context.Canceled) {
		t.Errorf("leave: %v, want cancelled", err)
	}
	if called != 1 {
		t.Errorf("handler called %d times, want once, by the join in time", called)
	}
}

func TestJoinTwiceIsRefused(t *testing.T) {
	provider := &solution{}
	client := muster.Client{Provider: provider, Handler: game{}}
	if err := client.JoinSession(t.Context(), join); err != nil {
		t.Fatal(err)
	}
	wantStep(t, client.JoinSession(t.Context(), join), muster.StepValidate, muster.ErrConflict)
	if provider.reserved != 1 {
		t.Errorf("%d slots reserved, want 1", provider.reserved)
	}
	slot := muster.SessionConnectionConfig{PlayerSessionID: "psess-elsewhere"}
	wantStep(t, client.ConnectSession(t.Context(), slot), muster.StepValidate, muster.ErrConflict)
	if len(provider.released) != 0 {
		t.Errorf("released %v, want the slots kept", provider.released)
	}
	if err := client.LeaveSession(t.Context()); err != nil {
		t.Error(err)
	}
	if err := client.ConnectSession(t.Context(), slot); err != nil {
		t.Errorf("after leaving: %v", err)
	}
}

func TestOneMoveAtATime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		down := errors.New("socket is busy")
		proceed := make(chan error)
		provider := &solution{}
		client := muster.Client{Provider: provider, Handler: game{
			join:  func(context.Context, muster.SessionConnectionConfig) error { return <-proceed },
			leave: func(context.Context) error { return <-proceed },
		}}
		result := make(chan error)
		for _, test := range []struct {
			what    string
			call    func() error
			outcome error
		}{
			{"join", func() error { return client.JoinSession(t.Context(), join) }, nil},
			{"leave", func() error { return client.LeaveSession(t.Context()) }, down},
			{"leave", func() error { return client.LeaveSession(t.Context()) }, nil},
		} {
			go func() { result <- test.call() }()
			synctest.Wait()
			reserved := provider.reserved
			wantStep(t, client.JoinSession(t.Context(), join), muster.StepValidate, muster.ErrConflict)
			if provider.reserved != reserved {
				t.Errorf("join during %s reserves a slot", test.what)
			}
			if err := client.LeaveSession(t.Context()); !errors.Is(err, muster.ErrConflict) || errors.Is(err, muster.ErrNoSession) {
				t.Errorf("leave during %s: %v, want a conflict", test.what, err)
			}
			proceed <- test.outcome
			if err := <-result; !errors.Is(err, test.outcome) {
				t.Errorf("%s: %v, want %v", test.what, err, test.outcome)
			}
		}
		if err := client.LeaveSession(t.Context()); !errors.Is(err, muster.ErrNoSession) {
			t.Errorf("leave at the end: %v, want no session", err)
		}
	})
}

func TestAllSessionsFollowsThePages(t *testing.T) {
	provider := &solution{pages: map[string]muster.SearchSessionsResponse{
		"":  {SessionConfigs: sessions(0, 2), NextToken: "b"},
		"b": {NextToken: "c"}, // an empty page is not the end
		"c": {SessionConfigs: sessions(2, 3)},
	}}
	client := muster.Client{Provider: provider}
	var ids []string
	for session, err := range client.AllSessions(t.Context(), muster.SearchSessionsRequest{}) {
		if err != nil {
			t.Fatal(err)
		}
		ids = append(ids, session.SessionID)
	}
	if !slices.Equal(ids, []string{"0", "1", "2"}) {
		t.Errorf("found %v, want 0 to 2", ids)
	}
	for range client.AllSessions(t.Context(), muster.SearchSessionsRequest{}) {
		break // must not panic, nor go on
	}
}

func TestAllSessionsEndsWithTheError(t *testing.T) {
	for name, provider := range map[string]*solution{
		"failing page":   {err: muster.ErrUnavailable},
		"repeating page": {pages: map[string]muster.SearchSessionsResponse{"": {NextToken: "x"}, "x": {NextToken: "x"}}},
	} {
		client := muster.Client{Provider: provider}
		var errs []error
		for _, err := range client.AllSessions(t.Context(), muster.SearchSessionsRequest{}) {
			errs = append(errs, err)
		}
		if len(errs) != 1 || !errors.Is(errs[0], muster.ErrUnavailable) {
			t.Errorf("%s: got %v, want one error", name, errs)
		}
	}
}

func sessions(from, to int) (all []muster.SessionConfig) {
	for i := from; i < to; i++ {
		all = append(all, muster.SessionConfig{SessionID: strconv.Itoa(i)})
	}
	return all
}
