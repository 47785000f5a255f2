package flexmatch

import (
	"cmp"
	"container/heap"
	"errors"
	"fmt"
	"math"
	"slices"
	"time"
)

// The defaults of an Engine.
const (
	DefaultBatch  = 1000
	DefaultBudget = 10_000
)

// ErrDuplicateTicket means that a ticket of that ID is in the pool already.
var ErrDuplicateTicket = errors.New("a ticket of this ID is in the pool already")

// Engine keeps the pool of one matchmaking configuration and forms matches from
// it. It reads no clock and draws no lots: the same calls give the same matches.
// An Engine with Rules set is ready to use, by one goroutine at a time.
type Engine struct {
	// Rules must be set, and not be changed once the Engine is in use.
	Rules *RuleSet
	// Seed decides which team is tried first among those that are equally open.
	Seed uint64
	// Batch is how many tickets are considered for a place beside one anchor.
	// Zero means DefaultBatch.
	Batch int
	// Budget bounds the search around one anchor, in placements tried. The best
	// match found until then is taken. Zero means DefaultBudget.
	Budget int

	byID      map[string]*entry
	pool      pool
	atlas     atlas
	teamIndex map[string]int
	arrived   []*entry // since the last pass
	due       []*entry // not yet searched around, in order of service
	inquiries []inquiry
	answers   []inquiry // those that found a match, whose anchor is due
	streak    int       // searches in a row that used their budget up in vain
	vain      int       // inquiries in a row that did
	stats     Stats
	timers    timers
	now       int64
	players   int   // in the pool
	backfills int   // in the pool
	parties   int   // in the pool: tickets of several players
	fitting   []int // in the pool, by class of teams
	cleans    int   // entries that are clean
	search    search
}

func (e *Engine) init() {
	if e.byID != nil {
		return
	}
	e.byID = map[string]*entry{}
	e.pool = pool{plan: &e.Rules.plan, parts: map[uint64]*ticketPart{}}
	e.teamIndex = map[string]int{}
	for i, t := range e.Rules.teams {
		e.teamIndex[t.name] = i
	}
	e.fitting = make([]int, e.Rules.plan.classes)
	e.now = math.MinInt64
	e.search.init(e)
}

// Add puts a ticket into the pool. The engine reads the ticket's maps and
// slices from then on and never changes them; neither must the caller, who also
// sees to it that no player is in two tickets. The error is ErrDuplicateTicket or
// that of RuleSet.Check. A ticket that Check warns can never be matched is let
// in, and waits.
func (e *Engine) Add(t Ticket) error {
	e.init()
	if e.byID[t.ID] != nil {
		return fmt.Errorf("add ticket %q: %w", t.ID, ErrDuplicateTicket)
	}
	if !e.Rules.accepts(t) {
		if _, err := e.Rules.Check(t); err != nil {
			return fmt.Errorf("add ticket %q: %w", t.ID, err)
		}
	}
	c := e.compile(t)
	e.byID[t.ID] = c
	if !c.useless {
		e.search.note(c)
		e.arrived = append(e.arrived, c)
		e.count(c, +1)
	}
	return nil
}

// Remove takes a ticket out of the pool and says whether it was there.
func (e *Engine) Remove(id string) bool {
	t := e.byID[id]
	if t == nil {
		return false
	}
	e.take(t)
	return true
}

func (e *Engine) take(t *entry) {
	delete(e.byID, t.ticket.ID)
	t.alive = false
	e.atlas.release(t)
	if t.useless {
		return
	}
	e.count(t, -1)
	if t.clean {
		e.cleans--
	}
	if t.pooled {
		e.pool.remove(t)
	}
}

func (e *Engine) count(t *entry, sign int) {
	e.players += sign * t.players()
	if t.ticket.Backfill != nil {
		e.backfills += sign
	}
	if t.players() > 1 {
		e.parties += sign
	}
	for class := range e.fitting {
		if t.mayPlay(class) {
			e.fitting[class] += sign * t.players()
		}
	}
}

// mayPlay says whether the ticket fits a class of teams, if that is known.
func (t *entry) mayPlay(class int) bool {
	return class >= maxPickyClasses || t.fits>>class&1 == 1
}

// Len gives the number of tickets in the pool, also of those that can never be
// matched.
func (e *Engine) Len() int { return len(e.byID) }

// Form runs one pass: it forms the matches that tickets added since the last
// pass, and expansions that have come due by now, make possible, and takes
// their tickets out of the pool. Time never runs backwards: an earlier now than
// that of the last pass counts as that one.
//
// A pass searches around each ticket that is new or has reached a step, for a
// match that takes it in around those that waited before, and once for each match
// formed. So its work is that of so many searches, however many tickets wait. It
// has a budget of its own, a hundred times that of one search. When it is used up
// the rest is left to the next pass, and Next says now.
func (e *Engine) Form(now time.Time) []Match {
	e.init()
	e.now = max(e.now, now.UnixNano())
	changed := e.settle()
	e.streak, e.vain = 0, 0
	var matches []Match
	whole := 100 * e.budget(0)
	for left := whole; left > 0; {
		if len(e.inquiries) > 0 && left > whole/2 { // the other half is for anchors
			left -= e.ask()
			continue
		}
		if len(e.due) == 0 {
			break
		}
		anchor := e.due[0]
		e.due = e.due[1:]
		if !anchor.alive || anchor.clean || e.hopeless() {
			e.clean(anchor)
			continue
		}
		if e.searchAround(anchor) {
			matches = append(matches, e.search.match())
			e.askAgain()
		}
		left -= e.search.spent
	}
	e.timers.schedule(e, changed)
	return matches
}

// pending says that the last pass left something to the next.
func (e *Engine) pending() bool { return len(e.inquiries)+len(e.due) > 0 }

// searchAround looks for a match around a ticket that is due.
func (e *Engine) searchAround(anchor *entry) bool {
	s := &e.search
	found := s.run(anchor, nil, e.budget(e.streak))
	e.work(s.spent)
	if found || !s.closed {
		e.streak = 0
	} else {
		e.streak++
	}
	if found || e.answered(anchor) {
		return true
	}
	anchor.tally(s)
	e.clean(anchor)
	return false
}

// budget is that of one search, halved for every eight in a row that used theirs
// up in vain: in a pool where nothing goes, looking hard around every ticket
// would keep those that arrive from their matches. Enough is left to seat a
// whole match at the first try.
func (e *Engine) budget(streak int) int {
	whole := cmp.Or(e.Budget, DefaultBudget)
	return max(whole>>min(streak/8, 8), min(whole, 4*e.Rules.plan.most))
}

// settle takes in what happened since the last pass, and fills e.due with the
// tickets around which a match may have become possible. It gives those that
// are new or have reached a new stage.
func (e *Engine) settle() (changed []*entry) {
	for _, q := range e.answers { // found at another time, when other rules may have held
		e.inquiries = append(e.inquiries, inquiry{t: q.t, from: q.from, left: math.MaxInt})
	}
	e.answers = nil
	changed = slices.DeleteFunc(e.arrived, func(t *entry) bool { return !t.alive })
	e.arrived = nil
	slices.SortFunc(changed, order)
	for _, t := range changed {
		t.pooled = true
	}
	e.pool.insert(changed)
	for len(e.timers) > 0 && e.timers[0].at <= e.now {
		if t := heap.Pop(&e.timers).(timer).t; t.alive {
			e.soil(t)
			changed = append(changed, t)
		}
	}
	e.due = append(e.due, changed...)
	e.search.thresholds()
	e.wake(changed)
	slices.SortFunc(e.due, order)
	e.due = slices.Compact(e.due)
	return changed
}

// soil makes an entry due again.
func (e *Engine) soil(t *entry) {
	if t.clean {
		t.clean = false
		e.cleans--
	}
}

func (e *Engine) clean(t *entry) {
	if t.alive && !t.clean {
		t.clean = true
		e.cleans++
	}
}

// hopeless says that the pool has too few players for any match.
func (e *Engine) hopeless() bool {
	if e.players < e.Rules.plan.least {
		return true
	}
	for class, n := range e.search.needs {
		if e.fitting[class] < n {
			return true
		}
	}
	return false
}

// Next gives the instant at which a pass may form a match that the last one
// could not, if nothing is added: when the next expansion comes due, or at once
// when tickets have been added or the last pass left some for the next. It is
// false when there is no such instant.
func (e *Engine) Next() (time.Time, bool) {
	e.init()
	if len(e.arrived) > 0 {
		return time.Unix(0, max(e.now, e.arrived[0].start)).UTC(), true
	}
	if e.pending() {
		return time.Unix(0, e.now).UTC(), true
	}
	for len(e.timers) > 0 && !e.timers[0].t.alive {
		heap.Pop(&e.timers)
	}
	if len(e.timers) == 0 {
		return time.Time{}, false
	}
	return time.Unix(0, e.timers[0].at).UTC(), true
}

// Form gives the matches that the tickets make at a given time, in the order
// formed: a fresh Engine, run until nothing more can be formed.
// The error is that of Engine.Add for the first ticket refused.
func Form(rules *RuleSet, now time.Time, tickets []Ticket, seed uint64) ([]Match, error) {
	e := &Engine{Rules: rules, Seed: seed}
	for _, t := range tickets {
		if err := e.Add(t); err != nil {
			return nil, err
		}
	}
	matches := e.Form(now)
	for e.pending() {
		matches = append(matches, e.Form(now)...)
	}
	return matches, nil
}

// timers holds when each waiting ticket reaches its next stage.
type timers []timer

type timer struct {
	at int64
	t  *entry
}

func (q timers) Len() int           { return len(q) }
func (q timers) Less(i, j int) bool { return q[i].at < q[j].at }
func (q timers) Swap(i, j int)      { q[i], q[j] = q[j], q[i] }

// Push implements heap.Interface.
func (q *timers) Push(x any) { *q = append(*q, x.(timer)) }

// Pop implements heap.Interface.
func (q *timers) Pop() any {
	last := (*q)[len(*q)-1]
	*q = (*q)[:len(*q)-1]
	return last
}

// schedule sets the timers of tickets that still wait, for the stage after the
// one that each is in.
func (q *timers) schedule(e *Engine, tickets []*entry) {
	for _, t := range tickets {
		next := e.Rules.stageAt(t.age(e.now)) + 1
		if t.alive && next < len(e.Rules.stages) {
			heap.Push(q, timer{t.start + int64(e.Rules.stages[next].wait), t})
		}
	}
	if len(*q) > 64+2*len(e.byID) {
		*q = slices.DeleteFunc(*q, func(t timer) bool { return !t.t.alive })
		heap.Init(q)
	}
}
