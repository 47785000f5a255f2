package simulate

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/musterhq/muster/flexmatch"
)

// The parts of the players whose fate is settled that must be matched for a
// rule set to work, and to work for most.
const (
	works        = 0.95
	worksForMost = 0.75
)

// judge says in a sentence whether the rule set works for the crowd, and what
// else is to be seen.
func judge(out *Report) (verdict string, findings []string) {
	settled := out.Players.Matched + out.Players.TimedOut
	share := part(out.Players.Matched, settled)
	switch {
	case out.Players.Matched == 0:
		verdict = "It does not work for this crowd: no match formed."
	case share >= works:
		verdict = fmt.Sprintf("It works: %s of the players are matched, half of them within %s.", Percent(share), wait(out.Wait.P50))
	case share >= worksForMost:
		verdict = fmt.Sprintf("It works for most: %s of the players are matched, half of them within %s; the others time out.", Percent(share), wait(out.Wait.P50))
	default:
		verdict = fmt.Sprintf("It does not work for this crowd: only %s of the players are matched.", Percent(share))
	}
	for _, find := range []func(*Report) string{lateExpansions, neededExpansions, unusedExpansions, neverFailed, smallTeams, farAway, wholeParties} {
		if finding := find(out); finding != "" {
			findings = append(findings, finding)
		}
	}
	return verdict, findings
}

// Percent writes a part of a whole for people: never 100 % when it is less,
// nor 0 % when it is more.
func Percent(share float64) string {
	switch {
	case share > 0 && share < 0.001:
		return "under 0.1 %"
	case share < 1 && share > 0.999:
		return "over 99.9 %"
	case share == 0 || share == 1:
		return fmt.Sprintf("%.0f %%", 100*share)
	}
	return fmt.Sprintf("%.1f %%", 100*share)
}

func wait(seconds float64) string {
	d := time.Duration(seconds * float64(time.Second))
	if d < time.Second {
		return d.Round(10 * time.Millisecond).String()
	}
	return d.Round(100 * time.Millisecond).String()
}

// lateExpansions finds those that no ticket lives to see.
func lateExpansions(out *Report) string {
	for _, stage := range out.Stages {
		if stage.AfterSeconds >= out.TimeoutSeconds {
			return fmt.Sprintf("Tickets time out after %s: the expansion at %s never comes. Let them wait longer, or expand earlier.", wait(out.TimeoutSeconds), wait(stage.AfterSeconds))
		}
	}
	return ""
}

func neededExpansions(out *Report) string {
	const many = 0.5
	if share := 1 - part(out.Stages[0].Matches, out.Matches); out.Matches > 0 && share >= many {
		return fmt.Sprintf("%s of the matches needed an expansion: as written the rules are too strict for this crowd.", Percent(share))
	}
	return ""
}

// unusedExpansions finds the stages from which on no match formed.
func unusedExpansions(out *Report) string {
	last := len(out.Stages) - 1
	for last > 0 && out.Stages[last].Matches == 0 {
		last--
	}
	if last == len(out.Stages)-1 || out.Matches == 0 || out.Stages[last+1].AfterSeconds >= out.TimeoutSeconds {
		return ""
	}
	return fmt.Sprintf("No match needed what expansions allow from %s on.", wait(out.Stages[last+1].AfterSeconds))
}

// neverFailed finds rules that never failed.
func neverFailed(out *Report) string {
	var names []string
	for _, rule := range out.Rules {
		if rule.Failed == 0 && rule.Passed > 0 && rule.Type != "compound" {
			names = append(names, rule.Name)
		}
	}
	if len(names) == 0 {
		return ""
	}
	return fmt.Sprintf("Never failed while matches were looked for: %s.", strings.Join(names, ", "))
}

// smallTeams finds that matches form before teams fill up.
func smallTeams(out *Report) string {
	const nearly = 0.9
	growing := slices.DeleteFunc(slices.Clone(out.Teams), func(t Team) bool { return t.Fewest == t.Most })
	if len(growing) == 0 || out.Matches == 0 {
		return ""
	}
	for _, team := range growing {
		if team.Least < nearly {
			return ""
		}
	}
	return "Teams rarely grow beyond minPlayers: a match forms as soon as the fewest are there. For fuller teams raise minPlayers, and lower it by an expansion."
}

// farAway finds that players are far from each other and no rule minds.
func farAway(out *Report) string {
	const far = 200
	latency := slices.ContainsFunc(out.Rules, func(rule Rule) bool { return rule.Type == "latency" })
	if latency || out.Latency.P90 <= far {
		return ""
	}
	return fmt.Sprintf("No rule asks for latency: one player in ten is more than %.0f ms from the region of the match.", out.Latency.P90)
}

// wholeParties says that parties were not evaluated as the service does today.
func wholeParties(out *Report) string {
	if out.PartyEvaluation != flexmatch.PartyAggregate {
		return ""
	}
	return "Comparison, distance and collection rules took a party for one player, as people observed of the service in its first years."
}
