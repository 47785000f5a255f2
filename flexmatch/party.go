package flexmatch

import (
	"cmp"
	"slices"
)

// PartyEvaluation says what comparison, distance and collection rules take a
// party for, a ticket of several players. What partyAggregation means to the
// other rule types does not depend on it.
//
// AWS says the one thing today, and people observed the other of the service in
// its first years; docs/FLEXMATCH.md has the reports.
type PartyEvaluation string

const (
	// PartyIndividual evaluates each player. It is what Parse gives.
	PartyIndividual PartyEvaluation = "individual"
	// PartyAggregate takes a party for one player, who has the values that
	// partyAggregation makes of the players' own.
	PartyAggregate PartyEvaluation = "aggregate"
)

// Parties says how the rule set evaluates parties.
func (rs *RuleSet) Parties() PartyEvaluation {
	return cmp.Or(rs.parties, PartyIndividual)
}

// Evaluating gives the rule set with parties evaluated in the given way. It is
// for those who make an engine for a matchmaking configuration, which says
// which rule set it uses and how. Matches must be explained by the rule set that
// formed them.
func (rs *RuleSet) Evaluating(parties PartyEvaluation) *RuleSet {
	if parties == rs.Parties() {
		return rs
	}
	other := *rs
	other.parties = parties
	other.numbers, other.strings, other.lists, other.plan = 0, 0, 0, plan{}
	other.attributes, other.teams = slices.Clone(rs.attributes), slices.Clone(rs.teams)
	other.stages = slices.Clone(rs.stages)
	read := map[*rule]*rule{} // by the old one: stages share rules
	for i := range other.stages {
		other.stages[i].rules = slices.Clone(rs.stages[i].rules)
		for j, r := range rs.stages[i].rules {
			if read[r] == nil {
				read[r] = r.evaluating(parties)
			}
			other.stages[i].rules[j] = read[r]
		}
	}
	other.rules = other.stages[0].rules
	other.prepare()
	return &other
}

func (r *rule) evaluating(parties PartyEvaluation) *rule {
	switch r.kind {
	case kindComparison, kindDistance, kindCollection:
	default:
		return r
	}
	other := *r
	other.measurements = make([]*expr, len(r.measurements))
	for i, e := range r.measurements {
		other.measurements[i] = e.evaluating(parties == PartyAggregate, r.party)
	}
	if r.reference != nil {
		other.reference = r.reference.evaluating(parties == PartyAggregate, r.party)
	}
	return &other
}

func (e *expr) evaluating(whole bool, how aggregation) *expr {
	other := *e
	other.whole, other.how = whole, how
	if e.arg != nil {
		other.arg = e.arg.evaluating(whole, how)
	}
	return &other
}

// party says that the ticket is one of several players who came together. Those
// of a backfill ticket did not, as far as anybody knows.
func (t *entry) party() bool { return t.players() > 1 && t.ticket.Backfill == nil }

// entries lists the values of a team's players with one for each party.
func (v *evaluator) entries(e *expr, seats []seat) value {
	list := v.make(len(seats))[:0]
	for _, s := range seats {
		switch {
		case !s.t.party():
			list = append(list, v.player(e, s))
		case s.player > 0: // is in the party's value
		case e.how >= aggregateUnion && e.typ.base == baseString:
			list = append(list, v.joint(e, s.t)...)
		case e.kind == pathAttribute && e.typ.base == baseNumber:
			list = append(list, number(s.t.aggregate(v.set, e.attr, e.how)))
		default: // neither strings nor lists have a least, a greatest or an average
			list = append(list, value{has: true})
		}
	}
	return value{list: list, has: true}
}

// joint gives what a party has for a collection rule: one list made of the
// players' lists, or each string of the players once.
func (v *evaluator) joint(e *expr, t *entry) []value {
	lists := v.make(t.players())
	for p := range lists {
		lists[p] = v.player(e, seat{t, p})
		if !e.typ.ofLists() {
			own := v.make(1)
			own[0] = lists[p]
			lists[p] = value{list: own, has: true}
		}
	}
	whole := v.united(lists)
	if e.how == aggregateIntersection {
		whole = v.shared(lists)
	}
	if e.typ.ofLists() {
		return []value{whole}
	}
	return whole.list
}

// united gives the strings that are in any list, sorted.
func (v *evaluator) united(lists []value) value {
	all := v.flatten(value{list: lists}).list
	slices.SortFunc(all, func(a, b value) int { return cmp.Compare(a.str, b.str) })
	return value{list: slices.CompactFunc(all, func(a, b value) bool { return a.str == b.str }), has: true}
}

// entryNumber gives a number of the one seat, or of the party that the seat is
// the first of. It is false for the other seats of a party.
func (b *bounder) entryNumber(path *expr, s seat) (x float64, ok bool) {
	party := path.whole && s.t.party()
	switch {
	case party && s.player > 0:
		return 0, false
	case path.kind != pathAttribute || path.typ.base != baseNumber:
		return 0, true
	case party:
		return s.t.aggregate(b.set, path.attr, path.how), true
	}
	return s.t.number(b.set, path.attr, s.player), true
}

// entryPoints lists the numbers of a team's players with one for each party.
func (b *bounder) entryPoints(path *expr, seats []seat, list []span) []span {
	for _, seat := range seats {
		if x, ok := b.entryNumber(path, seat); ok {
			list = append(list, point(x))
		}
	}
	return list
}

// gatherEntries is gather with one number for each party.
func (b *bounder) gatherEntries(s *sums, path *expr, seats []seat) {
	b.work += len(seats)
	for _, seat := range seats {
		if x, ok := b.entryNumber(path, seat); ok {
			p := point(x)
			s.add(&p)
		}
	}
}
