package muster

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"sync"
)

// SessionAsyncNotifications is told when an asynchronous call has completed.
// Every function may be nil. After an error the other result is empty. Each
// call comes in a goroutine of its own. Its counterpart is
// SessionAsyncRequestNotifications.
type SessionAsyncNotifications struct {
	OnCreateSessionAsyncComplete  func(id string, err error)
	OnSearchSessionsAsyncComplete func(response SearchSessionsResponse, err error)
	OnJoinSessionAsyncComplete    func(err error)
	OnLeaveSessionAsyncComplete   func(err error)
}

// Async is the asynchronous form of any [Sessions]: each call returns at once
// and its completion reaches every connected handler exactly once, whatever
// happens: also for a request that is invalid, whose context has ended, or
// that is made after Close. Its counterpart is ISessionAsyncRequests.
//
// Completions of different calls come in any order. Set the fields before the
// first call; an Async must not be copied.
type Async struct {
	// Sessions does the work. Required: without it every call completes with
	// [ErrNotInitialized].
	Sessions Sessions
	// Logger hears of handlers that panic. Nil means slog.Default.
	Logger *slog.Logger

	bus Bus[SessionAsyncNotifications]

	mu      sync.Mutex
	closed  bool
	next    uint64
	running map[uint64]context.CancelCauseFunc
	idle    chan struct{} // closed when nothing runs any more; nil if nobody waits
}

// Connect adds a handler of completions and returns what removes it.
func (a *Async) Connect(handler SessionAsyncNotifications) (disconnect func()) {
	return a.bus.Connect(handler)
}

// CreateSessionAsync is [Sessions].CreateSession, completed by
// OnCreateSessionAsyncComplete.
func (a *Async) CreateSessionAsync(ctx context.Context, request CreateSessionRequest) {
	var id string
	request.Properties = maps.Clone(request.Properties) // the caller may go on using it
	a.start(ctx, "create session", func(ctx context.Context) (err error) {
		if id, err = a.Sessions.CreateSession(ctx, request); err != nil {
			id = ""
		}
		return err
	}, func(n SessionAsyncNotifications, err error) {
		if n.OnCreateSessionAsyncComplete != nil {
			n.OnCreateSessionAsyncComplete(id, err)
		}
	})
}

// SearchSessionsAsync is [Sessions].SearchSessions, completed by
// OnSearchSessionsAsyncComplete.
func (a *Async) SearchSessionsAsync(ctx context.Context, request SearchSessionsRequest) {
	var response SearchSessionsResponse
	a.start(ctx, "search sessions", func(ctx context.Context) (err error) {
		if response, err = a.Sessions.SearchSessions(ctx, request); err != nil {
			response = SearchSessionsResponse{}
		}
		return err
	}, func(n SessionAsyncNotifications, err error) {
		if n.OnSearchSessionsAsyncComplete != nil {
			n.OnSearchSessionsAsyncComplete(response, err)
		}
	})
}

// JoinSessionAsync is [Sessions].JoinSession, completed by
// OnJoinSessionAsyncComplete.
func (a *Async) JoinSessionAsync(ctx context.Context, request JoinSessionRequest) {
	a.start(ctx, opJoin, func(ctx context.Context) error {
		return a.Sessions.JoinSession(ctx, request)
	}, func(n SessionAsyncNotifications, err error) {
		if n.OnJoinSessionAsyncComplete != nil {
			n.OnJoinSessionAsyncComplete(err)
		}
	})
}

// LeaveSessionAsync is [Sessions].LeaveSession, completed by
// OnLeaveSessionAsyncComplete.
func (a *Async) LeaveSessionAsync(ctx context.Context) {
	a.start(ctx, "leave session", func(ctx context.Context) error {
		return a.Sessions.LeaveSession(ctx)
	}, func(n SessionAsyncNotifications, err error) {
		if n.OnLeaveSessionAsyncComplete != nil {
			n.OnLeaveSessionAsyncComplete(err)
		}
	})
}

// Wait returns when no call is on its way and every handler has returned. It
// must not be called by a handler.
func (a *Async) Wait() {
	if idle := a.whenIdle(); idle != nil {
		<-idle
	}
}

func (a *Async) whenIdle() <-chan struct{} {
	a.mu.Lock()
	defer a.mu.Unlock()
	if len(a.running) > 0 && a.idle == nil {
		a.idle = make(chan struct{})
	}
	return a.idle
}

// Close ends the contexts of the calls on their way and waits for their
// completion, with [ErrClosed] for those that fail by it. Calls made later
// complete with [ErrClosed], and those that handlers make meanwhile are waited
// for, too: a handler that answers errors by another call must stop at this
// one. Close must not be called by a handler.
func (a *Async) Close() {
	a.mu.Lock()
	a.closed = true
	for _, cancel := range a.running {
		cancel(ErrClosed)
	}
	a.mu.Unlock()
	a.Wait()
}

// start runs call and then complete for every handler, in the background.
func (a *Async) start(ctx context.Context, op string, call func(context.Context) error, complete func(SessionAsyncNotifications, error)) {
	ctx, cancel := context.WithCancelCause(ctx)
	id := a.begin(cancel)
	go func() {
		defer a.end(id)
		err := a.run(ctx, op, call)
		a.notify(func(n SessionAsyncNotifications) { complete(n, err) })
	}()
}

// run turns a panic of the sessions below into an error: somebody waits for
// the completion.
func (a *Async) run(ctx context.Context, op string, call func(context.Context) error) error {
	switch {
	case a.Sessions == nil:
		return fmt.Errorf("%s: %w: set Async.Sessions", op, ErrNotInitialized)
	case ctx.Err() != nil:
		return fmt.Errorf("%s: %w", op, ended(ctx))
	}
	err := <-start(func() error { return call(ctx) })
	if errors.Is(err, context.Canceled) && !errors.Is(err, ErrClosed) && context.Cause(ctx) == ErrClosed {
		err = fmt.Errorf("%w: %w", err, ErrClosed) // which the sessions below cannot know
	}
	return err
}

func (a *Async) notify(complete func(SessionAsyncNotifications)) {
	ctx := context.Background() // a completion is owed even after the call's context
	err := a.bus.Broadcast(ctx, func(_ context.Context, n SessionAsyncNotifications) error {
		complete(n)
		return nil
	})
	if panicked, ok := errors.AsType[*PanicError](err); ok {
		a.logger().Error("completion handler panicked", "panic", panicked.Value, "stack", string(panicked.Stack))
	} else if err != nil {
		a.logger().Error("completion handler did not return", "error", err)
	}
}

func (a *Async) begin(cancel context.CancelCauseFunc) (id uint64) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.closed {
		cancel(ErrClosed)
	}
	if a.running == nil {
		a.running = make(map[uint64]context.CancelCauseFunc)
	}
	a.next++
	a.running[a.next] = cancel
	return a.next
}

func (a *Async) end(id uint64) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.running[id](nil)
	delete(a.running, id)
	if len(a.running) == 0 && a.idle != nil {
		close(a.idle)
		a.idle = nil
	}
}

func (a *Async) logger() *slog.Logger {
	if a.Logger != nil {
		return a.Logger
	}
	return slog.Default()
}
