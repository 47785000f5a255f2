package flexmatch_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/musterhq/muster/flexmatch"
)

// Whatever the body, Parse neither panics nor accepts what it cannot use: a set
// that parses describes itself, forms matches and explains tickets.
func FuzzParse(f *testing.F) {
	files, err := filepath.Glob("testdata/rulesets/*.json")
	if err != nil {
		f.Fatal(err)
	}
	for _, file := range files {
		body, err := os.ReadFile(file)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(string(body))
	}
	f.Add(duelRules)
	f.Fuzz(func(t *testing.T, body string) { use(t, body) })
}

// use does everything with a body, and fails when Parse contradicts itself.
func use(t *testing.T, body string) {
	t.Helper()
	rules, _, err := flexmatch.Parse([]byte(body))
	if (rules == nil) == (err == nil) {
		t.Fatalf("rules %v and error %v", rules, err)
	}
	if err != nil {
		return
	}
	if rules.Describe().String() == "" {
		t.Error("no description")
	}
	for _, parties := range []flexmatch.PartyEvaluation{flexmatch.PartyIndividual, flexmatch.PartyAggregate} {
		play(t, rules.Evaluating(parties))
	}
}

// play lets players of many values in, forms what matches there are, and
// explains them.
func play(t *testing.T, rules *flexmatch.RuleSet) {
	t.Helper()
	engine := flexmatch.Engine{Rules: rules, Budget: 200}
	for i := range 12 {
		p := flexmatch.Player{ID: fmt.Sprint("p", i), Attributes: map[string]flexmatch.Attribute{}, Latency: map[string]int{"us": 10 * i, "eu": 200}}
		specs := rules.Attributes()
		for n, spec := range specs[:min(10, len(specs))] { // a player has no more
			p.Attributes[spec.Name] = map[flexmatch.AttributeType]flexmatch.Attribute{
				flexmatch.StringType: flexmatch.String("a"), flexmatch.NumberType: flexmatch.Number(float64(i)),
				flexmatch.StringListType: flexmatch.StringList([]string{"a", "b", "c"}[:(i+n)%4]...), flexmatch.StringNumberMapType: flexmatch.StringNumberMap(map[string]float64{"a": float64(i)}),
			}[spec.Type]
		}
		players := []flexmatch.Player{p}
		if i%4 == 3 {
			p.ID += "b"
			players = append(players, p)
		}
		if err := engine.Add(flexmatch.Ticket{ID: fmt.Sprint("t", i), Start: epoch.Add(-time.Duration(i) * time.Second), Players: players}); err != nil {
			t.Fatal(err)
		}
	}
	for _, wait := range []time.Duration{0, time.Minute, 12 * time.Hour} {
		for _, m := range engine.Form(epoch.Add(wait)) {
			_ = rules.ExplainMatch(m).String()
		}
		if report, ok := engine.ExplainTicket("t0", epoch.Add(wait)); ok {
			_ = report.String()
		}
	}
}

// The expression checker sees every string where rule sets have expressions.
func FuzzExpression(f *testing.F) {
	for _, seed := range []string{
		"teams[*].players.attributes[skill]", "max(avg(teams[*].players.attributes[skill]))", "count (teams[red].players)",
		"set_intersection(flatten(teams[*].players.attributes[maps]))", "flatten(teams[red,blue].players[playerid])", "-1.5e3", "stddev(",
	} {
		f.Add(seed, "teams[blue].players.attributes[skill]")
		f.Add("teams[red,blue].players.attributes[maps]", seed)
	}
	quoted := func(expression string) string {
		return strings.NewReplacer(`\`, `\\`, `"`, `\"`, "\n", `\n`, "\t", `\t`, "\r", `\r`).Replace(strings.ToValidUTF8(expression, ""))
	}
	f.Fuzz(func(t *testing.T, expression, reference string) {
		for _, rule := range []string{
			`"type": "comparison", "measurements": "%s", "operation": "="`,
			`"type": "comparison", "measurements": "%s", "operation": "=", "referenceValue": "%s"`,
			`"type": "distance", "measurements": "%s", "referenceValue": "%s", "maxDistance": 3`,
			`"type": "collection", "measurements": "%s", "operation": "reference_intersection_count", "referenceValue": "%s", "minCount": 1`,
		} {
			rule = strings.Replace(strings.Replace(rule, "%s", quoted(expression), 1), "%s", quoted(reference), 1)
			use(t, `{"ruleLanguageVersion": "1.0",
				"playerAttributes": [{"name": "skill", "type": "number"}, {"name": "mode", "type": "string"}, {"name": "maps", "type": "string_list"}, {"name": "words", "type": "string_list"}],
				"teams": [{"name": "red", "minPlayers": 1, "maxPlayers": 2}, {"name": "blue", "minPlayers": 1, "maxPlayers": 2}],
				"rules": [{"name": "R", `+rule+`}]}`)
		}
	})
}

// fill repeats a part, with numbers for its %d, until a body is full.
func fill(before, part, after string) string {
	var b strings.Builder
	b.WriteString(before)
	for i := 0; ; i++ {
		next := strings.ReplaceAll(part, "%d", fmt.Sprint(i))
		if i > 0 {
			next = "," + next
		}
		if b.Len()+len(next)+len(after) > flexmatch.MaxBody {
			return b.String() + after
		}
		b.WriteString(next)
	}
}

// Bodies made to hurt, at the greatest length allowed, cost little.
func TestHostileRuleSets(t *testing.T) {
	const attributes = `"playerAttributes": [{"name": "n", "type": "number"}, {"name": "l", "type": "string_list"}], `
	const head = `{"ruleLanguageVersion": "1.0", ` + attributes + `"teams": [{"name": "a", "minPlayers": 0, "maxPlayers": 1, "quantity": 40}], `
	for name, body := range map[string]string{
		"nothing but brackets":  strings.Repeat("[", flexmatch.MaxBody),
		"nothing but braces":    strings.Repeat(`{"a":`, flexmatch.MaxBody/5),
		"many teams":            fill(`{"ruleLanguageVersion": "1.0", "teams": [`, `{"name": "t%d", "minPlayers": 1, "maxPlayers": 1, "quantity": 200}`, `]}`),
		"200 teams of one":      `{"ruleLanguageVersion": "1.0", ` + attributes + `"algorithm": {"strategy": "balanced", "balancedAttribute": "n"}, "teams": [{"name": "a", "minPlayers": 1, "maxPlayers": 1, "quantity": 200}]}`,
		"many attributes":       fill(`{"ruleLanguageVersion": "1.0", "teams": [{"name": "a", "minPlayers": 1, "maxPlayers": 2}], "playerAttributes": [`, `{"name": "a%d", "type": "number"}`, `]}`),
		"many rules":            fill(head+`"rules": [`, `{"name": "r%d", "type": "comparison", "measurements": "teams[*].players.attributes[n]", "operation": ">", "referenceValue": 3}`, `]}`),
		"many latency rules":    fill(head+`"rules": [`, `{"name": "r%d", "type": "latency", "maxLatency": 9}`, `]}`),
		"steps without end":     steps(head, `"rules": [{"name": "r", "type": "latency", "maxLatency": 1}]`, "rules[r].maxLatency"),
		"team steps":            steps(head, `"rules": []`, "teams[a].minPlayers"),
		"a long statement":      head + `"rules": [{"name": "r", "type": "latency", "maxLatency": 9}, {"name": "c", "type": "compound", "statement": "and(` + strings.Repeat("r,", 30_000) + `r)"}]}`,
		"one long name":         head + `"name": "` + strings.Repeat("x", 65_000) + `"}`,
		"long names everywhere": fill(`{"ruleLanguageVersion": "1.0", "teams": [`, `{"name": "`+strings.Repeat("x", 1000)+`%d", "minPlayer": 1}`, `]}`),
		"rules and expansions":  rulesAndExpansions(head),
		"many compounds":        fill(head+`"rules": [{"name": "r", "type": "latency", "maxLatency": 9}, `, `{"name": "c%d", "type": "compound", "statement": "not(or(r, and(r, xor(r, r))))"}`, `]}`),
		"many medians":          fill(head+`"rules": [`, `{"name": "r%d", "type": "comparison", "measurements": "median(flatten(teams[*].players.attributes[n]))", "operation": ">", "referenceValue": "stddev(flatten(teams[*].players.attributes[n]))"}`, `]}`),
		"many intersections":    fill(head+`"rules": [`, `{"name": "r%d", "type": "collection", "measurements": "flatten(teams[*].players.attributes[l])", "operation": "reference_intersection_count", "referenceValue": "set_intersection(flatten(teams[*].players.attributes[l]))", "minCount": 0}`, `]}`),
		"doubled keys":          fill(`{`, `"name": "x"`, `}`),
		"unknown keys":          fill(`{`, `"nam%d": "x"`, `}`),
	} {
		t.Run(name, func(t *testing.T) {
			if len(body) > flexmatch.MaxBody {
				t.Fatalf("the body has %d characters", len(body))
			}
			use(t, body)
		})
	}
	if _, _, err := flexmatch.Parse([]byte(strings.Repeat(" ", flexmatch.MaxBody+1))); err == nil {
		t.Error("a body of one character too many is read")
	}
}

// rulesAndExpansions writes as many rules as fit, each with an expansion of its
// own at a time of its own.
func rulesAndExpansions(head string) string {
	var rules, expansions []string
	for i := range 290 {
		rules = append(rules, fmt.Sprintf(`{"name": "r%d", "type": "comparison", "measurements": "max(teams[*].players.attributes[n])", "operation": ">", "referenceValue": 3}`, i))
		expansions = append(expansions, fmt.Sprintf(`{"target": "rules[r%d].referenceValue", "steps": [{"waitTimeSeconds": %d, "value": 2}]}`, i, i+1))
	}
	return head + `"rules": [` + strings.Join(rules, ",") + `], "expansions": [` + strings.Join(expansions, ",") + `]}`
}

// steps writes an expansion with as many steps as fit.
func steps(head, rules, target string) string {
	var b strings.Builder
	fmt.Fprintf(&b, `%s%s, "expansions": [{"target": %q, "steps": [`, head, rules, target)
	for i := 1; b.Len() < flexmatch.MaxBody-100; i++ {
		if i > 1 {
			b.WriteByte(',')
		}
		fmt.Fprintf(&b, `{"waitTimeSeconds": %d, "value": %d}`, i, i%2)
	}
	return b.String() + "]}]}"
}
