package ledger_test

import (
	"context"
	"iter"
	"math"
	"strings"
	"testing"

	"github.com/musterhq/muster/internal/journal"
	"github.com/musterhq/muster/internal/ledger"
	"github.com/musterhq/muster/internal/world"
)

// A bug is something wrong with what the ledger stands on, or with what is
// seen of it. The zero value is none.
type bug struct {
	journal func(*sim, journal.Journal) journal.Journal // what the ledger is given for the honest one
	repeats int                                         // how often more than once a subscriber is told
	hasty   bool                                        // reads do not wait until what they saw is durable
}

// view reads as a client does, or returns what it saw without waiting.
func (b bug) view(ctx context.Context, l *ledger.Ledger, read func(*world.World) (uint64, error)) (uint64, error) {
	if !b.hasty {
		return ledger.View(ctx, l, read)
	}
	ctx, giveUp := context.WithCancel(ctx)
	defer giveUp()
	var saw *uint64
	answer, err := ledger.View(ctx, l, func(w *world.World) (uint64, error) {
		defer giveUp()
		answer, err := read(w)
		saw = &answer
		return answer, err
	})
	if saw != nil {
		return *saw, nil
	}
	return answer, err
}

// A liar is a journal that does something else than it says.
type liar struct {
	journal.Journal
	sim    *sim
	append func(*liar, context.Context, journal.Block) error
	find   func(*liar, context.Context, string) (journal.Record, bool, error)
	list   func([]journal.Record) []journal.Record
	blind  bool // does not read the last block
	greedy bool // trims all there is
	held   *journal.Block
}

func (l *liar) Append(ctx context.Context, b journal.Block) error {
	if l.append == nil {
		return l.Journal.Append(ctx, b)
	}
	return l.append(l, ctx, b)
}

func (l *liar) Find(ctx context.Context, key string) (journal.Record, bool, error) {
	if l.find == nil {
		return l.Journal.Find(ctx, key)
	}
	return l.find(l, ctx, key)
}

func (l *liar) List(ctx context.Context, ref string, after journal.Cursor, limit int) ([]journal.Record, error) {
	rs, err := l.Journal.List(ctx, ref, after, limit)
	if l.list != nil {
		rs = l.list(rs)
	}
	return rs, err
}

func (l *liar) Trim(ctx context.Context, now int64, limit int) (int, error) {
	if l.greedy {
		now = math.MaxInt64
	}
	return l.Journal.Trim(ctx, now, limit)
}

func (l *liar) Read(ctx context.Context, from uint64) iter.Seq2[journal.Block, error] {
	if !l.blind {
		return l.Journal.Read(ctx, from)
	}
	return func(yield func(journal.Block, error) bool) {
		blocks, err := collect(l.Journal.Read(ctx, from))
		for _, b := range blocks[:max(0, len(blocks)-1)] {
			if !yield(b, nil) {
				return
			}
		}
		if err != nil {
			yield(journal.Block{}, err)
		}
	}
}

func lying(l liar) bug {
	return bug{journal: func(s *sim, j journal.Journal) journal.Journal {
		lie := l
		lie.Journal, lie.sim = j, s
		return &lie
	}}
}

// bugs are mistakes that a ledger or its journal could make. Some only show
// under certain faults, so finding them shows that the schedules go there.
var bugs = map[string]bug{
	"acknowledges what it did not write": lying(liar{append: func(l *liar, ctx context.Context, b journal.Block) error {
		if l.sim.rng.IntN(20) == 0 {
			return nil
		}
		return l.Journal.Append(ctx, b)
	}}),
	"acknowledges before it writes": lying(liar{append: func(l *liar, ctx context.Context, b journal.Block) error {
		if l.held != nil {
			if err := l.Journal.Append(ctx, *l.held); err != nil {
				return err
			}
		}
		l.held = &b
		return nil
	}}),
	"takes a failed write for done": lying(liar{append: func(l *liar, ctx context.Context, b journal.Block) error {
		l.Journal.Append(ctx, b)
		return nil
	}}),
	"takes a refused block for another's": lying(liar{append: func(l *liar, ctx context.Context, b journal.Block) error {
		err := l.Journal.Append(ctx, b)
		if err != nil {
			b.Data = world.AppendCommits(nil, []world.Commit{{At: 1}})
			l.Journal.Append(ctx, b)
		}
		return err
	}}),
	"leaves out what is archived": lying(liar{append: func(l *liar, ctx context.Context, b journal.Block) error {
		b.Archive = nil
		return l.Journal.Append(ctx, b)
	}}),
	"forgets tokens": lying(liar{find: func(l *liar, ctx context.Context, key string) (journal.Record, bool, error) {
		if strings.HasPrefix(key, "token/") {
			return journal.Record{}, false, nil
		}
		return l.Journal.Find(ctx, key)
	}}),
	"finds things late": lying(liar{find: func(l *liar, ctx context.Context, key string) (journal.Record, bool, error) {
		if l.sim.rng.IntN(2) == 0 {
			return journal.Record{}, false, nil
		}
		return l.Journal.Find(ctx, key)
	}}),
	"lists all but the first":         lying(liar{list: func(rs []journal.Record) []journal.Record { return rs[min(1, len(rs)):] }}),
	"recovers without the last block": lying(liar{blind: true}),
	"trims what has not expired":      lying(liar{greedy: true}),
	"tells subscribers twice":         {repeats: 1},
	"shows what is not durable":       {hasty: true},
}

// TestSimulationFindsBugs plants each bug, and expects the simulation to find
// it within a few schedules.
func TestSimulationFindsBugs(t *testing.T) {
	const schedules = 100
	for name, planted := range bugs {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for seed := range uint64(schedules) {
				if s := simulate(t, seed+1, planted); s.err != nil {
					t.Logf("schedule %d: %v", seed+1, s.err)
					return
				}
			}
			t.Errorf("not found in %d schedules", schedules)
		})
	}
}
