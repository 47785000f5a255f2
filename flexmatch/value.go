package flexmatch

import (
	"math"
	"slices"
	"strings"
)

// value is what an expression gives: a number, a string or a list. A value that
// is not there, such as the average of nobody, has neither.
type value struct {
	num  float64
	str  string
	list []value
	has  bool
}

func number(f float64) value { return value{num: f, has: true} }
func str(s string) value     { return value{str: s, has: true} }

func listLiteral(words []string) *expr {
	words = sortedSet(words)
	e := &expr{typ: typ{baseString, []dim{{of: "literal"}}}, literal: value{list: make([]value, len(words)), has: true}}
	for i, w := range words {
		e.literal.list[i] = str(w)
	}
	e.text = "[" + quoteAll(words) + "]"
	return e
}

// sortedSet gives the different strings of a list in order.
func sortedSet(words []string) []string {
	words = slices.Clone(words)
	slices.Sort(words)
	return slices.Compact(words)
}

// seat is one player in a tentative match.
type seat struct {
	t      *entry
	player int
}

// roster is a tentative match: who sits in which team.
type roster struct {
	teams   [][]seat
	tickets []*entry
	// open is how many more players each team may take; only bounds read it.
	open []int
}

// evaluator computes expressions over a roster. Its memory is used again from
// one rule to the next.
type evaluator struct {
	set    *RuleSet
	roster *roster
	slab   []value
	used   int
	// work counts the values made, so that a search can charge for them.
	work int
}

// make gives room for n values that live until the next rule.
func (v *evaluator) make(n int) []value {
	v.work += n
	if v.used+n > len(v.slab) {
		v.slab, v.used = make([]value, max(256, 2*len(v.slab), n)), 0
	}
	v.used += n
	return v.slab[v.used-n : v.used : v.used]
}

func (v *evaluator) reset() { v.used = 0 }

// eval gives the value of e over the roster.
func (v *evaluator) eval(e *expr) value {
	switch {
	case e.fn == fnFlatten:
		return v.flatten(v.eval(e.arg))
	case e.fn != fnNone:
		return v.call(e.fn, v.eval(e.arg), e.arg.typ.depth())
	case !e.path:
		return e.literal
	case e.single && e.kind == pathTeams:
		return value{has: true}
	case e.single:
		return v.players(e, v.roster.teams[e.teams[0]])
	}
	teams := v.make(len(e.teams))
	for i, t := range e.teams {
		teams[i] = value{has: true}
		if e.kind != pathTeams {
			teams[i] = v.players(e, v.roster.teams[t])
		}
	}
	return value{list: teams, has: true}
}

func (v *evaluator) players(e *expr, seats []seat) value {
	if e.whole {
		return v.entries(e, seats)
	}
	list := v.make(len(seats))
	for i, s := range seats {
		list[i] = v.player(e, s)
	}
	return value{list: list, has: true}
}

func (v *evaluator) player(e *expr, s seat) value {
	switch {
	case e.kind == pathPlayerID:
		return str(s.t.ticket.Players[s.player].ID)
	case e.kind == pathAttribute:
		return s.t.value(v.set, e.attr, s.player)
	}
	return value{has: true}
}

func (v *evaluator) flatten(lists value) value {
	n := 0
	for _, l := range lists.list {
		n += len(l.list)
	}
	flat := v.make(n)[:0]
	for _, l := range lists.list {
		flat = append(flat, l.list...)
	}
	return value{list: flat, has: true}
}

// call applies fn to the lists that are depth levels down, in each outer list.
func (v *evaluator) call(fn function, arg value, depth int) value {
	inner := 1
	if fn == fnSetIntersection {
		inner = 2
	}
	if depth <= inner {
		if fn == fnSetIntersection {
			return v.shared(arg.list)
		}
		return reduce(fn, arg.list)
	}
	results := v.make(len(arg.list))
	for i, a := range arg.list {
		results[i] = v.call(fn, a, depth-1)
	}
	return value{list: results, has: true}
}

// reduce makes one number of a list. Elements that are not there do not count;
// of none, only count and sum have a value.
func reduce(fn function, list []value) value {
	n, sum, least, most := 0, 0.0, math.Inf(1), math.Inf(-1)
	for i := range list {
		if list[i].has {
			n++
			sum += list[i].num
			least, most = min(least, list[i].num), max(most, list[i].num)
		}
	}
	switch {
	case fn == fnCount:
		return number(float64(n))
	case fn == fnSum:
		return number(sum)
	case n == 0:
		return value{}
	case fn == fnMin:
		return number(least)
	case fn == fnMax:
		return number(most)
	case fn == fnAvg:
		return number(sum / float64(n))
	case fn == fnMedian:
		return number(median(list, n))
	}
	return number(deviation(list, n, sum/float64(n)))
}

// median gives the middle value, or the mean of the middle two.
func median(list []value, n int) float64 {
	sorted := make([]float64, 0, n)
	for _, x := range list {
		if x.has {
			sorted = append(sorted, x.num)
		}
	}
	slices.Sort(sorted)
	return sorted[(n-1)/2]/2 + sorted[n/2]/2
}

// deviation gives the population standard deviation.
func deviation(list []value, n int, mean float64) float64 {
	squares := 0.0
	for _, x := range list {
		if x.has {
			squares += (x.num - mean) * (x.num - mean)
		}
	}
	return math.Sqrt(squares / float64(n))
}

// shared gives the strings that are in every list that is there. Of none it has
// no value.
func (v *evaluator) shared(lists []value) value {
	shortest := -1
	for i := range lists {
		if lists[i].has && (shortest < 0 || len(lists[i].list) < len(lists[shortest].list)) {
			shortest = i
		}
	}
	if shortest < 0 {
		return value{}
	}
	result := v.make(len(lists[shortest].list))[:0]
	for _, w := range lists[shortest].list {
		if v.inAll(w.str, lists) && !contains(result, w.str) {
			result = append(result, w)
		}
	}
	return value{list: result, has: true}
}

func (v *evaluator) inAll(word string, lists []value) bool {
	for i := range lists {
		v.work++
		if lists[i].has && !contains(lists[i].list, word) {
			return false
		}
	}
	return true
}

// contains looks a word up. Lists of the language are short: 100 strings at
// most in a player's, so looking through one beats sorting it.
func contains(list []value, word string) bool {
	for i := range list {
		if list[i].str == word {
			return true
		}
	}
	return false
}

// overlap counts the different words of list that are in reference.
func (v *evaluator) overlap(list, reference []value) int {
	v.work += len(list) * len(reference) / 16
	n := 0
	for i := range list {
		if contains(reference, list[i].str) && !contains(list[:i], list[i].str) {
			n++
		}
	}
	return n
}

// format writes a value for people: at most a dozen elements of a list.
func (x value) format(b base) string {
	switch {
	case !x.has:
		return "nothing"
	case x.list != nil:
		parts := make([]string, 0, 12)
		for i, el := range x.list {
			if i == 11 && len(x.list) > 12 {
				parts = append(parts, "…")
				break
			}
			parts = append(parts, el.format(b))
		}
		return "[" + strings.Join(parts, " ") + "]"
	case b == baseNumber:
		return formatNumber(x.num)
	}
	return x.str
}
