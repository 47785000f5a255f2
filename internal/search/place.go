package search

import (
	"cmp"
	"strings"
)

// place is where a session stands in an order, with all that decides it. An
// order by strings leaves number zero, an order by numbers leaves text empty.
type place struct {
	missing bool // the session does not have the property
	text    string
	number  int64
	created int64
	id      string
}

// compare orders two places; what is missing comes last in both directions.
func (p *place) compare(q *place, descending bool) int {
	if p.missing != q.missing {
		if p.missing {
			return 1
		}
		return -1
	}
	if descending {
		p, q = q, p
	}
	return p.compareUp(q)
}

func (p *place) compareUp(q *place) int {
	if c := strings.Compare(p.text, q.text); c != 0 {
		return c
	}
	if c := cmp.Compare(p.number, q.number); c != 0 {
		return c
	}
	if c := cmp.Compare(p.created, q.created); c != 0 {
		return c
	}
	return strings.Compare(p.id, q.id)
}
