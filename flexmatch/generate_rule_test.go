package flexmatch_test

import (
	"encoding/json"
	"slices"

	"github.com/musterhq/muster/flexmatch"
	"pgregory.net/rapid"
)

// Rules of any expressions that the language allows, where the templates of
// drawRule are rules that people write.

// drawn is an expression, what its elements are and how many levels of list are
// around them.
type drawn struct {
	text, base string
	depth      int
}

func drawPath(t *rapid.T, teams []string) drawn {
	one := pick(t, "selection", append(slices.Clone(teams), "*", "*")...)
	d := drawn{text: "teams[" + one + "]", depth: 1}
	switch {
	case one == "*":
		d.depth = 2
	case len(teams) > 1 && rapid.IntRange(0, 3).Draw(t, "several") == 0:
		d.text, d.depth = "teams[red,blue]", 2
	}
	what := pick(t, "of players", "", "[playerId]", ".attributes[skill]", ".attributes[skill]", ".attributes[mode]", ".attributes[maps]", ".attributes[maps]")
	d.text += ".players" + what
	d.base = map[string]string{"": "Player", ".attributes[skill]": "number"}[what]
	if d.base == "" {
		d.base = "string"
	}
	if what == ".attributes[maps]" {
		d.depth++
	}
	return d
}

// functions gives those that take the expression.
func (d drawn) functions() (fns []string) {
	if d.depth > 1 {
		fns = append(fns, "flatten")
	}
	if d.depth > 1 && d.base == "string" {
		fns = append(fns, "set_intersection")
	}
	if d.depth > 0 {
		fns = append(fns, "count")
	}
	if d.depth > 0 && d.base == "number" {
		fns = append(fns, "min", "max", "avg", "median", "sum", "stddev")
	}
	return fns
}

func (d drawn) call(fn string) drawn {
	d.text, d.depth = fn+"("+d.text+")", d.depth-1
	if fn != "flatten" && fn != "set_intersection" {
		d.base = "number"
	}
	return d
}

// drawExpr gives an expression of a base and at most so many levels of list.
func drawExpr(t *rapid.T, teams []string, base string, most int) drawn {
	d := drawPath(t, teams)
	for {
		there := d.base == base && d.depth <= most
		fns := d.functions()
		if len(fns) == 0 || there && rapid.Bool().Draw(t, "enough") {
			break
		}
		d = d.call(rapid.SampledFrom(fns).Draw(t, "function"))
	}
	switch {
	case d.base == base && d.depth <= most:
		return d
	case base == "number":
		return drawn{"avg(flatten(teams[*].players.attributes[skill]))", "number", 0}
	}
	return drawn{"flatten(teams[*].players.attributes[mode])", "string", 1}
}

func drawAnyRule(t *rapid.T, teams []string) object {
	r := object{"type": pick(t, "type", "comparison", "comparison", "distance", "collection")}
	bound := func(property string, most int) {
		if rapid.Bool().Draw(t, property) {
			r[property] = rapid.IntRange(0, most).Draw(t, "bound")
		}
	}
	r["partyAggregation"] = pick(t, "aggregation", "min", "max", "avg")
	switch r["type"] {
	case "comparison":
		m := drawExpr(t, teams, pick(t, "base", "number", "number", "string"), 3)
		r["measurements"], r["operation"] = m.text, pick(t, "equal", "=", "!=")
		reference := any(pick(t, "word", "duel", "ice", "p00"))
		if m.base == "number" {
			reference = rapid.IntRange(0, 20).Draw(t, "number")
		}
		switch rapid.IntRange(0, 3).Draw(t, "reference") {
		case 0: // across players
		case 1:
			reference = drawExpr(t, teams, m.base, 2).text
			fallthrough
		default:
			r["referenceValue"] = reference
			if m.base == "number" {
				r["operation"] = pick(t, "operation", "<", "<=", "=", "!=", ">", ">=")
			}
		}
	case "distance":
		r["measurements"] = drawExpr(t, teams, "number", 2).text
		r["referenceValue"] = drawExpr(t, teams, "number", 1).text
		bound("minDistance", 5)
		r["maxDistance"] = rapid.IntRange(0, 20).Draw(t, "bound")
	default:
		r["partyAggregation"] = pick(t, "aggregation", "union", "intersection")
		r["measurements"] = drawExpr(t, teams, "string", 3).text
		r["operation"] = pick(t, "operation", "contains", "intersection", "reference_intersection_count")
		bound("maxCount", 3)
		r["minCount"] = rapid.IntRange(0, 2).Draw(t, "bound")
		switch r["operation"] {
		case "contains":
			r["referenceValue"] = pick(t, "word", "duel", "ice", "p00")
		case "reference_intersection_count":
			r["referenceValue"] = any([]string{"ice", "sand", "duel"})
			if rapid.Bool().Draw(t, "reference") {
				r["referenceValue"] = drawExpr(t, teams, "string", 1).text
			}
		}
	}
	return r
}

// drawWell draws rules until one is well typed: two lists cannot always be
// paired, and a scalar is no collection. After some it gives up.
func drawWell(t *rapid.T, teams []object, names []string) object {
	for range 3 {
		r := drawAnyRule(t, names)
		r["name"] = "R"
		body, err := json.Marshal(object{"ruleLanguageVersion": "1.0", "playerAttributes": attributes, "teams": teams, "rules": []object{r}})
		if err != nil {
			panic(err)
		}
		if _, _, err := flexmatch.Parse(body); err == nil {
			return r
		}
	}
	return drawRule(t, pick(t, "team", names...))
}

// readings gives a rule set as it evaluates parties in one way or the other, and
// the evaluator that does so too.
func readings(t *rapid.T, body string) (*flexmatch.RuleSet, *oracle) {
	rules, o := parsed(t, body), newOracle(body)
	if rapid.Bool().Draw(t, "aggregate") {
		o.aggregate = true
		return rules.Evaluating(flexmatch.PartyAggregate), o
	}
	return rules, o
}

var attributes = []object{
	{"name": "skill", "type": "number", "default": 10},
	{"name": "mode", "type": "string", "default": "duel"},
	{"name": "maps", "type": "string_list", "default": []string{"ice"}},
	{"name": "taste", "type": "string_number_map", "default": object{"ice": 5}},
}
