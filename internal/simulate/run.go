package simulate

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/musterhq/muster/flexmatch"
)

// ErrTickets means that the tickets given cannot be simulated.
var ErrTickets = errors.New("the tickets cannot be simulated")

// floorTick is how long an engine with tickets in it is left alone at the most.
const floorTick = time.Second

// UsualBudget is a tenth of the engine's own: nearly as many matches are found,
// and a crowd that does not fit its rule set takes seconds instead of minutes.
const UsualBudget = flexmatch.DefaultBudget / 10

// Simulation lets tickets arrive at an engine.
type Simulation struct {
	Rules *flexmatch.RuleSet
	// Tickets arrive at their Start; they may be in any order.
	Tickets []flexmatch.Ticket
	// Timeout is how long a ticket waits. Zero means UsualTimeout.
	Timeout time.Duration
	// Every is the least time between two passes of the engine; what arrives in
	// between waits for the next. Zero means a pass at every arrival.
	Every time.Duration
	// Duration is how long is simulated, from the first arrival. Zero means until
	// every ticket is matched or timed out.
	Duration time.Duration
	Seed     uint64
	// Budget bounds the engine's search around one ticket, in placements tried.
	// Zero means UsualBudget.
	Budget int
	// Clock tells real time, for Report.Cost. Nil means that it is not wanted.
	Clock func() time.Time
}

// UsualTimeout is how long tickets wait when nobody says: a minute, or half a
// minute after the last expansion if that is later.
func UsualTimeout(rules *flexmatch.RuleSet) time.Duration {
	timeout := time.Minute
	for _, moment := range rules.Describe().Timeline {
		timeout = max(timeout, moment.After+30*time.Second)
	}
	return timeout
}

// fate is what became of a ticket.
type fate uint8

const (
	unborn fate = iota // never arrived: the simulation ended before
	waiting
	matched
	timedOut
)

// record is one ticket's way through the simulation.
type record struct {
	ticket *flexmatch.Ticket
	fate   fate
	end    time.Duration // when it was matched or timed out, since the first arrival
}

func (r *record) players() int { return len(r.ticket.Players) }

// run is a simulation under way. Times are counted from the first arrival.
type run struct {
	Simulation
	engine  flexmatch.Engine
	start   time.Time
	records []record // in order of arrival
	byID    map[string]int
	now     time.Duration
	next    time.Duration // before which there is no pass
	arrived int           // records that have arrived
	overdue int           // records that have been looked at for a timeout
	pool    int           // tickets in the engine
	matches []flexmatch.Match
	reasons sample
	counts  evaluations
	cost    Cost
}

// Run runs the simulation to its end, or until ctx is done. The error is that
// of ctx, or ErrTickets with what is wrong.
func (s Simulation) Run(ctx context.Context) (*Report, error) {
	r := &run{Simulation: s, engine: flexmatch.Engine{Rules: s.Rules, Seed: s.Seed, Budget: cmp.Or(s.Budget, UsualBudget)}, counts: evaluations{}}
	if err := r.line(); err != nil {
		return nil, err
	}
	for ctx.Err() == nil && r.advance() {
		r.expire()
		r.admit()
		r.pass()
	}
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	r.admit()
	r.close()
	return r.report(), nil
}

// line lines the tickets up.
func (r *run) line() error {
	if r.Timeout == 0 {
		r.Timeout = UsualTimeout(r.Rules)
	}
	if min(r.Timeout, r.Duration, r.Every) < 0 || r.Budget < 0 {
		return fmt.Errorf("%w: a time or budget is below 0", ErrTickets)
	}
	if len(r.Tickets) == 0 {
		return fmt.Errorf("%w: there are none", ErrTickets)
	}
	tickets := slices.Clone(r.Tickets)
	slices.SortFunc(tickets, Order)
	r.start = tickets[0].Start
	r.byID = make(map[string]int, len(tickets))
	r.records = make([]record, len(tickets))
	for i := range tickets {
		t := &tickets[i]
		if _, err := r.Rules.Check(*t); err != nil {
			return fmt.Errorf("%w: ticket %q: %w", ErrTickets, t.ID, err)
		}
		if _, doubled := r.byID[t.ID]; doubled {
			return fmt.Errorf("%w: two tickets have the ID %q", ErrTickets, t.ID)
		}
		r.byID[t.ID] = i
		r.records[i] = record{ticket: t}
	}
	return nil
}

func (r *run) arrival(i int) time.Duration { return r.records[i].ticket.Start.Sub(r.start) }

// advance moves to the next instant at which anything happens, and says
// whether there is one.
func (r *run) advance() bool {
	next, some := time.Duration(0), false
	consider := func(at time.Duration) {
		if !some || at < next {
			next, some = at, true
		}
	}
	if r.arrived < len(r.records) {
		consider(max(r.arrival(r.arrived), r.next))
	}
	if r.pool > 0 {
		for r.records[r.overdue].fate > waiting {
			r.overdue++
		}
		consider(r.arrival(r.overdue) + r.Timeout)
		consider(r.now + floorTick)
		if at, ok := r.engine.Next(); ok {
			consider(max(at.Sub(r.start), r.next))
		}
	}
	if !some {
		return false
	}
	next = max(next, r.now)
	if r.Duration > 0 && next >= r.Duration {
		r.now = r.Duration
		return false
	}
	r.now = next
	return true
}

// expire takes out the tickets whose time is up.
func (r *run) expire() {
	for ; r.overdue < r.arrived; r.overdue++ {
		rec := &r.records[r.overdue]
		if rec.fate > waiting {
			continue
		}
		if r.arrival(r.overdue)+r.Timeout > r.now {
			return
		}
		rec.fate, rec.end = timedOut, r.now
		r.ask(rec)
		r.engine.Remove(rec.ticket.ID)
		r.pool--
	}
}

// ask asks the engine why a ticket is not matched.
func (r *run) ask(rec *record) {
	metrics, _ := r.engine.Metrics(rec.ticket.ID)
	r.counts.add(metrics)
	if r.reasons.wants() {
		report, _ := r.engine.ExplainTicket(rec.ticket.ID, r.start.Add(r.now))
		r.reasons.add(r.diagnose(rec, report))
	}
}

func (r *run) admit() {
	since := r.read()
	for ; r.arrived < len(r.records) && r.arrival(r.arrived) <= r.now; r.arrived++ {
		rec := &r.records[r.arrived]
		if err := r.engine.Add(*rec.ticket); err != nil {
			panic(fmt.Sprintf("simulate: a ticket that was checked is refused: %v", err))
		}
		rec.fate = waiting
		r.pool++
	}
	r.cost.Engine += r.read().Sub(since)
}

func (r *run) pass() {
	if r.now < r.next {
		return
	}
	r.next = r.now + r.Every
	since := r.read()
	matches := r.engine.Form(r.start.Add(r.now))
	r.cost.Engine += r.read().Sub(since)
	r.cost.Passes++
	for _, m := range matches {
		for _, t := range m.Tickets {
			rec := &r.records[r.byID[t.ID]]
			rec.fate, rec.end = matched, r.now
		}
		r.pool -= len(m.Tickets)
		r.counts.add(m.Metrics)
	}
	r.matches = append(r.matches, matches...)
}

func (r *run) read() (t time.Time) {
	if r.Clock != nil {
		return r.Clock()
	}
	return t
}

// close ends the simulation with tickets that still wait. Why they do is of
// interest only when none timed out: those had all the time there was.
func (r *run) close() {
	if r.reasons.seen > 0 {
		return
	}
	for i := range r.records[:r.arrived] {
		if rec := &r.records[i]; rec.fate == waiting {
			r.ask(rec)
		}
	}
}
