package flexmatch

import (
	"cmp"
	"math"
	"slices"
	"strings"
)

// arrange puts the candidates in the order that the rule set asks for: with
// sorted batching those nearest to the anchor in the sort attributes first,
// and before that by the sort rules.
func (s *search) arrange() {
	if s.rs.algorithm.Batching == "sorted" {
		s.bySortAttributes()
	}
	if len(s.plan.sorts) > 0 {
		s.bySortRules()
	}
	s.seal()
}

// bySortAttributes lines the candidates up with the anchor by their attributes,
// and takes them by how many stand between.
func (s *search) bySortAttributes() {
	attrs := make([]int, len(s.rs.algorithm.SortBy))
	for i, name := range s.rs.algorithm.SortBy {
		attrs[i] = s.rs.attribute(name)
	}
	compare := func(a, b *entry) int {
		for _, attr := range attrs {
			if c := s.compareBy(attr, a, b); c != 0 {
				return c
			}
		}
		return 0
	}
	slices.SortStableFunc(s.candidates, compare)
	above, _ := slices.BinarySearchFunc(s.candidates, s.anchor, compare)
	line := slices.Clone(s.candidates)
	below := above - 1
	for i := range s.candidates {
		if above < len(line) && (below < 0 || i%2 == 0) {
			s.candidates[i] = line[above]
			above++
		} else {
			s.candidates[i] = line[below]
			below--
		}
	}
}

func (s *search) compareBy(attr int, a, b *entry) int {
	if s.rs.attributes[attr].Type == StringType {
		return strings.Compare(a.value(s.rs, attr, 0).str, b.value(s.rs, attr, 0).str)
	}
	return cmp.Compare(a.aggregate(s.rs, attr, aggregateAvg), b.aggregate(s.rs, attr, aggregateAvg))
}

// ranked is a candidate with its keys, one for each sort rule.
type ranked struct {
	t     *entry
	keys  []float64
	words []string
}

// bySortRules sorts by the first sort rule, ties by the next, and last by the
// order in which the candidates stood.
func (s *search) bySortRules() {
	rules := s.plan.sorts
	lines := make([]ranked, len(s.candidates))
	for i, t := range s.candidates {
		lines[i] = ranked{t, make([]float64, len(rules)), make([]string, len(rules))}
		for j, rule := range rules {
			lines[i].keys[j], lines[i].words[j] = s.sortKey(s.rs.stages[s.anchorStage].rules[rule], t)
		}
	}
	slices.SortStableFunc(lines, func(a, b ranked) int {
		for j, rule := range rules {
			c := cmp.Or(cmp.Compare(a.keys[j], b.keys[j]), strings.Compare(a.words[j], b.words[j]))
			if s.rs.stages[s.anchorStage].rules[rule].descending {
				c = -c
			}
			if c != 0 {
				return c
			}
		}
		return 0
	})
	for i := range lines {
		s.candidates[i] = lines[i].t
	}
}

// sortKey gives what a sort rule sorts a ticket by. A ticket without the
// anchor's key of a map comes last.
func (s *search) sortKey(r *rule, t *entry) (float64, string) {
	spec := &s.rs.attributes[r.attr]
	if spec.Type == StringType {
		return 0, t.value(s.rs, r.attr, 0).str
	}
	x, ok := 0.0, true
	reference := 0.0
	if r.bestKey == 0 {
		x, reference = t.aggregate(s.rs, r.attr, r.party), s.anchor.aggregate(s.rs, r.attr, r.party)
	} else {
		key := s.anchor.bestKey(spec, r.bestKey)
		x, ok = t.keyed(spec, key, r.party)
		reference, _ = s.anchor.keyed(spec, key, r.party)
	}
	switch {
	case !ok && r.descending:
		return math.Inf(-1), ""
	case !ok:
		return math.Inf(1), ""
	case r.kind == kindDistanceSort:
		return math.Abs(x - reference), ""
	}
	return x, ""
}

// bestKey gives the key with the greatest (sign 1) or least (sign -1) value of
// the anchor's players, the first by name among equals.
func (t *entry) bestKey(spec *AttributeSpec, sign int) (best string) {
	found, bestValue := false, 0.0
	for _, p := range t.ticket.Players {
		for key, v := range spec.mapOf(p) {
			v *= float64(sign)
			if !found || v > bestValue || v == bestValue && key < best {
				found, best, bestValue = true, key, v
			}
		}
	}
	return best
}

func (spec *AttributeSpec) mapOf(p Player) map[string]float64 {
	if a, ok := p.Attributes[spec.Name]; ok {
		return a.Map
	}
	if spec.Default != nil {
		return spec.Default.Map
	}
	return nil
}

// keyed sums the players' values under a key up, and is false when none has it.
func (t *entry) keyed(spec *AttributeSpec, key string, how aggregation) (float64, bool) {
	sum, n, least, most := 0.0, 0, math.Inf(1), math.Inf(-1)
	for _, p := range t.ticket.Players {
		if v, ok := spec.mapOf(p)[key]; ok {
			sum, least, most = sum+v, min(least, v), max(most, v)
			n++
		}
	}
	if n == 0 {
		return 0, false
	}
	return pick(how, sum/float64(n), least, most), true
}

// byLikeness puts the candidates nearest to the anchor in an attribute first.
func (s *search) byLikeness(attr int) {
	at := s.anchor.aggregate(s.rs, attr, aggregateAvg)
	s.likeness = s.likeness[:0]
	for i, t := range s.candidates {
		s.likeness = append(s.likeness, likeness{math.Abs(t.aggregate(s.rs, attr, aggregateAvg) - at), i, t})
	}
	slices.SortFunc(s.likeness, func(a, b likeness) int {
		return cmp.Or(cmp.Compare(a.away, b.away), a.rank-b.rank)
	})
	for i, l := range s.likeness {
		s.candidates[i] = l.t
	}
	s.seal()
}

// likeness is how far a candidate is from the anchor in some attribute.
type likeness struct {
	away float64
	rank int
	t    *entry
}
