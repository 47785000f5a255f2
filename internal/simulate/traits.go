package simulate

import (
	"math"
	"slices"
	"strings"

	"github.com/musterhq/muster/flexmatch"
)

// traits is what the rules of a rule set let us guess of one attribute.
type traits struct {
	spec flexmatch.AttributeSpec
	// limits are distances that rules allow between values, at first or later.
	limits []float64
	// least and most are constants that values must not be below or above.
	least, most []float64
	// near are constants that values must not be far from.
	near []float64
	// shift moves the middle of the numbers, in deviations: up when rules ask the
	// attribute to be above another, down when below.
	shift float64
	// same and different say that all players of a match must have one value, or
	// each another.
	same, different bool
	// constants are values that teams ask for, each with the number of players of
	// a match who must have it.
	constants []constant
	// shares says of how large a part of the players the list holds a word.
	shares map[string]float64
	// asked says that the lists of others are measured by this one, and asks that
	// this one is measured by those of others.
	asked, asks bool
	// blocks says that the strings are compared with player IDs.
	blocks bool
	// vocabulary is the strings to draw from; attributes that are compared with
	// each other share one.
	vocabulary *vocabulary
}

type constant struct {
	number  float64
	text    string
	players int
	room    int // of the widest of the teams that ask for it
}

// vocabulary is a list of words without doubles, the most popular first.
type vocabulary struct{ words []string }

func (v *vocabulary) add(words ...string) {
	for _, word := range words {
		if !slices.Contains(v.words, word) {
			v.words = append(v.words, word)
		}
	}
}

// reader gathers the traits of all attributes.
type reader struct {
	set    *flexmatch.RuleSet
	body   body
	traits []*traits
}

func traitsOf(set *flexmatch.RuleSet, text []byte) []*traits {
	r := reader{set: set, body: readBody(text)}
	for _, spec := range set.Attributes() {
		r.traits = append(r.traits, &traits{spec: spec, shares: map[string]float64{}, vocabulary: &vocabulary{}})
	}
	for _, rule := range r.body.rules {
		r.rule(rule)
	}
	for _, t := range r.traits {
		t.vocabulary.add(defaultWords(t.spec)...)
	}
	return r.traits
}

func defaultWords(spec flexmatch.AttributeSpec) (words []string) {
	switch d := spec.Default; {
	case d == nil:
		return nil
	case spec.Type == flexmatch.StringType:
		return []string{d.String}
	case spec.Type == flexmatch.StringListType:
		return d.Strings
	case spec.Type == flexmatch.StringNumberMapType:
		for word := range d.Map {
			words = append(words, word)
		}
		slices.Sort(words)
	}
	return words
}

func (r *reader) named(name string) *traits {
	for _, t := range r.traits {
		if t.spec.Name == name {
			return t
		}
	}
	return &traits{vocabulary: &vocabulary{}, shares: map[string]float64{}} // of no use, and harmless
}

func (r *reader) rule(rule map[string]any) {
	switch kind, _ := rule["type"].(string); kind {
	case "comparison":
		r.comparison(rule)
	case "distance":
		for _, m := range append(mentionsIn(rule["measurements"]), mentionsIn(rule["referenceValue"])...) {
			t := r.named(m.attribute)
			t.limit(r.body.numbers(rule, "minDistance", "maxDistance"))
			if f, constant := numberOf(rule["referenceValue"]); constant && !m.derived {
				t.near = append(t.near, f)
			}
		}
	case "batchDistance":
		name, _ := rule["batchAttribute"].(string)
		t := r.named(name)
		t.limit(r.body.numbers(rule, "maxDistance"))
		t.same = t.same || len(t.limits) == 0
	case "collection":
		r.collection(rule)
	}
}

// limit takes in distances. That of zero asks for equality.
func (t *traits) limit(distances []float64) {
	for _, d := range distances {
		if d > 0 {
			t.limits = append(t.limits, d)
		}
	}
	t.same = t.same || len(distances) > 0 && len(t.limits) == 0
}

func (r *reader) comparison(rule map[string]any) {
	operation, _ := rule["operation"].(string)
	references := r.body.every(rule, "referenceValue")
	for _, m := range mentionsIn(rule["measurements"]) {
		t := r.named(m.attribute)
		switch {
		case m.derived:
		case len(references) == 0:
			t.same = t.same || operation == "="
			t.different = t.different || operation == "!="
		default:
			for _, reference := range references {
				r.compare(t, m, operation, reference)
			}
		}
	}
}

// compare takes in the comparison of an attribute with a constant, or with
// another attribute.
func (r *reader) compare(t *traits, m mention, operation string, reference any) {
	if others := mentionsIn(reference); len(others) > 0 {
		for _, other := range others {
			o := r.named(other.attribute)
			r.share(t, o)
			if above := map[byte]float64{'<': -1, '>': +1}[(operation + " ")[0]]; t != o && t.shift == 0 && o.shift == 0 {
				t.shift, o.shift = above, -above
			}
		}
		return
	}
	f, isNumber := numberOf(reference)
	text, _ := reference.(string)
	players, room := r.playersOf(m.teams)
	switch {
	case t.spec.Type == flexmatch.NumberType && !isNumber:
	case operation == "<" || operation == "<=":
		t.most = append(t.most, f)
	case operation == ">" || operation == ">=":
		t.least = append(t.least, f)
	case operation == "=":
		t.constants = append(t.constants, constant{f, text, players, room})
		t.vocabulary.add(text)
	default: // != keeps a value from some
		t.constants = append(t.constants, constant{f, text, 1, room})
		t.vocabulary.add(text)
	}
}

// playersOf gives how many players teams hold together, and the widest of them.
func (r *reader) playersOf(teams []string) (players, widest int) {
	for _, team := range r.set.Teams() {
		selected := slices.ContainsFunc(teams, func(name string) bool {
			return name == "*" || name == team.Name || team.Quantity > 1 && strings.HasPrefix(name, team.Name+"_")
		})
		if selected {
			players += team.MaxPlayers * max(1, team.Quantity)
			widest = max(widest, team.MaxPlayers)
		}
	}
	return players, widest
}

func (r *reader) collection(rule map[string]any) {
	operation, _ := rule["operation"].(string)
	reference := rule["referenceValue"]
	measured, others := mentionsIn(rule["measurements"]), mentionsIn(reference)
	for _, m := range measured {
		t := r.named(m.attribute)
		t.asks = t.asks || len(others) > 0
		for _, other := range others {
			r.named(other.attribute).asked = true
			r.share(t, r.named(other.attribute))
		}
		if anyMatch(playerIDIn, reference) {
			t.blocks = true
		} else if len(others) == 0 {
			t.vocabulary.add(texts(reference)...)
			if word, ok := reference.(string); ok && operation == "contains" {
				t.shares[word] = r.shareOf(rule)
			}
		}
	}
	if anyMatch(playerIDIn, rule["measurements"]) {
		for _, other := range others {
			r.named(other.attribute).blocks = true
		}
	}
}

// shareOf gives which part of the players should have a word for a contains
// rule to hold more often than not.
func (r *reader) shareOf(rule map[string]any) float64 {
	_, most := r.set.Players()
	fewest, isFewest := numberOf(rule["minCount"])
	limit, isLimit := numberOf(rule["maxCount"])
	switch {
	case most == 0:
		return 0.5
	case isLimit && limit < float64(most):
		return max(0.75*limit, fewest) / float64(most)
	case isFewest:
		return min(0.9, 1.2*fewest/float64(most))
	}
	return 0.5
}

// share makes two attributes draw from the same words and scale.
func (r *reader) share(a, b *traits) {
	if a == b {
		return
	}
	a.vocabulary.add(b.vocabulary.words...)
	for _, t := range r.traits {
		if t.vocabulary == b.vocabulary {
			t.vocabulary = a.vocabulary
		}
	}
	a.limits = append(a.limits, b.limits...)
	b.limits = slices.Clone(a.limits)
}

// scale gives a deviation that rules with these limits separate people by, and
// do not make matches impossible: between the tightest limit and the loosest.
// Limits that open a rule to everyone are no measure.
func scale(limits []float64) float64 {
	const farthest = 25
	lo := slices.Min(limits)
	return math.Sqrt(lo * min(slices.Max(limits), farthest*lo))
}

func anyMatch(pattern interface{ MatchString(string) bool }, v any) bool {
	return slices.ContainsFunc(texts(v), pattern.MatchString)
}
