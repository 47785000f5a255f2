package world

import "container/heap"

// A timed entity has a next deadline. Applying an event that may move it ends
// with timers.set; Tick runs what is due.
type timed interface {
	due() Instant // zero: none
	expire(t *Turn)
	clock() *timer
}

// A timer is an entity's place in the heap.
type timer struct {
	at     Instant
	serial uint64 // breaks ties, so that the order is the same in every replay
	index  int    // in the heap, from 1; 0: not in it
	of     timed
}

// timers is a heap of everything that has a deadline, soonest first.
type timers struct{ heap timerHeap }

// set moves e to its present deadline.
func (ts *timers) set(e timed) {
	c, at := e.clock(), e.due()
	switch {
	case at == 0 && c.index > 0:
		heap.Remove(&ts.heap, c.index-1)
	case at != 0 && c.index > 0:
		c.at = at
		heap.Fix(&ts.heap, c.index-1)
	case at != 0:
		c.at, c.of = at, e
		heap.Push(&ts.heap, c)
	}
}

// drop forgets e's deadline.
func (ts *timers) drop(e timed) {
	if c := e.clock(); c.index > 0 {
		heap.Remove(&ts.heap, c.index-1)
	}
}

// NextDue returns the soonest deadline, or zero if there is none.
func (w *World) NextDue() Instant {
	if len(w.timers.heap) == 0 {
		return 0
	}
	return w.timers.heap[0].at
}

// Tick runs deadlines that have passed, at most Limit of them (zero: 1,000),
// so that a crowd of them never holds the world for long. It answers how many
// it ran.
type Tick struct{ Limit int }

// Decide implements Command.
func (c Tick) Decide(t *Turn) (int, error) {
	limit := c.Limit
	if limit == 0 {
		limit = 1000
	}
	n := 0
	for ; n < limit; n++ {
		next := t.NextDue()
		if next == 0 || next > t.At {
			break
		}
		t.timers.heap[0].of.expire(t)
	}
	return n, nil
}

type timerHeap []*timer

func (h timerHeap) Len() int { return len(h) }

func (h timerHeap) Less(i, j int) bool {
	if h[i].at != h[j].at {
		return h[i].at < h[j].at
	}
	return h[i].serial < h[j].serial
}

func (h timerHeap) Swap(i, j int) {
	h[i], h[j] = h[j], h[i]
	h[i].index, h[j].index = i+1, j+1
}

// Push implements heap.Interface.
func (h *timerHeap) Push(x any) {
	c := x.(*timer)
	c.index = len(*h) + 1
	*h = append(*h, c)
}

// Pop implements heap.Interface.
func (h *timerHeap) Pop() any {
	old := *h
	c := old[len(old)-1]
	old[len(old)-1] = nil
	*h = old[:len(old)-1]
	c.index = 0
	return c
}
