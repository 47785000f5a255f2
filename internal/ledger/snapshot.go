package ledger

import (
	"context"
	"errors"
	"io"
	"runtime"
	"slices"

	"github.com/musterhq/muster/internal/world"
)

// keepSnapshots saves a snapshot whenever one is due.
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

// A still is the world as it was between two blocks.
type still struct {
	*world.Snapshot
	of    *world.World
	seq   uint64 // of the block before
	after *block // the same; nil: it is durable
}

// piece is how many entities are copied while nobody may write.
const piece = 256

var errGivenUp = errors.New("the state was given up meanwhile")

// Snapshot saves a snapshot of what is durable now or, if something is
// pending, of what will be with the next block. The world goes on meanwhile.
func (l *Ledger) Snapshot(ctx context.Context) error {
	s, err := l.freeze(ctx)
	if err != nil {
		return err
	}
	defer l.release(s)
	if err := s.after.wait(ctx); err != nil || s.seq == 0 {
		return err
	}
	var size int64
	err = l.cfg.Journal.SaveSnapshot(ctx, s.seq, func(w io.Writer) error {
		out := counted{Writer: w}
		err := s.Write(&out, piece, func(read func()) error { return l.look(s.of, read) })
		size = out.size
		return err
	})
	if err == nil {
		l.base.Store(size)
	}
	return err
}

// freeze returns the world as it is between two blocks: now if nothing is
// pending, else when the committer takes what is.
func (l *Ledger) freeze(ctx context.Context) (still, error) {
	if err := l.lock(ctx); err != nil {
		return still{}, err
	}
	if l.latest() == nil {
		defer l.mu.Unlock()
		return l.stand(nil), nil
	}
	ask := make(chan still, 1)
	l.stills = append(l.stills, ask)
	l.pending.hurry(l)
	poke(l.work)
	l.mu.Unlock()
	select {
	case s, ok := <-ask:
		if !ok {
			return s, ErrClosed
		}
		return s, nil
	case <-ctx.Done():
		l.withdraw(ask)
		return still{}, ctx.Err()
	}
}

// stand freezes the world after block b, which is nil when nothing is on its
// way. The lock is held, and nothing is pending.
func (l *Ledger) stand(b *block) still {
	s := still{l.world.Freeze(), l.world, l.durable, b}
	if b != nil {
		s.seq = b.seq
	}
	return s
}

// freezeAfter answers everybody who waits for the moment after block b. The
// lock is held.
func (l *Ledger) freezeAfter(b *block) {
	for _, ask := range l.stills {
		ask <- l.stand(b)
	}
	l.stills = nil
}

// withdraw gives up what freeze asked for.
func (l *Ledger) withdraw(ask chan still) {
	l.mu.Lock()
	l.stills = slices.DeleteFunc(l.stills, func(other chan still) bool { return other == ask })
	l.mu.Unlock()
	select {
	case s, ok := <-ask:
		if ok {
			l.release(s)
		}
	default:
	}
}

func (l *Ledger) release(s still) {
	l.mu.Lock()
	defer l.mu.Unlock()
	s.Close()
}

// look has read look at a world as long as it is the ledger's.
func (l *Ledger) look(of *world.World, read func()) error {
	runtime.Gosched()
	l.mu.RLock()
	defer l.mu.RUnlock()
	if l.world != of {
		return errGivenUp
	}
	read()
	return nil
}

// A counted writer remembers how much it has written.
type counted struct {
	io.Writer
	size int64
}

func (w *counted) Write(p []byte) (int, error) {
	n, err := w.Writer.Write(p)
	w.size += int64(n)
	return n, err
}
