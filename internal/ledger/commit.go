package ledger

import (
	"context"
	"fmt"
	"sync/atomic"
	"time"

	"github.com/musterhq/muster/internal/journal"
	"github.com/musterhq/muster/internal/world"
)

// A block is a group of commits on their way to the journal. While one is
// being made durable, everything that arrives gathers in the next.
type block struct {
	seq     uint64 // once it is in flight
	commits []world.Commit
	archive []journal.Record
	data    []byte // once it is in flight
	born    time.Time
	urgent  atomic.Bool // somebody waits who is not patient

	done chan struct{} // closed when the outcome is known
	err  error         // set before done is closed
	told bool          // done is closed; the committer's own
}

// finish tells everybody who waits, once. A nil block has nobody.
func (b *block) finish(err error) {
	if b != nil && !b.told {
		b.err, b.told = err, true
		close(b.done)
	}
}

// wait returns when the block is durable, or why it is not. A nil block is.
func (b *block) wait(ctx context.Context) error {
	if b == nil {
		return nil
	}
	select {
	case <-b.done:
		return b.err
	case <-ctx.Done():
		return ctx.Err()
	}
}

// hurry ends the patience of a pending block.
func (b *block) hurry(l *Ledger) {
	if b != nil && !b.urgent.Swap(true) {
		poke(l.work)
	}
}

// latest returns the newest block that is not durable yet, or nil.
func (l *Ledger) latest() *block {
	if l.pending != nil {
		return l.pending
	}
	return l.inFlight
}

// enter adds what a command did to the pending block.
func (l *Ledger) enter(at world.Instant, o world.Outcome) {
	if l.pending == nil {
		l.pending = &block{done: make(chan struct{}), born: time.Now()}
		poke(l.work)
	}
	b := l.pending
	b.commits = append(b.commits, world.Commit{At: at, Events: o.Events})
	for _, r := range o.Archive {
		b.archive = append(b.archive, journal.Record(r))
	}
	if len(o.Archive) > 0 {
		l.archives++
	}
	if !o.Patient {
		b.hurry(l)
	}
}

// keepCommitting makes blocks durable one after another until ctx is done and
// the last one is.
func (l *Ledger) keepCommitting(ctx context.Context) error {
	flush := context.WithoutCancel(ctx)
	for {
		select {
		case <-l.work:
			l.linger(ctx)
		case <-ctx.Done():
			l.refuse(ErrClosed)
		}
		if b := l.take(); b != nil {
			if err := l.commit(flush, b); err != nil {
				if err := l.settle(ctx, b, err); err != nil {
					return err
				}
			}
		} else if ctx.Err() != nil {
			return nil
		}
	}
}

func (l *Ledger) refuse(err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.refusing = err
}

// linger waits while all that is pending is patient.
func (l *Ledger) linger(ctx context.Context) {
	for {
		l.mu.RLock()
		b := l.pending
		l.mu.RUnlock()
		if b == nil || b.urgent.Load() || ctx.Err() != nil {
			return
		}
		left := l.cfg.Linger - time.Since(b.born)
		if left <= 0 {
			return
		}
		SystemClock{}.Sleep(ctx, left, l.work)
	}
}

// take puts the pending block in flight.
func (l *Ledger) take() *block {
	l.mu.Lock()
	defer l.mu.Unlock()
	b := l.pending
	if b != nil {
		b.seq = l.durable + 1
	}
	l.pending, l.inFlight = nil, b
	return b
}

// commit makes b durable, and then known.
func (l *Ledger) commit(ctx context.Context, b *block) error {
	b.data = world.AppendCommits(make([]byte, 0, 256*len(b.commits)), b.commits)
	begin := time.Now()
	if err := l.cfg.Journal.Append(ctx, journal.Block{Seq: b.seq, Data: b.data, Archive: b.archive}); err != nil {
		return fmt.Errorf("append block %d: %w", b.seq, err)
	}
	if l.cfg.Observe != nil {
		l.cfg.Observe(Committed{Commands: len(b.commits), Bytes: len(b.data), Took: time.Since(begin)})
	}
	l.committed(b)
	if l.volume += int64(len(b.data)); l.volume >= l.cfg.SnapshotEvery {
		l.volume = 0
		poke(l.due)
	}
	return nil
}

// committed lets the effects of a durable block out, and then its answers.
func (l *Ledger) committed(b *block) {
	l.mu.Lock()
	l.durable = b.seq
	if l.inFlight == b {
		l.inFlight = nil
	}
	tell := l.subs.list()
	l.mu.Unlock()
	for _, f := range tell {
		f(b.commits)
	}
	b.finish(nil)
}

// subscribers are told of every commit.
type subscribers struct {
	next int
	fs   map[int]func([]world.Commit)
}

func (s *subscribers) list() []func([]world.Commit) {
	out := make([]func([]world.Commit), 0, len(s.fs))
	for id := range s.next {
		if f := s.fs[id]; f != nil {
			out = append(out, f)
		}
	}
	return out
}

// Subscribe calls f with every block of commits from now on, once it is
// durable and in order, until cancel is called. f must not block, nor change
// what it is given.
func (l *Ledger) Subscribe(f func([]world.Commit)) (cancel func()) {
	l.mu.Lock()
	defer l.mu.Unlock()
	id := l.subs.next
	l.subs.next++
	if l.subs.fs == nil {
		l.subs.fs = map[int]func([]world.Commit){}
	}
	l.subs.fs[id] = f
	return func() {
		l.mu.Lock()
		defer l.mu.Unlock()
		delete(l.subs.fs, id)
	}
}
