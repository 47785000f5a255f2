package search

import (
	"slices"
)

// source is a condition bound to an index: a set of slots, known block by
// block. The sets that the index keeps are sources that searches share; all
// others belong to one search, and may hold scratch room.
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
	nothing      struct{}
	intersection []source // cheapest first
	union        struct {
		of                []source
		found, rest, part block // scratch
	}
	complement struct {
		of    source
		slots int   // of the index
		part  block // scratch
	}
	interval struct { // the slots whose number lies in span
		column []int64
		span   span
	}
)

func (n anyOf) bind(x *Index) source { return &union{of: bindAll(n, x)} }

func (n allOf) bind(x *Index) source { return intersect(bindAll(n, x)) }

func (n negation) bind(x *Index) source { return x.allBut(n.of.bind(x)) }

func (c comparison) bind(x *Index) source {
	bound := c.bindEqual(x)
	if c.isNegated() {
		return x.allBut(bound)
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
		return x.allBut(&x.available)
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

// allBut returns the sessions that are not in s.
func (x *Index) allBut(s source) source { return &complement{of: s, slots: len(x.rows)} }

// intersect returns what is in all of the sources, of which there is one at
// least.
func intersect(sources []source) source {
	slices.SortStableFunc(sources, func(a, b source) int { return a.cost() - b.cost() })
	return intersection(sources)
}

func (s *union) narrow(at int, mask *block) bool {
	s.found, s.rest = block{}, *mask
	for _, each := range s.of {
		s.part = s.rest
		if !each.narrow(at, &s.part) {
			continue
		}
		s.found.merge(&s.part)
		if !s.rest.remove(&s.part) {
			break
		}
	}
	return mask.and(&s.found)
}

func (s *union) cost() int {
	sum := 0
	for _, each := range s.of {
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

func (s *complement) narrow(at int, mask *block) bool {
	s.part = *mask
	return !s.of.narrow(at, &s.part) || mask.remove(&s.part)
}

func (s *complement) cost() int { return s.slots }

func (nothing) narrow(int, *block) bool { return false }

func (nothing) cost() int { return 0 }

func (s interval) narrow(at int, mask *block) bool {
	var left uint64
	for i, word := range mask {
		if word == 0 {
			continue
		}
		first := at<<blockBits + i*64
		mask[i] = word & s.span.within(s.column[first:min(first+64, len(s.column))])
		left |= mask[i]
	}
	return left != 0
}

// cost is above every set's: reading a number for each slot is the dearest.
func (s interval) cost() int { return 2 * len(s.column) }
