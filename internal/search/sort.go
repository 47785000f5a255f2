package search

import "strings"

// Sort is a checked sort expression. A nil or zero Sort asks for no order. A
// Sort never changes and may be shared.
type Sort struct {
	field      field
	descending bool
	isSet      bool
}

// ParseSort reads a sort expression: one operand, then ASC or DESC, in any
// case. The empty or blank text asks for no order. Errors are of type
// *SyntaxError.
//
// Strings are ordered by their bytes, false before true. Sessions without the
// property, or without a name, come last in both directions. Sessions that are
// equal follow each other by creation time, then by ID, in the direction of the
// sort.
//
// Source: GameLift service API, SearchGameSessions, SortExpression.
func ParseSort(text string) (*Sort, error) {
	p := parser{lexer: lexer{text: text}}
	if err := p.advance(); err != nil {
		return nil, err
	}
	if p.token.kind == endOfText {
		return &Sort{}, nil
	}
	field, err := p.field()
	if err != nil {
		return nil, err
	}
	descending := p.at("DESC")
	if !descending && !p.at("ASC") {
		name := field.label()
		return nil, p.fail("%s stands where the direction should: write %s ASC or %s DESC", p.token, name, name)
	}
	if err := p.advance(); err != nil {
		return nil, err
	}
	if p.token.kind != endOfText {
		return nil, p.fail("%s follows the direction: write one operand and one direction", p.token)
	}
	return &Sort{field, descending, true}, nil
}

// String writes the sort in one canonical form that parses to the same sort.
// It is empty when the sort asks for no order.
func (s *Sort) String() string {
	if s == nil || !s.isSet {
		return ""
	}
	var b strings.Builder
	b.WriteString(s.field.String())
	if s.descending {
		b.WriteString(" DESC")
	} else {
		b.WriteString(" ASC")
	}
	return b.String()
}
