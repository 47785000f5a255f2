package ledger

import (
	"context"
	"errors"
	"fmt"
	"sync"

	"github.com/musterhq/muster/internal/world"
)

// Do decides a command and returns its answer once what it did, and all that
// it saw, is durable. Errors: those of the command; ErrUnavailable; ErrClosed
// or ctx's, when the outcome may be unknown.
func Do[A any](ctx context.Context, l *Ledger, cmd world.Command[A]) (A, error) {
	var none A
	var past recalled
	defer l.forget(&past)
	for {
		answer, saw, err := decide(ctx, l, cmd, &past)
		if need, ok := errors.AsType[*world.Recall](err); ok {
			if err := l.recall(ctx, &past, need.Key); err != nil {
				return none, err
			}
			continue
		}
		if err := saw.wait(ctx); err != nil {
			return none, err
		}
		return answer, err
	}
}

// decide runs cmd under the lock and returns the block to wait for.
func decide[A any](ctx context.Context, l *Ledger, cmd world.Command[A], past *recalled) (A, *block, error) {
	var none A
	if err := l.lock(ctx); err != nil {
		return none, nil, err
	}
	defer l.mu.Unlock()
	if l.refusing != nil {
		return none, nil, fmt.Errorf("%w: %w", ErrUnavailable, l.refusing)
	}
	past.renew(l.world)
	at := l.stamp.next(l.cfg.Clock.Now())
	soonest := l.world.NextDue()
	answer, outcome, err := execute(l, at, past.past, cmd)
	if len(outcome.Events) > 0 {
		l.enter(at, outcome)
	} else {
		l.latest().hurry(l)
	}
	if next := l.world.NextDue(); next != 0 && (soonest == 0 || next < soonest) {
		poke(l.alarm)
	}
	return answer, l.latest(), err
}

// execute runs cmd. A command that panics leaves a world that the journal does
// not tell of: whoever recovers from the panic must not find it in use.
func execute[A any](l *Ledger, at world.Instant, past world.Past, cmd world.Command[A]) (A, world.Outcome, error) {
	sound := false
	defer func() {
		if !sound {
			l.abandon(fmt.Errorf("%T panicked", cmd))
			poke(l.work)
		}
	}()
	answer, outcome, err := world.Execute(l.world, at, past, cmd)
	sound = true
	return answer, outcome, err
}

// lock takes the lock once there is a world.
func (l *Ledger) lock(ctx context.Context) error { return l.acquire(ctx, &l.mu) }

// rlock takes the lock to read, once there is a world.
func (l *Ledger) rlock(ctx context.Context) error { return l.acquire(ctx, l.mu.RLocker()) }

func (l *Ledger) acquire(ctx context.Context, mu sync.Locker) error {
	for {
		if err := ctx.Err(); err != nil {
			return err
		}
		mu.Lock()
		changed, stopped := l.changed, l.stopped
		if l.world != nil {
			return nil
		}
		mu.Unlock()
		if err := await(ctx, changed, stopped); err != nil {
			return err
		}
	}
}

func await(ctx context.Context, changed <-chan struct{}, stopped bool) error {
	if stopped {
		return ErrClosed
	}
	select {
	case <-changed:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// View reads the world and returns once what it saw is durable, so that
// nobody sees a state that a crash could take back. read must not change the
// world nor keep anything of it. Errors: those of read; ErrClosed; or ctx's.
func View[A any](ctx context.Context, l *Ledger, read func(*world.World) (A, error)) (A, error) {
	var none A
	for {
		answer, saw, err := view(ctx, l, read)
		switch errWait := saw.wait(ctx); {
		case errWait == nil:
			return answer, err
		case !errors.Is(errWait, ErrUnavailable):
			return none, errWait
		}
		// What it saw is not so. Read again what is.
	}
}

func view[A any](ctx context.Context, l *Ledger, read func(*world.World) (A, error)) (answer A, saw *block, err error) {
	if err := l.rlock(ctx); err != nil {
		return answer, nil, err
	}
	defer l.mu.RUnlock()
	answer, err = read(l.world)
	saw = l.latest()
	saw.hurry(l)
	return answer, saw, err
}

// Now returns the ledger's time.
func (l *Ledger) Now(ctx context.Context) (world.Instant, error) {
	if err := l.lock(ctx); err != nil {
		return 0, err
	}
	defer l.mu.Unlock()
	return l.stamp.next(l.cfg.Clock.Now()), nil
}
