package search

import (
	"encoding/binary"
	"math"
)

// rank is the coarse part of a place, for comparing many of them without
// reading strings: a lower rank is an earlier place, an equal one may be either.
type rank struct{ first, second int64 }

func (r rank) before(q rank) bool {
	return r.first < q.first || r.first == q.first && r.second < q.second
}

// rankOf returns the rank of a slot. Turning all bits of a number around
// reverses the order of numbers.
func (o *order) rankOf(slot uint32) rank {
	if o.numbers == nil {
		p := o.place(slot)
		return o.rankOfPlace(&p)
	}
	r := rank{o.numbers[slot], o.index.created[slot]}
	if o.descending {
		return rank{^r.first, ^r.second}
	}
	return r
}

func (o *order) rankOfPlace(p *place) rank {
	if p.missing {
		return rank{math.MaxInt64, math.MaxInt64}
	}
	r := rank{p.number, p.created}
	if o.isText {
		r = rank{first: prefix(p.text)}
	}
	if o.descending {
		return rank{^r.first, ^r.second}
	}
	return r
}

// prefix makes a number of the first bytes of text: a lesser text never has a
// greater number.
func prefix(text string) int64 {
	var first [8]byte
	copy(first[:], text)
	return int64(binary.BigEndian.Uint64(first[:]) ^ 1<<63)
}
