package flexmatch

import (
	"fmt"
	"math"
	"slices"
	"strings"
)

// plan is what a search knows about a rule set beforehand.
type plan struct {
	// reach holds, by stage, the loosest reading of everything that a tentative
	// match of that stage may come to by taking in more tickets. A nil rule there
	// may read in ways that cannot be bounded.
	reach []stage
	// filters are conditions on two tickets of one match. Any two must meet those
	// named by sure. For each compound rule that stands and asks for one of several
	// things, any two must meet those of one list of either; sure is in each.
	filters []filter
	sure    []int
	either  [][][]int
	// partition holds the filters that ask for equality at every stage, and
	// window the one that divides the pool into cells; -1 for none.
	partition []int
	window    int
	cell      float64
	// limits holds, by stage, the latency limit of each standing latency rule;
	// latencyRules their indexes. level numbers the different rows.
	latencyRules []int
	level        []int
	limits       [][]float64
	// classes counts the classes of teams that no rule tells apart. picky says
	// that some rule keeps players out of some classes.
	classes int
	picky   bool
	// blind says that no rule minds who plays in which team, and that the teams
	// are of the same size at all stages.
	blind bool
	// hint is the attribute to look for likeness in when looking in order of age
	// does not lead to a match; -1 for none.
	hint int
	// most is the greatest number of players a match may have, at any stage.
	most, least int
	fewest      []int // by stage: the players of the smallest match within reach
	sorts       []int // the sort rules, by index
	balanced    int   // the attribute that a large match is balanced on, or -1
	latest      bool  // expansions follow the newest ticket
	fixed       bool  // they follow the oldest, and a match is built around it
}

// filter is a condition on pairs of tickets: equal values of an attribute, or
// values at most so far apart.
type filter struct {
	rule  int
	attr  int
	equal bool
	// whole takes a ticket's aggregate, parties that of a party; otherwise each
	// player's own value counts.
	whole, parties bool
	party          aggregation
	limit          []float64 // by stage; infinite where the condition does not apply
}

func (rs *RuleSet) prepare() {
	for i := range rs.attributes {
		a := &rs.attributes[i]
		if !a.used {
			continue
		}
		counter := map[AttributeType]*int{NumberType: &rs.numbers, StringType: &rs.strings, StringListType: &rs.lists}[a.Type]
		if counter != nil {
			a.slot = *counter
			*counter++
		}
	}
	rs.classify()
	p := &rs.plan
	p.latest = rs.algorithm.ExpansionAge == "newest"
	p.fixed = !p.latest && rs.algorithm.BackfillPriority == "normal" && !rs.Large()
	p.balanced = -1
	if rs.Large() {
		p.balanced = rs.attribute(rs.algorithm.BalancedAttribute)
	}
	rs.reachable()
	rs.latencyLevels()
	rs.findFilters()
	for _, r := range rs.rules {
		if r.sorts() {
			p.sorts = append(p.sorts, r.index)
		}
	}
	p.hint = rs.findHint()
	p.blind = !slices.ContainsFunc(rs.stages, func(s stage) bool {
		return !slices.Equal(s.min, rs.stages[0].min) || !slices.Equal(s.max, rs.stages[0].max)
	})
	rs.eachRule(func(r *rule) { p.blind = p.blind && rs.indifferent(r) })
	p.least = math.MaxInt
	for i := range rs.stages {
		p.most, p.least = max(p.most, rs.stages[i].maxTotal()), min(p.least, rs.stages[i].minTotal())
		p.fewest = append(p.fewest, p.reach[i].minTotal())
	}
}

// classify gives one class to teams that every rule treats alike.
func (rs *RuleSet) classify() {
	m := marks{rs: rs, of: make([]strings.Builder, len(rs.teams)), seen: map[*expr]bool{}}
	for _, s := range rs.stages {
		for t := range rs.teams {
			fmt.Fprintf(&m.of[t], "%d-%d ", s.min[t], s.max[t])
		}
	}
	rs.eachRule(func(r *rule) {
		m.rule(r)
		rs.plan.picky = rs.plan.picky || r.picky(len(rs.teams))
	})
	classes := map[string]int{}
	for t := range rs.teams {
		mark := m.of[t].String()
		if m.crossed {
			mark = fmt.Sprint(t)
		}
		if _, ok := classes[mark]; !ok {
			classes[mark] = len(classes)
		}
		rs.teams[t].class = classes[mark]
	}
	rs.plan.classes = len(classes)
	rs.plan.picky = rs.plan.picky && rs.plan.classes <= maxPickyClasses
}

// marks gathers what sets teams apart: their sizes, and the expressions that
// read some teams and not others.
type marks struct {
	rs   *RuleSet
	of   []strings.Builder // by team
	seen map[*expr]bool
	// crossed says that a rule pairs teams with other teams, so that no two of
	// them are alike.
	crossed bool
}

func (m *marks) rule(r *rule) {
	ref := r.reference
	if ref != nil {
		m.note(ref)
	}
	for _, e := range r.measurements {
		m.note(e)
		if ref != nil && !ref.constant() && e.perTeam() && ref.perTeam() && !slices.Equal(e.selected(), ref.selected()) {
			m.crossed = true
		}
	}
}

func (m *marks) note(e *expr) {
	for e.fn != fnNone {
		e = e.arg
	}
	if !e.path || len(e.teams) == len(m.rs.teams) || m.seen[e] {
		return
	}
	m.seen[e] = true
	for _, t := range e.teams {
		fmt.Fprintf(&m.of[t], "%s ", e.text)
	}
}

// maxPickyClasses bounds the memory that eligibility takes in each ticket.
const maxPickyClasses = 8

// perTeam says that the expression gives a value for each team of a list.
func (e *expr) perTeam() bool { return e.typ.depth() > 0 && e.typ.dims[0].teams > 0 }

func (e *expr) selected() []int {
	for e.fn != fnNone {
		e = e.arg
	}
	return e.teams
}

// picky says that the rule asks something of the players of some teams alone.
func (r *rule) picky(teams int) bool {
	if !r.stands() || r.reference == nil || !r.reference.constant() {
		return false
	}
	return slices.ContainsFunc(r.measurements, func(e *expr) bool { return e.ofPlayers() && len(e.selected()) < teams })
}

// eachRule calls f with each different reading of each rule.
func (rs *RuleSet) eachRule(f func(*rule)) {
	for s := range rs.stages {
		for i, r := range rs.stages[s].rules {
			if s == 0 || rs.stages[s-1].rules[i] != r {
				f(r)
			}
		}
	}
}

// reachable fills plan.reach. With the newest ticket's age, taking in more
// tickets can only lead to earlier stages. With the oldest one's it leads
// nowhere when tickets are taken in by age, and to later stages when backfill
// tickets come first or last.
func (rs *RuleSet) reachable() {
	n := len(rs.stages)
	rs.plan.reach = make([]stage, n)
	loosest := func(s int, others int) {
		if others < 0 || others >= n {
			rs.plan.reach[s] = rs.stages[s]
			return
		}
		rs.plan.reach[s] = loosenStage(&rs.stages[s], &rs.plan.reach[others])
	}
	switch {
	case rs.plan.latest:
		for s := range n {
			loosest(s, s-1)
		}
	case rs.plan.fixed:
		copy(rs.plan.reach, rs.stages)
	default:
		for s := n - 1; s >= 0; s-- {
			loosest(s, s+1)
		}
	}
}

func loosenStage(a, b *stage) stage {
	s := stage{a.wait, slices.Clone(a.min), slices.Clone(a.max), slices.Clone(a.rules)}
	for t := range s.min {
		s.min[t], s.max[t] = min(s.min[t], b.min[t]), max(s.max[t], b.max[t])
	}
	for i, r := range s.rules {
		s.rules[i] = loosen(r, b.rules[i])
	}
	return s
}

// loosen gives a rule that holds wherever one of two readings does, or nil.
func loosen(a, b *rule) *rule {
	if a == b || a == nil || b == nil {
		if b == nil {
			return nil
		}
		return a
	}
	same := func(x, y *expr) bool { return x == nil && y == nil || x != nil && y != nil && x.text == y.text }
	if a.operation != b.operation || a.party != b.party || a.attr != b.attr || a.fromAverage != b.fromAverage ||
		!same(a.reference, b.reference) || !slices.EqualFunc(a.measurements, b.measurements, same) {
		return nil
	}
	r := *a
	r.min, r.max, r.maxLatency = min(a.min, b.min), max(a.max, b.max), max(a.maxLatency, b.maxLatency)
	return &r
}

// latencyLevels lays out the standing latency limits by stage.
func (rs *RuleSet) latencyLevels() {
	p := &rs.plan
	for _, r := range rs.rules {
		if r.kind == kindLatency && r.stands() {
			p.latencyRules = append(p.latencyRules, r.index)
		}
	}
	for s := range rs.stages {
		row := make([]float64, len(p.latencyRules))
		for i, rule := range p.latencyRules {
			row[i] = math.Inf(1)
			if r := p.reach[s].rules[rule]; r != nil && r.party == rs.rules[rule].party {
				row[i] = r.maxLatency
			}
		}
		if n := len(p.limits); n == 0 || !slices.Equal(p.limits[n-1], row) {
			p.limits = append(p.limits, row)
		}
		p.level = append(p.level, len(p.limits)-1)
	}
}

// findFilters derives the conditions on pairs from the rules that must hold.
func (rs *RuleSet) findFilters() {
	p := &rs.plan
	p.window, p.cell = -1, 1
	must := map[int]bool{}
	for _, r := range rs.rules {
		if r.stands() {
			must[r.index] = true
			if r.statement != nil {
				r.statement.demand(must)
			}
		}
	}
	p.sure = rs.addFilters(must)
	for i, f := range p.filters {
		always := !slices.ContainsFunc(f.limit, func(l float64) bool { return math.IsInf(l, 1) })
		switch {
		case f.equal && always:
			p.partition = append(p.partition, i)
		case !f.equal && p.window < 0 && !math.IsInf(f.limit[0], 1):
			p.window, p.cell = i, max(f.limit[0], 1e-6)
		}
	}
	for _, r := range rs.rules {
		if r.stands() && r.statement != nil && (r.statement.op == opOr || r.statement.op == opXor) {
			rs.addEither(r.statement.args)
		}
	}
}

// addFilters adds the conditions of rules, and gives their indexes.
func (rs *RuleSet) addFilters(rules map[int]bool) (added []int) {
	for _, r := range rs.rules {
		if from := len(rs.plan.filters); rules[r.index] {
			if rs.addFilter(r); len(rs.plan.filters) > from {
				added = append(added, from)
			}
		}
	}
	return added
}

// addEither adds the conditions of each of several terms, unless one of them
// has none.
func (rs *RuleSet) addEither(terms []*term) {
	var lists [][]int
	for _, t := range terms {
		must := map[int]bool{}
		t.demand(must)
		added := rs.addFilters(must)
		if len(added) == 0 {
			return
		}
		lists = append(lists, append(slices.Clone(rs.plan.sure), added...))
	}
	rs.plan.either = append(rs.plan.either, lists)
}

// demand marks the rules that must hold for the statement to be true.
func (t *term) demand(must map[int]bool) {
	switch t.op {
	case opRule:
		must[t.rule] = true
	case opAnd:
		for _, arg := range t.args {
			arg.demand(must)
		}
	}
}

func (rs *RuleSet) addFilter(r *rule) {
	f, ok := rs.pairFilter(r)
	if !ok {
		return
	}
	for s := range rs.stages {
		limit := math.Inf(1)
		if loosest := rs.plan.reach[s].rules[r.index]; loosest != nil {
			if same, ok := rs.pairFilter(loosest); ok && same.attr == f.attr && same.equal == f.equal && same.party == f.party {
				limit = same.limit[0]
			}
		}
		f.limit = append(f.limit, limit)
	}
	f.limit = f.limit[1:]
	rs.plan.filters = append(rs.plan.filters, f)
}

// pairFilter gives the condition on pairs that one reading of a rule implies,
// with its limit as the one element of limit.
func (rs *RuleSet) pairFilter(r *rule) (filter, bool) {
	f := filter{rule: r.index, attr: r.attr, party: r.party}
	switch r.kind {
	case kindBatchDistance:
		f.whole = true
		f.equal = rs.attributes[r.attr].Type == StringType
		f.limit = []float64{r.max}
		if f.equal {
			f.limit[0] = 0
		}
		return f, true
	case kindComparison:
		e := r.measurements[0]
		if r.reference == nil && r.operation == "=" && rs.everyone(e) && e.typ.depth() == 1 {
			f.equal, f.parties, f.limit, f.attr = true, rs.parties == PartyAggregate, []float64{0}, e.attribute()
			return f, true
		}
	case kindDistance:
		return rs.spreadFilter(r, f)
	}
	return f, false
}

// spreadFilter finds the spread that a distance rule allows between players:
// the distance of the greatest from the least, or twice the distance of every
// player from one reference.
func (rs *RuleSet) spreadFilter(r *rule, f filter) (filter, bool) {
	m, ref := r.measurements[0], r.reference
	f.parties = rs.parties == PartyAggregate
	always := ref.constant() || len(ref.selected()) == len(rs.teams) // or the rule is void while some team is empty
	if rs.everyone(m) && ref.typ.depth() == 0 && always {
		f.attr, f.limit = m.attribute(), []float64{2 * r.max}
		return f, true
	}
	ends := m.fn == fnMax && ref.fn == fnMin || m.fn == fnMin && ref.fn == fnMax
	if ends && m.typ.depth() == 0 && rs.everyone(m.arg) && rs.everyone(ref.arg) && m.arg.attribute() == ref.arg.attribute() {
		f.attr, f.limit = m.arg.attribute(), []float64{r.max}
		return f, true
	}
	return f, false
}

// everyone says that e lists one scalar attribute of all players.
func (rs *RuleSet) everyone(e *expr) bool {
	return e.ofPlayers() && e.attribute() >= 0 && len(e.selected()) == len(rs.teams) && rs.attributes[e.attribute()].Type != StringListType
}

// attribute gives the attribute that a list of players' values reads, or -1.
func (e *expr) attribute() int {
	for e.fn != fnNone {
		e = e.arg
	}
	if !e.path || e.kind != pathAttribute {
		return -1
	}
	return e.attr
}

// findHint gives the number that a rule compares between teams or players.
func (rs *RuleSet) findHint() int {
	for _, r := range rs.rules {
		if r.sorts() || len(r.measurements) == 0 {
			continue
		}
		if a := r.measurements[0].attribute(); a >= 0 && rs.attributes[a].Type == NumberType && (r.kind == kindDistance || r.reference != nil && !r.reference.constant()) {
			return a
		}
	}
	return -1
}

// indifferent says that the rule takes all players as one list.
func (rs *RuleSet) indifferent(r *rule) bool {
	exprs := r.measurements
	if r.reference != nil {
		exprs = append(slices.Clone(exprs), r.reference)
	}
	return !slices.ContainsFunc(exprs, func(e *expr) bool {
		flat := false
		for e.fn != fnNone {
			flat, e = e.fn == fnFlatten, e.arg
		}
		return e.path && (len(e.teams) < len(rs.teams) || !flat && !e.single)
	})
}
