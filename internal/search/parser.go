package search

import (
	"fmt"
	"strings"
)

// ParseFilter reads a filter expression; the empty or blank text matches every
// session. Errors are of type *SyntaxError.
//
// NOT binds closer than AND, AND closer than OR; parentheses group. Keywords and
// operands may be written in any case; strings are compared exactly, take
// single or double quotes, and a backslash in them takes the next character as
// it is. Numbers may have a sign, a fraction and an exponent. A key that is not one
// plain word is quoted: gameSessionProperties.'game mode' = 'duel'.
//
// Game properties are strings: an unquoted number or truth value is compared
// as it is written, so level = 5 finds "5" and not "5.0".
//
// Source: GameLift service API, SearchGameSessions, FilterExpression.
func ParseFilter(text string) (*Filter, error) {
	p := parser{lexer: lexer{text: text}}
	if err := p.advance(); err != nil {
		return nil, err
	}
	if p.token.kind == endOfText {
		return &Filter{}, nil
	}
	root, err := p.disjunction()
	if err != nil {
		return nil, err
	}
	if p.token.kind != endOfText {
		return nil, p.fail("%s follows a complete condition: join conditions with AND or OR", p.token)
	}
	return &Filter{root}, nil
}

// maxDepth bounds NOT and parentheses within one another, and so the stack.
const maxDepth = 100

// parser is a recursive descent over tokens; token is the one it looks at.
type parser struct {
	lexer lexer
	token token
	depth int
}

func (p *parser) advance() (err error) {
	p.token, err = p.lexer.next()
	return err
}

// fail makes an error at the current token.
func (p *parser) fail(format string, args ...any) error {
	return &SyntaxError{p.token.offset, fmt.Sprintf(format, args...)}
}

func (p *parser) at(keyword string) bool {
	return p.token.kind == word && strings.EqualFold(p.token.text, keyword)
}

// disjunction reads: conjunction { OR conjunction }.
func (p *parser) disjunction() (node, error) {
	children, err := p.chain("OR", p.conjunction)
	if err != nil || len(children) > 1 {
		return anyOf(children), err
	}
	return children[0], nil
}

// conjunction reads: condition { AND condition }.
func (p *parser) conjunction() (node, error) {
	children, err := p.chain("AND", p.condition)
	if err != nil || len(children) > 1 {
		return allOf(children), err
	}
	return children[0], nil
}

func (p *parser) chain(keyword string, read func() (node, error)) ([]node, error) {
	var children []node
	for {
		child, err := read()
		if err != nil {
			return nil, err
		}
		children = append(children, child)
		if !p.at(keyword) {
			return children, nil
		}
		if err := p.advance(); err != nil {
			return nil, err
		}
	}
}

// condition reads: NOT condition, ( disjunction ), or a comparison.
func (p *parser) condition() (node, error) {
	if p.depth++; p.depth > maxDepth {
		return nil, p.fail("conditions are nested deeper than %d: write the expression flatter", maxDepth)
	}
	defer func() { p.depth-- }()
	switch {
	case p.token.kind == opening:
		return p.group()
	case p.at("NOT"):
		if err := p.advance(); err != nil {
			return nil, err
		}
		child, err := p.condition()
		return negation{child}, err
	default:
		return p.comparison()
	}
}

func (p *parser) group() (node, error) {
	start := p.token.offset
	if err := p.advance(); err != nil {
		return nil, err
	}
	inner, err := p.disjunction()
	if err != nil {
		return nil, err
	}
	if p.token.kind != closing {
		return nil, p.fail("%s stands where the parenthesis of offset %d should close: write )", p.token, start)
	}
	return inner, p.advance()
}

// comparison reads: field comparator value.
func (p *parser) comparison() (node, error) {
	field, err := p.field()
	if err != nil {
		return nil, err
	}
	if p.token.kind != comparator {
		return nil, p.fail("%s needs a comparator after it, not %s: write %s", field.label(), p.token, example(field))
	}
	c := comparison{field: field, comparator: p.token.text}
	if !field.isNumber() && c.comparator != "=" && c.comparator != "<>" {
		return nil, p.fail("%s has no order, %s cannot compare it: write = or <>", field.label(), c.comparator)
	}
	if err := p.advance(); err != nil {
		return nil, err
	}
	if err := p.value(&c); err != nil {
		return nil, err
	}
	return c, p.advance()
}

// value checks the current token as the value of c and keeps it there.
func (p *parser) value(c *comparison) error {
	if p.token.kind != word && p.token.kind != quoted {
		return p.fail("%s needs a value, not %s: write %s", c.field.label(), p.token, example(c.field))
	}
	c.text, c.isString = p.token.text, p.token.kind == quoted
	n, isNumber := parseNumber(c.text)
	truth, isTruth := parseTruth(c.text)
	switch {
	case c.field.operand == property && (c.isString || isNumber || isTruth):
		return nil
	case c.field.isText() && c.isString:
		return nil
	case c.field.isText():
		return p.fail("%s is a string: write %s", c.field.label(), quote(p.token.String()))
	case c.field.isNumber() && isNumber && !c.isString:
		c.span = spanOf(c.comparator, n)
		return nil
	case c.field.isNumber():
		return p.fail("%s is a number, not %s: write digits without quotes, as in %s", c.field.label(), p.token, example(c.field))
	case isTruth && !c.isString:
		c.truth = truth
		return nil
	default:
		return p.fail("%s is true or false, not %s: write true or false without quotes", c.field.label(), p.token)
	}
}

func parseTruth(text string) (truth, ok bool) {
	truth = strings.EqualFold(text, "true")
	return truth, truth || strings.EqualFold(text, "false")
}

// example shows a comparison of the field.
func example(f field) string {
	switch {
	case f.isText():
		return f.label() + " = 'text'"
	case f.operand == creationTime:
		return f.label() + " > 1700000000000"
	case f.isNumber():
		return f.label() + " >= 10"
	default:
		return f.label() + " = true"
	}
}

// field reads an operand and moves past it.
func (p *parser) field() (field, error) {
	if p.token.kind != word {
		return field{}, p.fail("%s stands where an operand should: write one of %s", p.token, operandList())
	}
	name, key, dotted := strings.Cut(p.token.text, ".")
	operand, known := lookupOperand(name)
	switch {
	case !known:
		return field{}, p.fail("%s is not an operand: write one of %s", p.token, operandList())
	case operand == property:
		return p.property(key, dotted)
	case dotted:
		return field{}, p.fail("%s has no keys: write %s", operandNames[operand], operandNames[operand])
	default:
		return field{operand: operand}, p.advance()
	}
}

// property finishes a game property; its key is the rest of the word or a
// string right after the dot.
func (p *parser) property(key string, dotted bool) (field, error) {
	end := p.token.end
	if err := p.advance(); err != nil {
		return field{}, err
	}
	if dotted && key == "" && p.token.kind == quoted && p.token.offset == end {
		key = p.token.text
		return field{property, key}, p.advance()
	}
	if key == "" {
		return field{}, &SyntaxError{end, "gameSessionProperties needs a key: write gameSessionProperties.KEY"}
	}
	return field{property, key}, nil
}

func operandList() string {
	names := operandNames
	names[property] += ".KEY"
	return strings.Join(names[:], ", ")
}
