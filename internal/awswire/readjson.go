package awswire

import (
	"math"
	"strconv"
	"unicode/utf16"
	"unicode/utf8"
)

// A jsonReader reads one JSON document. Source: RFC 8259.
type jsonReader struct {
	data    []byte
	pos     int
	opened  bool   // a list or map has just started: no comma before its first element
	scratch []byte // holds text that had escapes
}

func (r *jsonReader) fail(reason string) error {
	if r.pos >= len(r.data) {
		reason = "unexpected end"
	}
	return &SyntaxError{Offset: r.pos, Reason: reason}
}

// peek returns the next byte that is not white space, and 0 at the end.
func (r *jsonReader) peek() byte {
	for ; r.pos < len(r.data); r.pos++ {
		switch c := r.data[r.pos]; c {
		case ' ', '\n', '\r', '\t':
		default:
			return c
		}
	}
	return 0
}

func (r *jsonReader) next() (token, error) {
	switch c := r.peek(); c {
	case '"':
		text, err := r.text()
		return token{kind: textToken, text: text}, err
	case '{':
		r.pos++
		r.opened = true
		return token{kind: mapToken}, nil
	case '[':
		r.pos++
		r.opened = true
		return token{kind: listToken}, nil
	case 'n':
		return token{kind: nullToken}, r.word("null")
	case 't':
		return token{kind: boolToken, whole: 1}, r.word("true")
	case 'f':
		return token{kind: boolToken}, r.word("false")
	default:
		if c == '-' || '0' <= c && c <= '9' {
			return r.number()
		}
		return token{}, r.fail("no value")
	}
}

func (r *jsonReader) more(kind tokenKind) (bool, error) {
	first := r.opened
	r.opened = false
	switch c := r.peek(); {
	case c == ']' && kind == listToken, c == '}' && kind == mapToken:
		r.pos++
		return false, nil
	case first:
		return true, nil
	case c == ',':
		r.pos++
		return true, nil
	}
	return false, r.fail("neither a comma nor an end")
}

func (r *jsonReader) key() ([]byte, error) {
	if r.peek() != '"' {
		return nil, r.fail("no member name in quotes")
	}
	name, err := r.text()
	if err != nil {
		return nil, err
	}
	if r.peek() != ':' {
		return nil, r.fail("no colon after a member name")
	}
	r.pos++
	return name, nil
}

func (r *jsonReader) end() error {
	if r.peek(); r.pos < len(r.data) {
		return r.fail("more than one document")
	}
	return nil
}

func (r *jsonReader) word(w string) error {
	if len(r.data)-r.pos < len(w) || string(r.data[r.pos:r.pos+len(w)]) != w {
		return r.fail("no value")
	}
	r.pos += len(w)
	return nil
}

func (r *jsonReader) digits() int {
	start := r.pos
	for r.pos < len(r.data) && '0' <= r.data[r.pos] && r.data[r.pos] <= '9' {
		r.pos++
	}
	return r.pos - start
}

// accept reads one byte if it is one of these.
func (r *jsonReader) accept(c1, c2 byte) bool {
	ok := r.pos < len(r.data) && (r.data[r.pos] == c1 || r.data[r.pos] == c2)
	if ok {
		r.pos++
	}
	return ok
}

func (r *jsonReader) number() (token, error) {
	start := r.pos
	r.accept('-', '-')
	whole := r.pos
	if n := r.digits(); n == 0 || n > 1 && r.data[whole] == '0' {
		return token{}, r.fail("no number")
	}
	fraction := r.accept('.', '.')
	if fraction && r.digits() == 0 {
		return token{}, r.fail("no digits after a decimal point")
	}
	if r.accept('e', 'E') {
		fraction = true
		r.accept('+', '-')
		if r.digits() == 0 {
			return token{}, r.fail("no digits in an exponent")
		}
	}
	literal := string(r.data[start:r.pos])
	if !fraction && literal != "-0" { // only a float tells -0 from 0
		if i, err := strconv.ParseInt(literal, 10, 64); err == nil {
			return token{kind: wholeToken, whole: i}, nil
		}
	}
	f, err := strconv.ParseFloat(literal, 64)
	if err != nil {
		f = math.Inf(1) // out of range, which is for the member to say
	}
	return token{kind: floatToken, float: f}, nil
}

// text reads a string, in place if it has no escapes.
func (r *jsonReader) text() ([]byte, error) {
	r.pos++
	start, ascii := r.pos, true
	for ; r.pos < len(r.data); r.pos++ {
		switch c := r.data[r.pos]; {
		case c == '"':
			text := r.data[start:r.pos]
			if !ascii && !utf8.Valid(text) {
				return nil, r.fail("text that is not UTF-8")
			}
			r.pos++
			return text, nil
		case c == '\\':
			return r.escapedText(start)
		case c < ' ':
			return nil, r.fail("a control character in a string")
		case c >= utf8.RuneSelf:
			ascii = false
		}
	}
	return nil, r.fail("")
}

// escapedText reads on a string that started at start, from the first escape.
func (r *jsonReader) escapedText(start int) ([]byte, error) {
	out := append(r.scratch[:0], r.data[start:r.pos]...)
	for r.pos < len(r.data) {
		switch c := r.data[r.pos]; {
		case c == '"':
			if !utf8.Valid(out) {
				return nil, r.fail("text that is not UTF-8")
			}
			r.pos++
			r.scratch = out
			return out, nil
		case c == '\\':
			r.pos++
			var err error
			if out, err = r.escape(out); err != nil {
				return nil, err
			}
		case c < ' ':
			return nil, r.fail("a control character in a string")
		default:
			out = append(out, c)
			r.pos++
		}
	}
	return nil, r.fail("")
}

// escape reads what follows a backslash.
func (r *jsonReader) escape(out []byte) ([]byte, error) {
	if r.pos == len(r.data) {
		return nil, r.fail("")
	}
	c := r.data[r.pos]
	switch c {
	case '"', '\\', '/':
	case 'b':
		c = '\b'
	case 'f':
		c = '\f'
	case 'n':
		c = '\n'
	case 'r':
		c = '\r'
	case 't':
		c = '\t'
	case 'u':
		return r.unicodeEscape(out)
	default:
		return nil, r.fail("an unknown escape in a string")
	}
	r.pos++
	return append(out, c), nil
}

// unicodeEscape reads u and four digits, and the second half of a surrogate
// pair after the first. A half alone stands for no character: it becomes
// U+FFFD.
func (r *jsonReader) unicodeEscape(out []byte) ([]byte, error) {
	first, ok := r.hex4(r.pos + 1)
	if !ok {
		r.pos = min(r.pos+1, len(r.data))
		return nil, r.fail("no four digits after \\u")
	}
	r.pos += 5
	if !utf16.IsSurrogate(first) {
		return utf8.AppendRune(out, first), nil
	}
	if r.pos+1 < len(r.data) && r.data[r.pos] == '\\' && r.data[r.pos+1] == 'u' {
		if second, ok := r.hex4(r.pos + 2); ok {
			if pair := utf16.DecodeRune(first, second); pair != utf8.RuneError {
				r.pos += 6
				return utf8.AppendRune(out, pair), nil
			}
		}
	}
	return utf8.AppendRune(out, utf8.RuneError), nil
}

func (r *jsonReader) hex4(at int) (rune, bool) {
	if at+4 > len(r.data) {
		return 0, false
	}
	var v rune
	for _, c := range r.data[at : at+4] {
		switch {
		case '0' <= c && c <= '9':
			c -= '0'
		case 'a' <= c && c <= 'f':
			c -= 'a' - 10
		case 'A' <= c && c <= 'F':
			c -= 'A' - 10
		default:
			return 0, false
		}
		v = v<<4 | rune(c)
	}
	return v, true
}
