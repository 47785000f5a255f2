package search

// page is the making of one page: the first hits of an order after a place.
type page struct {
	order  *order
	hits   *hits
	after  *place // nil: from the start
	want   int
	found  []uint32
	budget int // sessions that walking may still look at
}

// walkShare is how many sessions are looked at on a walk in the time it takes to
// rank one.
const walkShare = 8

// slots finds the page in one of two ways. Walking along an order that the
// index keeps is short when many sessions are hits, ranking all hits is short
// when few are. It is not known beforehand where on the way the hits lie, so the
// walk is tried first and given up once it took as long as ranking would.
func (o *order) slots(h *hits, after *place, want int) []uint32 {
	if h.n == 0 {
		return nil
	}
	p := &page{order: o, hits: h, after: after, want: min(want, h.n), budget: walkShare * h.n}
	if o.walk != nil && o.walk(p) {
		return p.found
	}
	best := newTop(o, after, p.want)
	best.offerAll(h)
	return best.appendSlots(nil)
}

func (p *page) isFull() bool { return len(p.found) >= p.want }

func (p *page) missing() int { return p.want - len(p.found) }
