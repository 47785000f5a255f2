package search_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
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
		if len(ids) > x.Len()+len(q.Instead) {
			t.Fatalf("%d results of %d documents, and still a cursor", len(ids), x.Len())
		}
		if len(next) > 1024 {
			t.Fatalf("the cursor has %d characters, a NextToken at most 1024", len(next))
		}
		q.After, q.Seed = next, 0
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
		q := search.Query{Sort: mustSort(t, sort), Seed: rapid.Uint64().Draw(t, "seed"), Limit: rapid.IntRange(1, 7).Draw(t, "limit")}
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
