package flexmatch_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/musterhq/muster/flexmatch"
)

const twoOnTwo = `{"ruleLanguageVersion": "1.0", "playerAttributes": [
	{"name": "skill", "type": "number", "default": 0}, {"name": "clan", "type": "string", "default": ""}, {"name": "maps", "type": "string_list", "default": []}],
	"teams": [{"name": "red", "minPlayers": 2, "maxPlayers": 2}, {"name": "blue", "minPlayers": 2, "maxPlayers": 2}],
	"rules": [%s]}`

// each gives the players of a party their own values, in order.
func each(name string, values ...flexmatch.Attribute) with {
	return func(t *flexmatch.Ticket) {
		t.Players = nil
		for i, v := range values {
			t.Players = append(t.Players, flexmatch.Player{ID: fmt.Sprintf("%s-%d", t.ID, i), Attributes: map[string]flexmatch.Attribute{name: v}})
		}
	}
}

// Whether the tickets make a match, with each player evaluated and with parties
// taken for one. The first two cases are what people reported of the service in
// its first years.
func TestPartyEvaluation(t *testing.T) {
	n, s, l := flexmatch.Number, flexmatch.String, flexmatch.StringList
	pair := func(id, name string, values ...flexmatch.Attribute) flexmatch.Ticket {
		return ticket(id, each(name, values...))
	}
	const sameSizes = `{"name": "R", "type": "comparison", "measurements": "count(teams[red].players)", "operation": "=", "referenceValue": "count(teams[blue].players)"}`
	const noClanInBoth = `{"name": "R", "type": "comparison", "measurements": "count(set_intersection(teams[*].players.attributes[clan]))", "operation": "=", "referenceValue": 0}`
	const sameClan = `{"name": "R", "type": "comparison", "measurements": "flatten(teams[*].players.attributes[clan])", "operation": "="}`
	near := func(how string) string {
		return fmt.Sprintf(`{"name": "R", "type": "distance", "measurements": "max(flatten(teams[*].players.attributes[skill]))", "referenceValue": "min(flatten(teams[*].players.attributes[skill]))", "maxDistance": 1, "partyAggregation": %q}`, how)
	}
	ice := func(operation, more string) string {
		return fmt.Sprintf(`{"name": "R", "type": "collection", "measurements": "flatten(teams[*].players.attributes[maps])", "operation": %q, %s}`, operation, more)
	}
	for _, c := range []struct {
		what, rule            string
		tickets               []flexmatch.Ticket
		individual, aggregate bool
	}{
		{"a pair on each side", sameSizes, []flexmatch.Ticket{ticket("a", partyOf(2)), ticket("b", partyOf(2))}, true, true},
		{"a pair against two", sameSizes, []flexmatch.Ticket{ticket("a", partyOf(2)), ticket("b"), ticket("c")}, true, false},
		{"four alone", sameSizes, many("t", 4), true, true},
		{"clans alone", noClanInBoth, []flexmatch.Ticket{pair("a", "clan", s("x")), pair("b", "clan", s("x")), pair("c", "clan", s("y")), pair("d", "clan", s("y"))}, true, true},
		{"clans in pairs", noClanInBoth, []flexmatch.Ticket{pair("a", "clan", s("x"), s("x")), pair("b", "clan", s("y"), s("y"))}, true, false},
		{"strings that must be alike", sameClan, []flexmatch.Ticket{pair("a", "clan", s("x"), s("x")), pair("b", "clan", s("y"), s("y"))}, false, true},
		{"averages", near("avg"), []flexmatch.Ticket{pair("a", "skill", n(0), n(10)), pair("b", "skill", n(4), n(6))}, false, true},
		{"the greatest", near("max"), []flexmatch.Ticket{pair("a", "skill", n(0), n(10)), pair("b", "skill", n(4), n(9))}, false, true},
		{"the least", near("min"), []flexmatch.Ticket{pair("a", "skill", n(0), n(10)), pair("b", "skill", n(4), n(9))}, false, false},
		{"union", ice("intersection", `"minCount": 1`), []flexmatch.Ticket{pair("a", "maps", l("ice"), l("sand")), pair("b", "maps", l("ice"), l("moon"))}, false, true},
		{"intersection", ice("intersection", `"minCount": 1, "partyAggregation": "intersection"`), []flexmatch.Ticket{pair("a", "maps", l("ice", "sand"), l("ice")), pair("b", "maps", l("ice"), l("moon"))}, false, false},
		{"lists counted by party", ice("contains", `"referenceValue": "ice", "maxCount": 2`), []flexmatch.Ticket{pair("a", "maps", l("ice"), l("ice")), pair("b", "maps", l("ice"), l("ice"))}, false, true},
	} {
		rules := must(t, fmt.Sprintf(twoOnTwo, c.rule))
		if got := len(match(t, rules, 0, c.tickets...)); (got == 1) != c.individual {
			t.Errorf("%s, player by player: %d matches", c.what, got)
		}
		if got := len(match(t, rules.Evaluating(flexmatch.PartyAggregate), 0, c.tickets...)); (got == 1) != c.aggregate {
			t.Errorf("%s, party by party: %d matches", c.what, got)
		}
	}
}

// The players of a running game came from many tickets, so each counts.
func TestBackfillIsNoParty(t *testing.T) {
	rules := must(t, fmt.Sprintf(twoOnTwo, `{"name": "R", "type": "comparison", "measurements": "count(flatten(teams[*].players))", "operation": "=", "referenceValue": 4}`)).Evaluating(flexmatch.PartyAggregate)
	if m := match(t, rules, 0, ticket("game", partyOf(3), backfill("us")), ticket("a")); len(m) != 1 {
		t.Errorf("%d matches, want 1", len(m))
	}
}

// Explanations measure what the search did, and the way back is there.
func TestEvaluatingIsExplained(t *testing.T) {
	rules := must(t, fmt.Sprintf(twoOnTwo, `{"name": "Sizes", "type": "comparison", "measurements": "count(teams[red].players)", "operation": ">=", "referenceValue": 2}`))
	whole := rules.Evaluating(flexmatch.PartyAggregate)
	if whole.Parties() != flexmatch.PartyAggregate || rules.Parties() != flexmatch.PartyIndividual {
		t.Errorf("%s and %s", whole.Parties(), rules.Parties())
	}
	if whole.Evaluating(flexmatch.PartyIndividual).Describe().String() != rules.Describe().String() {
		t.Error("the way there and back does not lead to the same")
	}
	if text := whole.Describe().Summary; !strings.Contains(text, "A party counts as one player") {
		t.Error(text)
	}
	engine := flexmatch.Engine{Rules: whole}
	for _, ticket := range []flexmatch.Ticket{ticket("a", partyOf(2)), ticket("b", partyOf(2))} {
		if err := engine.Add(ticket); err != nil {
			t.Fatal(err)
		}
	}
	if m := engine.Form(epoch); len(m) != 0 {
		t.Fatalf("%d matches, want none", len(m))
	}
	report, _ := engine.ExplainTicket("a", epoch)
	if text := report.String(); !strings.Contains(text, "Sizes (comparison) fails: 1 against 2") {
		t.Error(text)
	}
	m := match(t, whole, 0, many("t", 4)...)
	if len(m) != 1 || whole.ExplainMatch(m[0]).Rules[0].Measured != "2" {
		t.Errorf("%v", m)
	}
}
