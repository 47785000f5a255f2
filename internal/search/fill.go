package search

import (
	"maps"
	"slices"
	"strings"
)

// Fill is Put for each of the documents, into an empty index. It takes a part
// of the time: room is made for all of them, and every order and column is
// sorted once.
func (x *Index) Fill(docs []Doc) {
	x.reserve(len(docs))
	f := filling{}
	var again []Doc // IDs that came before
	for i := range docs {
		d := &docs[i]
		if _, known := x.slots[d.ID]; known {
			again = append(again, *d)
			continue
		}
		slot := x.allocate()
		x.write(slot, d, func(c *column, text string) *value { return f.add(c, text, slot) })
	}
	for _, o := range x.kept() {
		x.sort(o)
	}
	for c, values := range f {
		c.fill(values, len(x.rows))
	}
	for _, d := range again {
		x.Put(d)
	}
}

// reserve makes room for n documents.
func (x *Index) reserve(n int) {
	x.slots = make(map[string]uint32, n)
	x.rows = make([]row, 0, n)
	x.players, x.maximum = make([]int64, 0, n), make([]int64, 0, n)
	x.created, x.hashes = make([]int64, 0, n), make([]uint64, 0, n)
}

// sort makes one of the orders.
func (x *Index) sort(o kept) {
	slots := make([]uint32, 0, len(x.rows))
	for slot := range uint32(len(x.rows)) {
		if !o.named || x.rows[slot].name != "" {
			slots = append(slots, slot)
		}
	}
	slices.SortFunc(slots, func(a, b uint32) int { return o.compare(x, a, b) })
	*o.list = listOf(slots)
}

// filling is the values of each column by text, not in order yet.
type filling map[*column]map[string]*value

// add gives a slot the value. Slots come in order.
func (f filling) add(c *column, text string, slot uint32) *value {
	v := f[c][text]
	if v == nil {
		v = &value{text: text, in: c}
		if f[c] == nil {
			f[c] = map[string]*value{}
		}
		f[c][text] = v
	}
	v.members.slots = append(v.members.slots, slot)
	c.present.slots = append(c.present.slots, slot)
	return v
}

// fill puts the values of an empty column in order, in an index of so many slots.
func (c *column) fill(values map[string]*value, slots int) {
	c.values = listOf(slices.SortedFunc(maps.Values(values), func(v, w *value) int { return strings.Compare(v.text, w.text) }))
	for _, v := range values {
		v.members.settle(slots)
	}
	c.present.settle(slots)
}
