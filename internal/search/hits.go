package search

// hits is the answer to a filter: only the blocks of slots that have any.
type hits struct {
	numbers []int32 // by block number: position in blocks plus one, zero for no hits
	blocks  []block
	n       int // slots in all blocks
}

// match finds the sessions of the filter in the location.
func (x *Index) match(f *Filter, location string) *hits {
	found := x.all()
	if f != nil && f.root != nil {
		found = found.only(f.root.bind(x))
	}
	if location != "" {
		found = found.only(x.locations.with(location))
	}
	return found
}

// all returns every session. It shares the index's own blocks: hits are only
// read.
func (x *Index) all() *hits {
	all := &hits{numbers: make([]int32, len(x.live.blocks)), blocks: x.live.blocks, n: x.live.n}
	for at := range all.numbers {
		all.numbers[at] = int32(at + 1)
	}
	return all
}

// only returns the hits that are in s too.
func (h *hits) only(s source) *hits {
	room := min(len(h.blocks), s.cost()+1) // one for a block that turns out empty
	some := &hits{numbers: make([]int32, len(h.numbers)), blocks: make([]block, 0, room)}
	for at, number := range h.numbers {
		if number != 0 {
			some.add(at, &h.blocks[number-1], s)
		}
	}
	return some
}

// add adds what is in s of block number at.
func (h *hits) add(at int, b *block, s source) {
	last := len(h.blocks)
	h.blocks = append(h.blocks, *b)
	mask := &h.blocks[last]
	if !s.narrow(at, mask) {
		h.blocks = h.blocks[:last]
		return
	}
	h.numbers[at] = int32(last + 1)
	h.n += mask.count()
}

func (h *hits) has(slot uint32) bool {
	number := h.numbers[slot>>blockBits]
	return number != 0 && h.blocks[number-1][slot%blockSlots/64]>>(slot%64)&1 != 0
}
