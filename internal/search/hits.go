package search

// hits is the answer to a filter: only the blocks of slots that have any.
type hits struct {
	numbers []int32 // by block number: position in blocks plus one, zero for no hits
	blocks  []block
	n       int // slots in all blocks
}

// match finds the sessions of the filter in the location.
func (x *Index) match(f *Filter, location string) *hits {
	all := &hits{numbers: make([]int32, len(x.live.blocks))}
	sources := make([]source, 0, 2)
	if location != "" {
		sources = append(sources, x.locations.with(location))
	}
	if f != nil && f.root != nil {
		sources = append(sources, f.root.bind(x))
	}
	found := intersect(sources)
	for at := range x.live.blocks {
		mask := x.live.blocks[at]
		if mask != (block{}) && found.narrow(at, &mask) {
			all.add(at, &mask)
		}
	}
	return all
}

func (h *hits) add(at int, b *block) {
	h.blocks = append(h.blocks, *b)
	h.numbers[at] = int32(len(h.blocks))
	h.n += b.count()
}

func (h *hits) has(slot uint32) bool {
	number := h.numbers[slot>>blockBits]
	return number != 0 && h.blocks[number-1][slot%blockSlots/64]>>(slot%64)&1 != 0
}

// only returns the hits that are in s too.
func (h *hits) only(s source) *hits {
	some := &hits{numbers: make([]int32, len(h.numbers))}
	for at, number := range h.numbers {
		if number == 0 {
			continue
		}
		mask := h.blocks[number-1]
		if s.narrow(at, &mask) {
			some.add(at, &mask)
		}
	}
	return some
}
