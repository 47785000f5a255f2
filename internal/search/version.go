package search

import "slices"

// Version is a document as a query is to see it, whatever the index holds of
// it: so a query can be answered as of a moment ago.
type Version struct {
	ID  string
	Doc *Doc // nil: it is not there
}

// slotsOf finds the sessions that there are versions of.
func (x *Index) slotsOf(versions []Version) source {
	slots := make([]uint32, 0, len(versions))
	for _, v := range versions {
		if slot, ok := x.slots[v.ID]; ok {
			slots = append(slots, slot)
		}
	}
	slices.Sort(slots)
	return &posting{slots: slots}
}

// versions returns where the versions that the query finds stand, in order, from
// after a place on.
func (q *Query) versions(after *place) []place {
	var found []place
	descending := q.Sort != nil && q.Sort.descending
	for _, v := range q.Instead {
		if v.Doc == nil || !q.Filter.Match(v.Doc) || q.Location != "" && q.Location != v.Doc.Location {
			continue
		}
		if p := q.place(v.Doc); after == nil || after.compare(&p, descending) < 0 {
			found = append(found, p)
		}
	}
	slices.SortFunc(found, func(a, b place) int { return a.compare(&b, descending) })
	return found
}

// place returns where a document stands in the order that the query asks for.
func (q *Query) place(d *Doc) place {
	p := place{created: d.Created, id: d.ID}
	s := q.Sort
	switch {
	case s == nil || !s.isSet:
		return place{number: shuffle{q.Seed}.number(hash(d.ID)), id: d.ID}
	case s.field.operand == sessionID:
		return place{id: d.ID}
	case s.field.isText():
		text, ok := s.field.text(d)
		p.text, p.missing = text, !ok || s.field.operand == sessionName && text == ""
	case s.field.isNumber():
		p.number = s.field.number(d)
	case d.HasAvailable():
		p.number = 1
	}
	return p
}

// find returns where the document of an ID stands, if it is there.
func (q *Query) find(id string, o *order) (p place, ok bool) {
	for _, v := range q.Instead {
		if v.ID == id && v.Doc != nil {
			return q.place(v.Doc), true
		}
		if v.ID == id {
			return p, false
		}
	}
	slot, ok := o.index.slots[id]
	if ok {
		p = o.place(slot)
	}
	return p, ok
}

// merge returns the places of both, which are in order.
func merge(a, b []place, descending bool) []place {
	if len(b) == 0 {
		return a
	}
	all := make([]place, 0, len(a)+len(b))
	for len(a) > 0 && len(b) > 0 {
		if a[0].compare(&b[0], descending) < 0 {
			all, a = append(all, a[0]), a[1:]
		} else {
			all, b = append(all, b[0]), b[1:]
		}
	}
	return append(append(all, a...), b...)
}
