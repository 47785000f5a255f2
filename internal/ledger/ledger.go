// Package ledger runs the one world over a journal: it decides commands one
// after another in memory, gathers their events into blocks, makes each block
// durable with one append, and only then lets answers and effects out.
//
// It owns the lock, the clock, the timers, the snapshots and the recovery; it
// knows nothing of what a command means. It is not where several nodes agree:
// the journal's conditional append is.
//
// Start with [Do] and [View], then commit.go for the way of a block and
// recover.go for what happens when the journal fails.
package ledger

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"github.com/musterhq/muster/internal/journal"
	"github.com/musterhq/muster/internal/world"
)

// What a ledger refuses for, besides what the world refuses.
var (
	// ErrUnavailable: the journal did not take the write, or its outcome is
	// unknown. Ask again later, with the same idempotency token where there
	// is one.
	ErrUnavailable = errors.New("the journal cannot be written")
	// ErrClosed: the ledger has stopped.
	ErrClosed = errors.New("muster is shutting down")
	// ErrRecovering: there is no state yet, or again; who asks waits for it.
	ErrRecovering = errors.New("the state is being read from the journal")
	// ErrFenced: somebody else has appended to the journal, so this ledger
	// has stopped.
	ErrFenced = errors.New("another muster writes to this journal")
)

// Config is what a ledger runs on.
type Config struct {
	Journal  journal.Journal
	Settings world.Settings
	Clock    Clock        // nil: the machine's
	Log      *slog.Logger // nil: discard

	SnapshotEvery int64         // bytes of blocks that make a snapshot due, if it is not half the last one; zero: 32 MiB
	Linger        time.Duration // how long patient commands wait for company; zero: 200 ms
	Retry         time.Duration // between attempts on a journal that fails; zero: 500 ms

	// Observe is told of every block that became durable; nil: nobody. It is
	// called by one goroutine and must not block.
	Observe func(Committed)
}

// Committed is what one group commit took.
type Committed struct {
	Commands int
	Bytes    int
	Took     time.Duration // of the append
}

func (c Config) withDefaults() Config {
	if c.Clock == nil {
		c.Clock = SystemClock{}
	}
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	c.Settings = c.Settings.WithDefaults()
	if c.SnapshotEvery == 0 {
		c.SnapshotEvery = 32 << 20
	}
	if c.Linger == 0 {
		c.Linger = 200 * time.Millisecond
	}
	if c.Retry == 0 {
		c.Retry = 500 * time.Millisecond
	}
	return c
}

// A Ledger is a world and its journal. Make it with New, then Run it; until
// it has recovered, Do and View wait.
type Ledger struct {
	cfg Config

	mu       sync.RWMutex  // guards what follows, and the world
	world    *world.World  // nil while there is none to trust
	changed  chan struct{} // closed when world is set or stopped is
	stopped  bool
	refusing error // why writes are refused; nil: they are taken
	stamp    stamp
	pending  *block       // being filled
	inFlight *block       // being made durable
	durable  uint64       // number of the last block known to be
	trail    *world.Trail // back to before what is pending
	stills   []chan still // asked for, of the moment after the next block
	asked    asked

	subscribers []*subscriber // replaced, never changed

	work   chan struct{} // something is pending
	alarm  chan struct{} // the next deadline may be sooner
	due    chan struct{} // a snapshot is due
	volume int64         // bytes since the last snapshot; the committer's own
	base   atomic.Int64  // bytes of the last snapshot
}

// New returns a ledger that does not run yet.
func New(cfg Config) *Ledger {
	return &Ledger{
		cfg: cfg.withDefaults(), changed: make(chan struct{}), asked: asked{},
		work: make(chan struct{}, 1), alarm: make(chan struct{}, 1), due: make(chan struct{}, 1),
	}
}

// Run recovers the world from the journal and keeps it until ctx is done;
// what was taken by then is still made durable. It returns nil then, or why
// it could not go on: ErrFenced, or a journal that cannot be read.
func (l *Ledger) Run(ctx context.Context) error {
	defer l.stop()
	if err := l.recover(ctx); err != nil {
		if ctx.Err() != nil {
			return nil
		}
		return err
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	var loops sync.WaitGroup
	for _, loop := range []func(context.Context){l.keepTime, l.keepSnapshots, l.trimArchive} {
		loops.Go(func() { loop(ctx) })
	}
	err := l.keepCommitting(ctx)
	cancel()
	loops.Wait()
	return err
}

// stop turns everybody away. Blocks that nobody will make durable any more
// have failed.
func (l *Ledger) stop() {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.world == nil {
		close(l.changed)
	}
	l.stopped, l.world = true, nil
	for _, b := range []*block{l.pending, l.inFlight} {
		b.finish(ErrClosed)
	}
	l.pending, l.inFlight = nil, nil
	for _, ask := range l.stills {
		close(ask)
	}
	l.stills = nil
}

// Settings returns the settings the ledger decides with, defaults filled in.
func (l *Ledger) Settings() world.Settings { return l.cfg.Settings }

// Healthy returns nil when the ledger takes reads and writes, or why not.
func (l *Ledger) Healthy() error {
	l.mu.RLock()
	defer l.mu.RUnlock()
	switch {
	case l.stopped:
		return ErrClosed
	case l.world == nil:
		return ErrRecovering
	}
	return l.refusing
}

// poke wakes the loop that listens on c.
func poke(c chan struct{}) {
	select {
	case c <- struct{}{}:
	default:
	}
}
