package search_test

import (
	"errors"
	"math"
	"math/big"
	"strconv"
	"strings"
	"testing"
	"unicode/utf8"

	"pgregory.net/rapid"

	"github.com/musterhq/muster/internal/search"
)

// FuzzParseFilter holds every text to: an error that points into the text, or a
// filter that reads back from its own String as the same filter.
func FuzzParseFilter(f *testing.F) {
	for _, seed := range []string{
		"", "  ", "gameSessionName = 'Matt\\'s'", "NOT (maximumSessions>=10 OR hasAvailablePlayerSessions=true) AND playerSessionCount<>-1.5e3",
		"gameSessionProperties.'a key' = \"x\"", "gameSessionProperties.level=5", "((((", "gameSessionArn<>'x'and not not creationTimeMillis<1",
		"gameSessionProperties." + strings.Repeat("ö", 500) + " < 1", "gameSessionName = " + strings.Repeat("ö", 500),
	} {
		f.Add(seed)
	}
	docs := []search.Doc{
		{},
		{ID: "x", Name: "Matt's", Maximum: 10, Players: 3, Created: 1_700_000_000_000, Properties: map[string]string{"level": "5", "a key": "x"}},
	}
	var x search.Index
	x.Put(docs[1])
	f.Fuzz(func(t *testing.T, text string) {
		filter, err := search.ParseFilter(text)
		if err != nil {
			checkError(t, text, err)
			return
		}
		again, err := search.ParseFilter(filter.String())
		if err != nil || again.String() != filter.String() {
			t.Fatalf("%q becomes %q and then %q, %v", text, filter, again, err)
		}
		for _, d := range docs {
			if filter.Match(&d) != again.Match(&d) {
				t.Fatalf("%q and %q differ on %v", text, filter, d)
			}
		}
		ids, _, err := x.Search(search.Query{Filter: filter})
		if err != nil || len(ids) == 1 != filter.Match(&docs[1]) {
			t.Fatalf("%q: the index finds %v, %v", text, ids, err)
		}
	})
}

func FuzzParseSort(f *testing.F) {
	for _, seed := range []string{"", "creationTimeMillis ASC", "gameSessionProperties.'a key'desc", "gameSessionName", "gameSessionId asc x"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		sort, err := search.ParseSort(text)
		if err != nil {
			checkError(t, text, err)
			return
		}
		again, err := search.ParseSort(sort.String())
		if err != nil || again.String() != sort.String() {
			t.Fatalf("%q becomes %q and then %q, %v", text, sort, again, err)
		}
	})
}

func checkError(t *testing.T, text string, err error) {
	var wrong *search.SyntaxError
	if !errors.As(err, &wrong) {
		t.Fatalf("%q: %v is not a *SyntaxError", text, err)
	}
	if wrong.Offset < 0 || wrong.Offset > len(text) || wrong.Message == "" || len(wrong.Message) > 600 {
		t.Fatalf("%q: offset %d, %d bytes of message %q", text, wrong.Offset, len(wrong.Message), wrong.Message)
	}
	if utf8.ValidString(text) && !utf8.ValidString(wrong.Message) {
		t.Fatalf("%q: the message cuts a character: %q", text, wrong.Message)
	}
}

// TestNumbersAreExact compares literals of many forms with whole numbers, next
// to the limits of int64 too, and holds the answers to exact arithmetic.
func TestNumbersAreExact(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		edges := []int64{math.MinInt64, math.MinInt64 + 1, -1, 0, 1, 1 << 53, 1<<53 + 1, math.MaxInt64 - 1, math.MaxInt64}
		near := rapid.SampledFrom(edges).Draw(t, "near")
		literal := rapid.OneOf(
			rapid.StringMatching(`[+-]?[0-9]{1,22}(\.[0-9]{0,4})?([eE][+-]?[0-9]{1,2})?`),
			rapid.StringMatching(`[+-]?\.[0-9]{1,4}([eE][+-]?[0-9]{1,2})?`),
			rapid.Just(strconv.FormatInt(near, 10)),
			rapid.Just(strconv.FormatInt(near, 10)+".5"),
		).Draw(t, "literal")
		exact, ok := new(big.Rat).SetString(literal)
		if !ok {
			t.Fatalf("%s is no number", literal)
		}
		value := rapid.OneOf(rapid.SampledFrom(edges), rapid.Int64Range(-30, 30)).Draw(t, "value")
		order := new(big.Rat).SetInt64(value).Cmp(exact)
		want := map[string]bool{"=": order == 0, "<>": order != 0, "<": order < 0, "<=": order <= 0, ">": order > 0, ">=": order >= 0}
		for comparator, holds := range want {
			f := mustFilter(t, "creationTimeMillis"+comparator+literal)
			if got := f.Match(&search.Doc{Created: value}); got != holds {
				t.Fatalf("%d %s %s is %v", value, comparator, literal, got)
			}
		}
	})
}

// TestExponentsBeyondInt compares with numbers whose exponent no int holds.
func TestExponentsBeyondInt(t *testing.T) {
	for _, text := range []string{"<1e99999999999999999999", ">-1e99999999999999999999", ">1e-99999999999999999999", ">0e99999999999999999999"} {
		if f := mustFilter(t, "creationTimeMillis"+text); !f.Match(&search.Doc{Created: 5}) {
			t.Errorf("5 is not %s", text)
		}
	}
}

func TestNestingIsBounded(t *testing.T) {
	const depth = 100_000
	for _, text := range []string{strings.Repeat("(", depth), strings.Repeat("NOT ", depth), strings.Repeat("NOT(", depth)} {
		_, err := search.ParseFilter(text)
		var wrong *search.SyntaxError
		if !errors.As(err, &wrong) || !strings.Contains(wrong.Message, "nested deeper than 100") {
			t.Errorf("%.8s…: got %v", text, err)
		}
	}
	flat := "maximumSessions = 1" + strings.Repeat(" OR maximumSessions = 2", 5000)
	if f, err := search.ParseFilter(flat); err != nil || !f.Match(&search.Doc{Maximum: 2}) {
		t.Errorf("a long flat expression: %v", err)
	}
}

// TestZeroValues are what the documentation says they are.
func TestZeroValues(t *testing.T) {
	var (
		x      search.Index
		filter *search.Filter
		sort   *search.Sort
	)
	if !filter.Match(&search.Doc{}) || !new(search.Filter).Match(&search.Doc{}) {
		t.Error("a filter without a condition does not match everything")
	}
	if filter.String() != "" || sort.String() != "" {
		t.Errorf("nothing is written as %q and %q", filter, sort)
	}
	x.Remove("nobody")
	ids, next, err := x.Search(search.Query{Filter: mustFilter(t, "NOT maximumSessions = 1"), Sort: mustSort(t, "gameSessionName DESC")})
	if len(ids) != 0 || next != "" || err != nil || x.Len() != 0 || x.SetPlayers("nobody", 1) {
		t.Errorf("an empty index finds %v, %q, %v", ids, next, err)
	}
	x.Put(search.Doc{ID: "only"})
	if ids, next, _ := x.Search(search.Query{Limit: math.MaxInt}); len(ids) != 1 || next != "" {
		t.Errorf("one document is found as %v, %q", ids, next)
	}
}
