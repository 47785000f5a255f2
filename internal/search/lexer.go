package search

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

// SyntaxError says what is wrong with an expression and what to write.
type SyntaxError struct {
	Offset  int // in bytes, from the start of the expression
	Message string
}

func (e *SyntaxError) Error() string {
	return fmt.Sprintf("at offset %d: %s", e.Offset, e.Message)
}

type tokenKind int

const (
	endOfText  tokenKind = iota
	word                 // a name, a keyword, a number
	quoted               // a string in quotes; text holds its value
	comparator           // = <> < > <= >=
	opening              // (
	closing              // )
)

type token struct {
	kind   tokenKind
	text   string
	offset int // of the first byte
	end    int // after the last byte
}

// String names the token as a message shows it.
func (t token) String() string {
	switch t.kind {
	case endOfText:
		return "the end of the expression"
	case quoted:
		return shorten(quote(t.text))
	default:
		return shorten(t.text)
	}
}

// shorten keeps messages short when the text at fault is not.
func shorten(text string) string {
	const most = 64
	if len(text) <= most {
		return text
	}
	cut := most
	for cut > 0 && !utf8.RuneStart(text[cut]) {
		cut--
	}
	return text[:cut] + "…"
}

// lexer cuts an expression into tokens.
type lexer struct {
	text   string
	offset int
}

func (l *lexer) next() (token, error) {
	l.skipSpace()
	start := l.offset
	if start == len(l.text) {
		return token{kind: endOfText, offset: start, end: start}, nil
	}
	switch c := l.text[start]; c {
	case '(':
		return l.take(opening, 1), nil
	case ')':
		return l.take(closing, 1), nil
	case '=', '<', '>', '!':
		return l.comparator()
	case '\'', '"':
		return l.string()
	case '\\':
		return token{}, &SyntaxError{start, "a backslash has a meaning inside of quotes only: leave it out"}
	default:
		return l.take(word, wordLength(l.text[start:])), nil
	}
}

func (l *lexer) take(kind tokenKind, length int) token {
	start := l.offset
	l.offset += length
	return token{kind, l.text[start:l.offset], start, l.offset}
}

func (l *lexer) skipSpace() {
	for l.offset < len(l.text) {
		r, size := utf8.DecodeRuneInString(l.text[l.offset:])
		if !unicode.IsSpace(r) {
			return
		}
		l.offset += size
	}
}

func (l *lexer) comparator() (token, error) {
	rest := l.text[l.offset:]
	switch {
	case strings.HasPrefix(rest, "!"):
		return token{}, &SyntaxError{l.offset, "! has no meaning: write <> for not equal, NOT before a condition"}
	case strings.HasPrefix(rest, "=="):
		return token{}, &SyntaxError{l.offset, "== is not a comparator: write ="}
	case strings.HasPrefix(rest, "<>"), strings.HasPrefix(rest, "<="), strings.HasPrefix(rest, ">="):
		return l.take(comparator, 2), nil
	default:
		return l.take(comparator, 1), nil
	}
}

// string reads a string in single or double quotes. A backslash takes the
// character after it as it is.
func (l *lexer) string() (token, error) {
	start, quote := l.offset, l.text[l.offset]
	var value strings.Builder
	for i := start + 1; i < len(l.text); i++ {
		switch c := l.text[i]; {
		case c == quote:
			l.offset = i + 1
			return token{quoted, value.String(), start, l.offset}, nil
		case c == '\\' && i+1 < len(l.text):
			i++
			value.WriteByte(l.text[i])
		default:
			value.WriteByte(c)
		}
	}
	return token{}, &SyntaxError{start, fmt.Sprintf("the string has no end: close it with %c", quote)}
}

// wordLength returns how many bytes of text belong to its first word.
func wordLength(text string) int {
	for i, r := range text {
		if unicode.IsSpace(r) || strings.ContainsRune(`()=<>!'"\`, r) {
			return i
		}
	}
	return len(text)
}

// isWord tells whether text reads back as one word.
func isWord(text string) bool { return text != "" && wordLength(text) == len(text) }

// quote writes text as a string of the language.
func quote(text string) string {
	return "'" + strings.NewReplacer(`\`, `\\`, `'`, `\'`).Replace(text) + "'"
}
