package suite

import (
	"bytes"
	"context"
	"fmt"
	"math"
	"slices"
	"strings"
	"sync"

	"github.com/musterhq/muster/internal/journal"
)

var archiveTests = []test{
	{"archive/find", testFind},
	{"archive/any strings", testAnyStrings},
	{"archive/replace", testReplace},
	{"archive/list", testList},
	{"archive/pages", testPages},
	{"archive/extremes", testExtremes},
	{"archive/trim", testTrim},
	{"archive/trim removes all of it", testTrimAll},
	{"archive/trim removes what belongs to it", testTrimOwner},
	{"archive/many", testMany},
	{"archive/with its block", testTogether},
}

// wantRecord checks what is found under the key of want.
func (b *bench) wantRecord(j journal.Journal, want journal.Record) {
	b.Helper()
	got, ok, err := j.Find(b.Context(), want.Key)
	b.must(err)
	if !ok || !equal(got, want) {
		b.Fatalf("find %q: %v, %+v, want %+v", want.Key, ok, got, want)
	}
}

// wantNone checks that nothing is found under the keys.
func (b *bench) wantNone(j journal.Journal, keys ...string) {
	b.Helper()
	for _, key := range keys {
		got, ok, err := j.Find(b.Context(), key)
		b.must(err)
		if ok {
			b.Fatalf("find %q: %+v, want none", key, got)
		}
	}
}

// list returns the records under ref, and wants each as Find has it.
func (b *bench) list(j journal.Journal, ref string, after journal.Cursor, limit int) string {
	b.Helper()
	rs, err := j.List(b.Context(), ref, after, limit)
	b.must(err)
	var keys []string
	for _, r := range rs {
		b.wantRecord(j, r)
		keys = append(keys, r.Key)
	}
	return strings.Join(keys, " ")
}

func (b *bench) wantList(j journal.Journal, ref, want string) {
	b.Helper()
	if got := b.list(j, ref, journal.Cursor{}, 1000); got != want {
		b.Fatalf("list %q: %q, want %q", ref, got, want)
	}
}

func (b *bench) wantTrim(j journal.Journal, now int64, limit, want int) {
	b.Helper()
	got, err := j.Trim(b.Context(), now, limit)
	b.must(err)
	if got != want {
		b.Fatalf("trim at %d, at most %d: %d, want %d", now, limit, got, want)
	}
}

func equal(a, b journal.Record) bool {
	return a.Key == b.Key && a.Order == b.Order && a.Expires == b.Expires &&
		bytes.Equal(a.Data, b.Data) && slices.Equal(a.Refs, b.Refs)
}

func testFind(b *bench) {
	j := b.open()
	a := journal.Record{Key: "a", Refs: []string{"r", "s"}, Order: 7, Expires: 99, Data: pattern(10_000)}
	plain := journal.Record{Key: "plain"}
	b.file(j, a, plain)
	b.wantRecord(j, a)
	b.wantRecord(j, plain)
	b.wantNone(j, "A", "a ", "r", "")
	j = b.reopen(j)
	b.wantRecord(j, a)
	b.wantRecord(j, plain)
}

func testAnyStrings(b *bench) {
	j := b.open()
	odd := []string{"'; --", "a\x00b", "a", "a\n", "\xff\xfe", "Ä", "ä", "100%_", strings.Repeat("x", 5000)}
	slices.Sort(odd)
	for i, s := range odd {
		b.file(j, journal.Record{Key: s, Refs: []string{s, s + "\x00"}, Order: int64(i)})
	}
	all := journal.Record{Key: "all", Refs: odd, Order: 100}
	b.file(j, all)
	b.wantRecord(j, all)
	for _, s := range odd {
		b.wantList(j, s, s+" all")
		b.wantList(j, s+"\x00", s)
	}
}

func testReplace(b *bench) {
	j := b.open()
	b.file(j,
		journal.Record{Key: "a", Refs: []string{"r", "s"}, Order: 1, Expires: 10, Data: []byte("first")},
		journal.Record{Key: "b", Refs: []string{"r"}, Order: 2},
		journal.Record{Key: "a", Refs: []string{"t", "r", "t"}, Order: 3, Expires: 30, Data: []byte("second")})
	b.wantRecord(j, journal.Record{Key: "a", Refs: []string{"r", "t"}, Order: 3, Expires: 30, Data: []byte("second")})
	b.wantList(j, "r", "b a")
	b.wantList(j, "s", "")
	b.wantList(j, "t", "a")
	b.wantTrim(j, 10, 10, 0)
	b.file(j, journal.Record{Key: "a"})
	b.wantList(j, "r", "b")
	b.wantTrim(j, math.MaxInt64, 10, 0)
	b.wantRecord(j, journal.Record{Key: "a"})
}

func testList(b *bench) {
	j := b.open()
	b.file(j,
		journal.Record{Key: "c", Refs: []string{"r"}, Order: 2},
		journal.Record{Key: "a", Refs: []string{"r", "s"}, Order: 2},
		journal.Record{Key: "z", Refs: []string{"r"}, Order: 1})
	b.file(j,
		journal.Record{Key: "b", Refs: []string{"r"}, Order: 2},
		journal.Record{Key: "x", Refs: []string{"s"}, Order: -5})
	b.wantList(j, "r", "z a b c")
	b.wantList(j, "s", "x a")
	b.wantList(j, "R", "")
	for _, c := range []struct {
		after journal.Cursor
		limit int
		want  string
	}{
		{journal.Cursor{}, 0, ""},
		{journal.Cursor{}, 1, "z"},
		{journal.Cursor{}, 3, "z a b"},
		{journal.Cursor{Order: 1, Key: "z"}, 2, "a b"},
		{journal.Cursor{Order: 2, Key: "a"}, 2, "b c"},
		{journal.Cursor{Order: 2, Key: "aa"}, 1, "b"}, // a place where no record stands
		{journal.Cursor{Order: 1, Key: "zz"}, 1, "a"},
		{journal.Cursor{Order: 2, Key: "c"}, 9, ""},
		{journal.Cursor{Order: 3}, 9, ""},
	} {
		if got := b.list(j, "r", c.after, c.limit); got != c.want {
			b.Errorf("list after %v, at most %d: %q, want %q", c.after, c.limit, got, c.want)
		}
	}
}

// Pages cover a list once, whatever their size and however many records share
// a place in the order, while records before the cursor come and go.
func testPages(b *bench) {
	j := b.open()
	var rs []journal.Record
	var want []string
	for i := range 60 {
		key := fmt.Sprintf("%03d", i)
		rs, want = append(rs, journal.Record{Key: key, Refs: []string{"r"}, Order: int64(i / 20), Expires: 1}), append(want, key)
	}
	slices.Reverse(rs)
	b.file(j, rs...)
	for _, size := range []int{1, 7, 20, 59, 60, 61} {
		var got []string
		for after, full := (journal.Cursor{}), true; full; {
			page, err := j.List(b.Context(), "r", after, size)
			b.must(err)
			for _, r := range page {
				got, after = append(got, r.Key), r.Cursor()
			}
			full = len(page) == size
			b.file(j, journal.Record{Key: "before", Refs: []string{"r"}, Order: -1})
		}
		if got = slices.DeleteFunc(got, func(k string) bool { return k == "before" }); !slices.Equal(got, want) {
			b.Errorf("pages of %d show %v", size, got)
		}
	}
}

func testExtremes(b *bench) {
	j := b.open()
	b.file(j,
		journal.Record{Key: "max", Refs: []string{"r"}, Order: math.MaxInt64, Expires: math.MaxInt64},
		journal.Record{Key: "zero", Refs: []string{"r"}},
		journal.Record{Key: "min", Refs: []string{"r"}, Order: math.MinInt64, Expires: math.MinInt64})
	b.wantList(j, "r", "min zero max")
	if got := b.list(j, "r", journal.Cursor{Order: math.MinInt64}, 1); got != "min" {
		b.Errorf("the first after the least order is %q", got)
	}
	b.wantTrim(j, math.MinInt64, 9, 1)
	b.wantTrim(j, math.MaxInt64-1, 9, 0)
	b.wantTrim(j, math.MaxInt64, 9, 1)
	b.wantList(j, "r", "zero")
}

func testTrim(b *bench) {
	j := b.open()
	for i, expires := range []int64{30, 10, 0, 20, 20} {
		b.file(j, journal.Record{Key: fmt.Sprint(i), Refs: []string{"r"}, Order: int64(i), Expires: expires})
	}
	b.wantTrim(j, 9, 10, 0)
	b.wantTrim(j, 30, 0, 0)
	b.wantTrim(j, 30, 1, 1)
	b.wantList(j, "r", "0 2 3 4")
	b.wantTrim(j, 29, 10, 2)
	b.wantList(j, "r", "0 2")
	j = b.reopen(j)
	b.wantTrim(j, 29, 10, 0)
	b.wantTrim(j, 30, 10, 1)
	b.wantTrim(j, math.MaxInt64, 10, 0)
	b.wantList(j, "r", "2")
	b.wantNone(j, "0", "1", "3", "4")
}

// A trimmed record leaves nothing under its references, not even for a later
// record of the same key.
func testTrimAll(b *bench) {
	j := b.open()
	for round := range 3 {
		refs := []string{"always", fmt.Sprint("only in ", round)}
		b.file(j, journal.Record{Key: "a", Refs: refs, Order: int64(round), Expires: 1})
		b.wantList(j, "always", "a")
		b.wantTrim(j, 1, 10, 1)
		b.wantNone(j, "a")
		b.wantList(j, "always", "")
	}
	b.file(j, journal.Record{Key: "a", Refs: []string{"always"}})
	b.wantList(j, "always", "a")
	b.wantList(j, "only in 1", "")
}

// What is listed under the key of a record goes when that does: not before, and
// at the latest with it.
func testTrimOwner(b *bench) {
	j := b.open()
	for i := range 40 {
		b.file(j, journal.Record{Key: fmt.Sprint("member ", i), Refs: []string{"owner", "others"}, Order: int64(i)})
	}
	b.file(j, journal.Record{Key: "stranger", Refs: []string{"others"}, Order: 50})
	b.wantTrim(j, math.MaxInt64, 100, 0)
	b.file(j, journal.Record{Key: "owner", Refs: []string{"owner"}, Order: 60, Expires: 5})
	b.file(j, journal.Record{Key: "late", Refs: []string{"owner"}, Order: 70, Expires: 100})
	b.wantTrim(j, 4, 100, 0)
	b.wantTrim(j, 5, 35, 35)
	if _, ok, err := j.Find(b.Context(), "owner"); !ok || err != nil {
		b.Errorf("the owner went before what belongs to it: %v, %v", ok, err)
	}
	j = b.reopen(j)
	b.wantTrim(j, 5, 100, 7)
	b.wantList(j, "owner", "")
	b.wantList(j, "others", "stranger")
	b.wantNone(j, "owner", "late", "member 0", "member 39")
}

func testMany(b *bench) {
	const blocks, each = 10, 300
	j := b.open()
	for block := range blocks {
		rs := make([]journal.Record, each)
		for i := range rs {
			n := block*each + i
			rs[i] = journal.Record{
				Key: fmt.Sprintf("%04d", n), Order: int64(n), Expires: int64(n + 1),
				Refs: []string{"all", fmt.Sprint("mod/", n%7)},
			}
		}
		b.file(j, rs...)
	}
	b.wantTrim(j, blocks*each/2, blocks*each, blocks*each/2)
	if got := b.list(j, "mod/3", journal.Cursor{Order: 2500}, 3); got != "2502 2509 2516" {
		b.Errorf("records of a reference: %q", got)
	}
	rs, err := j.List(b.Context(), "all", journal.Cursor{}, 10_000)
	b.must(err)
	if len(rs) != blocks*each/2 || rs[0].Key != "1500" {
		b.Errorf("%d records are left, want %d", len(rs), blocks*each/2)
	}
}

// Whoever sees a block finds its record, and the other way round.
func testTogether(b *bench) {
	const blocks = 200
	j := b.open()
	var wg sync.WaitGroup
	for range 2 {
		wg.Go(func() {
			for seen := uint64(0); seen < blocks; {
				last, err := j.Last(b.Context())
				if err == nil && last > 0 {
					err = together(b.Context(), j, last)
				}
				if err != nil {
					b.Error(err)
					return
				}
				seen = last
			}
		})
	}
	for n := range uint64(blocks) {
		b.must(j.Append(b.Context(), journal.Block{Seq: n + 1, Archive: []journal.Record{{Key: fmt.Sprint(n + 1)}}}))
	}
	wg.Wait()
}

// together checks the record of the last block and that of the block after it.
func together(ctx context.Context, j journal.Journal, last uint64) error {
	if _, ok, err := j.Find(ctx, fmt.Sprint(last)); !ok || err != nil {
		return fmt.Errorf("block %d is there, its record: %v, %v", last, ok, err)
	}
	_, ok, err := j.Find(ctx, fmt.Sprint(last+1))
	if err != nil || !ok {
		return err
	}
	if now, err := j.Last(ctx); err != nil || now <= last {
		return fmt.Errorf("record %d is there, the last block is %d, %v", last+1, now, err)
	}
	return nil
}
