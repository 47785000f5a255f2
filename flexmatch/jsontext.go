package flexmatch

import (
	"fmt"
	"strconv"
	"strings"
	"unicode/utf8"
)

// A rule set body is JSON with comments. It is read here and not by
// encoding/json because every value has to remember its line and column, and
// because comments and doubled keys, which published rule sets contain, must be
// let through.

type jsonKind uint8

const (
	jsonNull jsonKind = iota
	jsonBool
	jsonNumber
	jsonString
	jsonArray
	jsonObject
)

func (k jsonKind) String() string {
	return [...]string{"null", "a boolean", "a number", "a string", "a list", "an object"}[k]
}

type node struct {
	kind      jsonKind
	line, col int
	text      string  // of a string
	escaped   bool    // the string had escapes: offsets into it are not columns
	num       float64 // of a number
	items     []*node
	members   []member
}

type member struct {
	key       string
	line, col int
	value     *node
}

// get gives the value under key, or nil.
func (n *node) get(key string) *node {
	for i := range n.members {
		if n.members[i].key == key {
			return n.members[i].value
		}
	}
	return nil
}

// maxNesting is far more than the language needs, and little enough that a
// hostile body cannot exhaust the stack.
const maxNesting = 32

type scanner struct {
	text      string
	at        int
	line, col int
	depth     int
	doubled   []Problem
}

// readJSON gives the tree of the text, and a warning for each doubled key, of
// which the last is kept.
func readJSON(text string) (root *node, warnings []Problem, err error) {
	s := &scanner{text: strings.TrimPrefix(text, "\ufeff"), line: 1, col: 1}
	defer func() {
		switch p := recover().(type) {
		case nil:
		case Problem:
			root, err = nil, Problems{p}
		default:
			panic(p)
		}
	}()
	if !utf8.ValidString(s.text) {
		s.fail("the body is not UTF-8", "save it as UTF-8")
	}
	root = s.value()
	s.space()
	if s.at < len(s.text) {
		s.fail("there is text after the end of the rule set", "remove it")
	}
	return root, s.doubled, nil
}

// fail leaves the scanner: readJSON recovers it. Nothing can be read after the
// first slip of syntax, so there is one such problem at most.
func (s *scanner) fail(what, instead string) {
	panic(Problem{Line: s.line, Column: s.col, What: what, Instead: instead})
}

func (s *scanner) peek() byte {
	if s.at < len(s.text) {
		return s.text[s.at]
	}
	return 0
}

func (s *scanner) skip() {
	r, size := utf8.DecodeRuneInString(s.text[s.at:])
	s.at += size
	s.col++
	if r == '\n' {
		s.line, s.col = s.line+1, 1
	}
}

func (s *scanner) space() {
	for s.at < len(s.text) {
		switch c := s.text[s.at]; {
		case c == ' ' || c == '\t' || c == '\r' || c == '\n':
			s.skip()
		case strings.HasPrefix(s.text[s.at:], "//"):
			for s.at < len(s.text) && s.text[s.at] != '\n' {
				s.skip()
			}
		case strings.HasPrefix(s.text[s.at:], "/*"):
			s.comment()
		default:
			return
		}
	}
}

func (s *scanner) comment() {
	if !strings.Contains(s.text[s.at+2:], "*/") {
		s.fail("this comment does not end", "close it with */")
	}
	end := s.at + 2 + strings.Index(s.text[s.at+2:], "*/") + 2
	for s.at < end {
		s.skip()
	}
}

func (s *scanner) value() *node {
	s.space()
	n := &node{line: s.line, col: s.col}
	switch c := s.peek(); {
	case s.at == len(s.text):
		s.fail("the body ends where a value should be", "complete it")
	case c == '{':
		s.nested(n, s.object)
	case c == '[':
		s.nested(n, s.array)
	case c == '"':
		n.kind = jsonString
		n.text, n.escaped = s.string()
	case c == '-' || c >= '0' && c <= '9':
		n.kind, n.num = jsonNumber, s.number()
	default:
		s.word(n)
	}
	return n
}

func (s *scanner) nested(n *node, read func(*node)) {
	if s.depth++; s.depth > maxNesting {
		s.fail(fmt.Sprintf("values are nested more than %d deep", maxNesting), "a rule set needs no more than 5")
	}
	s.skip()
	read(n)
	s.depth--
}

func (s *scanner) array(n *node) {
	n.kind = jsonArray
	for s.space(); s.peek() != ']'; s.space() {
		if len(n.items) > 0 {
			s.comma(']')
		}
		n.items = append(n.items, s.value())
	}
	s.skip()
}

func (s *scanner) object(n *node) {
	n.kind = jsonObject
	seen := map[string]int{}
	for s.space(); s.peek() != '}'; s.space() {
		if len(seen) > 0 {
			s.comma('}')
		}
		m := s.member()
		if i, ok := seen[m.key]; ok {
			s.doubled = append(s.doubled, Problem{
				Line: m.line, Column: m.col, What: fmt.Sprintf("%q is given twice in one object (first at line %d)", m.key, n.members[i].line),
				Instead: "keep one; the last one counts",
			})
			n.members[i] = m
			continue
		}
		seen[m.key] = len(n.members)
		n.members = append(n.members, m)
	}
	s.skip()
}

func (s *scanner) member() member {
	s.space()
	m := member{line: s.line, col: s.col}
	if s.peek() != '"' {
		s.fail("a property name should be here", `write it in double quotes, such as "name"`)
	}
	m.key, _ = s.string()
	s.space()
	if s.peek() != ':' {
		s.fail(fmt.Sprintf("no colon after the property name %q", m.key), "write : and then the value")
	}
	s.skip()
	m.value = s.value()
	return m
}

// comma reads the comma between two elements of a list or object that ends
// with end.
func (s *scanner) comma(end byte) {
	switch {
	case s.at == len(s.text):
		s.fail("the body ends inside a list or object", fmt.Sprintf("close it with %c", end))
	case s.peek() != ',':
		s.fail("two elements without a comma between them", fmt.Sprintf("write , or close with %c", end))
	}
	line, col := s.line, s.col
	s.skip()
	s.space()
	if s.peek() == end {
		s.line, s.col = line, col
		s.fail("a comma before the closing bracket", "remove the comma")
	}
}

func (s *scanner) word(n *node) {
	for i, word := range []string{"null", "false", "true"} {
		if strings.HasPrefix(s.text[s.at:], word) {
			n.kind = min(jsonKind(i), jsonBool)
			for range word {
				s.skip()
			}
			return
		}
	}
	if s.peek() == '\'' {
		s.fail("a string in single quotes", "write it in double quotes")
	}
	r, _ := utf8.DecodeRuneInString(s.text[s.at:])
	s.fail(fmt.Sprintf("%q cannot begin a value", r), "write a string in double quotes, a number, a list or an object")
}

func (s *scanner) number() float64 {
	from, line, col := s.at, s.line, s.col
	for s.at < len(s.text) && strings.IndexByte("+-.0123456789eE", s.text[s.at]) >= 0 {
		s.skip()
	}
	text := s.text[from:s.at]
	f, ok := parseNumber(text)
	if !ok {
		s.line, s.col = line, col
		s.fail(fmt.Sprintf("%.40s is not a number", text), "write it as JSON does, such as 10, -2.5 or 1e3")
	}
	return f
}

// parseNumber reads a number as JSON writes it: no leading zeros or plus, no
// infinity.
func parseNumber(text string) (float64, bool) {
	digits := strings.TrimPrefix(text, "-")
	if digits == "" || digits[0] < '0' || digits[0] > '9' || strings.HasSuffix(digits, ".") {
		return 0, false
	}
	if len(digits) > 1 && digits[0] == '0' && digits[1] >= '0' && digits[1] <= '9' {
		return 0, false
	}
	if strings.ContainsAny(digits, "xX_pPnN") || strings.Contains(digits, ".e") || strings.Contains(digits, ".E") {
		return 0, false
	}
	f, err := strconv.ParseFloat(text, 64)
	return f, err == nil
}

func (s *scanner) string() (text string, escaped bool) {
	line, col := s.line, s.col
	s.skip()
	var b strings.Builder
	for {
		switch c := s.peek(); {
		case s.at == len(s.text) || c == '\n':
			s.line, s.col = line, col
			s.fail("this string does not end on its line", `close it with "`)
		case c == '"':
			s.skip()
			return b.String(), escaped
		case c == '\\':
			escaped = true
			b.WriteRune(s.escape())
		case c < ' ':
			s.fail("a control character in a string", `write it as an escape, such as \t`)
		default:
			from := s.at
			s.skip()
			b.WriteString(s.text[from:s.at])
		}
	}
}

func (s *scanner) escape() rune {
	s.skip()
	c := s.peek()
	if i := strings.IndexByte(`"\/bfnrt`, c); i >= 0 && c != 0 {
		s.skip()
		return rune("\"\\/\b\f\n\r\t"[i])
	}
	if c != 'u' {
		s.fail("an unknown escape in a string", `write \\ for a backslash`)
	}
	s.skip()
	r := s.hex()
	if r < 0xd800 || r >= 0xe000 {
		return r
	}
	if r < 0xdc00 && strings.HasPrefix(s.text[s.at:], `\u`) {
		s.skip()
		s.skip()
		if low := s.hex(); low >= 0xdc00 && low < 0xe000 {
			return (r-0xd800)<<10 | (low - 0xdc00) + 0x10000
		}
	}
	return utf8.RuneError
}

func (s *scanner) hex() rune {
	if s.at+4 > len(s.text) {
		s.fail("an escape without its four digits", `write it as \u00e9`)
	}
	v, err := strconv.ParseUint(s.text[s.at:s.at+4], 16, 16)
	if err != nil {
		s.fail("an escape without its four digits", `write it as \u00e9`)
	}
	for range 4 {
		s.skip()
	}
	return rune(v)
}
