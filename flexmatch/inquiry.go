package flexmatch

import (
	"math"
	"slices"
)

// A match that was not there before takes in a ticket that is new or has
// reached a new stage. So where many tickets wait around which nothing was
// found, it is not asked of each of them whether it has a match now, but of each
// ticket that changed whether it makes one. That costs by what changed, however
// many wait.

// inquiry is that question about one ticket, and the answer.
type inquiry struct {
	t *entry
	// from is the first anchor that may have a match with t, as far as is known;
	// nil for the first of all.
	from *entry
	left int // of the budget, over all passes
	// anchor has a match with t; nil when none was found.
	anchor *entry
	match  found
}

// Stats counts the work of an Engine since it was made.
type Stats struct {
	// Searches counts those around a ticket, and Placements the tickets that they
	// tried in a team, with other work charged alike, as Engine.Budget counts them.
	Searches, Placements int
}

// Stats gives the work done so far. What a pass adds goes by what changed since
// the last one, not by how many tickets wait.
func (e *Engine) Stats() Stats { return e.stats }

func (e *Engine) work(placements int) {
	e.stats.Searches++
	e.stats.Placements += placements
}

// wake makes tickets due again around which the changed ones may have made a
// match possible. When those would be many more than the ones that changed, it
// makes inquiries about these instead.
func (e *Engine) wake(changed []*entry) {
	if e.cleans == 0 {
		return
	}
	due := len(e.due)
	few := func() bool { return len(e.due)-due <= manyWait*len(changed) }
	for i := 0; i < len(changed) && few(); i++ {
		e.search.eachWaiting(changed[i], func(anchor *entry) bool {
			e.soil(anchor)
			e.due = append(e.due, anchor)
			return few()
		})
	}
	if few() {
		return
	}
	for _, anchor := range e.due[due:] {
		e.clean(anchor)
	}
	e.due = e.due[:due]
	for _, t := range changed {
		e.inquiries = append(e.inquiries, inquiry{t: t, left: math.MaxInt})
	}
}

// manyWait is how many tickets to search around again for each that changed are
// too many. Searching is the quicker way where it soon shows that nobody fits.
const manyWait = 4

// ask makes the first inquiry and gives what it cost. An anchor that was found
// is due.
func (e *Engine) ask() (cost int) {
	q := e.inquiries[0]
	e.inquiries = e.inquiries[1:]
	if !q.t.alive || e.hopeless() {
		return 0
	}
	budget := min(q.left, e.budget(e.vain))
	q.left = budget
	certain := e.inquire(&q)
	switch {
	case q.anchor == nil && certain:
	case q.anchor == nil:
		e.vain++
	default:
		e.vain = 0
		if certain {
			q.from = q.anchor
		}
		e.soil(q.anchor)
		if i, there := slices.BinarySearchFunc(e.due, q.anchor, order); !there {
			e.due = slices.Insert(e.due, i, q.anchor)
		}
		e.answers = append(e.answers, q)
	}
	return budget - q.left
}

// inquire looks for the oldest anchor that has a match with the ticket. Half of
// the budget goes to the anchors from the oldest on. When it does not last, the
// rest goes to those from the newest on, who have had least time to show that
// they fit nobody. It says whether no older anchor can have a match, for
// certain.
func (e *Engine) inquire(q *inquiry) (certain bool) {
	anchors := e.anchors(q)
	if len(anchors) == 0 {
		return true
	}
	s := &e.search
	defer func() { s.round = 0 }()
	idle := s.idle(q.t)
	e.charge(q)
	if idle {
		e.clean(q.t)
		return true
	}
	if s.round > 0 {
		anchors = slices.DeleteFunc(anchors, func(t *entry) bool { return t.round != s.round })
	}
	certain = true
	half := q.left / 2
	for len(anchors) > 0 && q.left > half && q.anchor == nil {
		certain = e.inquireAround(q, anchors[0], (q.left-half)/min(len(anchors), fewShares)) && certain
		anchors = anchors[1:]
	}
	certain = certain && (len(anchors) == 0 || q.anchor != nil)
	for n := len(anchors); n > 0 && q.left > 0 && q.anchor == nil; n-- {
		e.inquireAround(q, anchors[n-1], q.left/min(n, fewShares))
	}
	return certain
}

// fewShares is the part of what is left that goes to one anchor at the least.
const fewShares = 16

// inquireAround looks for a match around an anchor that takes the ticket in, and
// says whether it looked at all there is or found one.
func (e *Engine) inquireAround(q *inquiry, anchor *entry, share int) bool {
	s := &e.search
	found := s.run(anchor, q.t, max(share, min(q.left, 4*s.plan.most)))
	e.charge(q)
	if found {
		q.anchor, q.match = anchor, s.best
		q.match.frames = slices.Clone(s.best.frames)
	}
	return found || !s.closed
}

// charge takes what the last search cost off the budget.
func (e *Engine) charge(q *inquiry) {
	q.left -= e.search.spent
	e.work(e.search.spent)
	q.t.tally(&e.search)
}

// anchors gives the tickets in question, in order of service.
func (e *Engine) anchors(q *inquiry) (anchors []*entry) {
	e.search.eachWaiting(q.t, func(t *entry) bool {
		if q.from == nil || order(t, q.from) >= 0 {
			anchors = append(anchors, t)
		}
		return true
	})
	slices.SortFunc(anchors, order)
	return anchors
}

// askAgain takes up the inquiries whose match lost a ticket to another match.
func (e *Engine) askAgain() {
	e.answers = slices.DeleteFunc(e.answers, func(q inquiry) bool {
		lost := slices.ContainsFunc(q.match.frames, func(f frame) bool { return !f.t.alive })
		if lost && q.t.alive && q.left > 0 {
			e.inquiries = append(e.inquiries, inquiry{t: q.t, from: q.from, left: q.left})
		}
		return lost
	})
}

// answered gives the match that an inquiry found around an anchor around which
// a search of its own found none.
func (e *Engine) answered(anchor *entry) bool {
	for i := range e.answers {
		if q := &e.answers[i]; q.anchor == anchor {
			e.search.best = q.match
			return true
		}
	}
	return false
}
