package simulate

import (
	"fmt"
	"math"
	"math/rand/v2"
	"regexp"
	"slices"
	"strconv"

	"github.com/musterhq/muster/flexmatch"
)

// maker makes up the values of one attribute.
type maker struct {
	name string
	// party gives the values of the players of a party, of whom first were made
	// before.
	party func(r *rand.Rand, size, first int) []flexmatch.Attribute
}

func makersOf(set *flexmatch.RuleSet, text []byte) (makers []*maker) {
	for _, t := range traitsOf(set, text) {
		m := &maker{name: t.spec.Name}
		switch t.spec.Type {
		case flexmatch.NumberType:
			m.party = t.numbers(set)
		case flexmatch.StringType:
			m.party = t.strings(set)
		case flexmatch.StringListType:
			m.party = t.lists()
		default:
			m.party = t.maps()
		}
		makers = append(makers, m)
	}
	return makers
}

// alike gives every player of a party one value.
func alike(draw func(r *rand.Rand, size int) flexmatch.Attribute) func(*rand.Rand, int, int) []flexmatch.Attribute {
	return func(r *rand.Rand, size, _ int) []flexmatch.Attribute {
		values := make([]flexmatch.Attribute, size)
		one := draw(r, size)
		for i := range values {
			values[i] = one
		}
		return values
	}
}

// distinct gives every player of a party another of n values.
func distinct(n int, value func(int) flexmatch.Attribute) func(*rand.Rand, int, int) []flexmatch.Attribute {
	return func(r *rand.Rand, size, _ int) []flexmatch.Attribute {
		values := make([]flexmatch.Attribute, size)
		for i, at := range r.Perm(n)[:size] {
			values[i] = value(at)
		}
		return values
	}
}

// variety is how many values there are of an attribute that must differ among
// the players of a match.
func variety(set *flexmatch.RuleSet) int {
	_, most := set.Players()
	return max(MaxParty, 4*most)
}

// popularity gives the weights of n choices, the first most popular.
func popularity(n int) []float64 {
	weights := make([]float64, n)
	for i := range weights {
		weights[i] = 1 / float64(i+1)
	}
	return weights
}

func (t *traits) numbers(set *flexmatch.RuleSet) func(*rand.Rand, int, int) []flexmatch.Attribute {
	base := 1.0
	if t.spec.Default != nil {
		base = t.spec.Default.Number
	}
	switch {
	case len(t.constants) > 0:
		asked := t.constants
		if len(asked) == 1 {
			asked = append(asked, constant{number: otherThan(asked[0].number, base), players: asked[0].players, room: MaxParty})
		}
		u := newUrn(asked)
		return alike(func(r *rand.Rand, size int) flexmatch.Attribute { return flexmatch.Number(u.draw(r, size).number) })
	case t.different:
		return distinct(variety(set), func(i int) flexmatch.Attribute { return flexmatch.Number(base + float64(i)) })
	case t.same && len(t.limits) == 0:
		weights := popularity(choices(set))
		return alike(func(r *rand.Rand, _ int) flexmatch.Attribute {
			return flexmatch.Number(base + float64(pick(r, weights)))
		})
	}
	b := t.bell()
	if set.Large() {
		b.deviation /= 2 // less divided, as in choices
	}
	return b.party
}

func otherThan(f, candidate float64) float64 {
	if candidate == f {
		return f + 1
	}
	return candidate
}

// urn draws constants so that about as many players have each as teams ask
// for, although a party gets only one that a team asks for with room for it.
type urn struct {
	choices []constant
	wanted  []float64 // the part of the players
	given   []int     // players
	players int
}

func newUrn(choices []constant) *urn {
	u := &urn{choices: choices, wanted: make([]float64, len(choices)), given: make([]int, len(choices))}
	total := 0.0
	for _, c := range choices {
		total += float64(max(1, c.players))
	}
	for i, c := range choices {
		u.wanted[i] = float64(max(1, c.players)) / total
	}
	return u
}

// draw draws a constant for a party, the likelier the more players lack it.
func (u *urn) draw(r *rand.Rand, size int) constant {
	const ahead = 10 // players, so that what comes next is not certain
	weights := make([]float64, len(u.choices))
	for i, c := range u.choices {
		if c.room >= size {
			weights[i] = max(0.01, u.wanted[i]*float64(u.players+ahead)-float64(u.given[i]))
		}
	}
	at := pick(r, weights)
	u.given[at] += size
	u.players += size
	return u.choices[at]
}

// few is how many values there are where nothing says how many.
const few = 4

// choices gives how many values there are that players of a match have in
// common. Large matches need a crowd that is less divided.
func choices(set *flexmatch.RuleSet) int {
	if set.Large() {
		return 2
	}
	return few
}

// bell draws numbers that most are in the middle of.
type bell struct{ centre, deviation, floor, step float64 }

func (t *traits) bell() bell {
	b := bell{centre: 1000, deviation: 200, floor: math.Inf(-1), step: 1}
	fallback := t.spec.Default
	if fallback != nil && fallback.Number != 0 {
		b.centre, b.deviation = fallback.Number, math.Abs(fallback.Number)/4
	}
	if len(t.limits) > 0 {
		b.deviation = scale(t.limits)
		if fallback == nil {
			b.centre = 5 * b.deviation
		}
	}
	if len(t.near) > 0 {
		b.centre = t.near[0]
	}
	if fallback == nil || fallback.Number >= 0 {
		b.floor = min(0, b.centre)
	}
	if len(t.least) > 0 {
		b.around(t.least[0], +1, len(t.limits) == 0)
	} else if len(t.most) > 0 {
		b.around(t.most[0], -1, len(t.limits) == 0)
	} else if fallback != nil && len(t.near) == 0 && b.centre-2*b.deviation < b.floor {
		b.centre = max(b.floor, b.centre) + 2*b.deviation // a newcomer's value is the lowest
	}
	b.centre += t.shift * b.deviation
	if fine := min(b.deviation, math.Abs(b.centre)); fine < 10 && !t.whole() {
		b.step = math.Pow(10, math.Floor(math.Log10(max(fine, 1e-6)))-2)
	}
	return b
}

// around puts most numbers on one side of a constant.
func (b *bell) around(constant, side float64, free bool) {
	if free {
		b.deviation = max(math.Abs(constant)/4, 1)
	}
	b.centre = constant + side*b.deviation
	if constant < 0 {
		b.floor = math.Inf(-1)
	}
}

// whole says that only whole numbers are written of the attribute.
func (t *traits) whole() bool {
	numbers := append(append(append([]float64{}, t.limits...), t.least...), t.most...)
	if t.spec.Default != nil {
		numbers = append(numbers, t.spec.Default.Number)
	}
	for _, f := range numbers {
		if f != math.Trunc(f) {
			return false
		}
	}
	return true
}

func (b bell) draw(r *rand.Rand, centre, deviation float64) float64 {
	for range 20 {
		f := math.Round((centre+deviation*r.NormFloat64())/b.step) * b.step
		if f >= b.floor {
			return trim(f)
		}
	}
	return max(b.floor, 0)
}

// trim drops what binary fractions add behind a decimal step.
func trim(f float64) float64 {
	short, _ := strconv.ParseFloat(strconv.FormatFloat(f, 'g', 12, 64), 64)
	return short
}

// party draws a leader, and friends who are near.
func (b bell) party(r *rand.Rand, size, _ int) []flexmatch.Attribute {
	values := make([]flexmatch.Attribute, size)
	leader := b.draw(r, b.centre, b.deviation)
	values[0] = flexmatch.Number(leader)
	for i := 1; i < size; i++ {
		values[i] = flexmatch.Number(b.draw(r, leader, 0.3*b.deviation))
	}
	return values
}

func (t *traits) strings(set *flexmatch.RuleSet) func(*rand.Rand, int, int) []flexmatch.Attribute {
	if t.different {
		words := t.words(variety(set))
		return distinct(len(words), func(i int) flexmatch.Attribute { return flexmatch.String(words[i]) })
	}
	if len(t.constants) > 0 {
		asked := append([]constant{}, t.constants...)
		for _, word := range t.words(len(asked) + 1)[len(asked):] {
			asked = append(asked, constant{text: word, players: 1, room: MaxParty})
		}
		u := newUrn(asked)
		return alike(func(r *rand.Rand, size int) flexmatch.Attribute { return flexmatch.String(u.draw(r, size).text) })
	}
	words := t.words(choices(set))
	weights := popularity(len(words))
	return alike(func(r *rand.Rand, _ int) flexmatch.Attribute { return flexmatch.String(words[pick(r, weights)]) })
}

var trailingNumber = regexp.MustCompile(`^(.*?)(\d{1,6})$`)

// words gives the vocabulary, with names after its manner added until there
// are n.
func (t *traits) words(n int) []string {
	all := t.vocabulary
	stem, next := t.spec.Name+"-", len(all.words)+1
	if len(all.words) > 0 {
		if m := trailingNumber.FindStringSubmatch(all.words[0]); m != nil {
			stem = m[1]
			next, _ = strconv.Atoi(m[2])
		}
	}
	for ; len(all.words) < n; next++ {
		all.add(fmt.Sprintf("%s%d", stem, next))
	}
	return slices.Clone(all.words)
}

func (t *traits) lists() func(*rand.Rand, int, int) []flexmatch.Attribute {
	if t.blocks {
		return blockLists
	}
	words := t.words(few)
	if t.asks {
		weights := popularity(len(words))
		return alike(func(r *rand.Rand, _ int) flexmatch.Attribute { return flexmatch.StringList(words[pick(r, weights)]) })
	}
	chance := make([]float64, len(words))
	for i, word := range words {
		chance[i] = 0.5
		if t.asked {
			chance[i] = 0.75
		}
		if share, ok := t.shares[word]; ok {
			chance[i] = share
		}
	}
	return alike(func(r *rand.Rand, _ int) flexmatch.Attribute { return flexmatch.StringList(some(r, words, chance)...) })
}

// some draws each word by its chance, and one at least.
func some(r *rand.Rand, words []string, chance []float64) (drawn []string) {
	for i, word := range words {
		if r.Float64() < chance[i] {
			drawn = append(drawn, word)
		}
	}
	if drawn == nil {
		least := make([]float64, len(words))
		for i := range words {
			least[i] = chance[i] + 0.01
		}
		drawn = []string{words[pick(r, least)]}
	}
	return drawn
}

// blockLists lets half of the players block up to three others. Only who came
// lately can be in anybody's way.
func blockLists(r *rand.Rand, size, first int) []flexmatch.Attribute {
	const lately = 100
	values := make([]flexmatch.Attribute, size)
	for i := range values {
		var blocked []string
		for range pick(r, []float64{50, 25, 15, 10}) {
			if first > 0 {
				blocked = append(blocked, playerID(first-r.IntN(min(first, lately))))
			}
		}
		values[i] = flexmatch.StringList(blocked...)
	}
	return values
}

func (t *traits) maps() func(*rand.Rand, int, int) []flexmatch.Attribute {
	words := t.words(few)
	highest := 100.0
	if t.spec.Default != nil {
		for _, f := range t.spec.Default.Map {
			highest = max(highest, f)
		}
	}
	chance := make([]float64, len(words))
	for i := range chance {
		chance[i] = 0.8
	}
	return alike(func(r *rand.Rand, _ int) flexmatch.Attribute {
		m := map[string]float64{}
		for _, word := range some(r, words, chance) {
			m[word] = math.Round(r.Float64() * highest)
		}
		return flexmatch.StringNumberMap(m)
	})
}
