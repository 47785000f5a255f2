package flexmatch

import "math"

// idle says for certain that no match can take a ticket in. Otherwise it marks,
// where that can be told, the tickets of any age that may be in one with it.
func (s *search) idle(t *entry) bool {
	s.lookAround(t)
	if !s.plan.latest && len(s.rs.stages) > 1 || t.ticket.Backfill != nil {
		return false // the stage goes by who comes before
	}
	if s.gather(s.batch()); len(s.candidates) >= s.batch() {
		return false // and who is beyond the batch is not known
	}
	if !s.gatherAll() {
		return true
	}
	s.spent += len(s.candidates) / largeLooks
	s.rounds++
	s.round, s.limit = s.rounds, math.MaxInt
	if s.plan.balanced >= 0 {
		return !s.markLarge()
	}
	return !s.mark()
}

// mark marks the candidates that may be in a match with the anchor, and says
// whether there may be one.
func (s *search) mark() (may bool) {
	var tried [4]uint64
	for team := s.neediest(s.anchor, &tried); team >= 0; team = s.neediest(s.anchor, &tried) {
		s.push(s.anchor, team)
		if s.promising() && s.ahead(0, s.markCandidates) {
			may = true
		}
		s.pop()
	}
	return may
}

// markLarge is mark for a large match, region by region.
func (s *search) markLarge() (may bool) {
	all := s.candidates
	for _, g := range s.accepted(all) {
		if s.enough(g.tickets, s.anchorStage, s.anchor.players()) {
			s.candidates = g.tickets
			may = s.markCandidates()
		}
	}
	s.candidates = all
	return may
}

func (s *search) markCandidates() bool {
	for _, t := range s.candidates {
		t.round = s.round
	}
	return true
}
