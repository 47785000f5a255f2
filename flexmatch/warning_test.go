package flexmatch_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/musterhq/muster/flexmatch"
	"pgregory.net/rapid"
)

// A rule that is warned about as one that can never hold holds in no match in
// which there is something to measure, and one that can never fail fails in none.
func TestWarningsOfRulesAreTrue(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		teams, names := drawTeams(t)
		for _, team := range teams {
			team["minPlayers"] = 1
		}
		rule := drawWell(t, teams, names)
		rule["name"] = "R0"
		body, err := json.Marshal(object{"ruleLanguageVersion": "1.0", "playerAttributes": attributes, "teams": teams, "rules": []object{rule}, "expansions": drawExpansions(t, []object{rule}, nil)})
		if err != nil {
			panic(err)
		}
		rules, warnings, err := flexmatch.Parse(body)
		if err != nil {
			t.Fatalf("%v\n%s", err, body)
		}
		text := flexmatch.Problems(warnings).Error()
		never, always := strings.Contains(text, "can never hold"), strings.Contains(text, "can never fail")
		if !never && !always {
			return
		}
		m := drawMatch(t, rules)
		o := newOracle(string(body))
		wrong := o.judge(m, epoch)
		if strings.HasPrefix(wrong, "team ") {
			return
		}
		if holds := !strings.Contains(wrong, "the rule R0"); holds && never && wrong == "" || !holds && always {
			t.Fatalf("%s, and %q\n%s\n%s", text, wrong, body, show(m))
		}
	})
}

// drawMatch seats drawn tickets in any way, without a search.
func drawMatch(t *rapid.T, rules *flexmatch.RuleSet) flexmatch.Match {
	m := flexmatch.Match{Region: "us"}
	for _, name := range rules.TeamNames() {
		m.Teams = append(m.Teams, flexmatch.MatchTeam{Name: name})
	}
	for _, ticket := range drawTickets(t, rules, 6) {
		team := rapid.IntRange(0, len(m.Teams)-1).Draw(t, "team")
		ticket.Backfill = nil
		m.Teams[team].Players = append(m.Teams[team].Players, ticket.Players...)
		m.Tickets = append(m.Tickets, ticket)
	}
	return m
}
