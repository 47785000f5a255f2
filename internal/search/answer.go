package search

import "slices"

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
		after = q.complete(c, o)
	}
	found, versions := x.match(q.Filter, q.Location), q.versions(o, after)
	if len(q.Instead) > 0 {
		found = found.only(x.allBut(x.slotsOf(q.Instead)))
	}
	limit := q.Limit
	if most := found.n + len(versions); limit <= 0 || limit > most {
		limit = most
	}
	places := o.places(o.slots(found, after, limit+1))
	if len(versions) > 0 {
		places = append(places, versions...)
		slices.SortFunc(places, func(a, b place) int { return a.compare(&b, o.descending) })
	}
	if len(places) > limit {
		places = places[:limit]
		next = cursor{seed: q.Seed, place: places[limit-1]}.encode(sort)
	}
	ids = make([]string, len(places))
	for i := range places {
		ids[i] = places[i].id
	}
	return ids, next, nil
}
