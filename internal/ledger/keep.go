package ledger

import (
	"context"
	"errors"
	"time"

	"github.com/musterhq/muster/internal/world"
)

// keepTime runs what is due when it is due. What fell due while muster was
// away comes after the restart, never in one block with it: which of the two
// loops is faster must not show in the journal.
func (l *Ledger) keepTime(ctx context.Context) {
	if _, err := View(ctx, l, func(*world.World) (int, error) { return 0, nil }); err != nil {
		return
	}
	for ctx.Err() == nil {
		wait, err := l.untilDue(ctx)
		if err != nil {
			return
		}
		if wait > 0 {
			l.cfg.Clock.Sleep(ctx, wait, l.alarm)
			continue
		}
		if _, err := Do(ctx, l, world.Tick{}); errors.Is(err, ErrUnavailable) {
			SystemClock{}.Sleep(ctx, l.cfg.Retry, nil)
		}
	}
}

// idleWait is how long keepTime sleeps when nothing is due at all.
const idleWait = time.Hour

func (l *Ledger) untilDue(ctx context.Context) (time.Duration, error) {
	if err := l.lock(ctx); err != nil {
		return 0, err
	}
	defer l.mu.Unlock()
	due := l.world.NextDue()
	if due == 0 {
		return idleWait, nil
	}
	return max(0, due.Sub(l.stamp.next(l.cfg.Clock.Now()))), nil
}

// Tick runs everything that is due now and returns when it is durable. The
// ledger does so by itself; this is for tests that move its clock.
func (l *Ledger) Tick(ctx context.Context) error {
	for {
		if n, err := Do(ctx, l, world.Tick{}); n == 0 || err != nil {
			return err
		}
	}
}

// How often expired records are trimmed, and how many at a time.
const (
	trimEvery = time.Minute
	trimLimit = 1000
)

func (l *Ledger) trimArchive(ctx context.Context) {
	for ctx.Err() == nil {
		l.cfg.Clock.Sleep(ctx, trimEvery, nil)
		if err := l.Trim(ctx); err != nil && ctx.Err() == nil {
			l.cfg.Log.Error("expired records could not be trimmed", "error", err)
		}
	}
}

// Trim deletes what has been in the archive for longer than the retention.
func (l *Ledger) Trim(ctx context.Context) error {
	now, err := l.Now(ctx)
	for n := trimLimit; n == trimLimit && err == nil; {
		n, err = l.cfg.Journal.Trim(ctx, int64(now), trimLimit)
	}
	return err
}
