package world

// A timed entity has a next deadline. Applying an event that may move it ends
// with timers.set; Tick runs what is due.
type timed interface {
	due() Instant // zero: none
	expire(t *Turn)
	order() uint64 // breaks ties, so that the order is the same in every replay
	clock() *timer
}

// A timer is an entity's place in the heap, from 1; 0: it is not in it.
type timer struct{ index int }

// timers is a heap of everything that has a deadline, soonest first.
type timers struct{ heap []deadline }

type deadline struct {
	at    Instant
	order uint64
	of    timed
}

func (d deadline) before(other deadline) bool {
	return d.at < other.at || d.at == other.at && d.order < other.order
}

// set moves e to its present deadline.
func (ts *timers) set(e timed) {
	at, i := e.due(), e.clock().index-1
	switch {
	case at == 0:
		ts.drop(e)
		return
	case i < 0:
		i = len(ts.heap)
		ts.heap = append(ts.heap, deadline{})
	}
	ts.place(deadline{at, e.order(), e}, i)
}

// drop forgets e's deadline.
func (ts *timers) drop(e timed) {
	i := e.clock().index - 1
	if i < 0 {
		return
	}
	e.clock().index = 0
	end := len(ts.heap) - 1
	last := ts.heap[end]
	ts.heap[end] = deadline{}
	ts.heap = ts.heap[:end]
	if i < end {
		ts.place(last, i)
	}
}

// place puts d where it belongs, given that place i is free.
func (ts *timers) place(d deadline, i int) {
	for above := (i - 1) / 2; i > 0 && d.before(ts.heap[above]); above = (i - 1) / 2 {
		ts.put(ts.heap[above], i)
		i = above
	}
	for below := ts.sooner(2*i + 1); below < len(ts.heap) && ts.heap[below].before(d); below = ts.sooner(2*i + 1) {
		ts.put(ts.heap[below], i)
		i = below
	}
	ts.put(d, i)
}

// sooner returns which of i and the place after it comes first.
func (ts *timers) sooner(i int) int {
	if i+1 < len(ts.heap) && ts.heap[i+1].before(ts.heap[i]) {
		return i + 1
	}
	return i
}

func (ts *timers) put(d deadline, i int) {
	ts.heap[i] = d
	d.of.clock().index = i + 1
}

// NextDue returns the soonest deadline, or zero if there is none.
func (w *World) NextDue() Instant {
	if len(w.timers.heap) == 0 {
		return 0
	}
	return w.timers.heap[0].at
}

// Tick runs deadlines that have passed, at most Limit of them (zero: 1,000),
// so that a crowd of them never holds the world for long, and no more once
// they have moved tickRecords to the archive, so that no block takes long to be
// made durable. It answers how many it ran.
type Tick struct{ Limit int }

const tickRecords = 128

// Decide implements Command.
func (c Tick) Decide(t *Turn) (int, error) {
	limit := c.Limit
	if limit == 0 {
		limit = 1000
	}
	n := 0
	for ; n < limit && len(t.outcome.Archive) < tickRecords; n++ {
		next := t.NextDue()
		if next == 0 || next > t.At {
			break
		}
		t.timers.heap[0].of.expire(t)
	}
	return n, nil
}
