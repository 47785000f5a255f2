package search

import (
	"math/bits"
	"slices"
)

// source is a condition bound to an index: a set of slots, known block by
// block.
type source interface {
	// narrow keeps in mask, which is part of block number at, what the source
	// holds, and tells whether anything is left. When nothing is left, mask may
	// hold anything. The mask never has a slot without a session.
	narrow(at int, mask *block) bool
	// cost guesses the work and what will be left: of several, the cheapest
	// goes first.
	cost() int
}

type (
	unionOf      []source
	intersection []source // cheapest first
	complement   struct {
		of    source
		slots int // of the index
	}
	interval struct { // the slots whose number lies in span
		column []int64
		span   span
	}
	nothing struct{}
)

func (n anyOf) bind(x *Index) source { return unionOf(bindAll(n, x)) }

func (n allOf) bind(x *Index) source { return intersect(bindAll(n, x)) }

func (n negation) bind(x *Index) source { return complement{n.of.bind(x), len(x.rows)} }

func (c comparison) bind(x *Index) source {
	bound := c.bindEqual(x)
	if c.isNegated() {
		return complement{bound, len(x.rows)}
	}
	return bound
}

// bindEqual binds the comparison with <> taken as =.
func (c comparison) bindEqual(x *Index) source {
	switch c.field.operand {
	case sessionID:
		return x.withID(c.text)
	case sessionName:
		return x.withName(c.text)
	case property:
		return x.withProperty(c.field.key, c.text)
	case hasAvailable:
		if c.truth {
			return &x.available
		}
		return complement{&x.available, len(x.rows)}
	default:
		return interval{x.column(c.field.operand), c.span}
	}
}

func bindAll(nodes []node, x *Index) []source {
	bound := make([]source, len(nodes))
	for i, n := range nodes {
		bound[i] = n.bind(x)
	}
	return bound
}

func intersect(sources []source) source {
	slices.SortStableFunc(sources, func(a, b source) int { return a.cost() - b.cost() })
	return intersection(sources)
}

func (s unionOf) narrow(at int, mask *block) bool {
	var found block
	rest := *mask
	for _, each := range s {
		part := rest
		if !each.narrow(at, &part) {
			continue
		}
		found.merge(&part)
		if !rest.remove(&part) {
			break
		}
	}
	return mask.and(&found)
}

func (s unionOf) cost() int {
	sum := 0
	for _, each := range s {
		sum += each.cost()
	}
	return sum
}

func (s intersection) narrow(at int, mask *block) bool {
	for _, each := range s {
		if !each.narrow(at, mask) {
			return false
		}
	}
	return true
}

func (s intersection) cost() int { return s[0].cost() }

func (s complement) narrow(at int, mask *block) bool {
	part := *mask
	return !s.of.narrow(at, &part) || mask.remove(&part)
}

func (s complement) cost() int { return s.slots }

func (s interval) narrow(at int, mask *block) bool {
	var left uint64
	for i, word := range mask {
		kept := word
		for ; word != 0; word &= word - 1 {
			bit := bits.TrailingZeros64(word)
			if !s.span.has(s.column[at<<blockBits+i*64+bit]) {
				kept &^= 1 << bit
			}
		}
		mask[i] = kept
		left |= kept
	}
	return left != 0
}

// cost is above every set's: reading a number for each slot is the dearest.
func (s interval) cost() int { return 2 * len(s.column) }

func (nothing) narrow(int, *block) bool { return false }

func (nothing) cost() int { return 0 }
