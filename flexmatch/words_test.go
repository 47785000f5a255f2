package flexmatch_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/musterhq/muster/flexmatch"
)

// Functions of functions read as sentences do.
func TestNestedFunctionsInWords(t *testing.T) {
	for expression, want := range map[string]string{
		"count(set_intersection(flatten(teams[*].players.attributes[maps])))": "the number of what is common to the maps of the players of all teams",
		"sum(count(teams[*].players))":                                        "the sum of the number of players of each team",
		"stddev(avg(teams[*].players.attributes[skill]))":                     "the standard deviation of the average skill of the players of each team",
	} {
		rules := must(t, fmt.Sprintf(`{"ruleLanguageVersion": "1.0", "playerAttributes": [{"name": "skill", "type": "number"}, {"name": "maps", "type": "string_list"}],
			"teams": [{"name": "red", "minPlayers": 0, "maxPlayers": 4}, {"name": "blue", "minPlayers": 0, "maxPlayers": 4}],
			"rules": [{"name": "R", "type": "comparison", "measurements": %q, "operation": ">=", "referenceValue": 1}]}`, expression))
		d := rules.Describe()
		if got := d.Rules[0].Text; got != want+" must be at least 1" {
			t.Errorf("%s: %s", expression, got)
		}
		if !strings.HasPrefix(d.Summary, "A match of 1 to 8 players") {
			t.Errorf("nobody is no match: %s", d.Summary)
		}
	}
}

// A compound rule that fails says which of its rules do.
func TestFailingCompoundNamesItsRules(t *testing.T) {
	rules := must(t, fmt.Sprintf(duel, `, "rules": [
		{"name": "Skilled", "type": "comparison", "measurements": "min(flatten(teams[*].players.attributes[skill]))", "operation": ">=", "referenceValue": 5},
		{"name": "Near", "type": "latency", "maxLatency": 100},
		{"name": "Both", "type": "compound", "statement": "and(Skilled, Near)"}]`))
	engine := flexmatch.Engine{Rules: rules}
	for _, ticket := range []flexmatch.Ticket{ticket("a", skill(9), near("us", 50)), ticket("b", skill(3), near("us", 60))} {
		if err := engine.Add(ticket); err != nil {
			t.Fatal(err)
		}
	}
	report, _ := engine.ExplainTicket("a", epoch)
	if got, want := report.Candidates[0].String(), "b does not fit: Both (compound) fails: Skilled and Near, without Skilled"; got != want {
		t.Errorf("%s\nwant %s", got, want)
	}
}
