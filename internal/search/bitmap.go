package search

import "math/bits"

// The index numbers its sessions: a slot is the number of one of them. Sets of
// slots are worked on in blocks of 4,096, small enough for the nearest cache.
const (
	blockBits  = 12
	blockSlots = 1 << blockBits
	blockWords = blockSlots / 64
)

// block is the part of a set that lies in one block of slots.
type block [blockWords]uint64

func (b *block) set(slot uint32) { b[slot%blockSlots/64] |= 1 << (slot % 64) }

func (b *block) count() int {
	n := 0
	for _, word := range b {
		n += bits.OnesCount64(word)
	}
	return n
}

// and keeps what is in other too and tells whether anything is left.
func (b *block) and(other *block) bool {
	var left uint64
	for i, word := range other {
		b[i] &= word
		left |= b[i]
	}
	return left != 0
}

// remove drops what is in other and tells whether anything is left.
func (b *block) remove(other *block) bool {
	var left uint64
	for i, word := range other {
		b[i] &^= word
		left |= b[i]
	}
	return left != 0
}

// merge adds what is in other.
func (b *block) merge(other *block) {
	for i, word := range other {
		b[i] |= word
	}
}

// bitmap is a set of slots with a bit for each slot up to the greatest one
// ever in it. The zero value is empty.
type bitmap struct {
	blocks []block
	n      int
}

func (m *bitmap) has(slot uint32) bool {
	at := int(slot >> blockBits)
	return at < len(m.blocks) && m.blocks[at][slot%blockSlots/64]>>(slot%64)&1 != 0
}

func (m *bitmap) add(slot uint32) {
	if m.has(slot) {
		return
	}
	for int(slot>>blockBits) >= len(m.blocks) {
		m.blocks = append(m.blocks, block{})
	}
	m.blocks[slot>>blockBits].set(slot)
	m.n++
}

func (m *bitmap) remove(slot uint32) {
	if m.has(slot) {
		m.blocks[slot>>blockBits][slot%blockSlots/64] &^= 1 << (slot % 64)
		m.n--
	}
}

func (m *bitmap) narrow(at int, mask *block) bool {
	return at < len(m.blocks) && mask.and(&m.blocks[at])
}

func (m *bitmap) cost() int { return m.n }
