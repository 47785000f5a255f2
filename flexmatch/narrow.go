package flexmatch

import (
	"cmp"
	"math"
	"slices"
)

// A search that goes on for long below one tentative match looks ahead: it asks
// of each candidate left whether it may join this match at all. Those that may
// not are left out from there on, and when the others are too few, or too few
// for a team that only certain tickets may play in, the search turns back. It
// looks ahead once it has cost as much as that costs, so it never costs more
// than twice of what it would have.

// lookCost is what looking ahead over n candidates costs, in placements. In a
// large match none is placed for it.
func (s *search) lookCost(n int) int {
	if s.plan.balanced >= 0 {
		return n / largeLooks
	}
	return n
}

// largeLooks is how many looks at a candidate cost what placing one does.
const largeLooks = 16

// narrowed goes on with those of the candidates from next on that may join the
// tentative match. It says whether the search is over.
func (s *search) narrowed(next int) bool {
	return s.ahead(next, func() bool { return s.each(0, false) })
}

// ahead calls f with the candidates narrowed, if a match may come of them.
func (s *search) ahead(next int, f func() bool) bool {
	candidates, after, used, sums := s.candidates, s.after, len(s.field), len(s.sums)
	result := s.narrow(next) && f()
	s.candidates, s.after, s.field, s.sums = candidates, after, s.field[:used], s.sums[:sums]
	return result
}

// narrow leaves the candidates that may join the tentative match one by one, and
// says whether a match may come of them.
func (s *search) narrow(next int) bool {
	f := &s.frames[len(s.frames)-1]
	s.short = append(s.short[:0], make([]int, s.plan.classes)...)
	for team := range s.rs.teams {
		s.short[s.rs.teams[team].class] += max(0, s.plan.reach[f.stage].min[team]-len(s.seats.teams[team]))
	}
	from := len(s.field)
	for _, t := range s.candidates[next:] {
		if s.joins(t, f) {
			s.field = append(s.field, t)
		}
	}
	s.candidates = s.field[from:len(s.field):len(s.field)]
	s.sum()
	return slices.Max(s.short) <= 0 && s.enough(s.candidates, f.stage, f.players)
}

// sum sums the players of the candidates up from the last to the first.
func (s *search) sum() {
	from := len(s.sums)
	s.sums = append(s.sums, make([]int, len(s.candidates)+1)...)
	s.after = s.sums[from:len(s.sums):len(s.sums)]
	for i := len(s.candidates) - 1; i >= 0; i-- {
		s.after[i] = s.after[i+1] + s.candidates[i].players()
	}
}

// joins says whether a candidate may join the tentative match, and takes its
// players off what the classes of teams lack that it may join.
func (s *search) joins(t *entry, f *frame) (joins bool) {
	if t.ticket.Backfill != nil || s.plan.balanced >= 0 {
		for class := range s.short {
			s.short[class] -= t.players()
		}
		return t.ticket.Backfill == nil || !f.backfill
	}
	var tried, counted [4]uint64
	for team := s.neediest(t, &tried); team >= 0; team = s.neediest(t, &tried) {
		class := s.rs.teams[team].class
		if counted[class>>6]>>(class&63)&1 == 1 || joins && s.short[class] <= 0 {
			continue
		}
		s.spent++
		s.push(t, team)
		if s.promising() {
			joins = true
			s.short[class] -= t.players()
			counted[class>>6] |= 1 << (class & 63)
		}
		s.pop()
		if s.plan.blind && !joins {
			break // no other team is any different
		}
	}
	return joins
}

// certain gives the players that the match has for certain.
func (s *search) certain() int {
	if s.with != nil {
		return s.anchor.players() + s.with.players()
	}
	return s.anchor.players()
}

// enough says whether so many players at a stage and others of the tickets may
// be a match, going by the conditions on pairs alone.
func (s *search) enough(tickets []*entry, stage, players int) bool {
	s.spent += len(tickets) / largeLooks
	if !s.plan.latest && !s.plan.fixed {
		return true // the stage may become a later one
	}
	s.measureSeated()
	for at := stage; at >= 0; at-- {
		need := max(s.rs.stages[at].minTotal(), s.best.players+1) - players
		if need <= 0 || s.company(tickets, at, need) {
			return true
		}
		if !s.plan.latest {
			break
		}
	}
	return false
}

// measureSeated takes, by filter, the spread of the tickets that the match has
// for certain.
func (s *search) measureSeated() {
	s.seated = append(s.seated[:0], s.anchor.spread...)
	widen := func(t *entry) {
		for i, x := range t.spread {
			s.seated[i].lo, s.seated[i].hi = min(s.seated[i].lo, x.lo), max(s.seated[i].hi, x.hi)
		}
	}
	if s.with != nil {
		widen(s.with)
	}
	for i := range s.frames {
		widen(s.frames[i].t)
	}
}

// company says whether so many players of the tickets that reach a stage may be
// together by the filters, whichever a compound rule chooses.
func (s *search) company(tickets []*entry, stage, need int) bool {
	if len(s.plan.either) == 0 {
		return s.companyBy(s.plan.sure, tickets, stage, need)
	}
	for _, lists := range s.plan.either {
		if !slices.ContainsFunc(lists, func(list []int) bool { return s.companyBy(list, tickets, stage, need) }) {
			return false
		}
	}
	return true
}

func (s *search) companyBy(filters []int, tickets []*entry, stage, need int) bool {
	near, players := s.near[:0], 0
	for _, t := range tickets {
		if (!s.plan.latest || s.stageOf(t.start) >= stage) && s.isNear(filters, t, stage) {
			near = append(near, t)
			players += t.players()
		}
	}
	s.near = near
	if players < need {
		return false
	}
	return !slices.ContainsFunc(filters, func(i int) bool { return !s.clustered(i, stage, need) })
}

// isNear says whether a ticket meets the filters with those that are seated.
func (s *search) isNear(filters []int, t *entry, stage int) bool {
	for _, i := range filters {
		f, x := &s.plan.filters[i], s.seated[i]
		limit := f.limit[stage]
		if f.equal && limit == 0 && t.keys[i] != s.anchor.keys[i] || !f.equal && beyond(max(x.hi, t.spread[i].hi)-min(x.lo, t.spread[i].lo), limit) {
			return false
		}
	}
	return true
}

// clustered says whether enough players of the near tickets are also near each
// other in a number.
func (s *search) clustered(filter, stage, need int) bool {
	limit := s.plan.filters[filter].limit[stage]
	if s.plan.filters[filter].equal || math.IsInf(limit, 1) {
		return true
	}
	line := s.likeness[:0]
	for _, t := range s.near {
		line = append(line, likeness{t.spread[filter].lo, t.players(), t})
	}
	s.likeness = line
	slices.SortFunc(line, func(a, b likeness) int { return cmp.Compare(a.away, b.away) })
	players, end, seated := 0, 0, s.seated[filter].lo
	for start := range line {
		least := min(line[start].away, seated)
		for ; end < len(line) && !beyond(line[end].away-least, limit); end++ {
			players += line[end].rank
		}
		if players >= need || line[start].away >= seated {
			break
		}
		players -= line[start].rank
	}
	return players >= need
}
