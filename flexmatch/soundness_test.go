package flexmatch_test

import (
	"fmt"
	"testing"

	"github.com/musterhq/muster/flexmatch"
)

// Two pairs of clan mates, who come one by one: the teams must have no clan in
// common, which no half-built match says of its full teams.
func TestClansAreKeptApart(t *testing.T) {
	rules := must(t, `{"ruleLanguageVersion": "1.0", "playerAttributes": [{"name": "clan", "type": "string"}],
		"teams": [{"name": "side", "minPlayers": 2, "maxPlayers": 2, "quantity": 2}],
		"rules": [
			{"name": "Mates", "type": "comparison", "measurements": "teams[side_1].players.attributes[clan]", "operation": "="},
			{"name": "Apart", "type": "comparison", "measurements": "count(set_intersection(teams[*].players.attributes[clan]))", "operation": "=", "referenceValue": 0}]}`)
	clan := func(name string) with { return attr("clan", flexmatch.String(name)) }
	m := match(t, rules, 0, ticket("a", clan("wolves")), ticket("b", clan("bears")), ticket("c", clan("bears")), ticket("d", clan("wolves")))
	if len(m) != 1 {
		t.Fatalf("%d matches, want 1", len(m))
	}
}

// What a list comes to counts what those who join may bring.
func TestListsThatGrowRuleNothingOut(t *testing.T) {
	for _, rule := range []string{
		`"type": "comparison", "measurements": "count(teams[red].players.attributes[maps])", "operation": ">=", "referenceValue": 2`,
		`"type": "comparison", "measurements": "max(count(flatten(teams[*].players.attributes[maps])))", "operation": "=", "referenceValue": 3`,
		`"type": "comparison", "measurements": "count(flatten(flatten(teams[*].players.attributes[maps])))", "operation": ">", "referenceValue": 4`,
		`"type": "collection", "measurements": "teams[*].players.attributes[mode]", "operation": "intersection", "minCount": 1`,
		`"type": "collection", "measurements": "teams[*].players.attributes[mode]", "operation": "reference_intersection_count", "referenceValue": ["duel", "brawl"], "minCount": 2`,
		`"type": "collection", "measurements": "flatten(teams[*].players.attributes[maps])", "operation": "reference_intersection_count", "referenceValue": "set_intersection(teams[*].players[playerId])", "maxCount": 0`,
	} {
		rules := must(t, fmt.Sprintf(`{"ruleLanguageVersion": "1.0",
			"playerAttributes": [{"name": "mode", "type": "string"}, {"name": "maps", "type": "string_list"}],
			"teams": [{"name": "red", "minPlayers": 2, "maxPlayers": 2}, {"name": "blue", "minPlayers": 2, "maxPlayers": 2}],
			"rules": [{"name": "R", %s}]}`, rule))
		wants := func(mode string, maps ...string) with {
			return func(t *flexmatch.Ticket) {
				attr("mode", flexmatch.String(mode))(t)
				attr("maps", flexmatch.StringList(maps...))(t)
			}
		}
		m := match(t, rules, 0, ticket("a", wants("duel", "ice", "sand")), ticket("b", wants("brawl", "ice", "moon")),
			ticket("c", wants("brawl", "ice", "sand")), ticket("d", wants("duel", "ice", "sand", "moon")))
		if len(m) != 1 {
			t.Errorf("%d matches, want 1: %s", len(m), rule)
		}
	}
}
