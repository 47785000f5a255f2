package ledger_test

import (
	"cmp"
	"context"
	"io"
	"iter"
	"slices"
	"sync"

	"github.com/musterhq/muster/internal/journal"
)

// A valve holds up the calls of one life's journal until the schedule lets
// them through, one at a time: so the schedule alone says how long each takes
// and in which order they come, and draws chance in that order.
type valve struct {
	mu     sync.Mutex
	open   bool // lets everything through, but saves
	parked []*call
}

// A call is parked on its way in, or with its answer.
type call struct {
	op, who string
	pass    chan struct{}
}

// opSave is what even an open valve holds up, see save.
const opSave = "save"

// callerKey is where a context says who calls: calls that are parked at the
// same moment are told apart by it, and not by which came first.
type callerKey struct{}

func (v *valve) hold(ctx context.Context, op string) {
	who, _ := ctx.Value(callerKey{}).(string)
	c := &call{op: op, who: who, pass: make(chan struct{})}
	v.mu.Lock()
	if v.open && op != opSave {
		v.mu.Unlock()
		return
	}
	v.parked = append(v.parked, c)
	v.mu.Unlock()
	<-c.pass
}

// list returns the parked calls in an order that does not depend on chance.
func (v *valve) list() []*call {
	v.mu.Lock()
	defer v.mu.Unlock()
	slices.SortStableFunc(v.parked, func(a, b *call) int { return cmp.Or(cmp.Compare(a.op, b.op), cmp.Compare(a.who, b.who)) })
	return slices.Clone(v.parked)
}

func (v *valve) release(c *call) {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.parked = slices.DeleteFunc(v.parked, func(other *call) bool { return other == c })
	close(c.pass)
}

// shut begins to hold calls up.
func (v *valve) shut() {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.open = false
}

// releaseAll lets everything through, now and from now on.
func (v *valve) releaseAll() {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.open = true
	for _, c := range v.parked {
		close(c.pass)
	}
	v.parked = nil
}

// releaseSaves lets the saves through that an open valve holds up, and says
// whether there were any.
func (v *valve) releaseSaves() bool {
	v.mu.Lock()
	defer v.mu.Unlock()
	n := len(v.parked)
	if v.open {
		v.parked = slices.DeleteFunc(v.parked, func(c *call) bool {
			if c.op == opSave {
				close(c.pass)
			}
			return c.op == opSave
		})
	}
	return len(v.parked) < n
}

// A gated journal has a valve before each call and, by chance, after it.
type gated struct {
	journal.Journal
	valve *valve
	slow  func() bool // whether the answer is held up as well
}

func (g *gated) through(ctx context.Context, op string, do func()) {
	g.valve.hold(ctx, op)
	do()
	if g.slow() {
		g.valve.hold(ctx, op+" answer")
	}
}

func (g *gated) Append(ctx context.Context, b journal.Block) (err error) {
	g.through(ctx, "append", func() { err = g.Journal.Append(ctx, b) })
	return err
}

// Read reads all at once, as the blocks between two appends are few.
func (g *gated) Read(ctx context.Context, from uint64) iter.Seq2[journal.Block, error] {
	return func(yield func(journal.Block, error) bool) {
		var blocks []journal.Block
		var err error
		g.through(ctx, "read", func() { blocks, err = collect(g.Journal.Read(ctx, from)) })
		for _, b := range blocks {
			if !yield(b, nil) {
				return
			}
		}
		if err != nil {
			yield(journal.Block{}, err)
		}
	}
}

func collect(seq iter.Seq2[journal.Block, error]) (blocks []journal.Block, err error) {
	for b, err := range seq {
		if err != nil {
			return blocks, err
		}
		blocks = append(blocks, b)
	}
	return blocks, nil
}

func (g *gated) LoadSnapshot(ctx context.Context) (s journal.Snapshot, err error) {
	g.through(ctx, "load", func() { s, err = g.Journal.LoadSnapshot(ctx) })
	return s, err
}

func (g *gated) SaveSnapshot(ctx context.Context, seq uint64, write func(io.Writer) error) (err error) {
	g.through(ctx, opSave, func() { err = g.Journal.SaveSnapshot(ctx, seq, write) })
	return err
}

func (g *gated) Find(ctx context.Context, key string) (r journal.Record, ok bool, err error) {
	g.through(ctx, "find", func() { r, ok, err = g.Journal.Find(ctx, key) })
	return r, ok, err
}

func (g *gated) List(ctx context.Context, ref string, after journal.Cursor, limit int) (rs []journal.Record, err error) {
	g.through(ctx, "list", func() { rs, err = g.Journal.List(ctx, ref, after, limit) })
	return rs, err
}

func (g *gated) Trim(ctx context.Context, now int64, limit int) (n int, err error) {
	g.through(ctx, "trim", func() { n, err = g.Journal.Trim(ctx, now, limit) })
	return n, err
}
