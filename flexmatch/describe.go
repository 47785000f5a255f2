package flexmatch

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"time"
)

// Description is a rule set in plain words.
type Description struct {
	Name       string
	Summary    string // how many play, in which teams, and how matches form
	Attributes []string
	Rules      []RuleText
	// Timeline holds what expansions change, in order of time. A ticket's age
	// counts; which ticket's, Summary says.
	Timeline []Moment
}

// RuleText is one rule in plain words.
type RuleText struct {
	Name, Type, Text string
	// Part says that the rule counts only where a compound rule names it.
	Part bool
}

// Moment is an age at which expansions change something.
type Moment struct {
	After   time.Duration
	Changes []Change
}

// Change is one property that an expansion changes.
type Change struct {
	Target   string // as the rule set writes it
	From, To string
}

// Describe puts the rule set into plain words.
func (rs *RuleSet) Describe() Description {
	d := Description{Name: rs.name, Summary: rs.summary()}
	for _, a := range rs.attributes {
		text := fmt.Sprintf("%s is a %s", a.Name, a.Type)
		if a.Default == nil {
			text += "; a player without it is never matched"
		} else {
			text += ", " + a.Default.words() + " when a player has none"
		}
		d.Attributes = append(d.Attributes, text)
	}
	for _, r := range rs.rules {
		d.Rules = append(d.Rules, RuleText{r.name, string(r.kind), rs.ruleWords(r), r.part})
	}
	for s := range rs.stages {
		if rs.stages[s].wait > 0 {
			d.Timeline = append(d.Timeline, Moment{rs.stages[s].wait, rs.changes(s)})
		}
	}
	return d
}

// String gives the description as text of several lines.
func (d Description) String() string {
	var b strings.Builder
	if d.Name != "" {
		fmt.Fprintf(&b, "%s\n", d.Name)
	}
	fmt.Fprintf(&b, "%s\n", d.Summary)
	for _, a := range d.Attributes {
		fmt.Fprintf(&b, "  attribute %s\n", a)
	}
	for _, r := range d.Rules {
		fmt.Fprintf(&b, "  rule %s: %s", r.Name, r.Text)
		if r.Part {
			b.WriteString(" (only where a compound rule asks for it)")
		}
		b.WriteByte('\n')
	}
	for _, m := range d.Timeline {
		for _, c := range m.Changes {
			fmt.Fprintf(&b, "  after %v: %s\n", m.After, c)
		}
	}
	return b.String()
}

// String gives the change as "target goes from a to b".
func (c Change) String() string { return fmt.Sprintf("%s goes from %s to %s", c.Target, c.From, c.To) }

func (rs *RuleSet) summary() string {
	fewest, most := rs.Players()
	fewest = max(fewest, 1) // nobody is no match
	var teams []string
	for _, def := range rs.defs {
		text := fmt.Sprintf("%s of %s", def.Name, between(def.MinPlayers, def.MaxPlayers))
		if def.Quantity > 1 {
			text = fmt.Sprintf("%d teams %s of %s each", def.Quantity, def.Name, between(def.MinPlayers, def.MaxPlayers))
		}
		teams = append(teams, text)
	}
	how := map[string]string{
		"random": "Tickets are taken by age", "sorted": "Tickets like the oldest one in " + strings.Join(rs.algorithm.SortBy, ", ") + " are taken first",
		"largestPopulation": "Tickets of the region that most accept are taken", "fastestRegion": "Tickets of one fastest region are taken first",
	}[rs.algorithm.Batching]
	players := between(fewest, most) + " players"
	if players == "1 players" {
		players = "1 player"
	}
	text := fmt.Sprintf("A match of %s: %s. %s.", players, strings.Join(teams, ", "), how)
	if rs.Large() {
		text += fmt.Sprintf(" Teams are balanced on %s.", rs.algorithm.BalancedAttribute)
	}
	if rs.parties == PartyAggregate {
		text += " A party counts as one player in comparison, distance and collection rules."
	}
	if len(rs.expansions) > 0 {
		text += fmt.Sprintf(" Expansions go by the age of the %s ticket in the match.", rs.algorithm.ExpansionAge)
	}
	return text
}

func between(a, b int) string {
	if a == b {
		return fmt.Sprint(a)
	}
	return fmt.Sprintf("%d to %d", a, b)
}

// changes gives what is new at a stage.
func (rs *RuleSet) changes(stage int) (changes []Change) {
	wait := rs.stages[stage].wait
	for _, e := range rs.expansions {
		at := slices.IndexFunc(e.steps, func(s step) bool { return s.wait >= wait })
		if at < 0 || e.steps[at].wait > wait {
			continue
		}
		from := rs.base(e)
		if at > 0 {
			from = e.steps[at-1].value.short()
		}
		changes = append(changes, Change{e.text, from, e.steps[at].value.short()})
	}
	return changes
}

// base gives what an expansion's target is before the first step.
func (rs *RuleSet) base(e expansion) string {
	if e.rule >= 0 {
		if n := rs.rules[e.rule].node.get(e.property); n != nil {
			return n.short()
		}
		return "nothing"
	}
	def := rs.defs[e.defs[0]]
	if e.property == "minPlayers" {
		return fmt.Sprint(def.MinPlayers)
	}
	return fmt.Sprint(def.MaxPlayers)
}

// short writes a value of a body on one line.
func (n *node) short() string {
	switch n.kind {
	case jsonNumber:
		return formatNumber(n.num)
	case jsonString:
		return n.text
	case jsonArray:
		parts := make([]string, len(n.items))
		for i, item := range n.items {
			parts[i] = item.short()
		}
		return strings.Join(parts, ", ")
	}
	return n.kind.String()
}

// ruleWords says what a rule asks for.
func (rs *RuleSet) ruleWords(r *rule) string {
	subjects := make([]string, len(r.measurements))
	for i, m := range r.measurements {
		subjects[i] = rs.words(m)
	}
	subject := strings.Join(subjects, ", and ")
	switch r.kind {
	case kindComparison:
		return rs.comparisonWords(r, subject)
	case kindDistance:
		return fmt.Sprintf("%s must be %s %s", subject, distanceWords(r, "away from"), rs.words(r.reference))
	case kindBatchDistance:
		if rs.attributes[r.attr].Type == StringType {
			return "all players must have the same " + rs.attributes[r.attr].Name
		}
		return fmt.Sprintf("the %s of all tickets must lie within %s of each other", rs.attributes[r.attr].Name, formatNumber(r.max))
	case kindCollection:
		return rs.collectionWords(r, subject)
	case kindLatency:
		return latencyWords(r)
	case kindCompound:
		return rs.statementWords(r.statement)
	}
	return rs.sortWords(r)
}

func (rs *RuleSet) comparisonWords(r *rule, subject string) string {
	if r.reference == nil && r.operation == "=" {
		return subject + " must all be alike"
	}
	if r.reference == nil {
		return subject + " must all differ"
	}
	relation := map[string]string{"<": "less than", "<=": "at most", "=": "equal to", "!=": "other than", ">": "more than", ">=": "at least"}[r.operation]
	return fmt.Sprintf("%s must be %s %s", subject, relation, rs.words(r.reference))
}

func distanceWords(r *rule, from string) string {
	switch {
	case math.IsInf(r.min, -1):
		return fmt.Sprintf("at most %s %s", formatNumber(r.max), from)
	case math.IsInf(r.max, 1):
		return fmt.Sprintf("at least %s %s", formatNumber(r.min), from)
	}
	return fmt.Sprintf("%s to %s %s", formatNumber(r.min), formatNumber(r.max), from)
}

func (rs *RuleSet) collectionWords(r *rule, subject string) string {
	count := distanceWords(r, "")
	switch r.operation {
	case opContains:
		return fmt.Sprintf("%s of %s must contain %s", strings.TrimSpace(count), subject, r.reference.literal.list[0].str)
	case opReference:
		return fmt.Sprintf("each of %s must have %s in common with %s", subject, strings.TrimSpace(count), rs.words(r.reference))
	}
	return fmt.Sprintf("%s must have %s in common", subject, strings.TrimSpace(count))
}

func latencyWords(r *rule) string {
	var parts []string
	if !math.IsInf(r.maxLatency, 1) {
		parts = append(parts, fmt.Sprintf("no ticket's latency may exceed %s ms", formatNumber(r.maxLatency)))
	}
	if !math.IsInf(r.max, 1) {
		reference := "lowest"
		if r.fromAverage {
			reference = "average"
		}
		parts = append(parts, fmt.Sprintf("every ticket's latency must be at most %s ms from the %s one", formatNumber(r.max), reference))
	}
	return "in one region " + strings.Join(parts, " and ")
}

func (rs *RuleSet) statementWords(t *term) string {
	if t.op == opRule {
		return rs.rules[t.rule].name
	}
	parts := make([]string, len(t.args))
	for i, arg := range t.args {
		if parts[i] = rs.statementWords(arg); arg.op != opRule {
			parts[i] = "(" + parts[i] + ")"
		}
	}
	switch t.op {
	case opNot:
		return "not " + parts[0]
	case opXor:
		return "exactly one of " + strings.Join(parts, ", ")
	}
	return strings.Join(parts, " "+operatorNames[t.op]+" ")
}

func (rs *RuleSet) sortWords(r *rule) string {
	what := "the " + rs.attributes[r.attr].Name
	if r.bestKey != 0 {
		best := map[int]string{1: "greatest", -1: "least"}[r.bestKey]
		what = fmt.Sprintf("the %s under the oldest ticket's %s key", rs.attributes[r.attr].Name, best)
	}
	if r.kind == kindDistanceSort {
		what = "how far from the oldest ticket is " + what
	}
	order := "lowest"
	if r.descending {
		order = "highest"
	}
	return fmt.Sprintf("tickets are tried by %s, %s first", what, order)
}

// words says what an expression is.
func (rs *RuleSet) words(e *expr) string {
	name := map[function]string{fnMin: "the least", fnMax: "the greatest", fnAvg: "the average", fnMedian: "the median", fnSum: "the sum of the", fnCount: "the number of", fnStddev: "the standard deviation of the", fnSetIntersection: "what is common to the"}[e.fn]
	switch {
	case e.fn == fnFlatten:
		return strings.Replace(rs.words(e.arg), "each team", "all teams", 1)
	case e.fn != fnNone && e.arg.fn != fnNone && e.arg.fn != fnFlatten:
		return strings.TrimSuffix(strings.TrimSuffix(name, " the"), " of") + " of " + rs.words(e.arg)
	case e.fn != fnNone:
		return name + " " + rs.words(e.arg)
	case !e.path:
		return strings.Trim(e.text, "[]")
	}
	whose := "each team"
	if len(e.teams) < len(rs.teams) || e.single {
		var names []string
		for _, t := range e.teams {
			names = append(names, rs.teams[t].name)
		}
		whose = strings.Join(slices.Compact(names), " and ")
	}
	switch e.kind {
	case pathTeams:
		return "teams"
	case pathPlayers:
		return "players of " + whose
	case pathPlayerID:
		return "IDs of the players of " + whose
	}
	return rs.attributes[e.attr].Name + " of the players of " + whose
}
