package flexmatch

import (
	"fmt"
	"math"
	"slices"
)

// judge warns about rules that can never hold or never fail.
func (d *decoder) judge(o object) {
	b := &bounder{evaluator: evaluator{set: d.set}, extents: make([]extent, len(d.set.attributes))}
	for i := range b.extents {
		b.extents[i] = extent{math.Inf(-1), math.Inf(1)}
	}
	for i, r := range d.set.rules {
		if r.sorts() {
			continue
		}
		never, always := true, true
		for s := range d.set.stages {
			can, must := d.verdict(b, &d.set.stages[s], d.set.stages[s].rules[i])
			never, always = never && !can, always && must
		}
		switch {
		case never:
			d.warn(r.node, r.path, fmt.Sprintf("the rule %q can never hold", r.name), "check its bounds")
		case always:
			instead := "check its bounds, or leave it out"
			if r.kind == kindComparison && r.reference == nil {
				instead = "add a referenceValue, or measure a list, whose values are compared with each other"
			}
			d.warn(r.node, r.path, fmt.Sprintf("the rule %q can never fail", r.name), instead)
		}
	}
}

// verdict says whether a rule can hold and whether it must, whoever plays.
func (d *decoder) verdict(b *bounder, s *stage, r *rule) (can, must bool) {
	switch r.kind {
	case kindCompound:
		return d.truths(r.statement)
	case kindLatency:
		return r.maxLatency >= 1 && r.max >= 0, false
	case kindBatchDistance:
		return r.max >= 0, d.set.attributes[r.attr].Type == NumberType && math.IsInf(r.max, 1)
	case kindCollection:
		return collectionVerdict(r, s)
	case kindDistance:
		return r.max >= 0 && r.min <= r.max, r.min <= 0 && math.IsInf(r.max, 1)
	}
	if r.reference == nil { // and where there is no list, nothing to compare
		return true, !slices.ContainsFunc(r.measurements, func(e *expr) bool { return e.typ.depth() > 0 })
	}
	return d.comparisonVerdict(b, s, r)
}

func collectionVerdict(r *rule, s *stage) (can, must bool) {
	atLeast, atMost := 0.0, math.Inf(1)
	if r.operation == opContains {
		atMost = float64(s.maxTotal())
	}
	can = r.min <= r.max && r.max >= atLeast && r.min <= atMost
	return can, r.min <= atLeast && r.max >= atMost
}

// comparisonVerdict compares an expression with itself, and otherwise looks at
// the intervals over a match that has only its fewest players.
func (d *decoder) comparisonVerdict(b *bounder, s *stage, r *rule) (can, must bool) {
	if r.measurements[0].typ.base != baseNumber {
		return true, false
	}
	seats := &roster{teams: make([][]seat, len(s.max)), open: s.max}
	b.roster = seats
	must = true
	for _, m := range r.measurements {
		self := m.text == r.reference.text && m.typ.depth() == 0
		if self {
			equal := r.operation == "=" || r.operation == "<=" || r.operation == ">="
			return equal, equal
		}
		if m.typ.depth() > 0 || r.reference.typ.depth() > 0 {
			return true, false
		}
		x, y := d.counted(b, s, m), d.counted(b, s, r.reference)
		if !x.has || !y.has {
			return true, false
		}
		if certain(negation[r.operation], x, y) {
			return false, false
		}
		must = must && certain(r.operation, x, y)
	}
	return true, must
}

// counted bounds an expression. A count of players lies between the minimum
// and maximum of their teams.
func (d *decoder) counted(b *bounder, s *stage, e *expr) span {
	if e.fn == fnCount && e.arg.path && e.arg.single && e.arg.kind != pathTeams {
		t := e.arg.teams[0]
		return span{lo: float64(s.min[t]), hi: float64(s.max[t]), has: true}
	}
	b.spent = 0
	return b.bound(e)
}

var negation = map[string]string{"<": ">=", "<=": ">", ">": "<=", ">=": "<", "=": "!=", "!=": "="}

// certain says that the comparison holds wherever in their spans the two lie.
func certain(operation string, m, ref span) bool {
	switch operation {
	case "<":
		return m.hi < ref.lo
	case "<=":
		return m.hi <= ref.lo
	case ">":
		return m.lo > ref.hi
	case ">=":
		return m.lo >= ref.hi
	case "=":
		return m.lo == m.hi && ref.lo == ref.hi && m.lo == ref.lo
	}
	return m.hi < ref.lo || m.lo > ref.hi
}

// maxTruths bounds the rules of a statement whose truth table is written out.
const maxTruths = 10

// truths says whether a statement can be true and whether it must be, over all
// ways its rules may turn out.
func (d *decoder) truths(t *term) (can, must bool) {
	var rules []int
	index := map[int]int{}
	t.each(func(rule int) {
		if _, ok := index[rule]; !ok {
			index[rule] = len(rules)
			rules = append(rules, rule)
		}
	})
	if len(rules) > maxTruths {
		return true, false
	}
	must = true
	for row := range 1 << len(rules) {
		truth := t.eval(func(rule int) bool { return row>>index[rule]&1 == 1 })
		can, must = can || truth, must && truth
	}
	return can, must
}
