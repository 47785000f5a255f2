package search

// Search returns one page of the IDs that the query finds and the cursor of
// the page after it, which is empty when there is none. The only error is
// ErrCursor.
//
// A cursor is a place in the order, not a count: whatever comes or goes between
// two pages, a session that stays is neither left out nor repeated. Only one
// whose own sort value changes may be, because it moves in the order: with
// playerSessionCount ASC, one that fills up is met again, one that empties may
// be missed. Filter, Location and Limit may differ from page to page.
func (x *Index) Search(q Query) (ids []string, next string, err error) {
	sort := q.Sort.String()
	o := x.orderOf(q.Sort, q.Seed)
	var after *place
	if q.After != "" {
		c, err := decodeCursor(q.After, sort)
		if err != nil {
			return nil, "", err
		}
		q.Seed, o = c.seed, x.orderOf(q.Sort, c.seed)
		after = o.complete(c)
	}
	found := x.match(q.Filter, q.Location)
	limit := q.Limit
	if limit <= 0 || limit > found.n {
		limit = found.n
	}
	slots := o.slots(found, after, limit+1)
	if len(slots) > limit {
		slots = slots[:limit]
		next = cursor{seed: q.Seed, place: o.place(slots[limit-1])}.encode(sort)
	}
	return x.ids(slots), next, nil
}

func (x *Index) ids(slots []uint32) []string {
	ids := make([]string, len(slots))
	for i, slot := range slots {
		ids[i] = x.rows[slot].id
	}
	return ids
}
