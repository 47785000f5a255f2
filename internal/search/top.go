package search

import (
	"cmp"
	"math"
	"math/bits"
	"slices"
)

// top keeps the first few of the slots it is offered, in an order, after a
// place.
type top struct {
	order     *order
	after     *place // nil: from the start
	afterRank rank
	want      int
	ranked    []ranked // once it is full, a heap with the last place on top
	last      rank     // what has a later rank is not wanted
}

type ranked struct {
	rank rank
	slot uint32
}

func newTop(o *order, after *place, want int) *top {
	t := &top{order: o, after: after, want: want, last: rank{math.MaxInt64, math.MaxInt64}}
	if after != nil {
		t.afterRank = o.rankOfPlace(after)
	}
	return t
}

// offerAll offers all hits. Slots mostly follow creation time: an order that
// starts with the latest is offered the latest first, to be full of the right
// ones early.
func (t *top) offerAll(h *hits) {
	for i := range h.numbers {
		at := i
		if t.order.descending {
			at = len(h.numbers) - 1 - i
		}
		if number := h.numbers[at]; number != 0 {
			t.offerBlock(&h.blocks[number-1], at)
		}
	}
}

func (t *top) offerBlock(b *block, at int) {
	for i := range b {
		if t.order.descending {
			i = blockWords - 1 - i
		}
		if b[i] == 0 {
			continue
		}
		first := at<<blockBits + i*64
		t.offerWord(t.sift(b[i], first), uint32(first))
	}
}

// sift drops slots that are not wanted from a word with many, by looking at all
// of their numbers in one go.
func (t *top) sift(word uint64, first int) uint64 {
	const many = 12
	numbers := t.order.numbers
	if numbers == nil || len(t.ranked) < t.want || bits.OnesCount64(word) < many {
		return word
	}
	wanted := span{math.MinInt64, t.last.first}
	if t.order.descending {
		wanted = span{^t.last.first, math.MaxInt64}
	}
	return word & wanted.within(numbers[first:min(first+64, len(numbers))])
}

func (t *top) offerWord(word uint64, first uint32) {
	for word != 0 {
		bit := bits.TrailingZeros64(word)
		if t.order.descending {
			bit = 63 - bits.LeadingZeros64(word)
		}
		word &^= 1 << bit
		t.offer(first + uint32(bit))
	}
}

// offer takes the slot if it belongs to the first ones so far.
func (t *top) offer(slot uint32) {
	if r := t.order.rankOf(slot); !t.last.before(r) {
		t.consider(ranked{r, slot})
	}
}

func (t *top) consider(r ranked) {
	if !t.isAfter(r) {
		return
	}
	switch {
	case len(t.ranked) < t.want:
		t.ranked = append(t.ranked, r)
		if len(t.ranked) == t.want {
			slices.SortFunc(t.ranked, func(a, b ranked) int { return t.compare(b, a) })
			t.last = t.ranked[0].rank
		}
	case t.compare(r, t.ranked[0]) < 0:
		t.ranked[0] = r
		t.sink()
		t.last = t.ranked[0].rank
	}
}

func (t *top) isAfter(r ranked) bool {
	switch {
	case t.after == nil || t.afterRank.before(r.rank):
		return true
	case r.rank.before(t.afterRank):
		return false
	}
	p := t.order.place(r.slot)
	return t.after.compare(&p, t.order.descending) < 0
}

func (t *top) compare(a, b ranked) int {
	if c := cmp.Compare(a.rank.first, b.rank.first); c != 0 {
		return c
	}
	if c := cmp.Compare(a.rank.second, b.rank.second); c != 0 {
		return c
	}
	return t.order.compare(a.slot, b.slot)
}

// sink moves the top of the heap down to where it belongs.
func (t *top) sink() {
	heap := t.ranked
	for parent := 0; ; {
		child := 2*parent + 1
		if child >= len(heap) {
			return
		}
		if right := child + 1; right < len(heap) && t.compare(heap[child], heap[right]) < 0 {
			child = right
		}
		if t.compare(heap[child], heap[parent]) <= 0 {
			return
		}
		heap[parent], heap[child] = heap[child], heap[parent]
		parent = child
	}
}

// appendSlots appends the slots kept, in the order.
func (t *top) appendSlots(slots []uint32) []uint32 {
	slices.SortFunc(t.ranked, t.compare)
	for _, r := range t.ranked {
		slots = append(slots, r.slot)
	}
	return slots
}
