package search_test

import (
	"fmt"
	"maps"
	"runtime"
	"slices"
	"sync"
	"testing"

	"pgregory.net/rapid"

	"github.com/musterhq/muster/internal/search"
)

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
			"fill": func(t *rapid.T) {
				var old, docs []search.Doc
				for _, id := range slices.Sorted(maps.Keys(m)) {
					docs = append(docs, m[id])
					if rapid.Bool().Draw(t, "comes twice") {
						d := drawDoc(t, 12)
						d.ID = id
						old = append(old, d)
					}
				}
				x = search.Index{}
				x.Fill(slices.Concat(old, docs))
			},
			"search": func(t *rapid.T) { compareSearch(t, &x, m, nil) },
			"search as of then": func(t *rapid.T) {
				then, instead := maps.Clone(m), []search.Version{}
				for i := range rapid.IntRange(1, 6).Draw(t, "versions") {
					d := drawDoc(t, 12)
					if slices.ContainsFunc(instead, func(v search.Version) bool { return v.ID == d.ID }) {
						continue
					}
					v := search.Version{ID: d.ID, Doc: &d}
					then[d.ID] = d
					if rapid.IntRange(0, 3).Draw(t, "was not there") == i {
						v.Doc = nil
						delete(then, d.ID)
					}
					instead = append(instead, v)
				}
				compareSearch(t, &x, then, instead)
				var y search.Index
				for _, d := range then {
					y.Put(d)
				}
				got, _, _ := x.Search(search.Query{Seed: 7, Instead: instead})
				if want, _, _ := y.Search(search.Query{Seed: 7}); !slices.Equal(got, want) {
					t.Fatalf("by seed: got %v, want %v", got, want)
				}
			},
			"": func(t *rapid.T) {
				if x.Len() != len(m) {
					t.Fatalf("%d documents, want %d", x.Len(), len(m))
				}
			},
		})
	})
}

func compareSearch(t *rapid.T, x *search.Index, m model, instead []search.Version) {
	filter, sort := drawFilter(t, 3), drawSort(t)
	location := rapid.SampledFrom(append(locations, "", "")).Draw(t, "in location")
	limit := rapid.IntRange(0, 5).Draw(t, "limit")
	f, s := mustFilter(t, filter), mustSort(t, sort.text)
	got := all(t, x, search.Query{Filter: f, Sort: s, Location: location, Instead: instead}, limit)
	if want := m.find(f, location, sort); !slices.Equal(got, want) {
		t.Fatalf("filter %s sort %s limit %d:\n got %v\nwant %v", filter, sort.text, limit, got, want)
	}
	seed := rapid.Uint64().Draw(t, "seed")
	got = all(t, x, search.Query{Filter: f, Location: location, Seed: seed, Instead: instead}, limit)
	whole, _, _ := x.Search(search.Query{Filter: f, Location: location, Seed: seed, Instead: instead})
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
	const n = 6900
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
				f, s := mustFilter(t, filter), mustSort(t, text)
				want := m.find(f, "", sort)
				if got := all(t, x, search.Query{Filter: f, Sort: s}, 0); !slices.Equal(got, want) {
					t.Errorf("%s, %s: the whole of %d differs from the model's %d", filter, text, len(got), len(want))
				}
				first, _, _ := x.Search(search.Query{Filter: f, Sort: s, Limit: 20})
				if !slices.Equal(first, want[:min(20, len(want))]) {
					t.Errorf("%s, %s: the first page differs from the model's:\n got %v\nwant %v", filter, text, first, want[:min(20, len(want))])
				}
				if got := all(t, x, search.Query{Filter: f, Sort: s}, 750); !slices.Equal(got, want) {
					t.Errorf("%s, %s: pages differ from the whole", filter, text)
				}
			}
		}
		f := mustFilter(t, filter)
		got := all(t, x, search.Query{Filter: f, Seed: 7}, 97)
		slices.Sort(got)
		if want := m.find(f, "", sorting{}); !slices.Equal(got, want) {
			t.Errorf("%s, unsorted: %d found, want %d", filter, len(got), len(want))
		}
	}
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

// TestChurnLeavesNothing replaces a small fleet many times over, each session
// with a value of its own, every other with a key of its own. What is gone must not stay in
// memory.
func TestChurnLeavesNothing(t *testing.T) {
	const live, rounds, slack = 500, 25, 256 << 10
	var x search.Index
	churn := func(i int) {
		d := session(i)
		if i%2 == 0 {
			d.Properties[fmt.Sprint("key", i)] = "1"
		}
		x.Put(d)
		if i >= live {
			x.Remove(session(i - live).ID)
		}
	}
	heap := func() uint64 {
		var m runtime.MemStats
		runtime.GC()
		runtime.ReadMemStats(&m)
		return m.HeapAlloc
	}
	for i := range 2 * live {
		churn(i)
	}
	before := heap()
	for i := 2 * live; i < rounds*live; i++ {
		churn(i)
	}
	if after := heap(); x.Len() != live || after > before+slack {
		t.Errorf("%d sessions, and memory went from %d to %d bytes", x.Len(), before, after)
	}
}
