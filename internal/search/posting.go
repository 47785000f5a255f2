package search

import (
	"math/bits"
	"slices"
)

// posting is the set of sessions that share one value. Small sets are sorted
// slots, four bytes for each; once a bit for every slot of the index takes less
// room, they become a bitmap. The zero value is empty.
type posting struct {
	slots []uint32
	dense *bitmap // nil while slots holds the set
}

// A sorted slot takes 32 times the room of a bit. The way back asks for half as
// many, so that a set on the border does not change shape again and again.
const (
	denseShare  = 32
	sparseShare = 2 * denseShare
)

func (p *posting) len() int {
	if p.dense != nil {
		return p.dense.n
	}
	return len(p.slots)
}

// add puts a slot into the set, in an index of so many slots.
func (p *posting) add(slot uint32, slots int) {
	if p.dense != nil {
		p.dense.add(slot)
		p.settle(slots)
		return
	}
	at, ok := slices.BinarySearch(p.slots, slot)
	if ok {
		return
	}
	p.slots = slices.Insert(p.slots, at, slot)
	p.settle(slots)
}

// remove takes a slot out of the set, in an index of so many slots.
func (p *posting) remove(slot uint32, slots int) {
	if p.dense != nil {
		p.dense.remove(slot)
		p.settle(slots)
		return
	}
	if at, ok := slices.BinarySearch(p.slots, slot); ok {
		p.slots = slices.Delete(p.slots, at, at+1)
	}
}

// settle gives the set the shape that takes less room.
func (p *posting) settle(slots int) {
	switch room := max(slots, blockSlots); {
	case p.dense == nil && len(p.slots) > room/denseShare:
		p.dense = new(bitmap)
		for _, slot := range p.slots {
			p.dense.add(slot)
		}
		p.slots = nil
	case p.dense != nil && p.dense.n < room/sparseShare:
		p.slots = make([]uint32, 0, p.dense.n)
		for at := range p.dense.blocks {
			p.slots = p.dense.blocks[at].appendSlots(p.slots, at)
		}
		p.dense = nil
	}
}

func (p *posting) narrow(at int, mask *block) bool {
	if p.dense != nil {
		return p.dense.narrow(at, mask)
	}
	first, _ := slices.BinarySearch(p.slots, uint32(at)<<blockBits)
	var keep block
	last := first
	for ; last < len(p.slots) && int(p.slots[last]>>blockBits) == at; last++ {
		keep.set(p.slots[last])
	}
	return last > first && mask.and(&keep)
}

func (p *posting) cost() int { return p.len() }

// appendSlots appends the slots of the block, in order, when it is block number
// at of its set.
func (b *block) appendSlots(slots []uint32, at int) []uint32 {
	for i, word := range b {
		for ; word != 0; word &= word - 1 {
			slots = append(slots, uint32(at<<blockBits+i*64+bits.TrailingZeros64(word)))
		}
	}
	return slots
}
