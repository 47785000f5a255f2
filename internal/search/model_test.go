package search_test

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"

	"pgregory.net/rapid"

	"github.com/musterhq/muster/internal/search"
)

// model is the index as slow and obvious as it can be.
type model map[string]search.Doc

// sorting is a sort expression beside its meaning.
type sorting struct {
	text       string
	descending bool
	number     func(search.Doc) int64
	string     func(search.Doc) (string, bool)
}

func (s sorting) compare(a, b search.Doc) int {
	var c int
	if s.string != nil {
		left, hasLeft := s.string(a)
		right, hasRight := s.string(b)
		if hasLeft != hasRight {
			return cmp.Compare(fmt.Sprint(hasRight), fmt.Sprint(hasLeft)) // "true" first
		}
		c = strings.Compare(left, right)
	} else {
		c = cmp.Compare(s.number(a), s.number(b))
	}
	c = cmp.Or(c, cmp.Compare(a.Created, b.Created), strings.Compare(a.ID, b.ID))
	if s.descending {
		return -c
	}
	return c
}

// find returns the IDs of what matches, sorted by s, or by ID if s is empty.
func (m model) find(f *search.Filter, location string, s sorting) []string {
	var found []search.Doc
	for _, id := range slices.Sorted(maps.Keys(m)) {
		d := m[id]
		if f.Match(&d) && (location == "" || d.Location == location) {
			found = append(found, d)
		}
	}
	if s.text != "" {
		slices.SortFunc(found, s.compare)
	}
	ids := []string{}
	for _, d := range found {
		ids = append(ids, d.ID)
	}
	return ids
}

var (
	texts     = []string{"", "a", "b", "it's", `a\b`, "two words", "5", "true"}
	keys      = []string{"mode", "map.name", "a key", "level"}
	locations = []string{"custom-eu", "custom-us"}
)

func drawDoc(t *rapid.T, ids int) search.Doc {
	d := search.Doc{
		ID:         fmt.Sprintf("arn:session/%02d", rapid.IntRange(0, ids).Draw(t, "id")),
		Name:       rapid.SampledFrom(texts).Draw(t, "name"),
		Location:   rapid.SampledFrom(locations).Draw(t, "location"),
		Maximum:    rapid.IntRange(0, 4).Draw(t, "maximum"),
		Players:    rapid.IntRange(0, 4).Draw(t, "players"),
		Created:    rapid.Int64Range(-2, 6).Draw(t, "created"),
		Properties: map[string]string{},
	}
	for _, key := range keys {
		if rapid.Bool().Draw(t, "has "+key) {
			d.Properties[key] = rapid.SampledFrom(texts).Draw(t, key)
		}
	}
	return d
}

// quote writes a string of the language.
func quote(text string) string {
	return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(text) + `"`
}

func drawKey(t *rapid.T) string {
	key := rapid.SampledFrom(append(keys, "never")).Draw(t, "key")
	if strings.Contains(key, " ") {
		return "gameSessionProperties." + quote(key)
	}
	return "gameSessionProperties." + key
}

func drawFilter(t *rapid.T, depth int) string {
	equal := rapid.SampledFrom([]string{"=", "<>", " = "}).Draw(t, "equality")
	text := quote(rapid.SampledFrom(texts).Draw(t, "text"))
	kinds := 8
	if depth == 0 {
		kinds = 5
	}
	switch rapid.IntRange(0, kinds-1).Draw(t, "kind") {
	case 0:
		return "gameSessionName" + equal + text
	case 1:
		return fmt.Sprintf("gameSessionId%s'arn:session/%02d'", equal, rapid.IntRange(0, 9).Draw(t, "id"))
	case 2:
		return drawKey(t) + equal + text
	case 3:
		return "hasAvailablePlayerSessions" + equal + rapid.SampledFrom([]string{"true", "FALSE"}).Draw(t, "truth")
	case 4:
		operand := rapid.SampledFrom([]string{"playerSessionCount", "maximumSessions", "creationTimeMillis"}).Draw(t, "operand")
		comparator := rapid.SampledFrom([]string{"=", "<>", "<", ">", "<=", ">="}).Draw(t, "comparator")
		literal := rapid.SampledFrom([]string{"-1", "0", "2", "2.5", "-0.5", "+3", "1e0", "99999999999999999999", "-1e30"}).Draw(t, "number")
		return operand + comparator + literal
	case 5:
		return "NOT (" + drawFilter(t, depth-1) + ")"
	case 6:
		return "(" + drawFilter(t, depth-1) + ") AND " + drawFilter(t, depth-1)
	default:
		return drawFilter(t, depth-1) + " OR (" + drawFilter(t, depth-1) + ")"
	}
}

func drawSort(t *rapid.T) sorting {
	key := rapid.SampledFrom(append(keys, "never")).Draw(t, "sort key")
	choices := []sorting{
		{text: "gameSessionName", string: func(d search.Doc) (string, bool) { return d.Name, d.Name != "" }},
		{text: "gameSessionId", string: func(d search.Doc) (string, bool) { return d.ID, true }},
		{text: "playerSessionCount", number: func(d search.Doc) int64 { return int64(d.Players) }},
		{text: "maximumSessions", number: func(d search.Doc) int64 { return int64(d.Maximum) }},
		{text: "creationTimeMillis", number: func(d search.Doc) int64 { return d.Created }},
		{text: "hasAvailablePlayerSessions", number: func(d search.Doc) int64 {
			if d.Players < d.Maximum {
				return 1
			}
			return 0
		}},
		{text: "gameSessionProperties." + quote(key), string: func(d search.Doc) (string, bool) {
			value, ok := d.Properties[key]
			return value, ok
		}},
	}
	s := choices[rapid.IntRange(0, len(choices)-1).Draw(t, "sort")]
	s.descending = rapid.Bool().Draw(t, "descending")
	if s.descending {
		s.text += " desc"
	} else {
		s.text += " ASC"
	}
	return s
}

func mustFilter(t rapid.TB, text string) *search.Filter {
	t.Helper()
	f, err := search.ParseFilter(text)
	if err != nil {
		t.Fatalf("filter %s: %v", text, err)
	}
	return f
}

func mustSort(t rapid.TB, text string) *search.Sort {
	t.Helper()
	s, err := search.ParseSort(text)
	if err != nil {
		t.Fatalf("sort %s: %v", text, err)
	}
	return s
}
