package flexmatch

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"
)

// Attribute is the value of a player attribute; only the field of its type
// counts. String, Number, StringList and StringNumberMap make one.
type Attribute struct {
	Type    AttributeType
	String  string
	Number  float64
	Strings []string
	Map     map[string]float64
}

// String makes a string attribute.
func String(s string) Attribute { return Attribute{Type: StringType, String: s} }

// Number makes a number attribute.
func Number(f float64) Attribute { return Attribute{Type: NumberType, Number: f} }

// StringList makes a string_list attribute. Doubled strings count once.
func StringList(s ...string) Attribute { return Attribute{Type: StringListType, Strings: s} }

// StringNumberMap makes a string_number_map attribute.
func StringNumberMap(m map[string]float64) Attribute {
	return Attribute{Type: StringNumberMapType, Map: m}
}

// finite says that the numbers of the value are numbers.
func (a Attribute) finite() bool {
	finite := func(f float64) bool { return f-f == 0 }
	for _, f := range a.Map {
		if !finite(f) {
			return false
		}
	}
	return finite(a.Number)
}

// words writes the value for people.
func (a Attribute) words() string {
	switch a.Type {
	case NumberType:
		return formatNumber(a.Number)
	case StringListType:
		return fmt.Sprint(a.Strings)
	case StringNumberMapType:
		return strings.TrimPrefix(fmt.Sprint(a.Map), "map")
	}
	return fmt.Sprintf("%q", a.String)
}

// Player is one player of a ticket.
type Player struct {
	ID string
	// Team is where the player is already. It is read in backfill tickets alone.
	Team string
	// Attributes are the player's own values by name. Names that the rule set
	// does not declare are ignored.
	Attributes map[string]Attribute
	// Latency is in milliseconds, by region. A region that is left out is one
	// where the player does not want to play.
	Latency map[string]int
}

// Ticket is a request for a match: players who want to play together, on one
// team; or, with Backfill, players of a running game who look for company.
type Ticket struct {
	ID      string
	Start   time.Time // from which the ticket's age is counted
	Players []Player
	// Backfill is nil but in a backfill ticket.
	Backfill *Backfill
}

// Backfill says which game a backfill ticket wants to fill.
type Backfill struct {
	// GameSession names the session. The package only hands it on.
	GameSession string
	// Region is where the session runs. Empty means that the players' latencies
	// say it. With a Region, players without latencies are taken to be content.
	Region string
}

// Check says what is wrong with a ticket. The error, a Problems, is for tickets
// that must be refused: no players or start, attributes of another type than
// declared, a backfill player without a team, more of anything than the service
// takes. The warnings are for tickets that are let in and can never be matched:
// a missing attribute without default, missing latencies where a latency rule
// needs them, more players than any team holds.
func (rs *RuleSet) Check(t Ticket) (warnings []Problem, err error) {
	var problems Problems
	if t.ID == "" {
		problems = append(problems, Problem{Path: "id", What: "the ticket has no ID", Instead: "give it one"})
	}
	if t.Start.IsZero() {
		problems = append(problems, Problem{Path: "start", What: "the ticket has no start", Instead: "say when it came in"})
	}
	if len(t.Players) == 0 {
		problems = append(problems, Problem{Path: "players", What: "the ticket has no players", Instead: "add one at least"})
	}
	if n, most := len(t.Players), t.mostPlayers(); n > most {
		problems = append(problems, Problem{Path: "players", What: fmt.Sprintf("the ticket has %d players", n), Instead: fmt.Sprintf("send at most %d", most)})
	}
	seen := map[string]bool{}
	for i, p := range t.Players {
		path := fmt.Sprintf("players[%d]", i)
		switch {
		case p.ID == "":
			problems = append(problems, Problem{Path: path + ".id", What: "the player has no ID", Instead: "give it one"})
		case seen[p.ID]:
			problems = append(problems, Problem{Path: path + ".id", What: fmt.Sprintf("the player %q is in the ticket twice", p.ID), Instead: "leave one out"})
		}
		seen[p.ID] = true
		problems = append(problems, p.checkSize(path)...)
		wrong, missing := rs.checkAttributes(p, path)
		problems, warnings = append(problems, wrong...), append(warnings, missing...)
		if t.Backfill != nil {
			problems = append(problems, rs.checkTeam(p, path)...)
		}
	}
	if len(problems) > 0 {
		return warnings, problems
	}
	return append(warnings, rs.checkFit(t)...), nil
}

func (rs *RuleSet) checkAttributes(p Player, path string) (wrong, missing []Problem) {
	for _, spec := range rs.attributes {
		at := path + ".attributes[" + spec.Name + "]"
		got, ok := p.Attributes[spec.Name]
		switch {
		case ok && got.Type != spec.Type:
			wrong = append(wrong, Problem{Path: at, What: fmt.Sprintf("this is a %s, and the rule set declares a %s", got.Type, spec.Type), Instead: "send a " + string(spec.Type)})
		case ok && !got.finite():
			wrong = append(wrong, Problem{Path: at, What: "the number is not finite", Instead: "send a number"})
		case ok && got.excess() != "":
			wrong = append(wrong, Problem{Path: at, What: got.excess(), Instead: fmt.Sprintf("send strings of at most %d characters, %d in a list, and %d keys in a map", maxStringLength, maxStrings, maxKeys)})
		case !ok && spec.Default == nil:
			missing = append(missing, Problem{Path: at, What: "the attribute is missing and has no default: the ticket is never matched", Instead: "send it, or give it a default in the rule set"})
		}
	}
	names := slices.Sorted(maps.Keys(p.Attributes))
	for _, name := range names {
		if rs.attribute(name) < 0 {
			if slip := nearest(name, rs.attributeNames()); slip != "" {
				missing = append(missing, Problem{Path: path + ".attributes[" + name + "]", What: "the rule set does not declare this attribute, ignored", Instead: fmt.Sprintf("did you mean %q?", slip)})
			}
		}
	}
	return wrong, missing
}

func (rs *RuleSet) checkTeam(p Player, path string) []Problem {
	names := rs.TeamNames()
	switch {
	case p.Team == "":
		return []Problem{{Path: path + ".team", What: "a player of a backfill ticket has no team", Instead: "say in which team the player is"}}
	case !slices.Contains(names, p.Team):
		return []Problem{{Path: path + ".team", What: fmt.Sprintf("no team is named %q", p.Team), Instead: didYouMean(p.Team, names)}}
	}
	return nil
}

// checkFit says why the ticket can never be matched whoever else comes.
func (rs *RuleSet) checkFit(t Ticket) (warnings []Problem) {
	if n := rs.widest(); t.Backfill == nil && len(t.Players) > n {
		warnings = append(warnings, Problem{Path: "players", What: fmt.Sprintf("the ticket has %d players and no team holds more than %d: it is never matched", len(t.Players), n), Instead: "split the party"})
	}
	if t.Backfill != nil {
		warnings = append(warnings, rs.checkRoom(t)...)
	}
	if rs.needsLatency() && len(commonRegions(t)) == 0 {
		warnings = append(warnings, Problem{Path: "players", What: "a latency rule needs latencies and the players have no region in common: the ticket is never matched", Instead: "send the latency of every player to the regions"})
	}
	return warnings
}

// checkRoom says which teams of a backfill ticket hold too many players, or that
// all are full.
func (rs *RuleSet) checkRoom(t Ticket) (warnings []Problem) {
	in, room := map[string]int{}, 0
	for _, p := range t.Players {
		in[p.Team]++
	}
	for i, team := range rs.teams {
		most := 0
		for s := range rs.stages {
			most = max(most, rs.stages[s].max[i])
		}
		if n := in[team.name]; n > most {
			warnings = append(warnings, Problem{Path: "players", What: fmt.Sprintf("%d players are in the team %q, which holds %d: the ticket is never matched", n, team.name, most), Instead: "leave out who is not in the session"})
		}
		room += max(0, most-in[team.name])
	}
	if room == 0 {
		warnings = append(warnings, Problem{Path: "players", What: "all teams are full: the ticket is never matched", Instead: "ask again when somebody has left"})
	}
	return warnings
}

// widest is the most players any team ever holds.
func (rs *RuleSet) widest() (most int) {
	for i := range rs.stages {
		most = max(most, slices.Max(rs.stages[i].max))
	}
	return most
}

func (rs *RuleSet) needsLatency() bool {
	return slices.ContainsFunc(rs.rules, func(r *rule) bool { return r.kind == kindLatency && r.stands() })
}

// commonRegions gives the regions to which every player of a ticket has a
// latency, sorted. A backfill's region stands in for players without any.
func commonRegions(t Ticket) (regions []string) {
	pinned := t.Backfill != nil && t.Backfill.Region != ""
	if pinned {
		regions = []string{t.Backfill.Region}
	} else if len(t.Players) > 0 {
		regions = slices.Sorted(maps.Keys(t.Players[0].Latency))
	}
	for _, p := range t.Players {
		if pinned && len(p.Latency) == 0 {
			continue
		}
		regions = slices.DeleteFunc(regions, func(region string) bool { _, ok := p.Latency[region]; return !ok })
	}
	return regions
}
