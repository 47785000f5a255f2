package search

// order is a complete order of the sessions of an index.
type order struct {
	index      *Index
	descending bool
	numbers    []int64 // what it orders by, by slot; nil when that is no number kept
	isText     bool    // it orders by the text of places
	place      func(slot uint32) place
	walk       func(*page) bool // nil when no order is kept that would save work
}

func (o *order) compare(a, b uint32) int {
	p, q := o.place(a), o.place(b)
	return p.compare(&q, o.descending)
}

func (o *order) places(slots []uint32) []place {
	places := make([]place, len(slots))
	for i, slot := range slots {
		places[i] = o.place(slot)
	}
	return places
}

// orderOf returns the order that a sort asks for.
func (x *Index) orderOf(s *Sort, seed uint64) *order {
	if s == nil || !s.isSet {
		return x.shuffled(seed)
	}
	o := &order{index: x, descending: s.descending}
	switch s.field.operand {
	case sessionID:
		o.place = func(slot uint32) place { return place{id: x.rows[slot].id} }
		o.walk = func(p *page) bool { return p.walkList(&x.byID) }
	case sessionName:
		o.place, o.isText = x.namePlace, true
		o.walk = (*page).walkNames
	case property:
		c := x.properties[s.field.key]
		o.place, o.isText = func(slot uint32) place { return x.propertyPlace(slot, c) }, true
		o.walk = func(p *page) bool { return p.walkColumn(c) }
	case hasAvailable:
		o.place = x.availablePlace
		o.walk = (*page).walkAvailable
	case creationTime:
		return x.byCreation(s.descending)
	default:
		numbers := x.column(s.field.operand)
		o.numbers = numbers
		o.place = func(slot uint32) place { return x.numberPlace(slot, numbers[slot]) }
	}
	return o
}

// byCreation is the order by creation time and ID.
func (x *Index) byCreation(descending bool) *order {
	return &order{
		index:      x,
		descending: descending,
		numbers:    x.created,
		place:      func(slot uint32) place { return x.numberPlace(slot, x.created[slot]) },
		walk:       func(p *page) bool { return p.walkList(&x.byCreated) },
	}
}

func (x *Index) numberPlace(slot uint32, number int64) place {
	return place{number: number, created: x.created[slot], id: x.rows[slot].id}
}

func (x *Index) namePlace(slot uint32) place {
	p := x.numberPlace(slot, 0)
	p.text = x.rows[slot].name
	p.missing = p.text == ""
	return p
}

func (x *Index) availablePlace(slot uint32) place {
	if x.available.has(slot) {
		return x.numberPlace(slot, 1)
	}
	return x.numberPlace(slot, 0)
}

func (x *Index) propertyPlace(slot uint32, c *column) place {
	p := x.numberPlace(slot, 0)
	for _, v := range x.rows[slot].properties {
		if v.in == c {
			p.text = v.text
			return p
		}
	}
	p.missing = true
	return p
}
