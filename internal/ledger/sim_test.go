package ledger_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"sync"
	"sync/atomic"
	"testing/synctest"
	"time"

	"github.com/musterhq/muster/internal/journal"
	"github.com/musterhq/muster/internal/journal/faulty"
	"github.com/musterhq/muster/internal/ledger"
	"github.com/musterhq/muster/internal/world"
)

// A sim is one schedule: clients of a ledger over a journal that fails, all
// that happens drawn from one seed. Only the schedule's own goroutine draws,
// or one that it has just let go and waits for, so a seed always makes the
// same schedule.
type sim struct {
	rng   *rand.Rand
	draws sync.Mutex // for the race detector: synctest.Wait hides from it who waits in a WaitGroup
	bug   bug
	fault faulty.Chances
	clock *wrongClock

	disk  faulty.Disk
	fair  atomic.Bool // no faults for now
	died  bool        // the disk has just crashed by its fate
	late  int         // lives that left a late block behind, or may have
	lives int
	life  *life

	book  *book
	shown int // commits that somebody has been shown
	ops   []*op
	next  int // names everything

	trace []string
	err   error // the first thing that was wrong
}

// A life is one run of a ledger, to its end or to the next crash.
type life struct {
	ledger *ledger.Ledger
	valve  *valve
	store  *faulty.Journal
	stop   context.CancelFunc
	ended  chan error
	began  int  // blocks that were durable when it began
	lates  bool // an append of this life was late

	mu    sync.Mutex
	heard [][]byte // blocks that a subscriber was told of
}

// hear is the subscriber.
func (l *life) hear(block []byte) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.heard = append(l.heard, block)
}

func (l *life) told() [][]byte {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.heard
}

func simSettings() world.Settings {
	return world.Settings{Tail: 2 * time.Second, TailLimit: 3, ReconnectGrace: 90 * time.Second, Termination: 20 * time.Second}.WithDefaults()
}

// weathers are how bad a schedule gets.
var weathers = []faulty.Chances{
	{},
	{CrashBefore: 0.02, CrashAfter: 0.02, HoldAnswer: 0.1},
	{Refuse: 0.03, Lose: 0.03, HoldAnswer: 0.1},
	{Refuse: 0.03, Tear: 0.03, Lose: 0.05, Late: 0.05, CrashBefore: 0.01, CrashAfter: 0.02, HoldAnswer: 0.1},
	{Refuse: 0.2, Tear: 0.1, Lose: 0.2, Late: 0.1, HoldAnswer: 0.2},
}

func newSim(seed uint64, outside time.Time, planted bug) *sim {
	s := &sim{rng: rand.New(rand.NewPCG(seed, 1)), bug: planted, book: newBook(simSettings()), clock: newWrongClock(outside)}
	s.fault = weathers[s.rng.IntN(len(weathers))]
	s.disk.Plan = s.fate
	return s
}

// fate draws what goes wrong with a call.
func (s *sim) fate(c faulty.Call) faulty.Fate {
	if s.fair.Load() {
		return faulty.Fate{}
	}
	s.draws.Lock()
	defer s.draws.Unlock()
	f := s.fault.Plan(s.rng.Uint64())(c)
	if c.Op != faulty.Append && s.rng.IntN(4) > 0 {
		f.Fault = faulty.None
	}
	f.HoldAnswer = false // the valve does that
	switch f.Fault {
	case faulty.CrashBefore, faulty.CrashAfter:
		s.died = true
	case faulty.Late:
		s.life.lates = s.life.lates || c.Op == faulty.Append
	}
	s.note("  %s: fault %d", c.Op, f.Fault)
	return f
}

func (s *sim) slow() bool {
	s.draws.Lock()
	defer s.draws.Unlock()
	return !s.fair.Load() && s.rng.Float64() < s.fault.HoldAnswer
}

func (s *sim) note(format string, args ...any) {
	s.trace = append(s.trace, fmt.Sprintf("%8s  ", time.Since(s.clock.began).Round(time.Millisecond))+fmt.Sprintf(format, args...))
}

func (s *sim) fail(format string, args ...any) {
	if s.err == nil {
		s.err = fmt.Errorf(format, args...)
		s.note("WRONG: %v", s.err)
	}
}

// run plays the schedule, lets the weather clear up, and looks at what is left.
func (s *sim) run(steps int) {
	s.fair.Store(true)
	s.start()
	s.furnish()
	for range steps {
		if s.step(); s.err != nil {
			break
		}
	}
	s.clearUp()
	s.end(true)
}

func (s *sim) step() {
	switch p := s.rng.IntN(400); {
	case p < 150:
		s.begin()
	case p < 350:
		s.release()
	case p < 385:
		s.pass()
	case p < 392:
		s.giveUp()
	case p < 396:
		s.setClock()
	case p < 398:
		s.note("crash")
		s.died = true
	default:
		s.restart()
	}
	s.observe()
}

// begin sends a client off, unless there is no state to ask: the order in
// which those who wait for it are let in is not the schedule's.
func (s *sim) begin() {
	if len(s.ops) < 8 && !errors.Is(s.life.ledger.Healthy(), ledger.ErrRecovering) {
		s.launch(s.draw())
	}
}

func (s *sim) launch(o *op) {
	s.next++
	o.who, o.shown = fmt.Sprintf("%s-%03d", o.name, s.next), s.shown
	var ctx context.Context
	ctx, o.cancel = context.WithCancel(context.WithValue(context.Background(), callerKey{}, o.who))
	s.ops = append(s.ops, o)
	s.note("%s begins %s", o.who, o.about)
	l := s.life.ledger
	go func() {
		o.answer, o.err = o.run(ctx, l)
		o.done = true
	}()
}

func (s *sim) release() {
	if parked := s.life.valve.list(); len(parked) > 0 {
		c := parked[s.rng.IntN(len(parked))]
		s.note("%s of %s passes", c.op, c.who)
		s.life.valve.release(c)
	}
}

func (s *sim) pass() {
	d := []time.Duration{time.Millisecond, 50 * time.Millisecond, 250 * time.Millisecond, 600 * time.Millisecond, 3 * time.Second, 65 * time.Second}[s.rng.IntN(6)]
	s.note("%v pass", d)
	time.Sleep(d)
}

// giveUp has a caller go away.
func (s *sim) giveUp() {
	if len(s.ops) > 0 {
		o := s.ops[s.rng.IntN(len(s.ops))]
		s.note("%s gives up", o.who)
		o.cancel()
	}
}

func (s *sim) setClock() {
	ahead := time.Duration(s.rng.IntN(20)-10) * time.Hour
	s.note("the clock is %v ahead", ahead)
	s.clock.ahead.Store(int64(ahead))
}

// start begins a life with what is durable.
func (s *sim) start() {
	s.lives++
	s.note("life %d", s.lives)
	store := s.disk.Open()
	ctx, stop := context.WithCancel(context.Background())
	l := &life{valve: &valve{open: s.fair.Load()}, store: store, stop: stop, ended: make(chan error, 1)}
	s.life = l
	s.read()
	l.began = len(s.book.blocks)
	var j journal.Journal = store
	if s.bug.journal != nil {
		j = s.bug.journal(s, store)
	}
	l.ledger = ledger.New(ledger.Config{
		Journal: &gated{Journal: j, valve: l.valve, slow: s.slow}, Settings: simSettings(), Clock: s.clock, SnapshotEvery: 1 << 40,
	})
	l.ledger.Subscribe(func(commits []world.Commit) {
		for range 1 + s.bug.repeats {
			l.hear(world.AppendCommits(nil, commits))
		}
	})
	go func() { l.ended <- l.ledger.Run(ctx) }()
}

// end ends a life: in order, with all that is parked let through, or by a
// crash, which may also come on the way. Everybody must be gone then.
func (s *sim) end(inOrder bool) {
	l := s.life
	if inOrder {
		l.stop()
		s.drain()
		inOrder, s.died = !s.died, false
	}
	defer s.fair.Store(s.fair.Swap(true))
	if !inOrder {
		s.disk.Crash()
		for _, o := range s.ops {
			o.cancel()
		}
	}
	l.stop()
	s.drain()
	l.valve.releaseAll()
	synctest.Wait()
	s.save()
	if inOrder {
		s.read()
		s.collect()
	} else {
		s.settled()
		s.ops = nil // nobody is there to hear what was answered
	}
	s.settled()
	select {
	case err := <-l.ended:
		if inOrder {
			s.excuse(err)
		}
	default:
		s.fail("the ledger does not stop")
	}
	if l.lates {
		s.late++
	}
}

// drain lets all that is parked through, one call after the other.
func (s *sim) drain() {
	synctest.Wait()
	for parked := s.life.valve.list(); len(parked) > 0; parked = s.life.valve.list() {
		s.read()
		s.life.valve.release(parked[0])
		synctest.Wait()
	}
}

// save lets snapshots be saved while everything else goes through by itself.
// They drop blocks, so that the book has to read these first.
func (s *sim) save() {
	for s.life.valve.releaseSaves() {
		synctest.Wait()
		s.read()
	}
}

// settled fails if somebody still waits.
func (s *sim) settled() {
	for _, o := range s.ops {
		if !o.done {
			s.fail("%s is never answered", o.who)
		}
	}
}

func (s *sim) restart() {
	s.note("restart in order")
	s.end(true)
	s.start()
}

// observe looks at what a step has led to.
func (s *sim) observe() {
	synctest.Wait()
	if s.died {
		s.died = false
		s.end(false)
		s.start()
		synctest.Wait()
	}
	s.read()
	s.save()
	s.hear()
	s.collect()
	if len(s.life.ended) > 0 {
		s.note("the ledger stops")
		s.end(true)
		s.start()
	}
}

// excuse judges why a ledger has stopped. It may when it could not recover,
// or when a block of an earlier life came late.
func (s *sim) excuse(err error) {
	switch {
	case err == nil:
	case errors.Is(err, ledger.ErrFenced) && s.late > 0:
	case errors.Is(err, faulty.ErrFault) && len(s.life.told()) == 0:
	default:
		s.fail("the ledger stops: %v", err)
	}
}

// read brings the book up to what is durable. What was must still be.
func (s *sim) read() {
	defer s.fair.Store(s.fair.Swap(true))
	last, err := s.life.store.Last(context.Background())
	if errors.Is(err, faulty.ErrCrashed) {
		return
	}
	if err != nil || last < uint64(len(s.book.blocks)) {
		s.fail("block %d of %d is the last one in the journal, %v", last, len(s.book.blocks), err)
		return
	}
	blocks, err := collect(s.life.store.Read(context.Background(), uint64(len(s.book.blocks))+1))
	if err != nil {
		s.fail("the journal cannot be read: %v", err)
	}
	for _, b := range blocks {
		if err := s.book.add(b.Data); err != nil {
			s.fail("block %d: %v", b.Seq, err)
		}
		s.note("  block %d is durable, commits to %d", b.Seq, s.book.commits())
	}
}

// hear checks what the subscriber was told: every durable block once, in order.
func (s *sim) hear() {
	l := s.life
	for i, b := range l.told() {
		if at := l.began + i; at >= len(s.book.blocks) || !bytes.Equal(b, s.book.blocks[at]) {
			s.fail("the subscriber is told of a block that is not durable, or not in order, or again")
			return
		}
	}
	s.shown = max(s.shown, s.heard())
}

// heard is up to which commit the subscriber was told.
func (s *sim) heard() int {
	if n := s.life.began + len(s.life.told()); n > 0 && n <= len(s.book.ends) {
		return s.book.ends[n-1]
	}
	return 0
}

// collect judges the answers that have come.
func (s *sim) collect() {
	var waiting []*op
	for _, o := range s.ops {
		if !o.done {
			waiting = append(waiting, o)
			continue
		}
		o.cancel()
		s.note("%s ends: %s", o.who, brief(o.err))
		if err := o.judge(s); err != nil {
			s.fail("%s %s: %v", o.who, o.about, err)
		}
	}
	s.ops = waiting
}

func brief(err error) string {
	switch {
	case err == nil:
		return "ok"
	case unknown(err):
		return "outcome unknown"
	}
	return strings.ReplaceAll(err.Error(), "\n", " ")
}
