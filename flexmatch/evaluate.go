package flexmatch

import "math"

// outcome is what became of one rule over a roster.
type outcome struct {
	pass bool
	// vacuous says that there was nothing to measure.
	vacuous bool
	// For a rule on numbers: the element nearest to failing or farthest beyond
	// it, its limit, and how far inside the limit it lies (negative: outside).
	numeric                 bool
	measured, limit, margin float64
}

func (o *outcome) number(measured, limit, margin float64, pass bool) {
	if o.vacuous || margin < o.margin {
		o.measured, o.limit, o.margin = measured, limit, margin
	}
	o.numeric, o.vacuous = true, false
	o.pass = o.pass && pass
}

// within takes measured against bounds at both ends, inclusive.
func (o *outcome) within(measured, least, most float64) {
	if !math.IsInf(least, -1) || math.IsInf(most, 1) {
		o.number(measured, least, measured-least, measured >= least)
	}
	if !math.IsInf(most, 1) {
		o.number(measured, most, most-measured, measured <= most)
	}
}

// holds evaluates a rule that stands or is part of a compound. Compounds are
// evaluated by the rules at the roster's stage.
func (v *evaluator) holds(s *stage, r *rule) outcome {
	v.reset()
	o := outcome{pass: true, vacuous: true}
	switch r.kind {
	case kindComparison, kindDistance:
		v.measure(r, &o)
	case kindCollection:
		v.collection(r, &o)
	case kindBatchDistance:
		v.batch(r, &o)
	case kindLatency:
		v.latency(r, &o)
	case kindCompound:
		o.vacuous = false
		o.pass = r.statement.eval(func(i int) bool { return v.holds(s, s.rules[i]).pass })
	}
	return o
}

// measure evaluates a comparison or distance rule.
func (v *evaluator) measure(r *rule, o *outcome) {
	if r.reference == nil {
		for _, e := range r.measurements {
			v.mutual(r, v.eval(e), e.typ, o)
		}
		return
	}
	reference := v.eval(r.reference)
	for _, e := range r.measurements {
		v.pairs(r, v.eval(e), reference, e.typ.depth(), r.reference.typ.depth(), e.typ.base, o)
	}
}

// pairs compares element by element: two lists pair by pair, a list with one
// value each.
func (v *evaluator) pairs(r *rule, m, ref value, depth, refDepth int, b base, o *outcome) {
	switch {
	case depth > 0 && refDepth > 0:
		for i := range m.list {
			v.pairs(r, m.list[i], ref.list[i], depth-1, refDepth-1, b, o)
		}
	case depth > 0:
		for i := range m.list {
			v.pairs(r, m.list[i], ref, depth-1, 0, b, o)
		}
	case refDepth > 0:
		for i := range ref.list {
			v.pairs(r, m, ref.list[i], 0, refDepth-1, b, o)
		}
	case !m.has || !ref.has:
	case r.kind == kindDistance:
		o.within(math.Abs(m.num-ref.num), r.min, r.max)
	case b == baseString:
		o.vacuous = false
		o.pass = o.pass && (m.str == ref.str) == (r.operation == "=")
	default:
		compareNumbers(r.operation, m.num, ref.num, o)
	}
}

func compareNumbers(operation string, m, ref float64, o *outcome) {
	switch operation {
	case "<":
		o.number(m, ref, ref-m, m < ref)
	case "<=":
		o.number(m, ref, ref-m, m <= ref)
	case "=":
		o.number(m, ref, -math.Abs(m-ref), m == ref)
	case "!=":
		o.number(m, ref, math.Abs(m-ref), m != ref)
	case ">":
		o.number(m, ref, m-ref, m > ref)
	case ">=":
		o.number(m, ref, m-ref, m >= ref)
	}
}

// mutual compares the elements of each innermost list with each other: all
// alike, or all different.
func (v *evaluator) mutual(r *rule, m value, t typ, o *outcome) {
	if t.depth() > 1 {
		for i := range m.list {
			v.mutual(r, m.list[i], typ{t.base, t.dims[1:]}, o)
		}
		return
	}
	for i := range m.list {
		a := &m.list[i]
		if !a.has {
			continue
		}
		o.vacuous = false
		for j := range m.list[:i] {
			b := &m.list[j]
			if !b.has {
				continue
			}
			if (a.num == b.num && a.str == b.str) != (r.operation == "=") {
				o.pass = false
			}
			if r.operation == "=" {
				break // equality carries over
			}
		}
	}
}

func (v *evaluator) collection(r *rule, o *outcome) {
	reference := value{has: true}
	if r.reference != nil && r.operation != opIntersection {
		if reference = v.eval(r.reference); r.reference.typ.depth() == 0 {
			reference.list = []value{reference}
		}
	}
	for _, e := range r.measurements {
		v.collect(r, v.eval(e), reference, e.typ.depth(), o)
	}
}

// collect evaluates the operation on a list of strings, on the players' lists
// of strings, or on each team's players' lists.
func (v *evaluator) collect(r *rule, m, reference value, depth int, o *outcome) {
	if depth > 2 || depth == 2 && r.operation == opReference {
		for i := range m.list {
			v.collect(r, m.list[i], reference, depth-1, o)
		}
		return
	}
	switch {
	case r.operation == opReference && reference.has && m.has:
		o.within(float64(v.overlap(m.list, reference.list)), r.min, r.max)
	case r.operation == opContains && m.has:
		o.within(float64(occurrences(m.list, reference.list[0].str, depth)), r.min, r.max)
	case r.operation == opIntersection && depth == 2:
		if shared := v.shared(m.list); shared.has {
			o.within(float64(len(shared.list)), r.min, r.max)
		}
	case r.operation == opIntersection && m.has:
		o.within(float64(v.overlap(m.list, m.list)), r.min, r.max)
	}
}

// occurrences counts the strings that are word, or the lists that contain it.
func occurrences(list []value, word string, depth int) (n int) {
	for i := range list {
		if depth == 1 && list[i].str == word || depth == 2 && contains(list[i].list, word) {
			n++
		}
	}
	return n
}

// batch takes the spread of the tickets' values, or whether they are all alike.
func (v *evaluator) batch(r *rule, o *outcome) {
	if v.set.attributes[r.attr].Type == StringType {
		first := v.roster.tickets[0].value(v.set, r.attr, 0)
		o.vacuous = false
		for _, t := range v.roster.tickets {
			for p := range t.ticket.Players {
				o.pass = o.pass && t.value(v.set, r.attr, p).str == first.str
			}
		}
		return
	}
	least, most := math.Inf(1), math.Inf(-1)
	for _, t := range v.roster.tickets {
		x := t.aggregate(v.set, r.attr, r.party)
		least, most = min(least, x), max(most, x)
	}
	o.number(most-least, r.max, r.max-(most-least), most-least <= r.max)
}

// latency holds when some region that every ticket reports suits the rule.
func (v *evaluator) latency(r *rule, o *outcome) {
	best := outcome{pass: false, vacuous: true, margin: math.Inf(-1)}
	for _, l := range v.roster.tickets[0].latencies {
		if one, ok := v.latencyIn(r, l.region); ok && (best.vacuous || one.pass && !best.pass || one.pass == best.pass && one.margin > best.margin) {
			best = one
		}
	}
	*o = best
}

// latencyIn evaluates a latency rule for one region; ok is false when some
// ticket does not report it.
func (v *evaluator) latencyIn(r *rule, region uint8) (o outcome, ok bool) {
	o = outcome{pass: true, vacuous: true}
	reference, count := math.Inf(1), 0.0
	if r.fromAverage {
		reference = 0
	}
	for _, t := range v.roster.tickets {
		ms, pinned, ok := t.latencyIn(region, r.party)
		switch {
		case !ok:
			return outcome{}, false
		case pinned:
		case r.fromAverage:
			reference += ms
			count++
		default:
			reference = min(reference, ms)
		}
	}
	if r.fromAverage {
		reference /= count
	}
	for _, t := range v.roster.tickets {
		ms, pinned, _ := t.latencyIn(region, r.party)
		if pinned {
			continue
		}
		if !math.IsInf(r.maxLatency, 1) {
			o.number(ms, r.maxLatency, r.maxLatency-ms, ms <= r.maxLatency)
		}
		if !math.IsInf(r.max, 1) {
			away := math.Abs(ms - reference)
			o.number(away, r.max, r.max-away, away <= r.max)
		}
	}
	return o, true
}
