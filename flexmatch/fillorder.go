package flexmatch

// neediest gives the next team to try: first those below their minimum, then
// those with most open slots. Of teams that no rule tells apart, one empty one
// stands for all.
//
// Source: FlexMatch developer guide, "Design large matches", which documents
// this order.
func (s *search) neediest(t *entry, tried *[4]uint64) int {
	reach := &s.plan.reach[s.stageWith(t)]
	best, bestShort, bestOpen, bestRank := -1, false, 0, 0
	teams := len(s.rs.teams)
	for i := range teams {
		n := len(s.seats.teams[i])
		open := reach.max[i] - n
		if open < t.players() || tried[i>>6]>>(i&63)&1 == 1 || !t.mayPlay(s.rs.teams[i].class) {
			continue
		}
		short, rank := n < reach.min[i], (i+s.shift)%teams
		if best < 0 || short && !bestShort || short == bestShort && (open > bestOpen || open == bestOpen && rank < bestRank) {
			best, bestShort, bestOpen, bestRank = i, short, open, rank
		}
	}
	if best >= 0 {
		s.cross(best, tried)
	}
	return best
}

// cross marks a team as tried, and when it is empty all empty teams of its
// class; but not while a backfill ticket may come in, whose teams are fixed.
func (s *search) cross(team int, tried *[4]uint64) {
	tried[team>>6] |= 1 << (team & 63)
	settled := s.e.backfills == 0 || len(s.frames) > 0 && s.frames[len(s.frames)-1].backfill
	if !settled || len(s.seats.teams[team]) > 0 {
		return
	}
	for i := range s.rs.teams {
		if s.rs.teams[i].class == s.rs.teams[team].class && len(s.seats.teams[i]) == 0 {
			tried[i>>6] |= 1 << (i & 63)
		}
	}
}
