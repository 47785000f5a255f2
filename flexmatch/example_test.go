package flexmatch_test

import (
	"fmt"
	"time"

	"github.com/musterhq/muster/flexmatch"
)

const duelRules = `{
  "name": "duel",
  "ruleLanguageVersion": "1.0",
  "playerAttributes": [{"name": "skill", "type": "number", "default": 10}],
  "teams": [{"name": "red", "minPlayers": 1, "maxPlayers": 1}, {"name": "blue", "minPlayers": 1, "maxPlayers": 1}],
  "rules": [
    {"name": "FairSkill", "type": "distance", "maxDistance": 5,
     "measurements": ["max(flatten(teams[*].players.attributes[skill]))"],
     "referenceValue": "min(flatten(teams[*].players.attributes[skill]))"},
    {"name": "Near", "type": "latency", "maxLatency": 100}
  ],
  "expansions": [{"target": "rules[FairSkill].maxDistance", "steps": [{"waitTimeSeconds": 10, "value": 50}]}]
}`

var noon = time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)

// player makes a ticket of one player.
func player(id string, skill float64) flexmatch.Ticket {
	return flexmatch.Ticket{ID: id, Start: noon, Players: []flexmatch.Player{{
		ID:         id,
		Attributes: map[string]flexmatch.Attribute{"skill": flexmatch.Number(skill)},
		Latency:    map[string]int{"eu-west-1": 40},
	}}}
}

func ExampleParse() {
	_, _, err := flexmatch.Parse([]byte(`{
  "ruleLanguageVersion": "1.0",
  "teams": [{"name": "red", "minPlayers": 1, "maxPlayer": 4}],
  "rules": []
}`))
	fmt.Println(err)
	// Output:
	// 3:13: teams[0]: "maxPlayers" is missing; rename "maxPlayer" to "maxPlayers"
}

func ExampleForm() {
	rules, _, err := flexmatch.Parse([]byte(duelRules))
	if err != nil {
		fmt.Println(err)
		return
	}
	matches, err := flexmatch.Form(rules, noon, []flexmatch.Ticket{player("ann", 12), player("bob", 30), player("cem", 14)}, 1)
	for _, m := range matches {
		fmt.Println(m.Region, m.Tickets[0].ID, m.Tickets[1].ID)
	}
	fmt.Println(err)
	// Output:
	// eu-west-1 ann cem
	// <nil>
}

func ExampleEngine() {
	rules, _, err := flexmatch.Parse([]byte(duelRules))
	if err != nil {
		fmt.Println(err)
		return
	}
	engine := flexmatch.Engine{Rules: rules}
	for _, ticket := range []flexmatch.Ticket{player("ann", 12), player("bob", 30)} {
		if err := engine.Add(ticket); err != nil {
			fmt.Println(err)
		}
	}
	fmt.Println("at noon:", len(engine.Form(noon)))
	next, _ := engine.Next()
	fmt.Println("again at", next.Format(time.TimeOnly))
	fmt.Println("then:", len(engine.Form(next)))
	// Output:
	// at noon: 0
	// again at 12:00:10
	// then: 1
}

func ExampleEngine_ExplainTicket() {
	rules, _, err := flexmatch.Parse([]byte(duelRules))
	if err != nil {
		fmt.Println(err)
		return
	}
	engine := flexmatch.Engine{Rules: rules}
	for _, ticket := range []flexmatch.Ticket{player("ann", 12), player("bob", 30)} {
		if err := engine.Add(ticket); err != nil {
			fmt.Println(err)
		}
	}
	engine.Form(noon)
	report, _ := engine.ExplainTicket("ann", noon.Add(4*time.Second))
	fmt.Print(report)
	// Output:
	// ticket ann, 4s old
	//   team red 1 of 1
	//   team blue 0 of 1, 1 short
	//   rule FairSkill (distance) holds: 0 against 5, margin 5
	//   rule Near (latency) holds: 40 against 100, margin 60
	//   tried bob does not fit: FairSkill (distance) fails: 18 against 5, margin -13
	//   at 12:00:10 rules[FairSkill].maxDistance goes from 5 to 50
}

func ExampleRuleSet_ExplainMatch() {
	rules, _, err := flexmatch.Parse([]byte(duelRules))
	if err != nil {
		fmt.Println(err)
		return
	}
	matches, err := flexmatch.Form(rules, noon, []flexmatch.Ticket{player("ann", 12), player("cem", 14)}, 1)
	if err != nil {
		fmt.Println(err)
		return
	}
	report := rules.ExplainMatch(matches[0])
	fmt.Println(report.Region)
	for _, rule := range report.Rules {
		fmt.Println(rule)
	}
	// Output:
	// eu-west-1
	// FairSkill (distance) holds: 2 against 5, margin 3
	// Near (latency) holds: 40 against 100, margin 60
}

func ExampleRuleSet_Describe() {
	rules, _, err := flexmatch.Parse([]byte(duelRules))
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Print(rules.Describe())
	// Output:
	// duel
	// A match of 2 players: red of 1, blue of 1. Tickets are taken by age. Expansions go by the age of the newest ticket in the match.
	//   attribute skill is a number, 10 when a player has none
	//   rule FairSkill: the greatest skill of the players of all teams must be at most 5 away from the least skill of the players of all teams
	//   rule Near: in one region no ticket's latency may exceed 100 ms
	//   after 10s: rules[FairSkill].maxDistance goes from 5 to 50
}

func ExampleParsePopulation() {
	tickets, err := flexmatch.ParsePopulation([]byte(`{"Tickets": [
{"TicketId": "ann", "StartTime": "2026-11-22T12:00:00Z", "Players": [
  {"PlayerId": "ann", "PlayerAttributes": {"skill": {"N": 12}}, "LatencyInMs": {"eu-west-1": 40}}]}
]}`))
	fmt.Println(len(tickets), tickets[0].Players[0].Attributes["skill"].Number, err)
	// Output:
	// 1 12 <nil>
}
