package flexmatch

import "time"

// Match is a match that was formed. Its values are the caller's; the attributes
// and latencies in it are those of the tickets.
type Match struct {
	// Teams holds the teams in the order of the rule set, with numbered copies in
	// place of a definition with a quantity. Players stand in joining order.
	Teams []MatchTeam
	// Tickets holds the tickets, the one that the match was built around first.
	Tickets []Ticket
	// Region is the region that suits all best, or empty when no region is common
	// to the tickets and no rule asks for one.
	Region string
	// Formed is when the match was formed, and Age the ticket age that decided on
	// the expansions.
	Formed time.Time
	Age    time.Duration
	// Metrics counts rule evaluations of the search that led to the match.
	Metrics []RuleMetrics
}

// MatchTeam is one team of a match.
type MatchTeam struct {
	Name    string
	Players []Player
}

// RuleMetrics counts how often a rule was found to hold and to fail while
// matches were looked for, as matchmaking events report it in
// ruleEvaluationMetrics. Tickets so far apart that the index does not bring them
// together are not counted.
type RuleMetrics struct {
	Rule           string
	Passed, Failed int
}

// match makes the match that was found, and takes its tickets from the pool.
func (s *search) match() Match {
	f := s.best.frames[len(s.best.frames)-1]
	if s.plan.balanced >= 0 {
		s.balance()
	}
	m := Match{
		Teams:   s.fill(),
		Tickets: make([]Ticket, len(s.best.frames)),
		Formed:  time.Unix(0, s.e.now).UTC(),
		Age:     s.age(&f),
		Metrics: s.rs.metrics(s.passed, s.failed),
	}
	if s.best.region >= 0 {
		m.Region = s.e.atlas.names[s.best.region]
	}
	for i := range s.best.frames {
		t := s.best.frames[i].t
		m.Tickets[i] = t.ticket
		s.e.take(t)
	}
	return m
}

// fill seats the players of the found match in its teams.
func (s *search) fill() []MatchTeam {
	teams := make([]MatchTeam, len(s.rs.teams))
	sizes := make([]int, len(teams))
	each := func(do func(team int, p *Player)) {
		for i := range s.best.frames {
			f := &s.best.frames[i]
			for p := range f.t.ticket.Players {
				team := f.team
				if team < 0 {
					team = f.t.teams[p]
				}
				do(team, &f.t.ticket.Players[p])
			}
		}
	}
	each(func(team int, _ *Player) { sizes[team]++ })
	all := make([]Player, s.best.players)
	for t, n := range sizes {
		teams[t] = MatchTeam{s.rs.teams[t].name, all[:0:n]}
		all = all[n:]
	}
	each(func(team int, p *Player) {
		seated := *p
		seated.Team = teams[team].Name
		teams[team].Players = append(teams[team].Players, seated)
	})
	return teams
}

// metrics names the counts. Sorts are never evaluated and have none.
func (rs *RuleSet) metrics(passed, failed []int) []RuleMetrics {
	metrics := make([]RuleMetrics, 0, len(rs.rules))
	for i, r := range rs.rules {
		if !r.sorts() {
			m := RuleMetrics{Rule: r.name}
			if passed != nil {
				m.Passed, m.Failed = passed[i], failed[i]
			}
			metrics = append(metrics, m)
		}
	}
	return metrics
}

// tally adds the counts of a search that found nothing.
func (t *entry) tally(s *search) {
	if t.passed == nil {
		t.passed, t.failed = make([]int, len(s.passed)), make([]int, len(s.failed))
	}
	for i := range s.passed {
		t.passed[i] += s.passed[i]
		t.failed[i] += s.failed[i]
	}
}

// Metrics gives the rule evaluations of all searches around a waiting ticket,
// and false when there is no such ticket.
func (e *Engine) Metrics(ticketID string) ([]RuleMetrics, bool) {
	t := e.byID[ticketID]
	if t == nil {
		return nil, false
	}
	return e.Rules.metrics(t.passed, t.failed), true
}
