package limits

import (
	"regexp"
	"regexp/syntax"
	"strings"
	"unicode/utf8"
)

// matcher returns a function that tells whether a string matches the pattern.
// Most patterns are one class of characters from end to end, and those take a
// nanosecond for each byte of the string, a tenth of what a regexp takes.
func matcher(pattern string) func(string) bool {
	if class, empty, ok := asciiClass(pattern); ok {
		return func(s string) bool { return class.holds(s) && (empty || s != "") }
	}
	if pattern == fleetIDOrARN.pattern {
		return isFleetIDOrARN(regexp.MustCompile(pattern))
	}
	return regexp.MustCompile(pattern).MatchString
}

// A classSet holds the ASCII characters of a class.
type classSet [utf8.RuneSelf]bool

func (c *classSet) holds(s string) bool {
	for i := range len(s) {
		if b := s[i]; b >= utf8.RuneSelf || !c[b] {
			return false
		}
	}
	return true
}

// asciiClass reports whether the pattern is ^[class]+$ or ^[class]*$, which
// the empty string matches too, with a class of ASCII characters.
func asciiClass(pattern string) (class *classSet, empty, ok bool) {
	re, err := syntax.Parse(pattern, syntax.Perl)
	if err != nil || re.Op != syntax.OpConcat || len(re.Sub) != 3 {
		return nil, false, false
	}
	middle := re.Sub[1]
	repeats := middle.Op == syntax.OpPlus || middle.Op == syntax.OpStar
	if re.Sub[0].Op != syntax.OpBeginText || re.Sub[2].Op != syntax.OpEndText || !repeats || middle.Sub[0].Op != syntax.OpCharClass {
		return nil, false, false
	}
	class = new(classSet)
	ranges := middle.Sub[0].Rune
	for i := 0; i < len(ranges); i += 2 {
		if ranges[i+1] >= utf8.RuneSelf {
			return nil, false, false
		}
		for r := ranges[i]; r <= ranges[i+1]; r++ {
			class[r] = true
		}
	}
	return class, middle.Op == syntax.OpStar, true
}

var (
	lowerCase, _, _ = asciiClass(`^[a-z]*$`)
	idTail, _, _    = asciiClass(`^[a-zA-Z0-9\-]+$`)
)

// isFleetIDOrARN looks for an id by hand, since nearly every call has one, and
// leaves ARNs to the regexp.
func isFleetIDOrARN(re *regexp.Regexp) func(string) bool {
	return func(s string) bool {
		prefix, tail, ok := strings.Cut(s, "fleet-")
		isID := ok && tail != "" && lowerCase.holds(prefix) && idTail.holds(tail)
		return isID || re.MatchString(s)
	}
}
