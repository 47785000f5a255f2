package world

import (
	"iter"
	"slices"
)

// An ordered entity has a serial number.
type ordered interface {
	comparable
	order() uint64
}

// A roster lists entities in order of creation. Those that leave memory leave
// a hole; a roster that is mostly holes closes them.
type roster[E ordered] struct {
	entities []E
	serials  []uint64
	holes    int
}

// reserve makes room for n entities.
func (r *roster[E]) reserve(n int) {
	r.entities, r.serials = slices.Grow(r.entities, n), slices.Grow(r.serials, n)
}

func (r *roster[E]) add(e E) {
	r.entities = append(r.entities, e)
	r.serials = append(r.serials, e.order())
}

// remove takes e out. Holes stay open while a snapshot goes by them.
func (r *roster[E]) remove(e E, open bool) {
	i, ok := slices.BinarySearch(r.serials, e.order())
	if !ok {
		return
	}
	var hole E
	r.entities[i] = hole
	if r.holes++; r.holes > 32 && r.holes > len(r.entities)/2 && !open {
		r.close()
	}
}

func (r *roster[E]) len() int { return len(r.entities) - r.holes }

func (r *roster[E]) close() {
	n := 0
	for i, e := range r.entities {
		var hole E
		if e != hole {
			r.entities[n], r.serials[n] = e, r.serials[i]
			n++
		}
	}
	clear(r.entities[n:])
	r.entities, r.serials, r.holes = slices.Clip(r.entities[:n]), slices.Clip(r.serials[:n]), 0
}

// sorted says whether every entity is newer than the one before.
func (r *roster[E]) sorted() bool {
	for i := 1; i < len(r.serials); i++ {
		if r.serials[i] <= r.serials[i-1] {
			return false
		}
	}
	return true
}

// after yields the entities created after the given serial number, and a zero
// E for each hole.
func (r *roster[E]) after(serial uint64) iter.Seq2[uint64, E] {
	return func(yield func(uint64, E) bool) {
		i, ok := slices.BinarySearch(r.serials, serial)
		if ok {
			i++
		}
		for ; i < len(r.entities); i++ {
			if !yield(r.serials[i], r.entities[i]) {
				return
			}
		}
	}
}
