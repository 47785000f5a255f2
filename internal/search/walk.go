package search

import (
	"iter"
	"slices"
)

// walkList goes along a list that lies in the page's order. Like every walk, it
// tells whether the page is complete.
func (p *page) walkList(l *list[uint32]) bool {
	for run := range p.runs(l) {
		for i := range run {
			if p.order.descending {
				i = len(run) - 1 - i
			}
			if !p.hits.has(run[i]) {
				continue
			}
			if p.found = append(p.found, run[i]); p.isFull() {
				return true
			}
		}
		if p.budget -= len(run); p.budget < 0 {
			return false
		}
	}
	return true
}

// runs yields what comes after the page's place, in runs that lie in the list's
// own order.
func (p *page) runs(l *list[uint32]) iter.Seq[[]uint32] {
	start := spot{}
	switch {
	case p.after != nil:
		start = l.find(p.isPassed)
	case p.order.descending:
		start = l.end()
	}
	return l.runs(start, p.order.descending)
}

// isPassed tells, for the place where a walk begins, whether the slot lies
// before it in the list: going up the slot of that place is passed, going down
// it is not.
func (p *page) isPassed(slot uint32) bool {
	at := p.order.place(slot)
	c := at.compareUp(p.after)
	return c < 0 || c == 0 && !p.order.descending
}

// walkNames goes along the names, then on to the sessions without one.
func (p *page) walkNames() bool {
	x := p.order.index
	if !p.isPastValues() && (!p.walkList(&x.byName) || p.isFull()) {
		return p.isFull()
	}
	p.takeAll(p.hits.only(&x.unnamed), p.isPastValues())
	return true
}

// isPastValues tells whether the page begins among the sessions that have no
// value to order them by.
func (p *page) isPastValues() bool { return p.after != nil && p.after.missing }

// walkColumn goes value by value, then on to the sessions that have none. The
// sessions of one value follow each other by creation.
func (p *page) walkColumn(c *column) bool {
	if c == nil {
		c = new(column)
	}
	if !p.isPastValues() {
		for run := range p.values(c) {
			if !p.walkValues(run) || p.isFull() {
				return p.isFull()
			}
		}
	}
	without := p.hits.only(p.order.index.allBut(&c.present))
	p.takeAll(without, p.isPastValues())
	return true
}

// values yields the values after the page's place, with its own, in runs that
// lie in the column's own order.
func (p *page) values(c *column) iter.Seq[[]*value] {
	start := spot{}
	switch {
	case p.after != nil:
		text := p.after.text
		start = c.values.find(func(v *value) bool {
			return v.text < text || v.text == text && p.order.descending
		})
	case p.order.descending:
		start = c.values.end()
	}
	return c.values.runs(start, p.order.descending)
}

// walkValues tells whether the budget lasted.
func (p *page) walkValues(run []*value) bool {
	for i := range run {
		if p.order.descending {
			i = len(run) - 1 - i
		}
		members := &run[i].members
		isStart := p.after != nil && run[i].text == p.after.text
		if members.dense != nil {
			p.budget -= len(p.hits.blocks)
			p.takeAll(p.hits.only(members), isStart)
		} else {
			p.budget -= len(members.slots)
			p.takeFew(members.slots, isStart)
		}
		if p.budget < 0 || p.isFull() {
			return p.isFull()
		}
	}
	return true
}

// walkAvailable takes the full sessions and the others as two groups.
func (p *page) walkAvailable() bool {
	available := &p.order.index.available
	groups := []source{p.order.index.allBut(available), available}
	numbers := []int64{0, 1}
	if p.order.descending {
		numbers = []int64{1, 0}
	}
	if p.after != nil && p.after.number == numbers[1] {
		numbers = numbers[1:]
	}
	for _, number := range numbers {
		if !p.isFull() {
			p.takeAll(p.hits.only(groups[number]), p.after != nil && p.after.number == number)
		}
	}
	return true
}

// takeAll takes a group of hits by creation; the page's place lies in the
// group of its start.
func (p *page) takeAll(group *hits, isStart bool) {
	o := p.order.index.byCreation(p.order.descending)
	p.found = append(p.found, o.slots(group, p.afterInGroup(isStart), p.missing())...)
}

// takeFew is takeAll for the hits among a few slots.
func (p *page) takeFew(slots []uint32, isStart bool) {
	if !slices.ContainsFunc(slots, p.hits.has) {
		return
	}
	o := p.order.index.byCreation(p.order.descending)
	best := newTop(o, p.afterInGroup(isStart), p.missing())
	for _, slot := range slots {
		if p.hits.has(slot) {
			best.offer(slot)
		}
	}
	p.found = best.appendSlots(p.found)
}

// afterInGroup returns the page's place as the order by creation sees it.
func (p *page) afterInGroup(isStart bool) *place {
	if !isStart {
		return nil
	}
	return &place{number: p.after.created, created: p.after.created, id: p.after.id}
}
