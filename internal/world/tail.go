package world

import (
	"cmp"
	"slices"
)

// tails are the ended entities that are still in memory.
type tails struct {
	sessions  tail[*session]
	players   tail[*player]
	processes tail[*process]
}

// ended is an entity that has ended. Until it leaves memory it has a deadline:
// the one by which it does.
type ended interface {
	timed
	endedAt() Instant
}

// A tail lists ended entities, longest ended first, and of those that ended
// together the oldest first, so that it can be rebuilt from them. One that
// leaves memory by its deadline stays in the list, gone, until it comes to the
// front or most of them are gone.
type tail[E ended] struct {
	queue []E
	gone  int
}

func (q *tail[E]) live() int { return len(q.queue) - q.gone }

// push adds e, which has just ended. Its place is nearly always the last.
func (q *tail[E]) push(e E) {
	i := len(q.queue)
	for i > 0 && compareEnd(e, q.queue[i-1]) < 0 {
		i--
	}
	q.queue = slices.Insert(q.queue, i, e)
}

func compareEnd[E ended](a, b E) int {
	return cmp.Or(cmp.Compare(a.endedAt(), b.endedAt()), cmp.Compare(a.order(), b.order()))
}

func isGone[E ended](e E) bool { return e.clock().index == 0 }

// drop says that an entity of the list has lost its deadline.
func (q *tail[E]) drop() {
	if q.gone++; q.gone > 32 && q.gone > len(q.queue)/2 {
		q.queue = slices.DeleteFunc(q.queue, isGone[E])
		q.gone = 0
	}
}

// oldest returns the first that is not gone. There must be one.
func (q *tail[E]) oldest() E {
	var none E
	for isGone(q.queue[0]) {
		q.queue[0] = none
		q.queue = q.queue[1:]
		q.gone--
	}
	return q.queue[0]
}
