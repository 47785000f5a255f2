package flexmatch

import (
	"math"
	"slices"
)

// pool holds the tickets that wait, so that those a given ticket could play
// with are found without looking at the others: parted by the attributes that
// must be equal, each part in order of service, and divided once more into
// cells by the attribute that may differ by so much.
type pool struct {
	plan  *plan
	parts map[uint64]*ticketPart
}

type ticketPart struct {
	all   list
	cells map[int64]*list // nil without a window
}

// list holds tickets in order of service. Those that left stay until they are
// the greater part.
type list struct {
	items []item
	dead  int
}

// item repeats of an entry what decides most often that it does not fit, so
// that looking at it does not reach into memory elsewhere.
type item struct {
	t    *entry
	mask regions // at any stage
}

func (p *pool) partOf(t *entry) uint64 {
	key := uint64(0)
	for _, f := range p.plan.partition {
		key = key*1099511628211 + t.keys[f]
	}
	return key
}

// cellAt gives the cell of a value. Values too great for an integer share one.
func (p *pool) cellAt(x float64) int64 {
	return int64(max(-1e18, min(1e18, math.Floor(x/p.plan.cell))))
}

// insert adds tickets, which come in order of service.
func (p *pool) insert(entries []*entry) {
	touched := map[*list]int{} // to the length before
	for _, t := range entries {
		key := p.partOf(t)
		part := p.parts[key]
		if part == nil {
			part = &ticketPart{}
			p.parts[key] = part
		}
		part.all.append(t, touched)
		if p.plan.window < 0 {
			continue
		}
		if part.cells == nil {
			part.cells = map[int64]*list{}
		}
		cell := p.cellAt(t.spread[p.plan.window].lo)
		if part.cells[cell] == nil {
			part.cells[cell] = &list{}
		}
		part.cells[cell].append(t, touched)
	}
	for l, old := range touched {
		l.merge(old)
	}
}

func (l *list) append(t *entry, touched map[*list]int) {
	if _, ok := touched[l]; !ok {
		touched[l] = len(l.items)
	}
	it := item{t: t}
	for _, mask := range t.masks {
		it.mask[0] |= mask[0]
		it.mask[1] |= mask[1]
	}
	l.items = append(l.items, it)
}

// merge puts the items from old on, themselves in order, in their place.
func (l *list) merge(old int) {
	if old == 0 || order(l.items[old-1].t, l.items[old].t) < 0 {
		return
	}
	from := l.after(l.items[old].t, old)
	slices.SortStableFunc(l.items[from:], func(a, b item) int { return order(a.t, b.t) })
}

// after gives the index of the first of the first n items that comes after t.
func (l *list) after(t *entry, n int) int {
	lo, hi := 0, n
	for lo < hi {
		if mid := (lo + hi) / 2; order(l.items[mid].t, t) <= 0 {
			lo = mid + 1
		} else {
			hi = mid
		}
	}
	return lo
}

// remove notes that a ticket left.
func (p *pool) remove(t *entry) {
	key := p.partOf(t)
	part := p.parts[key]
	part.all.bury()
	if p.plan.window >= 0 {
		cell := p.cellAt(t.spread[p.plan.window].lo)
		if l := part.cells[cell]; l.bury() {
			delete(part.cells, cell)
		}
	}
	if len(part.all.items) == 0 {
		delete(p.parts, key)
	}
}

// bury counts a ticket that left, clears the list of such when they are many,
// and says whether nothing is left.
func (l *list) bury() bool {
	if l.dead++; 2*l.dead >= len(l.items) {
		l.items = slices.DeleteFunc(l.items, func(it item) bool { return !it.t.alive })
		l.dead = 0
	}
	return len(l.items) == 0
}

// maxCells is how many cells are walked side by side; a ticket that may play
// with more of them walks the whole part.
const maxCells = 16

// near gives the lists that hold every ticket whose value in the window is at
// most limit from t's.
func (p *pool) near(t *entry, limit float64, lists []*list) []*list {
	part := p.parts[p.partOf(t)]
	if part == nil {
		return lists
	}
	if p.plan.window < 0 || math.IsInf(limit, 1) {
		return append(lists, &part.all)
	}
	x := t.spread[p.plan.window]
	from, to := p.cellAt(x.hi-limit), p.cellAt(x.lo+limit)
	if to-from >= maxCells {
		return append(lists, &part.all)
	}
	for c := from; c <= to; c++ {
		if l := part.cells[c]; l != nil {
			lists = append(lists, l)
		}
	}
	return lists
}

// walker gives the tickets that could play with an anchor, in order of service.
type walker struct {
	cursors []cursor
	lists   []*list
}

type cursor struct {
	items []item
	at    int
}

// reset sets the walker before the first ticket after t in each list, or before
// the first of all.
func (w *walker) reset(t *entry) {
	w.cursors = w.cursors[:0]
	for _, l := range w.lists {
		at := 0
		if t != nil {
			at = l.after(t, len(l.items))
		}
		w.cursors = append(w.cursors, cursor{l.items, at})
	}
}

// next gives the next ticket for which fits holds, or nil.
func (w *walker) next(fits func(*item) bool) *entry {
	var first *cursor
	for i := range w.cursors {
		c := &w.cursors[i]
		for c.at < len(c.items) && !fits(&c.items[c.at]) {
			c.at++
		}
		if c.at < len(c.items) && (first == nil || before(c.items[c.at].t, first.items[first.at].t)) {
			first = c
		}
	}
	if first == nil {
		return nil
	}
	first.at++
	return first.items[first.at-1].t
}
