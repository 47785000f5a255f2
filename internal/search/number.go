package search

import (
	"errors"
	"math"
	"strconv"
	"strings"
)

// number is a numeric literal as whole numbers see it: every int64 is below,
// equal to or above it, exactly, however many digits it has.
type number struct {
	floor    int64 // greatest whole number that is not above the literal
	fraction bool  // the literal lies between floor and floor+1
	beyond   int   // -1: below every int64, +1: above every int64; floor means nothing
}

// parseNumber reads digits with an optional sign, decimal point and exponent.
func parseNumber(text string) (number, bool) {
	negative := strings.HasPrefix(text, "-")
	if negative || strings.HasPrefix(text, "+") {
		text = text[1:]
	}
	mantissa, exponent, ok := cutExponent(text)
	if !ok {
		return number{}, false
	}
	whole, fraction, _ := strings.Cut(mantissa, ".")
	digits := whole + fraction
	if digits == "" || strings.Trim(digits, "0123456789") != "" {
		return number{}, false
	}
	return scale(digits, len(whole)+exponent, negative), true
}

// cutExponent splits "25e-1" into "25" and -1.
func cutExponent(text string) (mantissa string, exponent int, ok bool) {
	at := strings.IndexAny(text, "eE")
	if at < 0 {
		return text, 0, true
	}
	// Five digits of exponent are far more than an int64 can tell apart.
	exponent, err := strconv.Atoi(text[at+1:])
	return text[:at], min(max(exponent, -99999), 99999), err == nil || errors.Is(err, strconv.ErrRange)
}

// scale places the decimal point after the first point digits; a point outside
// of the digits stands for zeros between.
func scale(digits string, point int, negative bool) number {
	significant := strings.TrimLeft(digits, "0")
	point -= len(digits) - len(significant)
	const most = 19 // digits of the greatest int64
	if significant == "" {
		return number{}
	}
	if point > most {
		return beyond(negative)
	}
	whole, rest := "0", significant
	if point > 0 {
		padded := significant + strings.Repeat("0", max(point-len(significant), 0))
		whole, rest = padded[:point], padded[point:]
	}
	return floor(whole, strings.Trim(rest, "0") != "", negative)
}

func floor(whole string, fraction, negative bool) number {
	if negative {
		whole = "-" + whole
	}
	n, err := strconv.ParseInt(whole, 10, 64)
	if err != nil {
		return beyond(negative)
	}
	if negative && fraction {
		if n == math.MinInt64 {
			return beyond(negative)
		}
		n--
	}
	return number{floor: n, fraction: fraction}
}

func beyond(negative bool) number {
	if negative {
		return number{beyond: -1}
	}
	return number{beyond: 1}
}

// span is the whole numbers from low to high, both included; none when low is
// above high.
type span struct{ low, high int64 }

var (
	everyNumber = span{math.MinInt64, math.MaxInt64}
	noNumber    = span{math.MaxInt64, math.MinInt64}
)

func (s span) has(n int64) bool { return s.low <= n && n <= s.high }

// within returns a bit for each of up to 64 numbers that lies in the span. It
// has no branches: wrong guesses would cost more than looking at the numbers
// that nobody asked for.
func (s span) within(numbers []int64) (found uint64) {
	if s.low > s.high {
		return 0
	}
	low, width := uint64(s.low), uint64(s.high)-uint64(s.low)
	for i, n := range numbers {
		var bit uint64
		if uint64(n)-low <= width {
			bit = 1
		}
		found |= bit << (i & 63)
	}
	return found
}

// spanOf returns the numbers x for which "x comparator n" holds, with <> taken
// as =.
func spanOf(comparator string, n number) span {
	switch comparator {
	case "<", "<=":
		return spanBelow(n, comparator == "<=")
	case ">", ">=":
		return spanAbove(n, comparator == ">=")
	default:
		if n.beyond != 0 || n.fraction {
			return noNumber
		}
		return span{n.floor, n.floor}
	}
}

func spanBelow(n number, included bool) span {
	switch {
	case n.beyond > 0:
		return everyNumber
	case n.beyond < 0:
		return noNumber
	case included || n.fraction:
		return span{math.MinInt64, n.floor}
	case n.floor == math.MinInt64:
		return noNumber
	default:
		return span{math.MinInt64, n.floor - 1}
	}
}

func spanAbove(n number, included bool) span {
	switch {
	case n.beyond > 0:
		return noNumber
	case n.beyond < 0:
		return everyNumber
	case included && !n.fraction:
		return span{n.floor, math.MaxInt64}
	case n.floor == math.MaxInt64:
		return noNumber
	default:
		return span{n.floor + 1, math.MaxInt64}
	}
}
