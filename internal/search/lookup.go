package search

import "slices"

// withID finds the session of an ID.
func (x *Index) withID(id string) source {
	slot, ok := x.slots[id]
	if !ok {
		return nothing{}
	}
	return &posting{slots: []uint32{slot}}
}

// withProperty finds the sessions that have the value for the key.
func (x *Index) withProperty(key, text string) source {
	if c := x.properties[key]; c != nil {
		return c.with(text)
	}
	return nothing{}
}

// with finds the sessions that have the value.
func (c *column) with(text string) source {
	if members := c.lookup(text); members != nil {
		return members
	}
	return nothing{}
}

// withName finds the sessions of a name. Names are mostly unique, so the index
// keeps no set for each; their order has those of one name side by side.
func (x *Index) withName(name string) source {
	if name == "" {
		return &x.unnamed
	}
	first := x.byName.find(func(slot uint32) bool { return x.rows[slot].name < name })
	last := x.byName.find(func(slot uint32) bool { return x.rows[slot].name <= name })
	var slots []uint32
	for run := range x.byName.between(first, last) {
		slots = append(slots, run...)
	}
	if len(slots) <= len(x.rows)/denseShare {
		slices.Sort(slots)
		return &posting{slots: slots}
	}
	found := new(bitmap)
	for _, slot := range slots {
		found.add(slot)
	}
	return found
}
