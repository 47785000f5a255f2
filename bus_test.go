package muster_test

import (
	"context"
	"errors"
	"runtime"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/musterhq/muster"
)

func yes(context.Context) bool { return true }
func no(context.Context) bool  { return false }

func TestVotesAreCombinedByAnd(t *testing.T) {
	for name, test := range map[string]struct {
		handlers []func(context.Context) bool
		want     error
	}{
		"nobody":        {nil, nil},
		"one without":   {[]func(context.Context) bool{nil}, nil},
		"all agree":     {[]func(context.Context) bool{yes, yes, nil}, nil},
		"the last not":  {[]func(context.Context) bool{yes, yes, no}, muster.ErrRejected},
		"the first not": {[]func(context.Context) bool{no, yes, yes}, muster.ErrRejected},
	} {
		t.Run(name, func(t *testing.T) {
			var bus muster.SessionNotificationBus
			for _, handler := range test.handlers {
				bus.Connect(muster.SessionNotifications{OnSessionHealthCheck: handler, OnDestroySessionBegin: handler})
			}
			if err := bus.SessionHealthCheck(t.Context()); !errors.Is(err, test.want) {
				t.Errorf("health: %v, want %v", err, test.want)
			}
			if err := bus.DestroySessionBegin(t.Context()); !errors.Is(err, test.want) {
				t.Errorf("destroy: %v, want %v", err, test.want)
			}
		})
	}
}

func TestHandlersRunAtTheSameTime(t *testing.T) {
	var bus muster.SessionNotificationBus
	var meeting sync.WaitGroup
	meeting.Add(2)
	meet := func(context.Context) { meeting.Done(); meeting.Wait() }
	bus.Connect(muster.SessionNotifications{OnCreateSessionEnd: meet})
	bus.Connect(muster.SessionNotifications{OnCreateSessionEnd: meet})
	if err := bus.CreateSessionEnd(t.Context()); err != nil { // deadlocks if they run in turn
		t.Error(err)
	}
}

func TestPanicCountsAsFalse(t *testing.T) {
	var bus muster.SessionNotificationBus
	cause := errors.New("no such level")
	bus.Connect(muster.SessionNotifications{OnSessionHealthCheck: func(context.Context) bool { panic(cause) }})
	called := false
	bus.Connect(muster.SessionNotifications{OnSessionHealthCheck: func(context.Context) bool { called = true; return true }})

	err := bus.SessionHealthCheck(t.Context())
	var panicked *muster.PanicError
	if !errors.As(err, &panicked) || !errors.Is(err, cause) {
		t.Fatalf("got %v, want the panic", err)
	}
	if !strings.Contains(string(panicked.Stack), "TestPanicCountsAsFalse") {
		t.Errorf("stack does not lead to the handler:\n%s", panicked.Stack)
	}
	if !called {
		t.Error("the other handler was not called")
	}
}

func TestExitedGoroutineCountsAsFalse(t *testing.T) {
	var bus muster.SessionNotificationBus
	bus.Connect(muster.SessionNotifications{OnSessionHealthCheck: func(context.Context) bool { runtime.Goexit(); return true }})
	if err := bus.SessionHealthCheck(t.Context()); err == nil {
		t.Error("a handler that ended its goroutine counts as true")
	}
}

func TestHangingHandlerBlocksNobody(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var bus muster.SessionNotificationBus
		wake := make(chan struct{})
		defer close(wake)
		bus.Connect(muster.SessionNotifications{OnSessionHealthCheck: func(context.Context) bool { <-wake; return true }})
		ctx, cancel := context.WithTimeout(t.Context(), 50*time.Second)
		defer cancel()
		began := time.Now()
		if err := bus.SessionHealthCheck(ctx); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("got %v, want the deadline", err)
		}
		if took := time.Since(began); took != 50*time.Second {
			t.Errorf("waited %v, want 50s", took)
		}
	})
}

// TestEndedContextIsToldWithItsCause at each place that waits for a context.
func TestEndedContextIsToldWithItsCause(t *testing.T) {
	cause := errors.New("the player has quit")
	ctx, cancel := context.WithCancelCause(t.Context())
	cancel(cause)
	wake := make(chan struct{})
	defer close(wake)
	var bus muster.SessionNotificationBus
	bus.Connect(muster.SessionNotifications{OnSessionHealthCheck: func(context.Context) bool { <-wake; return true }})
	client := &muster.Client{Provider: &solution{}, Handler: game{}}
	async := &muster.Async{Sessions: client}
	var heard completions
	async.Connect(heard.notifications())
	async.LeaveSessionAsync(ctx)
	async.Close()
	heard.want(t, cause)
	for _, err := range []error{bus.SessionHealthCheck(ctx), client.JoinSession(ctx, join), heard.errs[0]} {
		if !errors.Is(err, context.Canceled) || !errors.Is(err, cause) {
			t.Errorf("got %v, want %v and its cause", err, context.Canceled)
		}
	}
}

func TestConnectFromInsideAHandler(t *testing.T) {
	var bus muster.Bus[func()]
	var disconnect func()
	calls := 0
	disconnect = bus.Connect(func() {
		disconnect()
		bus.Connect(func() { calls++ })
	})
	call := func(_ context.Context, handler func()) error { handler(); return nil }
	for range 3 {
		if err := bus.Broadcast(t.Context(), call); err != nil {
			t.Fatal(err)
		}
	}
	if calls != 2 {
		t.Errorf("handler connected by the first of three broadcasts called %d times, want 2", calls)
	}
	disconnect() // again: no effect
}

func TestBusIsSafeForConcurrentUse(t *testing.T) {
	var bus muster.SessionNotificationBus
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() {
			for range 100 {
				disconnect := bus.Connect(muster.SessionNotifications{OnSessionHealthCheck: yes})
				if err := bus.SessionHealthCheck(t.Context()); err != nil {
					t.Error(err)
				}
				disconnect()
			}
		})
	}
	all.Wait()
}

func TestHandlersGetTheirOwnCopy(t *testing.T) {
	var bus muster.SessionNotificationBus
	session := muster.SessionConfig{Properties: map[string]string{"map": "desert"}}
	for range 2 {
		bus.Connect(muster.SessionNotifications{
			OnCreateSessionBegin: func(_ context.Context, s muster.SessionConfig) bool {
				s.Properties["map"] += "!"
				return s.Properties["map"] == "desert!"
			},
			OnUpdateSessionBegin: func(_ context.Context, s muster.SessionConfig, _ muster.UpdateReason) {
				s.Properties["map"] = "ice"
			},
		})
	}
	if err := bus.CreateSessionBegin(t.Context(), session); err != nil {
		t.Errorf("one handler sees another's change: %v", err)
	}
	if err := bus.UpdateSessionBegin(t.Context(), session, muster.UpdateUnknown); err != nil {
		t.Error(err)
	}
	if session.Properties["map"] != "desert" {
		t.Errorf("the caller's session changed to %v", session.Properties)
	}
}
