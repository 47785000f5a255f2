package muster

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
)

// Bus hands notifications to any number of handlers. H is usually a struct of
// functions that may be nil. The zero value is ready; a Bus must not be
// copied. All methods may be called concurrently, also by a handler.
type Bus[H any] struct {
	mu       sync.Mutex
	handlers []*H
}

// Connect adds a handler and returns what removes it again. A broadcast on its
// way when the handler is removed may still reach it.
func (b *Bus[H]) Connect(handler H) (disconnect func()) {
	entry := &handler
	b.mu.Lock()
	defer b.mu.Unlock()
	b.handlers = append(b.handlers, entry)
	return func() { b.remove(entry) }
}

func (b *Bus[H]) remove(entry *H) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.handlers = slices.DeleteFunc(b.handlers, func(e *H) bool { return e == entry })
}

func (b *Bus[H]) snapshot() []*H {
	b.mu.Lock()
	defer b.mu.Unlock()
	return slices.Clone(b.handlers)
}

// Broadcast runs call once for every handler, all at the same time, and waits
// until each has returned or ctx ends. It returns nil only if every call did;
// otherwise all errors joined, in the order of connection. A handler that
// panics counts as a [*PanicError]. One that is still running when ctx ends
// counts as ctx's error; nobody waits for it any longer, and its goroutine is
// left to itself until it returns.
func (b *Bus[H]) Broadcast(ctx context.Context, call func(context.Context, H) error) error {
	handlers := b.snapshot()
	results := make([]chan error, len(handlers))
	for i, handler := range handlers {
		results[i] = start(func() error { return call(ctx, *handler) })
	}
	errs := make([]error, len(handlers))
	for i, result := range results {
		errs[i] = await(ctx, result)
	}
	return errors.Join(errs...)
}

var errExited = errors.New("handler ended its goroutine")

// start runs call in a goroutine. The channel has room for the result, so the
// goroutine ends whether or not somebody still wants it.
func start(call func() error) chan error {
	result := make(chan error, 1)
	go func() {
		err := errExited // stays if call ends the goroutine by runtime.Goexit
		defer func() { result <- err }()
		err = guard(call)
	}()
	return result
}

func await(ctx context.Context, result chan error) error {
	select {
	case err := <-result:
		return err
	case <-ctx.Done():
	}
	select {
	case err := <-result: // it made it in time, only the select chose otherwise
		return err
	default:
		return fmt.Errorf("handler still running: %w", ended(ctx))
	}
}

// ended is ctx's error, and what it was given as the cause if there is more to
// say.
func ended(ctx context.Context) error {
	err, cause := ctx.Err(), context.Cause(ctx)
	if err == cause {
		return err
	}
	return fmt.Errorf("%w: %w", err, cause)
}
