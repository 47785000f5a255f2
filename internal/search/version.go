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

// versions returns where the versions that the query finds stand, if it is after
// a place.
func (q *Query) versions(o *order, after *place) []place {
	var found []place
	for _, v := range q.Instead {
		if v.Doc == nil || !q.Filter.Match(v.Doc) || q.Location != "" && q.Location != v.Doc.Location {
			continue
		}
		if p := q.place(v.Doc); after == nil || after.compare(&p, o.descending) < 0 {
			found = append(found, p)
		}
	}
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
