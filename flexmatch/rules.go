package flexmatch

import (
	"fmt"
	"math"
	"slices"
	"strings"
)

func (d *decoder) rules(o object) {
	for i, n := range o.list("rules") {
		r := d.rule(n, fmt.Sprintf("rules[%d]", i), i)
		if r == nil {
			continue
		}
		if d.set.ruleNamed(r.name) != nil {
			d.fail(n.get("name"), r.path+".name", fmt.Sprintf("a second rule is named %q", r.name), "give each its own name")
			continue
		}
		r.index = len(d.set.rules)
		d.set.rules = append(d.set.rules, r)
		if r.statement != nil {
			r.statement.each(func(i int) { d.set.rules[i].part = true })
		}
	}
}

// rule reads one rule, or gives nil. A rule that has problems may come back all
// the same, so that later parts can name it.
func (d *decoder) rule(n *node, path string, index int) *rule {
	if n.kind != jsonObject {
		d.fail(n, path, fmt.Sprintf("this is %s", n.kind), "write an object: { … }")
		return nil
	}
	head := object{d, n, path, []string{"name", "type"}}
	name, named := head.name("name", `"FairSkill"`)
	kind, typed := head.name("type", `"distance"`)
	if typed && !slices.Contains(ruleKinds, kind) {
		d.fail(n.get("type"), path+".type", fmt.Sprintf("no rule type is called %q", kind), didYouMean(kind, ruleKinds))
		typed = false
	}
	if !named {
		return nil
	}
	r := &rule{name: name, kind: ruleKind(kind), index: index, node: n, path: path, min: math.Inf(-1), max: math.Inf(1), maxLatency: math.Inf(1)}
	r.description = head.word("description", "")
	if !typed {
		r.kind = ""
		return r
	}
	if d.set.Large() && r.kind != kindLatency && r.kind != kindBatchDistance {
		d.fail(n.get("type"), path+".type", fmt.Sprintf("a match of more than %d players cannot have rules of type %s", LargeMatch, kind), "use latency with maxLatency, or batchDistance")
		return r
	}
	d.properties(r)
	return r
}

// properties reads what is particular to the rule's type.
func (d *decoder) properties(r *rule) {
	known := []string{"name", "type", "description"}
	with := func(names ...string) object {
		o, _ := d.object(r.node, r.path, append(known, names...)...)
		return o
	}
	switch r.kind {
	case kindComparison:
		d.comparison(r, with("measurements", "operation", "referenceValue", "partyAggregation"))
	case kindDistance:
		d.distance(r, with("measurements", "referenceValue", "minDistance", "maxDistance", "partyAggregation"))
	case kindBatchDistance:
		d.batchDistance(r, with("batchAttribute", "maxDistance", "partyAggregation"))
	case kindCollection:
		d.collection(r, with("measurements", "operation", "referenceValue", "minCount", "maxCount", "partyAggregation"))
	case kindLatency:
		d.latency(r, with("maxLatency", "maxDistance", "distanceReference", "partyAggregation"))
	case kindAbsoluteSort, kindDistanceSort:
		d.sort(r, with("sortDirection", "sortAttribute", "mapKey", "partyAggregation"))
	case kindCompound:
		d.compound(r, with("statement"))
	}
}

// expression reads an expression from a string, placing problems in the text.
func (d *decoder) expression(n *node, path string) *expr {
	e, problem := parseExpr(d.set, n.text)
	if problem != nil {
		at := *n
		if !n.escaped {
			at.col += 1 + problem.at
		}
		d.fail(&at, path, problem.what, problem.instead)
		return nil
	}
	return e
}

// measure reads measurements: an expression, or a list of them.
func (d *decoder) measure(r *rule, o object) {
	n := o.require("measurements", `["teams[*].players.attributes[skill]"]`)
	if n == nil {
		return
	}
	items := []*node{n}
	if n.kind == jsonArray {
		items = n.items
	}
	if len(items) == 0 {
		d.fail(n, o.at("measurements"), "there is no measurement", "write one expression at least")
	}
	for i, item := range items {
		path := o.at("measurements")
		if n.kind == jsonArray {
			path = fmt.Sprintf("%s[%d]", path, i)
		}
		if item.kind != jsonString {
			d.fail(item, path, fmt.Sprintf("this is %s", item.kind), "write an expression in double quotes")
			continue
		}
		if e := d.expression(item, path); e != nil {
			r.measurements = append(r.measurements, e)
		}
	}
}

// scalars checks that the measurements are numbers, or strings where those are
// allowed, and gives what they are.
func (d *decoder) scalars(r *rule, o object, strings bool) (b base, ok bool) {
	n, ok := o.n.get("measurements"), len(r.measurements) > 0
	for i, e := range r.measurements {
		switch {
		case e.typ.base != baseNumber && (e.typ.base != baseString || !strings):
			wants := "numbers"
			if strings {
				wants = "numbers or strings"
			}
			d.fail(n, o.at("measurements"), fmt.Sprintf("a %s rule measures %s, and %s is a %s", r.kind, wants, e.text, e.typ), adviceFor(fnMin, e))
			ok = false
		case i > 0 && e.typ.base != b:
			d.fail(n, o.at("measurements"), "the measurements are not all of one type", "split them into two rules")
			ok = false
		}
		b = e.typ.base
	}
	return b, ok
}

// reference reads a referenceValue of the measurements' type: a constant, or an
// expression. A string that looks like an expression is one.
func (d *decoder) reference(r *rule, o object, n *node, b base) {
	path := o.at("referenceValue")
	if f, ok := n.number(); ok && b == baseNumber {
		r.reference = numberLiteral(f)
		return
	}
	if n.kind != jsonString {
		d.fail(n, path, fmt.Sprintf("this is %s, and the measurements are %ss", n.kind, b), "write a constant of that type or an expression")
		return
	}
	if b == baseString && !looksLikeExpr(n.text) {
		r.reference = stringLiteral(n.text)
		return
	}
	e := d.expression(n, path)
	if e == nil {
		return
	}
	if e.typ.base != b {
		d.fail(n, path, fmt.Sprintf("%s is a %s, and the measurements are %ss", e.text, e.typ, b), "compare values of one type")
		return
	}
	for _, m := range r.measurements {
		if !alike(m.typ, e.typ) {
			instead := "compare with one value, such as avg(…) of the list"
			if b == baseString {
				instead = "compare with one string, or count what lists have in common by a collection rule"
			}
			d.fail(n, path, fmt.Sprintf("%s and %s are lists that cannot be paired", m.text, e.text), instead)
			return
		}
	}
	r.reference = e
}

// alike says whether two types can be compared: one value with each of a list,
// or two lists of one length pair by pair.
func alike(a, b typ) bool {
	n := min(a.depth(), b.depth())
	return slices.Equal(a.dims[:n], b.dims[:n])
}

func (d *decoder) party(r *rule, o object, fallback aggregation, allowed ...aggregation) {
	names := make([]string, len(allowed))
	for i, a := range allowed {
		names[i] = aggregationNames[a]
	}
	word := o.oneOf("partyAggregation", aggregationNames[fallback], names...)
	r.party = aggregation(slices.Index(aggregationNames, word))
}

func (d *decoder) numericParty(r *rule, o object) {
	d.party(r, o, aggregateAvg, aggregateMin, aggregateMax, aggregateAvg)
}

var comparisons = []string{"<", "<=", "=", "!=", ">", ">="}

func (d *decoder) comparison(r *rule, o object) {
	d.measure(r, o)
	d.numericParty(r, o)
	b, typed := d.scalars(r, o, true)
	op := o.require("operation", `"="`)
	if op == nil {
		return
	}
	r.operation = op.text
	path := o.at("operation")
	switch n := o.optional("referenceValue"); {
	case op.kind != jsonString || !slices.Contains(comparisons, op.text):
		instead := "write one of " + quoteAll(comparisons)
		if op.text == "==" {
			instead = `write "="`
		}
		d.fail(op, path, fmt.Sprintf("%q is not a comparison", op.text), instead)
	case typed && b == baseString && op.text != "=" && op.text != "!=":
		d.fail(op, path, fmt.Sprintf("strings cannot be compared by %q", op.text), `write "=" or "!="`)
	case n == nil && op.text != "=" && op.text != "!=":
		d.fail(op, path, fmt.Sprintf("%q needs a referenceValue", op.text), `add one; only "=" (all alike) and "!=" (all different) compare players with each other`)
	case n != nil && typed:
		d.reference(r, o, n, b)
	}
}

func (d *decoder) distance(r *rule, o object) {
	d.measure(r, o)
	d.numericParty(r, o)
	_, typed := d.scalars(r, o, false)
	if n := o.require("referenceValue", `"avg(flatten(teams[*].players.attributes[skill]))"`); n != nil && typed {
		d.reference(r, o, n, baseNumber)
	}
	if o.optional("minDistance") == nil && o.optional("maxDistance") == nil {
		o.require("maxDistance", "10")
	}
	r.min, r.max = o.number("minDistance", r.min), o.number("maxDistance", r.max)
}

func (d *decoder) batchDistance(r *rule, o object) {
	d.numericParty(r, o)
	r.attr = d.attribute(o, "batchAttribute")
	if r.attr < 0 {
		return
	}
	switch t := d.set.attributes[r.attr].Type; {
	case t == NumberType && o.optional("maxDistance") == nil:
		o.require("maxDistance", "10")
	case t == NumberType:
		r.max = o.number("maxDistance", r.max)
	case t != StringType:
		d.fail(o.n.get("batchAttribute"), o.at("batchAttribute"), fmt.Sprintf("tickets cannot be batched by a %s", t), "name a number or a string attribute")
	case o.optional("maxDistance") != nil:
		d.warn(o.n.get("maxDistance"), o.at("maxDistance"), "strings are equal or not: maxDistance is ignored", "leave it out")
	}
}

// attribute reads the name of a declared attribute and gives its index, or -1.
func (d *decoder) attribute(o object, key string) int {
	name, ok := o.name(key, "the name of a player attribute")
	if !ok {
		return -1
	}
	i := d.set.attribute(name)
	if i < 0 {
		d.fail(o.n.get(key), o.at(key), fmt.Sprintf("no player attribute is named %q", name), didYouMean(name, d.set.attributeNames()))
		return -1
	}
	d.set.attributes[i].used = true
	return i
}

const (
	opIntersection = "intersection"
	opContains     = "contains"
	opReference    = "reference_intersection_count"
)

func (d *decoder) collection(r *rule, o object) {
	d.measure(r, o)
	d.party(r, o, aggregateUnion, aggregateUnion, aggregateIntersection)
	for _, e := range r.measurements {
		if e.typ.base != baseString || e.typ.depth() == 0 {
			d.fail(o.n.get("measurements"), o.at("measurements"), fmt.Sprintf("a collection rule measures lists of strings, and %s is a %s", e.text, e.typ), "name an attribute of type string_list")
			return
		}
	}
	if o.require("operation", `"intersection"`) == nil {
		return
	}
	r.operation = o.oneOf("operation", opIntersection, opIntersection, opContains, opReference)
	r.min, r.max = o.number("minCount", r.min), o.number("maxCount", r.max)
	n := o.optional("referenceValue")
	switch {
	case r.operation == opIntersection && n != nil:
		d.warn(n, o.at("referenceValue"), "intersection compares the players' own lists: referenceValue is ignored", "use reference_intersection_count")
	case r.operation != opIntersection && n == nil:
		o.require("referenceValue", `"medic"`)
	case n != nil:
		d.collectionReference(r, o, n)
	}
	if math.IsInf(r.min, -1) && math.IsInf(r.max, 1) {
		r.min = 1
		if r.operation == opReference {
			o.require("minCount", "1")
		}
	}
}

// collectionReference reads a string, a list of strings, or an expression.
// contains looks for one string; the other counts what a list has in common.
func (d *decoder) collectionReference(r *rule, o object, n *node) {
	path := o.at("referenceValue")
	words, isList := n.words()
	switch {
	case isList && r.operation == opContains && len(words) != 1:
		d.fail(n, path, "contains looks for one string", "write it alone, or use reference_intersection_count")
	case isList:
		r.reference = listLiteral(words)
	case n.kind != jsonString:
		d.fail(n, path, fmt.Sprintf("this is %s", n.kind), "write a string, a list of strings or an expression")
	case !looksLikeExpr(n.text):
		r.reference = listLiteral([]string{n.text})
	default:
		e := d.expression(n, path)
		if e != nil && r.operation == opContains {
			d.fail(n, path, "contains looks for one string, not an expression", "write the string, or use reference_intersection_count")
			return
		}
		if e != nil && (e.typ.base != baseString || e.typ.depth() > 1) {
			d.fail(n, path, fmt.Sprintf("%s is a %s", e.text, e.typ), "write an expression that gives a List<string>, with flatten or set_intersection")
			return
		}
		r.reference = e
	}
}

func (d *decoder) latency(r *rule, o object) {
	d.numericParty(r, o)
	if o.optional("maxLatency") == nil && o.optional("maxDistance") == nil {
		o.require("maxLatency", "100")
		return
	}
	r.maxLatency, r.max = o.number("maxLatency", r.maxLatency), o.number("maxDistance", r.max)
	n := o.optional("maxDistance")
	if n == nil {
		if at := o.optional("distanceReference"); at != nil {
			d.warn(at, o.at("distanceReference"), "has no effect without maxDistance", "leave it out")
		}
		return
	}
	if d.set.Large() {
		d.fail(n, o.at("maxDistance"), fmt.Sprintf("a match of more than %d players cannot limit the distance of latencies", LargeMatch), "use maxLatency alone")
		return
	}
	if o.require("distanceReference", `"avg"`) != nil {
		r.fromAverage = o.oneOf("distanceReference", "avg", "min", "avg") == "avg"
	}
}

func (d *decoder) sort(r *rule, o object) {
	d.numericParty(r, o)
	if o.optional("sortDirection") == nil {
		d.warn(o.n, o.path, `"sortDirection" is missing, ascending is used`, `write "sortDirection": "ascending"`)
	}
	r.descending = o.oneOf("sortDirection", "ascending", "ascending", "descending") == "descending"
	if r.attr = d.attribute(o, "sortAttribute"); r.attr < 0 {
		return
	}
	t, at := d.set.attributes[r.attr].Type, o.n.get("sortAttribute")
	switch {
	case t == StringNumberMapType:
		if o.require("mapKey", `"maxValue"`) != nil {
			r.bestKey = 1
			if o.oneOf("mapKey", "maxValue", "minValue", "maxValue") == "minValue" {
				r.bestKey = -1
			}
		}
	case t == StringListType:
		d.fail(at, o.at("sortAttribute"), "tickets cannot be sorted by a string_list", "name a number or a string_number_map")
	case t == StringType && r.kind == kindDistanceSort:
		d.fail(at, o.at("sortAttribute"), "strings have no distance", "name a number or a string_number_map, or use absoluteSort")
	case o.optional("mapKey") != nil:
		d.warn(o.n.get("mapKey"), o.at("mapKey"), fmt.Sprintf("has no effect on a %s", t), "leave it out")
	}
}

func (d *decoder) compound(r *rule, o object) {
	n := o.require("statement", `"and(FirstRule, SecondRule)"`)
	if n == nil {
		return
	}
	if n.kind != jsonString {
		d.fail(n, o.at("statement"), fmt.Sprintf("this is %s", n.kind), "write a statement in double quotes")
		return
	}
	t, problem := parseStatement(d.set, n.text, d.laterRules())
	if problem != nil {
		at := *n
		if !n.escaped {
			at.col += 1 + problem.at
		}
		d.fail(&at, o.at("statement"), problem.what, problem.instead)
	}
	r.statement = t
}

// laterRules gives the names of all rules of the body that are not read yet, to
// tell a rule that comes too late from one that does not exist.
func (d *decoder) laterRules() map[string]bool {
	later := map[string]bool{}
	for _, n := range d.body.get("rules").items {
		if name := n.get("name"); name != nil && name.kind == jsonString {
			later[strings.TrimSpace(name.text)] = true
		}
	}
	for _, r := range d.set.rules {
		delete(later, r.name)
	}
	return later
}
