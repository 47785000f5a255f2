package search

import (
	"cmp"
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
}

type ranked struct {
	rank rank
	slot uint32
}

func newTop(o *order, after *place, want int) *top {
	t := &top{order: o, after: after, want: want}
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
		base := uint32(at<<blockBits + i*64)
		for word := b[i]; word != 0; {
			bit := bits.TrailingZeros64(word)
			if t.order.descending {
				bit = 63 - bits.LeadingZeros64(word)
			}
			word &^= 1 << bit
			t.offer(base + uint32(bit))
		}
	}
}

// offer takes the slot if it belongs to the first ones so far.
func (t *top) offer(slot uint32) {
	r := ranked{t.order.rankOf(slot), slot}
	full := len(t.ranked) == t.want
	if full && t.ranked[0].rank.before(r.rank) || !t.isAfter(r) {
		return
	}
	switch {
	case !full:
		t.ranked = append(t.ranked, r)
		if len(t.ranked) == t.want {
			slices.SortFunc(t.ranked, func(a, b ranked) int { return t.compare(b, a) })
		}
	case t.compare(r, t.ranked[0]) < 0:
		t.ranked[0] = r
		t.sink()
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
