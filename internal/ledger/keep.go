package ledger

import (
	"context"
	"errors"
	"io"
	"runtime"
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

// keepSnapshots saves a snapshot whenever one is due. It builds it from the
// journal, on a world of its own, so that nobody waits for it, and so that
// every snapshot is a rehearsal of a restart.
func (l *Ledger) keepSnapshots(ctx context.Context) {
	for {
		select {
		case <-l.due:
		case <-ctx.Done():
			return
		}
		if err := l.Snapshot(ctx); err != nil && ctx.Err() == nil {
			l.cfg.Log.Error("no snapshot could be saved: the journal keeps growing", "error", err)
		}
	}
}

// Snapshot saves a snapshot of what is durable now.
func (l *Ledger) Snapshot(ctx context.Context) error {
	l.mu.RLock()
	until := l.durable
	l.mu.RUnlock()
	if until == 0 {
		return nil
	}
	r, err := replay(ctx, l.cfg.Journal, l.cfg.Settings, until)
	if err != nil {
		return err
	}
	return l.cfg.Journal.SaveSnapshot(ctx, r.seq, func(w io.Writer) error {
		out := counted{Writer: w}
		if err := r.world.Snapshot(&out, r.at); err != nil {
			return err
		}
		l.base.Store(out.size)
		return nil
	})
}

// A counted writer remembers how much it has written, and lets others run in
// between.
type counted struct {
	io.Writer
	size int64
}

func (w *counted) Write(p []byte) (int, error) {
	runtime.Gosched()
	n, err := w.Writer.Write(p)
	w.size += int64(n)
	return n, err
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
