package flexmatch

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"
)

// Parse reads and checks a rule set body of language version 1.0: at most
// MaxBody characters of JSON, with // and /* */ comments allowed.
//
// The error is a Problems with everything that is wrong. The warnings are what
// was let through and is probably not meant: unknown properties, doubled keys,
// rules that can never hold or never fail.
//
// Source: FlexMatch developer guide, "Rule set schema" and "Property
// definitions".
func Parse(body []byte) (rules *RuleSet, warnings []Problem, err error) {
	if n := utf8.RuneCount(body); n > MaxBody {
		return nil, nil, Problems{{What: fmt.Sprintf("the body has %d characters", n), Instead: fmt.Sprintf("write at most %d", MaxBody)}}
	}
	root, doubled, err := readJSON(string(body))
	if err != nil {
		return nil, nil, err
	}
	d := &decoder{set: &RuleSet{}, body: root, warnings: doubled}
	d.ruleSet(root)
	inOrder(d.warnings)
	if len(d.problems) > 0 {
		inOrder(d.problems)
		return nil, d.warnings, d.problems
	}
	d.set.prepare()
	return d.set, d.warnings, nil
}

func inOrder(problems []Problem) {
	slices.SortStableFunc(problems, func(a, b Problem) int {
		return cmp.Or(cmp.Compare(a.Line, b.Line), cmp.Compare(a.Column, b.Column))
	})
}

// ruleSet reads the top level. Later parts are read even when earlier ones have
// problems, so that one run shows them all; but nothing that names teams is
// read without teams.
func (d *decoder) ruleSet(root *node) {
	o, ok := d.object(root, "", "name", "ruleLanguageVersion", "playerAttributes", "algorithm", "teams", "rules", "expansions")
	if !ok {
		return
	}
	d.set.name = o.word("name", "")
	if v := o.require("ruleLanguageVersion", `"1.0"`); v != nil && (v.kind != jsonString || v.text != "1.0") {
		d.fail(v, "ruleLanguageVersion", "the language has one version, the string \"1.0\"", `write "1.0"`)
	}
	d.attributes(o)
	d.teams(o)
	d.algorithm(o)
	if len(d.set.teams) == 0 {
		return
	}
	d.rules(o)
	d.expansions(o)
	if len(d.problems) == 0 {
		d.stages()
	}
	if len(d.problems) == 0 {
		d.judge(o)
	}
}

func (d *decoder) attributes(o object) {
	for i, n := range o.list("playerAttributes") {
		path := fmt.Sprintf("playerAttributes[%d]", i)
		a, ok := d.object(n, path, "name", "type", "default")
		if !ok {
			continue
		}
		name, named := a.name("name", `"skill"`)
		kind, typed := a.name("type", `"number"`)
		if typed && !slices.Contains(attributeTypes, kind) {
			d.fail(n.get("type"), path+".type", fmt.Sprintf("no attribute type is called %q", kind), didYouMean(kind, attributeTypes))
			typed = false
		}
		if !named || !typed {
			continue
		}
		if d.set.attribute(name) >= 0 {
			d.fail(n.get("name"), path+".name", fmt.Sprintf("a second attribute is named %q", name), "give each its own name")
			continue
		}
		if strings.Contains(name, "]") {
			d.warn(n.get("name"), path+".name", fmt.Sprintf("no expression can name the attribute %q", name), "leave ] out of the name")
		}
		spec := AttributeSpec{Name: name, Type: AttributeType(kind)}
		if def := a.optional("default"); def != nil {
			spec.Default = d.attributeValue(def, path+".default", spec.Type)
		}
		d.set.attributes = append(d.set.attributes, spec)
	}
	needed := slices.DeleteFunc(slices.Clone(d.set.attributes), func(a AttributeSpec) bool { return a.Default != nil })
	if n := len(needed); n > maxAttributes {
		d.warn(o.n.get("playerAttributes"), "playerAttributes", fmt.Sprintf("%d attributes have no default, and a player can send %d: nobody is ever matched", n, maxAttributes), "give some a default, or leave them out")
	}
}

func (d *decoder) teams(o object) {
	n := o.require("teams", `[{"name": "red", "minPlayers": 1, "maxPlayers": 4}]`)
	if n == nil {
		return
	}
	items := o.list("teams")
	if n.kind == jsonArray && len(items) == 0 {
		d.fail(n, "teams", "there is no team", "define one at least")
	}
	total := 0
	for i, item := range items {
		total += d.team(item, fmt.Sprintf("teams[%d]", i))
		if total > MaxPlayers { // and no further, lest a hostile body make us build millions
			d.fail(n, "teams", fmt.Sprintf("the teams together hold more than %d players", MaxPlayers), "lower maxPlayers or quantity")
			return
		}
	}
}

// team reads one definition and gives the most players its teams hold.
func (d *decoder) team(n *node, path string) (most int) {
	t, ok := d.object(n, path, "name", "minPlayers", "maxPlayers", "quantity")
	if !ok {
		return 0
	}
	def := TeamSpec{Quantity: 1}
	def.Name, ok = t.name("name", `"red"`)
	least, greatest := t.require("minPlayers", "1"), t.require("maxPlayers", "4")
	if !ok || least == nil || greatest == nil {
		return 0
	}
	before := len(d.problems)
	def.MinPlayers = t.count("minPlayers", least, 0, MaxPlayers)
	def.MaxPlayers = t.count("maxPlayers", greatest, 1, MaxPlayers)
	if q := t.optional("quantity"); q != nil {
		def.Quantity = t.count("quantity", q, 1, MaxPlayers)
	}
	if len(d.problems) == before && def.MinPlayers > def.MaxPlayers {
		d.fail(least, path+".minPlayers", fmt.Sprintf("minPlayers %d is more than maxPlayers %d", def.MinPlayers, def.MaxPlayers), "raise maxPlayers or lower minPlayers")
	}
	if strings.ContainsAny(def.Name, "[],*") {
		d.warn(n.get("name"), path+".name", fmt.Sprintf("no expression can name the team %q", def.Name), "leave [ ] , and * out of the name")
	}
	if most = def.MaxPlayers * def.Quantity; most <= MaxPlayers {
		d.copies(def, n.get("name"), path)
	}
	return most
}

// copies adds the teams of a definition: one, or Name_1 to Name_quantity.
func (d *decoder) copies(def TeamSpec, at *node, path string) {
	d.set.defs = append(d.set.defs, def)
	for i := range def.Quantity {
		name := def.Name
		if def.Quantity > 1 {
			name = fmt.Sprintf("%s_%d", def.Name, i+1)
		}
		if slices.Contains(d.set.teamNames()[:len(d.set.teams)], name) {
			d.fail(at, path+".name", fmt.Sprintf("a second team is named %q", name), "give each its own name")
		}
		d.set.teams = append(d.set.teams, team{name: name, def: len(d.set.defs) - 1})
	}
}

func (d *decoder) algorithm(o object) {
	large := d.set.Large()
	n := o.optional("algorithm")
	if n == nil {
		n = &node{kind: jsonObject, line: o.n.line, col: o.n.col}
	}
	a, ok := d.object(n, "algorithm", "strategy", "batchingPreference", "sortByAttributes", "balancedAttribute", "expansionAgeSelection", "backfillPriority")
	if !ok {
		return
	}
	d.set.algorithm = Algorithm{
		Strategy:         a.oneOf("strategy", "exhaustiveSearch", "exhaustiveSearch", "balanced"),
		ExpansionAge:     a.oneOf("expansionAgeSelection", "newest", "newest", "oldest"),
		BackfillPriority: a.oneOf("backfillPriority", "normal", "normal", "high", "low"),
	}
	d.batching(a, large)
	d.sortBy(a)
	d.balanced(a, large)
}

func (d *decoder) batching(a object, large bool) {
	small, big := []string{"random", "sorted"}, []string{"largestPopulation", "fastestRegion"}
	if large {
		small, big = big, small
	}
	word := a.oneOf("batchingPreference", small[0], append(slices.Clone(small), big...)...)
	if slices.Contains(big, word) {
		d.warn(a.n.get("batchingPreference"), "algorithm.batchingPreference",
			fmt.Sprintf("%q does not apply to a match of this size, ignored", word), "write one of "+quoteAll(small))
		word = small[0]
	}
	d.set.algorithm.Batching = word
}

func (d *decoder) sortBy(a object) {
	names := a.list("sortByAttributes")
	for i, n := range names {
		path := fmt.Sprintf("algorithm.sortByAttributes[%d]", i)
		index := d.set.attribute(n.text)
		switch {
		case n.kind != jsonString:
			d.fail(n, path, fmt.Sprintf("this is %s", n.kind), "write the name of an attribute")
			continue
		case index < 0:
			d.fail(n, path, fmt.Sprintf("no player attribute is named %q", n.text), didYouMean(n.text, d.set.attributeNames()))
			continue
		case d.set.attributes[index].Type != NumberType && d.set.attributes[index].Type != StringType:
			d.fail(n, path, fmt.Sprintf("tickets cannot be sorted by a %s", d.set.attributes[index].Type), "name a number or a string attribute")
			continue
		}
		d.set.attributes[index].used = true
		d.set.algorithm.SortBy = append(d.set.algorithm.SortBy, n.text)
	}
	switch n := a.optional("batchingPreference"); {
	case d.set.algorithm.Batching == "sorted" && len(names) == 0:
		d.fail(n, "algorithm.batchingPreference", "sorted batching needs sortByAttributes", `write "sortByAttributes": ["skill"]`)
	case d.set.algorithm.Batching != "sorted" && len(names) > 0:
		d.warn(a.n.get("sortByAttributes"), "algorithm.sortByAttributes", "has no effect without sorted batching", `write "batchingPreference": "sorted"`)
	}
}

func (d *decoder) balanced(a object, large bool) {
	if d.set.algorithm.Strategy == "balanced" && !large {
		d.warn(a.n.get("strategy"), "algorithm.strategy", fmt.Sprintf("balanced is for more than %d players; exhaustiveSearch is used", LargeMatch), `write "exhaustiveSearch"`)
		d.set.algorithm.Strategy = "exhaustiveSearch"
	} else if large && d.set.algorithm.Strategy != "balanced" {
		d.fail(a.n, "algorithm", fmt.Sprintf("a match of more than %d players needs the balanced strategy", LargeMatch), `write "algorithm": {"strategy": "balanced", "balancedAttribute": …}`)
	}
	if a.optional("balancedAttribute") == nil {
		if large {
			a.require("balancedAttribute", "the name of a number attribute")
		}
		return
	}
	name := a.word("balancedAttribute", "")
	n, index := a.n.get("balancedAttribute"), d.set.attribute(name)
	switch {
	case n.kind != jsonString:
	case index < 0:
		d.fail(n, "algorithm.balancedAttribute", fmt.Sprintf("no player attribute is named %q", name), didYouMean(name, d.set.attributeNames()))
	case d.set.attributes[index].Type != NumberType:
		d.fail(n, "algorithm.balancedAttribute", fmt.Sprintf("%q is a %s", name, d.set.attributes[index].Type), "name an attribute of type number")
	default:
		d.set.attributes[index].used = true
		d.set.algorithm.BalancedAttribute = name
	}
}
