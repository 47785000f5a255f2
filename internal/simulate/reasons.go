package simulate

import (
	"cmp"
	"fmt"
	"math"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/musterhq/muster/flexmatch"
)

// diagnosis is why one ticket is not matched.
type diagnosis struct {
	what, rule, kind string
	advice           string // when it does not depend on other tickets
	// measured is what the nearest other ticket comes to under the rule, and limit
	// what is allowed; numeric says that there are such.
	measured, limit float64
	numeric         bool
	example         []string
}

// mostAsked bounds how many tickets are asked why: asking looks at the pool.
const mostAsked = 100

// sample keeps the diagnoses of mostAsked tickets or more, evenly out of all
// that are seen: when there are twice as many, every second is dropped.
type sample struct {
	kept   []diagnosis
	seen   int
	stride int
}

// wants counts a ticket, and says whether it is one to ask.
func (s *sample) wants() bool {
	s.stride = max(1, s.stride)
	s.seen++
	return (s.seen-1)%s.stride == 0
}

func (s *sample) add(d diagnosis) {
	s.kept = append(s.kept, d)
	if len(s.kept) < 2*mostAsked {
		return
	}
	for i := range mostAsked {
		s.kept[i] = s.kept[2*i]
	}
	s.kept = slices.Clone(s.kept[:mostAsked])
	s.stride *= 2
}

// ranked gives the reasons, the most frequent first.
func (s *sample) ranked() (reasons []Reason) {
	groups := map[string][]diagnosis{}
	for _, d := range s.kept {
		groups[d.what] = append(groups[d.what], d)
	}
	for what, group := range groups {
		reasons = append(reasons, Reason{
			What: what, Rule: group[0].rule, Tickets: len(group), Share: part(len(group), len(s.kept)),
			Advice: adviceFor(group), Example: typical(group).example,
		})
	}
	slices.SortFunc(reasons, func(a, b Reason) int { return cmp.Or(b.Tickets-a.Tickets, cmp.Compare(a.What, b.What)) })
	return reasons
}

// obstacles counts what keeps other tickets from joining one.
type obstacles struct {
	joined, others int
	tooLarge       int // parties larger than the room in any team
	unfit          int // tickets that a team with room does not take
	rules          map[string]int
	nearest        map[string]flexmatch.Candidate
}

func (r *run) obstacles(report flexmatch.TicketReport) obstacles {
	o := obstacles{rules: map[string]int{}, nearest: map[string]flexmatch.Candidate{}, others: len(report.Candidates)}
	room := 0
	for _, team := range report.Teams {
		room = max(room, team.Most-team.Players)
	}
	for _, c := range report.Candidates {
		switch {
		case c.Joined:
			o.joined++
		case c.Rule == nil && r.records[r.byID[c.Ticket]].players() > room:
			o.tooLarge++
		case c.Rule == nil:
			o.unfit++
		default:
			name := c.Rule.Rule
			o.rules[name]++
			if best, ok := o.nearest[name]; !ok || c.Rule.Numeric && c.Rule.Margin > best.Rule.Margin {
				o.nearest[name] = c
			}
		}
	}
	return o
}

// barred is how many tickets any rule keeps away.
func (o obstacles) barred() (n int) {
	for _, count := range o.rules {
		n += count
	}
	return n
}

// worst gives the rule that keeps the most tickets away.
func (o obstacles) worst() (name string, n int) {
	for rule, count := range o.rules {
		if count > n || count == n && rule < name {
			name, n = rule, count
		}
	}
	return name, n
}

var playerPath = regexp.MustCompile(`^players(\[\d+\])?\.?`)

// diagnose finds the main reason in an engine's report on a ticket.
func (r *run) diagnose(rec *record, report flexmatch.TicketReport) (d diagnosis) {
	o := r.obstacles(report)
	worst, _ := o.worst()
	short := shortTeams(report.Teams)
	switch {
	case len(report.Never) > 0:
		d = neverMatched(report.Never[0])
	case report.Ready:
		d = diagnosis{what: "a match was there, and the next pass would have formed it", advice: "nothing: simulate longer"}
	case len(short) == 0:
		d = standing(report.Rules)
	case 2*o.barred() >= o.others && worst != "":
		d = keptApart(o.nearest[worst])
	case 2*o.unfit >= o.others && o.unfit > 0:
		names := strings.Join(short, ", ")
		d = diagnosis{
			what:   fmt.Sprintf("nobody is left for %s: the others who wait may not play there", names),
			advice: fmt.Sprintf("lower minPlayers of %s by an expansion, or win more players who may play there", names),
		}
	case 2*o.tooLarge >= o.others && o.tooLarge > 0:
		d = diagnosis{what: "the others who wait are parties too large for the places left", advice: "raise maxPlayers of the teams, or let no such parties in"}
	case r.arrived == len(r.records):
		d = diagnosis{what: "too few others wait: the crowd ended while the ticket waited", advice: "nothing, if they are few: those who come last find nobody who comes later"}
	default:
		d = diagnosis{what: "too few others wait at a time", advice: "lower minPlayers of the teams by an expansion, or expect such waits until more players come"}
	}
	d.example = example(rec, report, o)
	return d
}

// shortTeams names the teams that lack players.
func shortTeams(teams []flexmatch.TeamReport) (names []string) {
	for _, team := range teams {
		if team.Players < team.Fewest {
			names = append(names, team.Name)
		}
	}
	return names
}

func neverMatched(p flexmatch.Problem) diagnosis {
	what := strings.TrimPrefix(playerPath.ReplaceAllString(p.Path, ""), "attributes")
	if what = strings.Trim(what, "[]"); what != "" {
		what += ": "
	}
	return diagnosis{what: what + p.What, advice: cmp.Or(p.Instead, "send other tickets")}
}

// standing is about a company that is large enough, and that a rule forbids.
func standing(rules []flexmatch.RuleReport) diagnosis {
	for _, rule := range rules {
		if !rule.Passed && !rule.Part {
			return ofRule(fmt.Sprintf("rule %s fails for the players there are", rule.Rule), rule)
		}
	}
	return diagnosis{what: "the search gave up", advice: "give the search a larger budget"}
}

func keptApart(c flexmatch.Candidate) diagnosis {
	return ofRule(fmt.Sprintf("rule %s keeps the others who wait away", c.Rule.Rule), *c.Rule)
}

func ofRule(what string, rule flexmatch.RuleReport) diagnosis {
	d := diagnosis{what: what, rule: rule.Rule, kind: rule.Type}
	var err, err2 error
	d.measured, err = strconv.ParseFloat(rule.Measured, 64)
	d.limit, err2 = strconv.ParseFloat(rule.Limit, 64)
	d.numeric = rule.Numeric && err == nil && err2 == nil
	return d
}

// example explains a ticket in few lines.
func example(rec *record, report flexmatch.TicketReport, o obstacles) []string {
	who := "1 player"
	if n := rec.players(); n > 1 {
		who = fmt.Sprintf("a party of %d", n)
	}
	lines := []string{fmt.Sprintf("ticket %s, %s, %v old", report.Ticket, who, report.Age.Round(time.Millisecond))}
	for _, p := range report.Never {
		lines = append(lines, p.String())
	}
	if len(report.Never) > 0 {
		return lines
	}
	var teams []string
	for _, team := range report.Teams {
		teams = append(teams, team.String())
	}
	const fewTeams = 4
	if len(teams) > fewTeams {
		teams = append(teams[:fewTeams], fmt.Sprintf("and %d teams more", len(teams)-fewTeams))
	}
	lines = append(lines, "best company: "+strings.Join(teams, "; "))
	for _, rule := range report.Rules {
		if !rule.Passed && !rule.Part {
			lines = append(lines, rule.String())
		}
	}
	lines = append(lines, fmt.Sprintf("others tried beside it: %d, of whom %d fit", o.others, o.joined))
	if name, n := o.worst(); n > 0 {
		lines = append(lines, fmt.Sprintf("%d fail %s, the nearest so: %s", n, name, o.nearest[name]))
	}
	if n := o.tooLarge + o.unfit; n > 0 {
		lines = append(lines, fmt.Sprintf("for %d no team has a place", n))
	}
	return lines
}

// typical gives the diagnosis in the middle: of those with numbers the one that
// half are nearer than.
func typical(group []diagnosis) diagnosis {
	sorted := slices.Clone(group)
	slices.SortStableFunc(sorted, func(a, b diagnosis) int { return cmp.Compare(a.excess(), b.excess()) })
	return sorted[(len(sorted)-1)/2]
}

// excess is how far outside the limit the nearest other ticket is.
func (d diagnosis) excess() float64 {
	if !d.numeric {
		return math.Inf(1)
	}
	return math.Abs(d.measured - d.limit)
}

// adviceFor says what to change so that half of a group find company.
func adviceFor(group []diagnosis) string {
	d := typical(group)
	if d.rule == "" {
		return d.advice
	}
	property := propertyOf(d)
	switch {
	case d.kind == "compound":
		return fmt.Sprintf("ease the rules that %s is made of, or give them expansions", d.rule)
	case property == "" || !d.numeric:
		return fmt.Sprintf("ease %s or give it an expansion, or expect such waits until more players come who suit each other", d.rule)
	}
	return fmt.Sprintf("where %s is %s make it %s, at once or by an expansion: half of them have somebody within that", property, number(d.limit), number(d.measured))
}

// propertyOf names the property that a limit is written in, or "".
func propertyOf(d diagnosis) string {
	above := d.measured > d.limit
	names := map[string][2]string{
		"distance": {"minDistance", "maxDistance"}, "batchDistance": {"maxDistance", "maxDistance"},
		"latency": {"maxLatency", "maxLatency"}, "collection": {"minCount", "maxCount"},
	}
	pair, ok := names[d.kind]
	switch {
	case !ok:
		return ""
	case above:
		return fmt.Sprintf("rules[%s].%s", d.rule, pair[1])
	}
	return fmt.Sprintf("rules[%s].%s", d.rule, pair[0])
}

func number(f float64) string { return strconv.FormatFloat(f, 'g', 6, 64) }
