package search_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"

	"pgregory.net/rapid"

	"github.com/musterhq/muster/internal/search"
)

// all follows the cursors to the end, limit results at a time.
func all(t rapid.TB, x *search.Index, q search.Query, limit int) []string {
	ids := []string{}
	q.Limit = limit
	for {
		page, next, err := x.Search(q)
		if err != nil {
			t.Fatalf("cursor %q: %v", q.After, err)
		}
		if limit > 0 && (len(page) > limit || next != "" && len(page) < limit) {
			t.Fatalf("a page of %d with cursor %q for limit %d", len(page), next, limit)
		}
		ids = append(ids, page...)
		if next == "" {
			return ids
		}
		if len(ids) > x.Len() {
			t.Fatalf("%d results of %d documents, and still a cursor", len(ids), x.Len())
		}
		if len(next) > 1024 {
			t.Fatalf("the cursor has %d characters, a NextToken at most 1024", len(next))
		}
		q.After, q.Seed = next, 0
	}
}

func parseBoth(t rapid.TB, filter, sort string) (*search.Filter, *search.Sort) {
	f, err := search.ParseFilter(filter)
	if err != nil {
		t.Fatalf("filter %s: %v", filter, err)
	}
	s, err := search.ParseSort(sort)
	if err != nil {
		t.Fatalf("sort %s: %v", sort, err)
	}
	return f, s
}

// TestIndexIsTheModel holds the index to Filter.Match and a plain sort while
// documents come, change and go.
func TestIndexIsTheModel(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var x search.Index
		m := model{}
		put := func(d search.Doc) { x.Put(d); m[d.ID] = d }
		t.Repeat(map[string]func(*rapid.T){
			"put": func(t *rapid.T) {
				d := drawDoc(t, 12)
				put(d)
				if rapid.Bool().Draw(t, "scribble") {
					kept := d
					kept.Properties = map[string]string{}
					for key, value := range d.Properties {
						kept.Properties[key] = value
						d.Properties[key] = "scribbled"
					}
					m[d.ID] = kept
				}
			},
			"players": func(t *rapid.T) {
				id, players := drawDoc(t, 12).ID, rapid.IntRange(0, 4).Draw(t, "players")
				d, known := m[id]
				if x.SetPlayers(id, players) != known {
					t.Fatalf("SetPlayers(%s) does not know what is there", id)
				}
				if known {
					d.Players = players
					m[id] = d
				}
			},
			"remove": func(t *rapid.T) {
				id := drawDoc(t, 12).ID
				x.Remove(id)
				delete(m, id)
			},
			"search": func(t *rapid.T) { compareSearch(t, &x, m) },
			"": func(t *rapid.T) {
				if x.Len() != len(m) {
					t.Fatalf("%d documents, want %d", x.Len(), len(m))
				}
			},
		})
	})
}

func compareSearch(t *rapid.T, x *search.Index, m model) {
	filter, sort := drawFilter(t, 3), drawSort(t)
	location := rapid.SampledFrom(append(locations, "", "")).Draw(t, "in location")
	limit := rapid.IntRange(0, 5).Draw(t, "limit")
	f, s := parseBoth(t, filter, sort.text)
	got := all(t, x, search.Query{Filter: f, Sort: s, Location: location}, limit)
	if want := m.find(f, location, sort); !slices.Equal(got, want) {
		t.Fatalf("filter %s sort %s limit %d:\n got %v\nwant %v", filter, sort.text, limit, got, want)
	}
	seed := rapid.Uint64().Draw(t, "seed")
	got = all(t, x, search.Query{Filter: f, Location: location, Seed: seed}, limit)
	whole, _, _ := x.Search(search.Query{Filter: f, Location: location, Seed: seed})
	if !slices.Equal(got, whole) {
		t.Fatalf("filter %s: pages %v differ from the whole %v", filter, got, whole)
	}
	slices.Sort(got)
	if want := m.find(f, location, sorting{}); !slices.Equal(got, want) {
		t.Fatalf("filter %s unsorted:\n got %v\nwant %v", filter, got, want)
	}
}

// fleet fills an index and a model that is large enough for every way of
// searching: dense and sparse sets, walks and rankings.
func fleet(n int) (*search.Index, model) {
	x, m := new(search.Index), model{}
	for i := range n {
		d := session(i)
		x.Put(d)
		m[d.ID] = d
	}
	return x, m
}

func session(i int) search.Doc {
	h := uint32(i) * 2654435761
	d := search.Doc{
		ID:       fmt.Sprintf("arn:aws:gamelift:us-west-2::gamesession/fleet-8a8e55eb-1f4a/custom-home/%08x", h),
		Name:     fmt.Sprintf("arena %d", h%5000),
		Location: locations[i%2],
		Properties: map[string]string{
			"mode":  fmt.Sprint("mode", h>>7%8),
			"map":   fmt.Sprint("map", h>>11%40),
			"code":  fmt.Sprintf("%06x", h>>3),
			"level": fmt.Sprint(h >> 5 % 300),
		},
		Maximum: 16,
		Players: int(h >> 9 % 17),
		Created: 1_700_000_000_000 + int64(i)*40,
	}
	if h>>15%7 == 0 {
		d.Name = ""
	}
	if h>>13%3 == 0 {
		d.Properties["ranked"] = "true"
	}
	return d
}

// TestLargeIndexIsTheModel asks a fleet whose sessions need many blocks.
func TestLargeIndexIsTheModel(t *testing.T) {
	const n = 9000
	x, m := fleet(n)
	for i := 0; i < n; i += 3 { // holes, and then slots used again out of order
		x.Remove(session(i).ID)
		delete(m, session(i).ID)
	}
	for i := n; i < n+500; i++ {
		x.Put(session(i))
		m[session(i).ID] = session(i)
	}
	filters := []string{
		"",
		"hasAvailablePlayerSessions = true",
		"gameSessionProperties.mode = 'mode3' AND hasAvailablePlayerSessions = true",
		"gameSessionProperties.mode <> 'mode3' AND NOT gameSessionProperties.ranked = true",
		"gameSessionProperties.map = 'map7' OR gameSessionProperties.level = 12",
		"gameSessionProperties.code = '" + session(2000).Properties["code"] + "'",
		"creationTimeMillis > 1700000200000 AND playerSessionCount < 3",
		"creationTimeMillis > 1700000350000 AND creationTimeMillis <= 1700000352000",
		"gameSessionName = '" + session(2000).Name + "'",
		"gameSessionName <> ''",
		"gameSessionName = '' AND playerSessionCount = 3",
		"maximumSessions < 1",
	}
	sorts := []sorting{
		{text: "creationTimeMillis", number: func(d search.Doc) int64 { return d.Created }},
		{text: "playerSessionCount", number: func(d search.Doc) int64 { return int64(d.Players) }},
		{text: "maximumSessions", number: func(d search.Doc) int64 { return int64(d.Maximum) }},
		{text: "gameSessionName", string: func(d search.Doc) (string, bool) { return d.Name, d.Name != "" }},
		{text: "gameSessionId", string: func(d search.Doc) (string, bool) { return d.ID, true }},
		{text: "hasAvailablePlayerSessions", number: func(d search.Doc) int64 {
			if d.HasAvailable() {
				return 1
			}
			return 0
		}},
	}
	for _, key := range []string{"mode", "code", "level", "ranked", "never"} {
		sorts = append(sorts, sorting{text: "gameSessionProperties." + key, string: func(d search.Doc) (string, bool) {
			value, ok := d.Properties[key]
			return value, ok
		}})
	}
	for _, filter := range filters {
		for _, sort := range sorts {
			for _, sort.descending = range []bool{false, true} {
				text := sort.text + map[bool]string{false: " ASC", true: " DESC"}[sort.descending]
				f, s := parseBoth(t, filter, text)
				want := m.find(f, "", sort)
				if got := all(t, x, search.Query{Filter: f, Sort: s}, 0); !slices.Equal(got, want) {
					t.Errorf("%s, %s: the whole of %d differs from the model's %d", filter, text, len(got), len(want))
				}
				first, _, _ := x.Search(search.Query{Filter: f, Sort: s, Limit: 20})
				if !slices.Equal(first, want[:min(20, len(want))]) {
					t.Errorf("%s, %s: the first page differs from the model's:\n got %v\nwant %v", filter, text, first, want[:min(20, len(want))])
				}
				if got := all(t, x, search.Query{Filter: f, Sort: s}, 250); !slices.Equal(got, want) {
					t.Errorf("%s, %s: pages differ from the whole", filter, text)
				}
			}
		}
		f := mustFilter(t, filter)
		got := all(t, x, search.Query{Filter: f, Seed: 7}, 20)
		slices.Sort(got)
		if want := m.find(f, "", sorting{}); !slices.Equal(got, want) {
			t.Errorf("%s, unsorted: %d found, want %d", filter, len(got), len(want))
		}
	}
}

// TestPagesWhileOthersComeAndGo changes the fleet between any two pages: what
// stays is found exactly once.
func TestPagesWhileOthersComeAndGo(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var x search.Index
		staying := []string{}
		for i := range rapid.IntRange(0, 30).Draw(t, "staying") {
			d := drawDoc(t, 0)
			d.ID = fmt.Sprintf("arn:stays/%02d", i)
			x.Put(d)
			staying = append(staying, d.ID)
		}
		sort := rapid.SampledFrom([]string{drawSort(t).text, ""}).Draw(t, "order")
		_, s := parseBoth(t, "", sort)
		q := search.Query{Sort: s, Seed: rapid.Uint64().Draw(t, "seed"), Limit: rapid.IntRange(1, 7).Draw(t, "limit")}
		found := []string{}
		for {
			page, next, err := x.Search(q)
			if err != nil {
				t.Fatal(err)
			}
			for _, id := range page {
				if strings.HasPrefix(id, "arn:stays/") {
					found = append(found, id)
				}
			}
			if q.After = next; next == "" || len(found) > len(staying) {
				break
			}
			for range rapid.IntRange(0, 3).Draw(t, "changes") {
				d := drawDoc(t, 8)
				if rapid.Bool().Draw(t, "goes") {
					x.Remove(d.ID)
				} else {
					x.Put(d)
				}
			}
			if rapid.Bool().Draw(t, "all visitors go") {
				for _, id := range page {
					if !strings.HasPrefix(id, "arn:stays/") {
						x.Remove(id)
					}
				}
			}
		}
		slices.Sort(found)
		if !slices.Equal(found, staying) {
			t.Fatalf("sort %q found %v, want each of %v once", sort, found, staying)
		}
	})
}

// TestHistoryLeavesNoTrace fills two indexes with the same documents in
// different ways.
func TestHistoryLeavesNoTrace(t *testing.T) {
	const n = 6000
	straight, _ := fleet(n)
	var winding search.Index
	for i := 2*n - 1; i >= 0; i-- {
		winding.Put(session(i))
	}
	for i := n; i < 2*n; i++ {
		winding.Remove(session(i).ID)
	}
	for _, sort := range []string{"", "playerSessionCount DESC", "gameSessionProperties.level ASC", "gameSessionName DESC"} {
		q := search.Query{Sort: mustSort(t, sort), Seed: 99, Limit: 50}
		ids, cursor, _ := straight.Search(q)
		others, other, _ := winding.Search(q)
		if !slices.Equal(ids, others) || cursor != other {
			t.Errorf("sort %q: the order depends on how the documents came", sort)
		}
	}
}

// TestSeedsShareEvenly counts which session comes first: clients that take the
// first one must not all land in the same.
func TestSeedsShareEvenly(t *testing.T) {
	const n, seeds = 5, 20_000
	x, _ := fleet(n)
	first := map[string]int{}
	for seed := range uint64(seeds) {
		ids, _, _ := x.Search(search.Query{Seed: seed, Limit: 1})
		first[ids[0]]++
	}
	for id, count := range first {
		if count < seeds/n*8/10 || count > seeds/n*12/10 {
			t.Errorf("%s is first %d times of %d, want about %d", id, count, seeds, seeds/n)
		}
	}
	if len(first) != n {
		t.Errorf("%d of %d sessions ever came first", len(first), n)
	}
}

func TestSearchesSideBySide(t *testing.T) {
	x, _ := fleet(5000)
	f := mustFilter(t, "gameSessionProperties.mode = 'mode1' AND gameSessionName <> 'arena 1'")
	q := search.Query{Filter: f, Sort: mustSort(t, "gameSessionProperties.code DESC"), Limit: 20}
	want, _, _ := x.Search(q)
	var all sync.WaitGroup
	for range 4 {
		all.Go(func() {
			for range 20 {
				if got, _, err := x.Search(q); err != nil || !slices.Equal(got, want) {
					t.Errorf("got %v, %v", got, err)
				}
			}
		})
	}
	all.Wait()
}

func TestCursorsOfOthersAreRefused(t *testing.T) {
	x, _ := fleet(50)
	byName := search.Query{Sort: mustSort(t, "gameSessionName ASC"), Limit: 5}
	_, next, err := x.Search(byName)
	if err != nil || next == "" {
		t.Fatalf("cursor %q, %v", next, err)
	}
	for _, cursor := range []string{"x", "!", "AAAA", next[:8], next + "=", "B" + next[1:]} {
		byName.After = cursor
		if _, _, err := x.Search(byName); !errors.Is(err, search.ErrCursor) {
			t.Errorf("cursor %q: got %v", cursor, err)
		}
	}
	byCount := search.Query{Sort: mustSort(t, "playerSessionCount ASC"), After: next}
	if _, _, err := x.Search(byCount); !errors.Is(err, search.ErrCursor) {
		t.Errorf("the cursor of another sort: got %v", err)
	}
}

// TestLongNamesPage has names that no cursor can hold, alike up to the end.
func TestLongNamesPage(t *testing.T) {
	long := strings.Repeat("ü", 510)
	for _, direction := range []string{" ASC", " DESC"} {
		var x search.Index
		want := []string{}
		for i := range 9 {
			id := fmt.Sprintf("arn:session/%d", i)
			x.Put(search.Doc{ID: id, Name: fmt.Sprint(long, i), Created: int64(-i)})
			want = append(want, id)
		}
		if direction == " DESC" {
			slices.Reverse(want)
		}
		q := search.Query{Sort: mustSort(t, "gameSessionName"+direction)}
		if got := all(t, &x, q, 2); !slices.Equal(got, want) {
			t.Errorf("%s: got %v, want %v", direction, got, want)
		}
		q.Limit = 2
		page, next, _ := x.Search(q)
		x.Remove(page[1])
		q.After, q.Limit = next, 0
		rest, _, err := x.Search(q)
		if missing := without(want[2:], rest); err != nil || len(missing) > 0 {
			t.Errorf("%s: after the session of the cursor left, %v are missing (%v)", direction, missing, err)
		}
	}
}

func without(all, some []string) []string {
	return slices.DeleteFunc(slices.Clone(all), func(id string) bool { return slices.Contains(some, id) })
}

// FuzzCursor hands Search whatever a client may send as a NextToken.
func FuzzCursor(f *testing.F) {
	x, _ := fleet(300)
	sorts := []string{"", "gameSessionName DESC", "playerSessionCount ASC", "gameSessionProperties.level DESC", "hasAvailablePlayerSessions DESC"}
	for i, sort := range sorts {
		_, next, _ := x.Search(search.Query{Sort: mustSort(f, sort), Limit: 100})
		f.Add(i, next)
	}
	f.Fuzz(func(t *testing.T, sort int, cursor string) {
		s := mustSort(t, sorts[uint(sort)%uint(len(sorts))])
		ids, _, err := x.Search(search.Query{Sort: s, After: cursor})
		if err != nil && !errors.Is(err, search.ErrCursor) {
			t.Fatalf("got %v", err)
		}
		if slices.Sort(ids); len(slices.Compact(ids)) != len(ids) {
			t.Fatalf("a session came twice")
		}
	})
}
