package search_test

import (
	"fmt"
	"runtime"
	"testing"

	"github.com/musterhq/muster/internal/search"
)

// BenchmarkSearch asks for 20 results of fleets of two sizes.
func BenchmarkSearch(b *testing.B) {
	queries := []struct{ name, filter, sort string }{
		{"two filters, created", "gameSessionProperties.mode = 'mode3' AND hasAvailablePlayerSessions = true", "creationTimeMillis ASC"},
		{"two filters, no order", "gameSessionProperties.mode = 'mode3' AND hasAvailablePlayerSessions = true", ""},
		{"two filters, players", "gameSessionProperties.mode = 'mode3' AND hasAvailablePlayerSessions = true", "playerSessionCount DESC"},
		{"two filters, name", "gameSessionProperties.mode = 'mode3' AND hasAvailablePlayerSessions = true", "gameSessionName ASC"},
		{"two filters, property", "gameSessionProperties.mode = 'mode3' AND hasAvailablePlayerSessions = true", "gameSessionProperties.level DESC"},
		{"two filters, unique property", "gameSessionProperties.mode = 'mode3' AND hasAvailablePlayerSessions = true", "gameSessionProperties.code ASC"},
		{"one session, created", "gameSessionProperties.code = '" + session(777).Properties["code"] + "'", "creationTimeMillis ASC"},
		{"few, players", "gameSessionProperties.map = 'map7' AND gameSessionProperties.level = '12'", "playerSessionCount ASC"},
		{"the latest, created", "creationTimeMillis >= 1700003960000 AND hasAvailablePlayerSessions = true", "creationTimeMillis ASC"},
		{"numbers, players", "playerSessionCount >= 3 AND playerSessionCount < 9 AND maximumSessions = 16", "playerSessionCount DESC"},
		{"everything, created", "", "creationTimeMillis DESC"},
		{"everything, no order", "", ""},
		{"everything, players", "", "playerSessionCount DESC"},
		{"everything, available", "", "hasAvailablePlayerSessions DESC"},
	}
	for _, n := range []int{100_000, 1_000_000} {
		if n > 100_000 && testing.Short() {
			continue
		}
		x, _ := benchFleet(n)
		for _, query := range queries {
			b.Run(fmt.Sprintf("%d/%s", n, query.name), func(b *testing.B) {
				q := search.Query{Filter: mustFilter(b, query.filter), Sort: mustSort(b, query.sort), Limit: 20}
				b.ReportAllocs()
				for b.Loop() {
					if _, _, err := x.Search(q); err != nil {
						b.Fatal(err)
					}
					q.Seed++
				}
			})
		}
	}
}

// benchFleet is an index alone, and the memory it takes for each session beyond
// the strings that every session brings along.
func benchFleet(n int) (x *search.Index, bytes float64) {
	docs := make([]search.Doc, n)
	for i := range docs {
		docs[i] = session(i)
	}
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	x = new(search.Index)
	for _, d := range docs {
		x.Put(d)
	}
	runtime.GC()
	runtime.ReadMemStats(&after)
	runtime.KeepAlive(docs)
	return x, float64(after.HeapAlloc-before.HeapAlloc) / float64(n)
}

func BenchmarkMemory(b *testing.B) {
	for b.Loop() {
		x, bytes := benchFleet(100_000)
		b.ReportMetric(bytes, "bytes/session")
		runtime.KeepAlive(x)
	}
}

// BenchmarkFill makes an index of 100,000 sessions, at once and one by one.
func BenchmarkFill(b *testing.B) {
	const n = 100_000
	docs := make([]search.Doc, n)
	for i := range docs {
		docs[i] = session(i)
	}
	for name, fill := range map[string]func(*search.Index){
		"Fill": func(x *search.Index) { x.Fill(docs) },
		"Put": func(x *search.Index) {
			for _, d := range docs {
				x.Put(d)
			}
		},
	} {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				fill(new(search.Index))
			}
		})
	}
}

// BenchmarkPut inserts, replaces and counts players in a fleet of 100,000.
func BenchmarkPut(b *testing.B) {
	const n = 100_000
	x, _ := benchFleet(n)
	some := make([]search.Doc, 2048)
	for i := range some {
		some[i] = session(i * 47)
	}
	b.Run("players", func(b *testing.B) {
		for i := 0; b.Loop(); i++ {
			d := some[i%len(some)]
			d.Players = i % 17
			x.Put(d)
		}
	})
	b.Run("SetPlayers", func(b *testing.B) {
		for i := 0; b.Loop(); i++ {
			x.SetPlayers(some[i%len(some)].ID, i%17)
		}
	})
	b.Run("property", func(b *testing.B) {
		for i := 0; b.Loop(); i++ {
			d := some[i%len(some)]
			d.Name = fmt.Sprint("renamed ", i)
			x.Put(d)
		}
	})
	b.Run("new and remove", func(b *testing.B) {
		for i := 0; b.Loop(); i++ {
			d := session(n + i%len(some))
			x.Put(d)
			x.Remove(d.ID)
		}
	})
}

func BenchmarkParseFilter(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		mustFilter(b, "gameSessionProperties.mode = 'mode3' AND hasAvailablePlayerSessions = true")
	}
}
