package flexmatch

import (
	"fmt"
	"slices"
	"strings"
)

// decoder turns the tree of a body into a RuleSet, and gathers what is wrong.
type decoder struct {
	set      *RuleSet
	body     *node
	problems Problems
	warnings []Problem
	// quiet drops warnings: a rule that is read again for a later stage has been
	// warned about already.
	quiet bool
}

func (d *decoder) fail(n *node, path, what, instead string) {
	if len(d.problems) < maxProblems {
		d.problems = append(d.problems, Problem{n.line, n.col, path, what, instead})
	}
}

func (d *decoder) warn(n *node, path, what, instead string) {
	if !d.quiet && len(d.warnings) < maxProblems {
		d.warnings = append(d.warnings, Problem{n.line, n.col, path, what, instead})
	}
}

// object is a JSON object whose property names are known.
type object struct {
	d     *decoder
	n     *node
	path  string
	known []string
}

// object checks that n is an object and warns about properties it should not
// have. It gives false when n is something else.
func (d *decoder) object(n *node, path string, known ...string) (object, bool) {
	o := object{d, n, path, known}
	if n.kind != jsonObject {
		d.fail(n, path, fmt.Sprintf("this is %s", n.kind), "write an object: { … }")
		return o, false
	}
	for _, m := range n.members {
		if !slices.Contains(known, m.key) {
			at := &node{line: m.line, col: m.col}
			d.warn(at, o.at(m.key), "unknown property, ignored", didYouMean(m.key, known))
		}
	}
	return o, true
}

func (o object) at(key string) string {
	return strings.TrimPrefix(o.path+"."+key, ".")
}

// require gives the value of key, or says that it is missing and under which
// misspelt name it may be hidden.
func (o object) require(key, example string) *node {
	n := o.n.get(key)
	if n != nil && n.kind != jsonNull {
		return n
	}
	instead := fmt.Sprintf("write %q: %s", key, example)
	var unknown []string
	for _, m := range o.n.members {
		if !slices.Contains(o.known, m.key) {
			unknown = append(unknown, m.key)
		}
	}
	if slip := nearest(key, unknown); slip != "" {
		instead = fmt.Sprintf("rename %q to %q", slip, key)
	}
	o.d.fail(o.n, o.path, fmt.Sprintf("%q is missing", key), instead)
	return nil
}

// optional gives the value of key, or nil.
func (o object) optional(key string) *node {
	if n := o.n.get(key); n != nil && n.kind != jsonNull {
		return n
	}
	return nil
}

// word gives the string under key; fallback when there is none.
func (o object) word(key, fallback string) string {
	n := o.optional(key)
	if n == nil {
		return fallback
	}
	if n.kind != jsonString {
		o.d.fail(n, o.at(key), fmt.Sprintf("this is %s", n.kind), "write a string in double quotes")
		return fallback
	}
	return n.text
}

// name gives the required, non-empty string under key.
func (o object) name(key, example string) (string, bool) {
	n := o.require(key, example)
	if n == nil {
		return "", false
	}
	if n.kind != jsonString || strings.TrimSpace(n.text) == "" {
		o.d.fail(n, o.at(key), "this should be a string that is not empty", "write "+example)
		return "", false
	}
	return strings.TrimSpace(n.text), true
}

// oneOf gives the string under key when it is one of the words allowed there.
func (o object) oneOf(key, fallback string, words ...string) string {
	word := o.word(key, fallback)
	if n := o.optional(key); n != nil && n.kind == jsonString && !slices.Contains(words, word) {
		o.d.fail(n, o.at(key), fmt.Sprintf("%q is not known here", word), didYouMean(word, words))
		return fallback
	}
	return word
}

// number gives the number under key, which may be written as a string.
func (o object) number(key string, fallback float64) float64 {
	n := o.optional(key)
	if n == nil {
		return fallback
	}
	if f, ok := n.number(); ok {
		return f
	}
	o.d.fail(n, o.at(key), fmt.Sprintf("this is %s, not a number", n.kind), "write a number, such as 10")
	return fallback
}

// number reads a number, or a string that holds one: AWS's own text writes
// distances both ways.
func (n *node) number() (float64, bool) {
	switch n.kind {
	case jsonNumber:
		return n.num, true
	case jsonString:
		return parseNumber(strings.TrimSpace(n.text))
	}
	return 0, false
}

// count gives the whole number under key, from least to most.
func (o object) count(key string, n *node, least, most int) int {
	f, ok := n.number()
	if !ok || f != float64(int64(f)) || f < float64(least) || f > float64(most) {
		what := fmt.Sprintf("this is %s", n.kind)
		if ok {
			what = formatNumber(f) + " is out of range"
		}
		o.d.fail(n, o.at(key), what, fmt.Sprintf("write a whole number from %d to %d", least, most))
		return least
	}
	return int(f)
}

// list gives the elements under key, or none.
func (o object) list(key string) []*node {
	n := o.optional(key)
	if n == nil {
		return nil
	}
	if n.kind != jsonArray {
		o.d.fail(n, o.at(key), fmt.Sprintf("this is %s", n.kind), "write a list: [ … ]")
		return nil
	}
	return n.items
}

// attributeValue reads a value of an attribute's type.
func (d *decoder) attributeValue(n *node, path string, t AttributeType) *Attribute {
	var a Attribute
	ok := true
	switch t {
	case StringType:
		a, ok = String(n.text), n.kind == jsonString
	case NumberType:
		f, number := n.number()
		a, ok = Number(f), number
	case StringListType:
		words, list := n.words()
		a, ok = StringList(words...), list
	case StringNumberMapType:
		numbers := map[string]float64{}
		ok = n.kind == jsonObject
		for _, m := range n.members {
			f, number := m.value.number()
			numbers[m.key] = f
			ok = ok && number
		}
		a = StringNumberMap(numbers)
	}
	if !ok {
		example := map[AttributeType]string{StringType: `"a"`, NumberType: "10", StringListType: `["a", "b"]`, StringNumberMapType: `{"a": 10}`}[t]
		d.fail(n, path, fmt.Sprintf("the default is not a %s", t), "write such as "+example)
		return nil
	}
	return &a
}

// words gives the strings of a list of strings.
func (n *node) words() ([]string, bool) {
	var words []string
	for _, item := range n.items {
		if item.kind != jsonString {
			return nil, false
		}
		words = append(words, item.text)
	}
	return words, n.kind == jsonArray
}
