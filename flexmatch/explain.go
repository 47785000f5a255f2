package flexmatch

import (
	"slices"
	"strings"
	"time"
)

// RuleReport is what one rule says of a match, whole or tentative.
type RuleReport struct {
	Rule, Type string
	// Passed says that the rule holds. A rule with nothing to measure yet holds.
	Passed bool
	// Part says that the rule counts only where a compound rule names it.
	Part bool
	// Measured and Limit are what was compared: for a rule on numbers, the
	// element nearest to failing, for a compound rule the rules that fail and the
	// statement. Either may be empty.
	Measured, Limit string
	// Margin is how far inside the limit the measured value lies, negative when
	// outside; Numeric says that there is one.
	Margin  float64
	Numeric bool
}

// TicketReport says why a waiting ticket is not matched.
type TicketReport struct {
	Ticket string
	Age    time.Duration
	// Never says why the ticket can never be matched, when that is so.
	Never []Problem
	// Ready says that a match is there, and the next pass will form it.
	Ready bool
	// Teams is the most promising company that was found for the ticket, and
	// Rules what the rules say of it.
	Teams []TeamReport
	Rules []RuleReport
	// Candidates holds the tickets that were tried beside it, in order of service.
	Candidates []Candidate
	// Next holds what expansions will change, and when for this ticket.
	Next []Expected
	// Metrics counts rule evaluations so far.
	Metrics []RuleMetrics
}

// TeamReport is a team of a tentative match.
type TeamReport struct {
	Name string
	// Players is how many there are, Fewest and Most how many there may be.
	Players, Fewest, Most int
}

// Candidate is a ticket that was tried beside the one explained.
type Candidate struct {
	Ticket string
	Joined bool
	// Rule and Reason say why it did not join: the report of the rule that it
	// fails, or, with Rule nil, a reason that is no rule.
	Rule   *RuleReport
	Reason string
}

// Expected is what changes for a ticket at an instant.
type Expected struct {
	At      time.Time
	Changes []Change
}

// MatchReport says why a match was allowed.
type MatchReport struct {
	Region string
	Age    time.Duration // that decided on the expansions
	Rules  []RuleReport
	Teams  []TeamReport
	// Metrics counts the rule evaluations that led to the match.
	Metrics []RuleMetrics
}

// fewestCandidates is how many tickets a report looks at beside the one it
// explains, or as many as a match has players if that is more.
const fewestCandidates = 100

// ExplainTicket says why a ticket is not matched at a time, and false when it
// is not in the pool. It seats the tickets of the pool beside it, the first
// hundred or as many as a match has players, one after the other where each may
// stay; it does not search, and changes nothing.
func (e *Engine) ExplainTicket(id string, now time.Time) (TicketReport, bool) {
	t := e.byID[id]
	if t == nil {
		return TicketReport{}, false
	}
	saved := e.now
	e.now = max(e.now, now.UnixNano())
	defer func() { e.now = saved; e.search.thresholds() }()
	e.search.thresholds()
	report := TicketReport{Ticket: id, Age: t.age(e.now), Next: e.expected(t), Metrics: e.Rules.metrics(t.passed, t.failed)}
	if t.useless {
		report.Never, _ = e.Rules.Check(t.ticket)
		return report, true
	}
	e.search.try(t, &report)
	return report, true
}

// expected gives the stages that are still to come for a ticket.
func (e *Engine) expected(t *entry) (next []Expected) {
	rs := e.Rules
	for s := rs.stageAt(t.age(e.now)) + 1; s < len(rs.stages); s++ {
		next = append(next, Expected{time.Unix(0, t.start).UTC().Add(rs.stages[s].wait), rs.changes(s)})
	}
	return next
}

// try seats as many tickets beside t as go, in order of service, and reports on
// each.
func (s *search) try(t *entry, report *TicketReport) {
	s.begin(t)
	s.attemptOf(t)
	for _, other := range s.e.inOrder(max(fewestCandidates, s.plan.most), t) {
		report.Candidates = append(report.Candidates, s.candidacy(other))
	}
	f := &s.frames[len(s.frames)-1]
	if s.filled(f) {
		_, report.Ready = s.valid(f)
	}
	st := &s.rs.stages[f.stage]
	report.Teams, report.Rules = s.teamReports(st), s.ruleReports(st, -1)
}

// attemptOf seats the anchor alone.
func (s *search) attemptOf(t *entry) {
	s.reset()
	var tried [4]uint64
	team := -1
	if t.ticket.Backfill == nil {
		team = max(0, s.neediest(t, &tried))
	}
	s.push(t, team)
	s.promising()
}

// candidacy tries to seat one more ticket, and leaves it there if it can stay.
func (s *search) candidacy(t *entry) Candidate {
	c := Candidate{Ticket: t.ticket.ID}
	if s.frames[len(s.frames)-1].backfill && t.ticket.Backfill != nil {
		c.Reason = "two backfill tickets never meet in a match"
		return c
	}
	var tried [4]uint64
	c.Reason = "no team has room for it"
	for {
		team := -1
		if t.ticket.Backfill == nil {
			if team = s.neediest(t, &tried); team < 0 {
				return c
			}
		}
		s.culprit = -1
		s.push(t, team)
		if s.promising() {
			return Candidate{Ticket: t.ticket.ID, Joined: true}
		}
		if s.culprit >= 0 && c.Rule == nil {
			st := &s.rs.stages[s.frames[len(s.frames)-1].stage]
			c.Rule, c.Reason = &s.ruleReports(st, s.culprit)[0], ""
		}
		s.pop()
		if team < 0 {
			return c
		}
	}
}

// inOrder gives the first n tickets in order of service that could be matched,
// without one.
func (e *Engine) inOrder(n int, without *entry) []*entry {
	entries := make([]*entry, 0, len(e.byID))
	for _, t := range e.byID {
		if !t.useless && t != without {
			entries = append(entries, t)
		}
	}
	slices.SortFunc(entries, order)
	return entries[:min(n, len(entries))]
}

func (s *search) teamReports(st *stage) []TeamReport {
	reports := make([]TeamReport, len(s.rs.teams))
	for t := range reports {
		reports[t] = TeamReport{s.rs.teams[t].name, len(s.seats.teams[t]), st.min[t], st.max[t]}
	}
	return reports
}

// ruleReports evaluates the rules over the tentative match: all, or one.
func (s *search) ruleReports(st *stage, only int) (reports []RuleReport) {
	for i, r := range st.rules {
		if r.sorts() || only >= 0 && i != only {
			continue
		}
		o := s.b.holds(st, r)
		report := RuleReport{Rule: r.name, Type: string(r.kind), Passed: o.pass, Part: r.part, Numeric: o.numeric && !o.vacuous}
		switch {
		case report.Numeric:
			report.Measured, report.Limit, report.Margin = formatNumber(o.measured), formatNumber(o.limit), o.margin
		case r.kind == kindCompound:
			report.Measured, report.Limit = s.failing(st, r.statement), s.rs.statementWords(r.statement)
		case o.vacuous && r.kind == kindLatency:
			report.Measured = "no region in common"
		case len(r.measurements) > 0:
			s.b.reset()
			report.Measured = s.b.eval(r.measurements[0]).format(r.measurements[0].typ.base)
			if r.reference != nil {
				report.Limit = s.b.eval(r.reference).format(r.reference.typ.base)
			}
		case r.kind == kindBatchDistance:
			report.Measured = s.batchWords(r)
		}
		reports = append(reports, report)
	}
	return reports
}

// failing names the rules of a statement that do not hold.
func (s *search) failing(st *stage, statement *term) string {
	var names []string
	statement.each(func(rule int) {
		if r := st.rules[rule]; !slices.Contains(names, r.name) && !s.b.holds(st, r).pass {
			names = append(names, r.name)
		}
	})
	return strings.Join(names, ", ")
}

// batchWords lists the different values of a string that must be equal.
func (s *search) batchWords(r *rule) string {
	var words []string
	for _, t := range s.seats.tickets {
		for p := range t.players() {
			words = append(words, t.value(s.rs, r.attr, p).str)
		}
	}
	list := value{has: true}
	for _, w := range sortedSet(words) {
		list.list = append(list.list, str(w))
	}
	return list.format(baseString)
}

// ExplainMatch says why a match was allowed: what every rule measured when it
// was formed. The match must be of this rule set, whole and unchanged.
func (rs *RuleSet) ExplainMatch(m Match) MatchReport {
	e := &Engine{Rules: rs}
	e.init()
	e.now = m.Formed.UnixNano()
	s := &e.search
	where := map[string]int{}
	for t, team := range m.Teams {
		for _, p := range team.Players {
			where[p.ID] = t
		}
	}
	for _, ticket := range m.Tickets {
		t := e.compile(ticket)
		s.seats.tickets = append(s.seats.tickets, t)
		for p := range ticket.Players {
			team := where[ticket.Players[p].ID]
			s.seats.teams[team] = append(s.seats.teams[team], seat{t, p})
		}
	}
	st := &rs.stages[rs.stageAt(m.Age)]
	return MatchReport{Region: m.Region, Age: m.Age, Teams: s.teamReports(st), Rules: s.ruleReports(st, -1), Metrics: slices.Clone(m.Metrics)}
}
