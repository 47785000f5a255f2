package flexmatch_test

import (
	"encoding/json"
	"fmt"
	"time"

	"github.com/musterhq/muster/flexmatch"
	"pgregory.net/rapid"
)

// A generated rule set is small, so that every way to fill it can be tried, and
// drawn from templates that together use every rule type, function and option.

type object = map[string]any

var epoch = time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)

func pick[T any](t *rapid.T, label string, from ...T) T {
	return rapid.SampledFrom(from).Draw(t, label)
}

func drawRuleSet(t *rapid.T) string {
	switch rapid.IntRange(0, 7).Draw(t, "kind") {
	case 0:
		teams, names := drawTeams(t)
		for _, team := range teams {
			team["maxPlayers"] = 41
		}
		return bodyOf(t, teams, drawRules(t, teams, names, true), true)
	case 1:
		return drawScarceRuleSet(t)
	}
	teams, names := drawTeams(t)
	return bodyOf(t, teams, drawRules(t, teams, names, false), false)
}

// drawScarceRuleSet makes a rule set with a role that few tickets can take, and
// that not all who can take it satisfy.
func drawScarceRuleSet(t *rapid.T) string {
	least := rapid.IntRange(1, 3).Draw(t, "hunters")
	teams := []object{
		{"name": "red", "minPlayers": least, "maxPlayers": rapid.IntRange(least, 3).Draw(t, "most")},
		{"name": "blue", "minPlayers": 1, "maxPlayers": 1, "quantity": rapid.IntRange(1, 2).Draw(t, "monsters")},
	}
	mode := func(team string) string { return "teams[" + team + "].players.attributes[mode]" }
	skill := func(fn string) string { return fn + "(flatten(teams[*].players.attributes[skill]))" }
	rules := []object{
		{"name": "R0", "type": "comparison", "measurements": []string{mode("red")}, "operation": "=", "referenceValue": "duel"},
		{"name": "R1", "type": "comparison", "measurements": mode("blue"), "operation": "=", "referenceValue": "brawl"},
		{"name": "R2", "type": "comparison", "measurements": "avg(teams[blue].players.attributes[skill])", "operation": pick(t, "operation", ">=", "<", "="), "referenceValue": pick(t, "fn", "max", "avg", "min") + "(teams[red].players.attributes[skill])"},
		{"name": "R3", "type": "distance", "measurements": skill("max"), "referenceValue": skill("min"), "maxDistance": rapid.IntRange(0, 20).Draw(t, "number")},
		{"name": "R4", "type": "latency", "maxLatency": rapid.IntRange(50, 200).Draw(t, "latency")},
	}
	rules = rules[:rapid.IntRange(2, len(rules)).Draw(t, "rules")]
	return bodyOf(t, teams, rules, false)
}

// drawHugeRuleSet makes a rule set for large matches that need eight players at
// least.
func drawHugeRuleSet(t *rapid.T) string {
	least := rapid.IntRange(4, 6).Draw(t, "minPlayers")
	teams := []object{{"name": "red", "minPlayers": least, "maxPlayers": 41, "quantity": 2}}
	return bodyOf(t, teams, drawRules(t, teams, []string{"red"}, true), true)
}

// drawEitherRuleSet makes a rule set that asks for one of two kinds of company.
func drawEitherRuleSet(t *rapid.T) string {
	least := rapid.IntRange(2, 3).Draw(t, "minPlayers")
	teams := []object{{"name": "red", "minPlayers": least, "maxPlayers": 3, "quantity": 2}}
	rules := []object{
		{"name": "R0", "type": "comparison", "measurements": "flatten(teams[*].players.attributes[mode])", "operation": "="},
		{"name": "R1", "type": "distance", "measurements": "max(flatten(teams[*].players.attributes[skill]))", "referenceValue": "min(flatten(teams[*].players.attributes[skill]))", "maxDistance": rapid.IntRange(0, 10).Draw(t, "number")},
		{"name": "R2", "type": "comparison", "measurements": "flatten(teams[*].players.attributes[skill])", "operation": "="},
		{"name": "C", "type": "compound", "statement": pick(t, "statement", "or(R0, R1)", "or(and(R0, R1), R2)", "xor(R0, R1)", "or(R1, R2)")},
	}
	return bodyOf(t, teams, rules, false)
}

func bodyOf(t *rapid.T, teams, rules []object, large bool) string {
	body := object{
		"ruleLanguageVersion": "1.0",
		"playerAttributes":    attributes,
		"teams":               teams, "rules": rules, "algorithm": drawAlgorithm(t, large),
		"expansions": drawExpansions(t, rules, teams),
	}
	text, err := json.Marshal(body)
	if err != nil {
		panic(err)
	}
	return string(text)
}

func drawTeams(t *rapid.T) (teams []object, names []string) {
	for i := range rapid.IntRange(1, 2).Draw(t, "teams") {
		least := rapid.IntRange(0, 2).Draw(t, "minPlayers")
		team := object{"name": []string{"red", "blue"}[i], "minPlayers": least, "maxPlayers": rapid.IntRange(max(1, least), 3).Draw(t, "maxPlayers")}
		if rapid.IntRange(0, 4).Draw(t, "copies") == 0 {
			team["quantity"] = 2
		}
		teams, names = append(teams, team), append(names, team["name"].(string))
	}
	return teams, names
}

func drawAlgorithm(t *rapid.T, large bool) object {
	if large {
		return object{
			"strategy": "balanced", "balancedAttribute": "skill",
			"batchingPreference":    pick(t, "batching", "largestPopulation", "fastestRegion"),
			"expansionAgeSelection": pick(t, "age", "newest", "oldest"),
			"backfillPriority":      pick(t, "priority", "normal", "high", "low"),
		}
	}
	a := object{
		"expansionAgeSelection": pick(t, "age", "newest", "oldest"),
		"backfillPriority":      pick(t, "priority", "normal", "normal", "high", "low"),
	}
	if rapid.IntRange(0, 3).Draw(t, "sorted") == 0 {
		a["batchingPreference"], a["sortByAttributes"] = "sorted", []string{"skill", "mode"}
	}
	return a
}

func drawRules(t *rapid.T, teams []object, names []string, large bool) (rules []object) {
	n := rapid.IntRange(0, 3).Draw(t, "rules")
	for i := range n {
		var r object
		switch {
		case large:
			r = drawLargeRule(t)
		case rapid.Bool().Draw(t, "any"):
			r = drawWell(t, teams, names)
		default:
			r = drawRule(t, pick(t, "team", names...))
			if r["partyAggregation"] == nil && (r["type"] == "comparison" || r["type"] == "distance") {
				r["partyAggregation"] = pick(t, "aggregation", "min", "max", "avg")
			}
		}
		r["name"] = fmt.Sprintf("R%d", i)
		rules = append(rules, r)
	}
	if n >= 2 && !large && rules[0]["type"] != "batchDistance" && rules[1]["type"] != "batchDistance" && sorts(rules[0])+sorts(rules[1]) == 0 && rapid.Bool().Draw(t, "compound") {
		rules = append(rules, object{"name": "C", "type": "compound", "statement": pick(t, "statement",
			"and(R0, R1)", "or(R0, R1)", "xor(R0, R1)", "not(R0)", "or(and(R0, R1), not(or(R0, R1)))")})
	}
	return rules
}

func sorts(r object) int {
	if r["type"] == "absoluteSort" || r["type"] == "distanceSort" {
		return 1
	}
	return 0
}

func drawRule(t *rapid.T, team string) object {
	operation := pick(t, "operation", "<", "<=", "=", "!=", ">", ">=")
	number := rapid.IntRange(0, 20).Draw(t, "number")
	few := rapid.IntRange(0, 3).Draw(t, "few")
	fn := pick(t, "fn", "min", "max", "avg", "median", "sum", "stddev")
	aggregation := pick(t, "aggregation", "min", "max", "avg")
	every := "flatten(teams[*].players.attributes[skill])"
	own := "teams[" + team + "].players.attributes[skill]"
	each := "teams[*].players.attributes[skill]"
	maps := "flatten(teams[*].players.attributes[maps])"
	if team == "red" && rapid.Bool().Draw(t, "plain") {
		each = every
	}
	return pick(t, "rule",
		object{"type": "comparison", "measurements": fn + "(" + each + ")", "operation": operation, "referenceValue": number},
		object{"type": "comparison", "measurements": each, "operation": operation, "referenceValue": number},
		object{"type": "comparison", "measurements": []string{own}, "operation": operation, "referenceValue": number},
		object{"type": "comparison", "measurements": fn + "(" + every + ")", "operation": operation, "referenceValue": "avg(" + every + ")"},
		object{"type": "comparison", "measurements": "max(count(teams[*].players))", "operation": operation, "referenceValue": "min(count(teams[*].players))"},
		object{"type": "comparison", "measurements": "count(flatten(teams[*].players))", "operation": operation, "referenceValue": few},
		object{"type": "comparison", "measurements": "flatten(teams[*].players.attributes[mode])", "operation": pick(t, "equal", "=", "!=")},
		object{"type": "comparison", "measurements": "teams[*].players.attributes[mode]", "operation": pick(t, "equal", "=", "!="), "referenceValue": "duel"},
		object{"type": "comparison", "measurements": each, "operation": pick(t, "equal", "=", "!=")},
		object{"type": "comparison", "measurements": fn + "(teams[*].players.attributes[skill])", "operation": pick(t, "equal", "=", "!=")},
		object{"type": "distance", "measurements": "avg(teams[*].players.attributes[skill])", "referenceValue": "avg(" + every + ")", "maxDistance": few},
		object{"type": "distance", "measurements": "max(" + every + ")", "referenceValue": "min(" + every + ")", "maxDistance": number},
		object{"type": "distance", "measurements": each, "referenceValue": fn + "(" + every + ")", "maxDistance": number},
		object{"type": "distance", "measurements": fn + "(" + each + ")", "referenceValue": number, "minDistance": few},
		object{"type": "batchDistance", "batchAttribute": "skill", "maxDistance": number, "partyAggregation": aggregation},
		object{"type": "batchDistance", "batchAttribute": "mode"},
		object{"type": "collection", "measurements": maps, "operation": "intersection", "minCount": 1},
		object{"type": "collection", "measurements": maps, "operation": "intersection", "maxCount": 1},
		object{"type": "collection", "measurements": maps, "operation": "contains", "referenceValue": "ice", "minCount": few},
		object{"type": "collection", "measurements": maps, "operation": "contains", "referenceValue": "ice", "maxCount": few},
		object{"type": "collection", "measurements": maps, "operation": "reference_intersection_count", "referenceValue": "set_intersection(" + maps + ")", "minCount": 1},
		object{"type": "collection", "measurements": maps, "operation": "reference_intersection_count", "referenceValue": "flatten(teams[*].players[playerId])", "maxCount": 0},
		object{"type": "collection", "measurements": maps, "operation": "reference_intersection_count", "referenceValue": []string{"ice", "sand"}, "minCount": 1},
		object{"type": "latency", "maxLatency": 10 * number, "partyAggregation": aggregation},
		object{"type": "latency", "maxDistance": 3 * number, "distanceReference": pick(t, "from", "min", "avg"), "partyAggregation": aggregation},
		object{"type": "absoluteSort", "sortAttribute": "taste", "mapKey": "maxValue", "sortDirection": "descending"},
		object{"type": "distanceSort", "sortAttribute": "skill", "sortDirection": "ascending"},
	)
}

func drawLargeRule(t *rapid.T) object {
	number, aggregation := rapid.IntRange(0, 20).Draw(t, "number"), pick(t, "aggregation", "min", "max", "avg")
	return pick(t, "rule",
		object{"type": "batchDistance", "batchAttribute": "skill", "maxDistance": number, "partyAggregation": aggregation},
		object{"type": "batchDistance", "batchAttribute": "mode"},
		object{"type": "latency", "maxLatency": 10 * number, "partyAggregation": aggregation},
	)
}

func drawExpansions(t *rapid.T, rules, teams []object) []object {
	expansions := []object{}
	step := func(wait, value int) object { return object{"waitTimeSeconds": wait, "value": value} }
	for _, r := range rules {
		for _, property := range []string{"maxDistance", "maxLatency", "minCount", "maxCount"} {
			if base, ok := r[property].(int); ok && rapid.Bool().Draw(t, "expand") {
				wider := rapid.IntRange(0, 20).Draw(t, "wider")
				expansions = append(expansions, object{"target": fmt.Sprintf("rules[%s].%s", r["name"], property), "steps": []object{step(10, base+wider), step(20, wider)}})
			}
		}
	}
	if len(teams) > 0 && rapid.IntRange(0, 3).Draw(t, "expandTeam") == 0 {
		expansions = append(expansions, object{"target": fmt.Sprintf("teams[%s].minPlayers", teams[0]["name"]), "steps": []object{step(15, 0)}})
	}
	return expansions
}

// drawTicket makes a ticket for a rule set of drawRuleSet: up to three players,
// up to 30 s old.
func drawTicket(t *rapid.T, id int, teams []string) flexmatch.Ticket {
	ticket := flexmatch.Ticket{
		ID:    fmt.Sprintf("t%d", id),
		Start: epoch.Add(-time.Duration(rapid.IntRange(0, 30).Draw(t, "age")) * time.Second),
	}
	if rapid.IntRange(0, 6).Draw(t, "backfill") == 0 {
		ticket.Backfill = &flexmatch.Backfill{GameSession: "game"}
		if rapid.Bool().Draw(t, "pinned") {
			ticket.Backfill.Region = "us"
		}
	}
	size := pick(t, "players", 1, 1, 1, 2, 2, 3)
	for i := range size {
		p := flexmatch.Player{ID: fmt.Sprintf("p%d%d", id, i), Attributes: map[string]flexmatch.Attribute{
			"skill": flexmatch.Number(float64(rapid.IntRange(0, 20).Draw(t, "skill"))),
			"mode":  flexmatch.String(pick(t, "mode", "duel", "duel", "brawl")),
			"maps":  flexmatch.StringList(rapid.SliceOfN(rapid.SampledFrom([]string{"ice", "sand", "p00", "moon"}), 1, 3).Draw(t, "maps")...),
			"taste": flexmatch.StringNumberMap(map[string]float64{pick(t, "taste", "ice", "sand"): float64(i)}),
		}}
		p.Latency = rapid.MapOfN(rapid.SampledFrom([]string{"us", "eu"}), rapid.IntRange(1, 200), 0, 2).Draw(t, "latency")
		if ticket.Backfill != nil {
			p.Team = pick(t, "seat", teams...)
		}
		ticket.Players = append(ticket.Players, p)
	}
	return ticket
}

func drawTickets(t *rapid.T, rules *flexmatch.RuleSet, n int) []flexmatch.Ticket {
	tickets := make([]flexmatch.Ticket, rapid.IntRange(1, n).Draw(t, "tickets"))
	for i := range tickets {
		tickets[i] = drawTicket(t, i, rules.TeamNames())
	}
	return tickets
}

func parsed(t *rapid.T, body string) *flexmatch.RuleSet {
	rules, _, err := flexmatch.Parse([]byte(body))
	if err != nil {
		t.Fatalf("%v\n%s", err, body)
	}
	return rules
}
