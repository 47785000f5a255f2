package ledger

import (
	"context"
	"fmt"
	"runtime"
	"slices"
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
	places  map[string]int // of records in archive, by key
	data    []byte         // once it is in flight
	trail   *world.Trail   // back to before it; once it is in flight
	born    time.Time
	urgent  atomic.Bool // somebody waits who is not patient

	done chan struct{} // closed when the outcome is known
	err  error         // set before done is closed
	told bool          // done is closed
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

// size is how many commands b holds. A nil block has none.
func (b *block) size() int {
	if b == nil {
		return 0
	}
	return len(b.commits)
}

// hurry ends the patience of a pending block.
func (b *block) hurry(l *Ledger) {
	if b != nil && !b.urgent.Swap(true) {
		poke(l.work)
	}
}

// patience returns how long a pending block may still wait for company. A nil
// block waits for nothing.
func (b *block) patience(linger time.Duration) time.Duration {
	if b == nil || b.urgent.Load() {
		return 0
	}
	return linger - time.Since(b.born)
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
		b.move(journal.Record(r))
		l.asked.moved(journal.Record(r))
	}
	if !o.Patient {
		b.hurry(l)
	}
}

// move adds a record to those that reach the archive with b.
func (b *block) move(r journal.Record) {
	if b.places == nil {
		b.places = map[string]int{}
	}
	b.places[r.Key] = len(b.archive)
	b.archive = append(b.archive, r)
}

// moving returns the record that reaches the archive with b, if there is one
// of that key. A nil block has none.
func (b *block) moving(key string) (journal.Record, bool) {
	if b != nil {
		if i, ok := b.places[key]; ok {
			return b.archive[i], true
		}
	}
	return journal.Record{}, false
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
		}
		if ctx.Err() != nil {
			l.refuse(ErrClosed) // which ends all patience
		}
		l.gather()
		b, cause := l.take()
		if b != nil {
			cause = l.commit(flush, b)
		}
		if cause != nil {
			if err := l.settle(ctx, b, cause); err != nil {
				return err
			}
		}
		if b == nil && ctx.Err() != nil {
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
		left := l.pending.patience(l.cfg.Linger)
		l.mu.RUnlock()
		if left <= 0 || ctx.Err() != nil {
			return
		}
		SystemClock{}.Sleep(ctx, left, l.work)
	}
}

// gather lets those who are ready to ask come along, for as long as there are
// any: the fewer blocks, the less they cost.
func (l *Ledger) gather() {
	for before, n := -1, 0; n > before; {
		runtime.Gosched()
		l.mu.RLock()
		before, n = n, l.pending.size()
		l.mu.RUnlock()
	}
}

// take puts the pending block in flight, or returns why there is no world.
func (l *Ledger) take() (b *block, lost error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.world == nil {
		return nil, l.refusing
	}
	b = l.pending
	if b.patience(l.cfg.Linger) > 0 && l.refusing == nil {
		poke(l.work) // it came after everybody had stopped waiting
		return nil, nil
	}
	if b != nil {
		b.seq = l.durable + 1
		b.trail, l.trail = l.trail, l.world.Follow()
	}
	l.pending, l.inFlight = nil, b
	l.freezeAfter(b)
	return b, nil
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
	l.grown(int64(len(b.data)))
	return nil
}

// grown counts what a restart would have to replay, and asks for a snapshot
// when that is too much: also in comparison with the last snapshot, since
// making the next one takes the longer the larger it is.
func (l *Ledger) grown(by int64) {
	if l.volume += by; l.volume >= max(l.cfg.SnapshotEvery, l.base.Load()/2) {
		l.volume = 0
		poke(l.due)
	}
}

// committed lets the effects of a durable block out, and then its answers.
func (l *Ledger) committed(b *block) {
	l.mu.Lock()
	l.durable = b.seq
	if l.inFlight == b {
		l.inFlight = nil
	}
	tell := l.subscribers
	l.mu.Unlock()
	for _, s := range tell {
		s.hear(b.commits)
	}
	b.finish(nil)
}

// A subscriber is told of every commit.
type subscriber struct{ hear func([]world.Commit) }

// Subscribe calls f with every block of commits from now on, once it is
// durable and in order, until cancel is called; a call under way then may
// still come to its end. f must not block, nor change what it is given.
func (l *Ledger) Subscribe(f func([]world.Commit)) (cancel func()) {
	s := &subscriber{f}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.subscribers = append(slices.Clone(l.subscribers), s)
	return func() {
		l.mu.Lock()
		defer l.mu.Unlock()
		l.subscribers = slices.DeleteFunc(slices.Clone(l.subscribers), func(other *subscriber) bool { return other == s })
	}
}
