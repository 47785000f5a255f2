package ledger

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"time"

	"github.com/musterhq/muster/internal/heap"
	"github.com/musterhq/muster/internal/journal"
	"github.com/musterhq/muster/internal/world"
)

// heapPerSnapshot is how many times its size in a snapshot a world takes while
// it is restored, with the garbage that is made on the way.
const heapPerSnapshot = 10

// replayed is a world as the journal tells it.
type replayed struct {
	world *world.World
	seq   uint64 // of the last block
	last  []byte // data of the last block, if any was read
	base  int64  // size of the snapshot
	size  int64  // of the blocks that were read
}

// replay builds a world from the newest snapshot and the blocks after it.
func replay(ctx context.Context, j journal.Journal, s world.Settings) (replayed, error) {
	r := replayed{world: world.Unindexed(s)}
	snapshot, err := j.LoadSnapshot(ctx)
	if err != nil {
		return r, err
	}
	if snapshot.Seq != 0 {
		heap.Expect(heapPerSnapshot * snapshot.Size)
		if err = restore(r.world, snapshot); err != nil {
			return r, fmt.Errorf("snapshot %d: %w", snapshot.Seq, err)
		}
		r.seq, r.base = snapshot.Seq, snapshot.Size
	}
	for b, err := range ahead(j.Read(ctx, r.seq+1), decode) {
		if err != nil {
			return r, err
		}
		for _, c := range b.commits {
			r.world.Apply(c.At, c.Events)
		}
		r.seq, r.last, r.size = b.Seq, b.Data, r.size+int64(len(b.Data))
	}
	r.world.Index()
	return r, nil
}

// A told block is one of the journal and what it tells.
type told struct {
	journal.Block
	commits []world.Commit
}

func decode(b journal.Block) (told, error) {
	commits, err := world.DecodeCommits(b.Data)
	if err != nil {
		err = fmt.Errorf("block %d: %w", b.Seq, err)
	}
	return told{b, commits}, err
}

// restore fills w from a snapshot and closes it. What cannot be read is not
// therefore damaged: an error of the reader comes before what the world makes
// of a snapshot that broke off.
func restore(w *world.World, s journal.Snapshot) error {
	in := watched{Reader: s}
	err := w.Restore(ahead(world.Pieces(&in), world.Piece.Read))
	closed := s.Close()
	if in.err != nil {
		return in.err
	}
	return errors.Join(err, closed)
}

// A watched reader remembers that it failed.
type watched struct {
	io.Reader
	err error
}

func (r *watched) Read(p []byte) (int, error) {
	n, err := r.Reader.Read(p)
	if err != nil && err != io.EOF {
		r.err = err
	}
	return n, err
}

// recover brings the state up for the first time in the ledger's life, and
// tells it of the restart: no socket outlived the muster that wrote the journal.
func (l *Ledger) recover(ctx context.Context) error {
	begin := time.Now()
	r, err := replay(ctx, l.cfg.Journal, l.cfg.Settings)
	if err != nil {
		return fmt.Errorf("recover from the journal: %w", err)
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.stamp.start(l.cfg.Clock.Now(), r.world.Stamp())
	l.install(r)
	at := l.stamp.next(l.cfg.Clock.Now())
	_, o, _ := world.Execute(l.world, at, nil, world.Restart{})
	l.enter(at, o)
	l.cfg.Log.Info("state is up", "block", r.seq, "took", time.Since(begin).Round(time.Millisecond))
	return nil
}

// install puts a replayed world in place, for everybody. The lock is held.
func (l *Ledger) install(r replayed) {
	l.world, l.durable, l.trail = r.world, r.seq, r.world.Follow()
	l.volume = 0
	l.base.Store(r.base)
	l.grown(r.size)
	close(l.changed)
	poke(l.alarm)
}

// settle finds out what became of block b, whose append failed, and brings
// the ledger back: the state is thrown away and rebuilt from the journal, and
// writes are taken again once an empty block could be appended. b is nil if
// the state alone was lost. When ctx is done it does no more than to give the
// state up: nothing that was decided on b may follow the block before it.
func (l *Ledger) settle(ctx context.Context, b *block, cause error) error {
	defer b.finish(ErrClosed) // unless it was told better
	var doubtful []*block     // ours: each is in the journal or not
	if b != nil {
		doubtful = append(doubtful, b)
	}
	for cause != nil {
		known := l.distrust(cause)
		if ctx.Err() != nil {
			return nil
		}
		l.cfg.Log.Error("writes are refused until the journal takes a block", "error", cause)
		r, err := l.reread(ctx)
		if ctx.Err() != nil {
			return nil
		}
		if err != nil {
			return err
		}
		if r.seq > known && !l.recognise(doubtful, r, known) {
			b.finish(ErrFenced)
			return ErrFenced
		}
		b.finish(fmt.Errorf("%w: %w", ErrUnavailable, cause))
		l.readmit(r)
		var empty *block
		if empty, cause = l.probe(ctx); cause != nil {
			SystemClock{}.Sleep(ctx, l.cfg.Retry, nil)
		}
		doubtful = append(doubtful, empty)
	}
	return nil
}

// distrust forgets the state and what was pending on it, and returns the
// number of the last block that is known to be in the journal.
func (l *Ledger) distrust(cause error) uint64 {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.abandon(cause)
	l.inFlight = nil
	return l.durable
}

// abandon gives the world up, and what was pending on it. The lock is held.
func (l *Ledger) abandon(cause error) {
	if l.world != nil {
		l.world, l.changed = nil, make(chan struct{})
	}
	l.refusing = cause
	l.pending.finish(fmt.Errorf("%w: %w", ErrUnavailable, cause))
	l.pending = nil
}

// readmit lets everybody in again.
func (l *Ledger) readmit(r replayed) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.install(r)
}

// reread replays the state, however often the journal must be asked. A
// journal that is damaged or of a newer version is not asked again.
func (l *Ledger) reread(ctx context.Context) (replayed, error) {
	for {
		r, err := replay(ctx, l.cfg.Journal, l.cfg.Settings)
		if err == nil || permanent(err) || ctx.Err() != nil {
			return r, err
		}
		l.cfg.Log.Error("the journal cannot be read: trying again", "error", err)
		SystemClock{}.Sleep(ctx, l.cfg.Retry, nil)
	}
}

// permanent says whether there is no use in reading the journal again.
func permanent(err error) bool {
	return slices.ContainsFunc([]error{
		journal.ErrCorrupt, journal.ErrVersion, journal.ErrClosed, world.ErrCorrupt, world.ErrVersion,
	}, func(target error) bool { return errors.Is(err, target) })
}

// recognise says whether the one block beyond those known is one of ours, and
// if so lets its effects out.
func (l *Ledger) recognise(ours []*block, r replayed, known uint64) bool {
	for _, b := range ours {
		if r.seq == known+1 && b.seq == r.seq && bytes.Equal(b.data, r.last) {
			l.committed(b)
			return true
		}
	}
	return false
}

// probe appends an empty block until the journal takes it, and then takes
// writes again. It returns a cause to settle when the block conflicts with
// one that came to be after all.
func (l *Ledger) probe(ctx context.Context) (*block, error) {
	b := &block{seq: l.durable + 1, data: world.AppendCommits(nil, nil), done: make(chan struct{})}
	for {
		err := l.cfg.Journal.Append(ctx, journal.Block{Seq: b.seq, Data: b.data})
		switch {
		case err == nil:
			l.committed(b)
			l.refuse(nil)
			l.cfg.Log.Info("the journal takes blocks again", "block", b.seq)
			return b, nil
		case errors.Is(err, journal.ErrConflict) || ctx.Err() != nil:
			return b, err
		}
		SystemClock{}.Sleep(ctx, l.cfg.Retry, nil)
	}
}
