package muster_test

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"runtime"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"

	"github.com/musterhq/muster"
)

// completions counts what a handler was told.
type completions struct {
	mu   sync.Mutex
	ids  []string
	errs []error
}

func (c *completions) add(id string, err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.ids, c.errs = append(c.ids, id), append(c.errs, err)
}

func (c *completions) notifications() muster.SessionAsyncNotifications {
	return muster.SessionAsyncNotifications{
		OnCreateSessionAsyncComplete:  c.add,
		OnSearchSessionsAsyncComplete: func(_ muster.SearchSessionsResponse, err error) { c.add("", err) },
		OnJoinSessionAsyncComplete:    func(err error) { c.add("", err) },
		OnLeaveSessionAsyncComplete:   func(err error) { c.add("", err) },
	}
}

func (c *completions) want(t *testing.T, causes ...error) {
	t.Helper()
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.errs) != len(causes) {
		t.Fatalf("%d completions %v, want %d", len(c.errs), c.errs, len(causes))
	}
	for i, cause := range causes {
		if !errors.Is(c.errs[i], cause) {
			t.Errorf("completion %d: %v, want %v", i, c.errs[i], cause)
		}
	}
}

// callAll makes a call of each kind, one after another.
func callAll(t *testing.T, async *muster.Async) {
	async.CreateSessionAsync(t.Context(), muster.CreateSessionRequest{Name: "a"})
	async.Wait()
	async.SearchSessionsAsync(t.Context(), muster.SearchSessionsRequest{})
	async.Wait()
	async.JoinSessionAsync(t.Context(), join)
	async.Wait()
	async.LeaveSessionAsync(t.Context())
	async.Wait()
}

func TestAsyncCompletesEveryCallOnceForEveryHandler(t *testing.T) {
	client := &muster.Client{Provider: &solution{}, Handler: game{}}
	async := &muster.Async{Sessions: client}
	defer async.Close()
	var first, second completions
	async.Connect(first.notifications())
	async.Connect(second.notifications())
	async.Connect(muster.SessionAsyncNotifications{}) // hears of nothing

	callAll(t, async)
	for _, handler := range []*completions{&first, &second} {
		handler.want(t, nil, nil, nil, nil)
		if handler.ids[0] != "session-a" {
			t.Errorf("created %q, want session-a", handler.ids[0])
		}
	}
}

func TestAsyncCompletesInvalidRequests(t *testing.T) {
	async := &muster.Async{Sessions: &muster.Client{Provider: &solution{}}}
	defer async.Close()
	var heard completions
	async.Connect(heard.notifications())
	async.CreateSessionAsync(t.Context(), muster.CreateSessionRequest{QueueName: "q"})
	async.Wait()
	async.SearchSessionsAsync(t.Context(), muster.SearchSessionsRequest{MaxResults: -1})
	async.Wait()
	async.JoinSessionAsync(t.Context(), muster.JoinSessionRequest{})
	async.Wait()
	async.LeaveSessionAsync(t.Context())
	async.Wait()
	heard.want(t, muster.ErrInvalidRequest, muster.ErrInvalidRequest, muster.ErrInvalidRequest, muster.ErrNoHandler)
}

// stuck blocks every call until its context ends.
type stuck struct{ muster.Sessions }

func (stuck) JoinSession(ctx context.Context, _ muster.JoinSessionRequest) error {
	<-ctx.Done()
	return context.Cause(ctx)
}

func (stuck) LeaveSession(context.Context) error { panic("no leaving") }

func (stuck) CreateSession(context.Context, muster.CreateSessionRequest) (string, error) {
	runtime.Goexit()
	return "", nil
}

func TestAsyncCallsCanBeCancelled(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		async := &muster.Async{Sessions: stuck{}}
		var heard completions
		async.Connect(heard.notifications())
		ctx, cancel := context.WithCancel(t.Context())
		async.JoinSessionAsync(ctx, join)
		synctest.Wait()
		heard.want(t) // nothing yet
		cancel()
		synctest.Wait()
		heard.want(t, context.Canceled)

		async.JoinSessionAsync(ctx, join) // the context has ended already
		synctest.Wait()
		heard.want(t, context.Canceled, context.Canceled)

		async.JoinSessionAsync(context.Background(), join)
		synctest.Wait()
		async.Close()
		heard.want(t, context.Canceled, context.Canceled, muster.ErrClosed)

		async.JoinSessionAsync(context.Background(), join)
		async.Wait()
		heard.want(t, context.Canceled, context.Canceled, muster.ErrClosed, muster.ErrClosed)
	})
}

// slow is a provider that takes until its context ends.
type slow struct{ muster.Provider }

func (slow) CreateSession(ctx context.Context, _ muster.CreateSessionRequest) (string, error) {
	<-ctx.Done()
	return "", ctx.Err()
}

func TestAsyncSaysWhatWasClosed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		async := &muster.Async{Sessions: &muster.Client{Provider: slow{}, Handler: game{}}}
		var heard completions
		async.Connect(heard.notifications())
		async.CreateSessionAsync(t.Context(), muster.CreateSessionRequest{})
		synctest.Wait()
		async.Close()
		heard.want(t, muster.ErrClosed)
		callAll(t, async)
		heard.want(t, slices.Repeat([]error{muster.ErrClosed}, 5)...)
		for i, op := range []string{"create session", "create session", "search sessions", "join session", "leave session"} {
			if got := heard.errs[i].Error(); !strings.HasPrefix(got, op+": ") {
				t.Errorf("%q does not begin with %s", got, op)
			}
		}
	})
}

func TestAsyncCompletesWithHangingHandler(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		wake := make(chan struct{})
		defer close(wake)
		async := &muster.Async{Sessions: &muster.Client{Provider: &solution{}, Handler: game{
			join: func(context.Context, muster.SessionConnectionConfig) error { <-wake; return nil },
		}}}
		var heard completions
		async.Connect(heard.notifications())
		async.JoinSessionAsync(t.Context(), join)
		synctest.Wait()
		async.Close()
		heard.want(t, muster.ErrClosed)
	})
}

func TestAsyncWithoutSessions(t *testing.T) {
	var async muster.Async
	defer async.Close()
	var heard completions
	async.Connect(heard.notifications())
	async.JoinSessionAsync(t.Context(), join)
	async.Wait()
	heard.want(t, muster.ErrNotInitialized)
}

// halfway is sessions that give a result beside an error.
type halfway struct{ muster.Sessions }

func (halfway) CreateSession(context.Context, muster.CreateSessionRequest) (string, error) {
	return "half", muster.ErrUnavailable
}

func (halfway) SearchSessions(context.Context, muster.SearchSessionsRequest) (muster.SearchSessionsResponse, error) {
	return muster.SearchSessionsResponse{NextToken: "half"}, muster.ErrUnavailable
}

func TestAsyncGivesNoResultBesideAnError(t *testing.T) {
	async := &muster.Async{Sessions: halfway{}}
	defer async.Close()
	want := func(result string, err error) {
		if result != "" || !errors.Is(err, muster.ErrUnavailable) {
			t.Errorf("got %q and %v, want the error alone", result, err)
		}
	}
	async.Connect(muster.SessionAsyncNotifications{
		OnCreateSessionAsyncComplete:  want,
		OnSearchSessionsAsyncComplete: func(response muster.SearchSessionsResponse, err error) { want(response.NextToken, err) },
	})
	async.CreateSessionAsync(t.Context(), muster.CreateSessionRequest{})
	async.SearchSessionsAsync(t.Context(), muster.SearchSessionsRequest{})
	async.Wait()
}

func TestAsyncSurvivesPanics(t *testing.T) {
	var log bytes.Buffer
	async := &muster.Async{Sessions: stuck{}, Logger: slog.New(slog.NewTextHandler(&log, nil))}
	defer async.Close()
	var heard completions
	async.Connect(muster.SessionAsyncNotifications{OnLeaveSessionAsyncComplete: func(error) { panic("handler") }})
	async.Connect(heard.notifications())
	async.LeaveSessionAsync(t.Context())
	async.Wait()
	async.CreateSessionAsync(t.Context(), muster.CreateSessionRequest{})
	async.Wait()
	if len(heard.errs) != 2 || heard.errs[0] == nil || heard.errs[1] == nil {
		t.Fatalf("completions %v, want two errors", heard.errs)
	}
	var panicked *muster.PanicError
	if !errors.As(heard.errs[0], &panicked) {
		t.Errorf("got %v, want a panic", heard.errs[0])
	}
	if !strings.Contains(log.String(), "TestAsyncSurvivesPanics") {
		t.Errorf("the log does not lead to the handler that panicked: %s", &log)
	}
}

func TestAsyncFromManyGoroutines(t *testing.T) {
	async := &muster.Async{Sessions: &muster.Client{Provider: &solution{}}}
	var heard atomic.Int64
	async.Connect(muster.SessionAsyncNotifications{OnCreateSessionAsyncComplete: func(string, error) { heard.Add(1) }})
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() {
			for range 50 {
				async.CreateSessionAsync(t.Context(), muster.CreateSessionRequest{})
			}
			async.Wait()
		})
	}
	all.Wait()
	async.Close()
	if heard.Load() != 400 {
		t.Errorf("%d completions of 400 calls", heard.Load())
	}
}
