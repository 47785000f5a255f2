package search

import "strings"

// Filter is a checked filter expression. A nil or zero Filter matches every
// session. A Filter never changes and may be shared.
type Filter struct {
	root node // nil matches everything
}

// Match tells whether the filter holds for d. It is the meaning of the
// language; the index only gets to the same answer sooner.
func (f *Filter) Match(d *Doc) bool {
	return f == nil || f.root == nil || f.root.match(d)
}

// String writes the filter in one canonical form that parses to the same
// filter. It is empty when the filter matches everything.
func (f *Filter) String() string {
	if f == nil || f.root == nil {
		return ""
	}
	return f.root.String()
}

// node is one condition of a filter.
type node interface {
	match(d *Doc) bool
	bind(x *Index) source
	String() string
}

type (
	anyOf      []node // OR
	allOf      []node // AND
	negation   struct{ of node }
	comparison struct {
		field      field
		comparator string
		text       string // value: the string itself, or the word as it was written
		isString   bool   // the value was in quotes
		span       span   // numbers: what the field must lie in, for <> must not
		truth      bool   // hasAvailablePlayerSessions: the value
	}
)

func (n anyOf) match(d *Doc) bool {
	for _, child := range n {
		if child.match(d) {
			return true
		}
	}
	return false
}

func (n allOf) match(d *Doc) bool {
	for _, child := range n {
		if !child.match(d) {
			return false
		}
	}
	return true
}

func (n negation) match(d *Doc) bool { return !n.of.match(d) }

// match treats "a <> b" as "NOT a = b" for every field, so that a session
// without a property is different from every value of it.
func (c comparison) match(d *Doc) bool {
	var holds bool
	switch {
	case c.field.isText():
		value, ok := c.field.text(d)
		holds = ok && value == c.text
	case c.field.isNumber():
		holds = c.span.has(c.field.number(d))
	default:
		holds = d.HasAvailable() == c.truth
	}
	return holds != c.isNegated()
}

func (c comparison) isNegated() bool { return c.comparator == "<>" }

func (n anyOf) String() string {
	texts := make([]string, len(n))
	for i, child := range n {
		if _, ok := child.(allOf); ok {
			texts[i] = child.String()
		} else {
			texts[i] = enclose(child)
		}
	}
	return strings.Join(texts, " OR ")
}

func (n allOf) String() string {
	texts := make([]string, len(n))
	for i, child := range n {
		texts[i] = enclose(child)
	}
	return strings.Join(texts, " AND ")
}

func (n negation) String() string { return "NOT " + enclose(n.of) }

func (c comparison) String() string {
	value := c.text
	if c.isString {
		value = quote(value)
	}
	return c.field.String() + " " + c.comparator + " " + value
}

// enclose puts a compound condition into parentheses.
func enclose(n node) string {
	switch n.(type) {
	case anyOf, allOf:
		return "(" + n.String() + ")"
	default:
		return n.String()
	}
}
