package flexmatch

import "math"

// note widens the ranges of attributes by a new ticket, and finds out in which
// classes of teams it may play.
func (s *search) note(t *entry) {
	for i := range t.nums {
		x := &s.b.extents[i%s.rs.numbers]
		x.lo, x.hi = min(x.lo, t.nums[i]), max(x.hi, t.nums[i])
	}
	t.fits = math.MaxUint8
	if !s.plan.picky || t.ticket.Backfill != nil {
		return
	}
	t.fits = 0
	for team := range s.rs.teams {
		if class := s.rs.teams[team].class; t.fits>>class&1 == 0 && s.fitsAlone(t, team) {
			t.fits |= 1 << class
		}
	}
}

// fitsAlone says whether a ticket alone in a team leaves every rule possible,
// at some stage.
func (s *search) fitsAlone(t *entry, team int) bool {
	for p := range t.ticket.Players {
		s.seats.teams[team] = append(s.seats.teams[team], seat{t, p})
	}
	s.seats.tickets = append(s.seats.tickets[:0], t)
	defer func() { s.seats.teams[team], s.seats.tickets = s.seats.teams[team][:0], s.seats.tickets[:0] }()
	for i := range s.plan.reach {
		for other := range s.seats.open {
			s.seats.open[other] = s.plan.most
		}
		if s.rulesPossible(i) {
			return true
		}
	}
	return false
}

func (s *search) rulesPossible(stage int) bool {
	rules := s.plan.reach[stage].rules
	for _, i := range s.must {
		if rules[i] != nil && rules[i].picky(len(s.rs.teams)) && !s.b.possible(rules, rules[i]) {
			return false
		}
	}
	return true
}
