package search

import (
	"iter"
	"slices"
	"sort"
)

// list keeps items in an order that the caller knows, in chunks, so that
// putting one in moves a chunk and not the list. The zero value is empty.
type list[T any] struct {
	chunks [][]T // none is empty
}

const chunkSize = 512

// listOf makes a list of items in order, with room for some more in each chunk.
func listOf[T any](items []T) (l list[T]) {
	for chunk := range slices.Chunk(items, chunkSize*3/4) {
		l.chunks = append(l.chunks, slices.Clone(chunk))
	}
	return l
}

// spot is a place in a list: before item number item of chunk number chunk. The
// end of the list is the spot after its last chunk.
type spot struct{ chunk, item int }

// find returns the spot before the first item that is not before what the caller
// looks for.
func (l *list[T]) find(isBefore func(T) bool) spot {
	chunk := sort.Search(len(l.chunks), func(i int) bool {
		return !isBefore(l.chunks[i][len(l.chunks[i])-1])
	})
	if chunk == len(l.chunks) {
		return spot{chunk, 0}
	}
	items := l.chunks[chunk]
	return spot{chunk, sort.Search(len(items), func(i int) bool { return !isBefore(items[i]) })}
}

// at returns the item after the spot, and false at the end.
func (l *list[T]) at(s spot) (item T, ok bool) {
	if s.chunk == len(l.chunks) {
		return item, false
	}
	return l.chunks[s.chunk][s.item], true
}

// insert puts an item in at the spot.
func (l *list[T]) insert(s spot, item T) {
	switch last := len(l.chunks) - 1; {
	case s.chunk <= last && len(l.chunks[s.chunk]) == chunkSize:
		s = l.split(s)
	case s.chunk > last && last >= 0 && len(l.chunks[last]) < chunkSize:
		s = spot{last, len(l.chunks[last])}
	case s.chunk > last:
		l.chunks = append(l.chunks, nil)
	}
	l.chunks[s.chunk] = slices.Insert(l.chunks[s.chunk], s.item, item)
}

// split halves the chunk of the spot and returns where the spot is then.
func (l *list[T]) split(s spot) spot {
	const half = chunkSize / 2
	items := l.chunks[s.chunk]
	l.chunks = slices.Insert(l.chunks, s.chunk+1, slices.Clone(items[half:]))
	clear(items[half:])
	l.chunks[s.chunk] = items[:half]
	if s.item > half {
		return spot{s.chunk + 1, s.item - half}
	}
	return s
}

// remove takes out the item after the spot.
func (l *list[T]) remove(s spot) {
	l.chunks[s.chunk] = slices.Delete(l.chunks[s.chunk], s.item, s.item+1)
	left := l.chunks[s.chunk]
	if len(left) == 0 {
		l.chunks = slices.Delete(l.chunks, s.chunk, s.chunk+1)
		return
	}
	if next := s.chunk + 1; next < len(l.chunks) && len(left)+len(l.chunks[next]) <= chunkSize/4 {
		l.chunks[s.chunk] = slices.Concat(left, l.chunks[next])
		l.chunks = slices.Delete(l.chunks, next, next+1)
	}
}

// between yields the items from one spot to another in runs, each in the list's
// order.
func (l *list[T]) between(first, last spot) iter.Seq[[]T] {
	return func(yield func([]T) bool) {
		for i := first.chunk; i <= last.chunk && i < len(l.chunks); i++ {
			run := l.chunks[i]
			if i == last.chunk {
				run = run[:last.item]
			}
			if i == first.chunk {
				run = run[first.item:]
			}
			if len(run) > 0 && !yield(run) {
				return
			}
		}
	}
}

// backward yields the items before the spot in runs from the last to the
// first, each run in the list's own order.
func (l *list[T]) backward(s spot) iter.Seq[[]T] {
	return func(yield func([]T) bool) {
		if s.item > 0 && !yield(l.chunks[s.chunk][:s.item]) {
			return
		}
		for i := s.chunk - 1; i >= 0; i-- {
			if !yield(l.chunks[i]) {
				return
			}
		}
	}
}

// runs yields the items after the spot from the first to the last, or those
// before it from the last to the first. Each run lies in the list's own order.
func (l *list[T]) runs(s spot, descending bool) iter.Seq[[]T] {
	if descending {
		return l.backward(s)
	}
	return l.between(s, l.end())
}

// end is the spot after the last item.
func (l *list[T]) end() spot { return spot{len(l.chunks), 0} }
