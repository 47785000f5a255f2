package suite

import (
	"context"
	"errors"
	"maps"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"github.com/musterhq/muster/internal/journal"
)

// A model is a journal so simple that it can only be right.
type model struct {
	blocks   []string // from number 1, never dropped
	covered  uint64
	snapshot []byte
	records  map[string]journal.Record
}

// checkModel runs random calls on a journal and the model, and compares.
func checkModel(t *testing.T, fresh func(testing.TB) Storage) {
	rapid.Check(t, func(rt *rapid.T) {
		storage := fresh(t)
		j, err := storage()
		if err != nil {
			rt.Fatal(err)
		}
		run := &run{T: rt, ctx: t.Context(), storage: storage, j: j, model: model{records: map[string]journal.Record{}}}
		rt.Repeat(map[string]func(*rapid.T){
			"append": run.append, "conflict": run.conflict, "snapshot": run.save,
			"trim": run.trim, "reopen": run.reopen, "compare": run.compare,
		})
		run.compare(rt)
		run.must(run.j.Close())
	})
}

// A run is one sequence of calls.
type run struct {
	*rapid.T
	model
	ctx     context.Context
	storage Storage
	j       journal.Journal
}

var (
	someKey    = rapid.SampledFrom([]string{"a", "b", "c", "d", "e"})
	someRef    = rapid.SampledFrom([]string{"r", "s", "t", "a"}) // one is a key, which owns what is listed under it
	someTime   = rapid.Int64Range(0, 5)
	someRecord = rapid.Custom(func(t *rapid.T) journal.Record {
		return journal.Record{
			Key:     someKey.Draw(t, "key"),
			Refs:    rapid.SliceOfN(someRef, 0, 3).Draw(t, "refs"),
			Order:   rapid.Int64Range(-1, 1).Draw(t, "order"),
			Expires: someTime.Draw(t, "expires"),
			Data:    rapid.SliceOfN(rapid.Byte(), 0, 3).Draw(t, "data"),
		}
	})
)

func (r *run) last() uint64 { return uint64(len(r.blocks)) }

func (r *run) append(t *rapid.T) {
	data := rapid.StringN(0, 10, -1).Draw(t, "data")
	records := rapid.SliceOfN(someRecord, 0, 4).Draw(t, "records")
	r.must(r.j.Append(r.ctx, journal.Block{Seq: r.last() + 1, Data: []byte(data), Archive: records}))
	r.blocks = append(r.blocks, data)
	for _, rec := range records {
		rec.Refs = slices.Compact(slices.Sorted(slices.Values(rec.Refs)))
		r.records[rec.Key] = rec
	}
}

func (r *run) conflict(t *rapid.T) {
	seq := rapid.Uint64Range(0, r.last()+3).Filter(func(n uint64) bool { return n != r.last()+1 }).Draw(t, "seq")
	err := r.j.Append(r.ctx, journal.Block{Seq: seq, Archive: []journal.Record{{Key: "a"}}})
	if !errors.Is(err, journal.ErrConflict) {
		r.Fatalf("append of %d after %d: %v", seq, r.last(), err)
	}
}

func (r *run) save(t *rapid.T) {
	if r.last() == 0 {
		t.Skip("nothing to cover")
	}
	seq := rapid.Uint64Range(max(r.covered, 1), r.last()).Draw(t, "seq")
	content := rapid.SliceOfN(rapid.Byte(), 0, 20).Draw(t, "content")
	r.must(r.j.SaveSnapshot(r.ctx, seq, writing(content)))
	r.covered, r.snapshot = seq, content
}

func (r *run) trim(t *rapid.T) {
	now, limit := someTime.Draw(t, "now"), rapid.IntRange(0, 3).Draw(t, "limit")
	got, err := r.j.Trim(r.ctx, now, limit)
	r.must(err)
	var want int
	for range limit {
		if r.trimOne(now) {
			want++
		}
	}
	if got != want {
		r.Fatalf("trim at %d, at most %d: %d, want %d", now, limit, got, want)
	}
}

// trimOne deletes the record that is to go first. Among those of one moment a
// journal may take any: the model takes one that the journal took.
func (r *run) trimOne(now int64) bool {
	var next []string
	earliest := now
	for key, rec := range r.records {
		switch {
		case rec.Expires == 0 || rec.Expires > earliest:
			continue
		case rec.Expires < earliest:
			earliest, next = rec.Expires, nil
		}
		next = append(next, r.before(key)...)
	}
	if len(next) == 0 {
		return false
	}
	taken := slices.IndexFunc(next, func(key string) bool {
		_, there, err := r.j.Find(r.ctx, key)
		r.must(err)
		return !there
	})
	delete(r.records, next[max(taken, 0)])
	return true
}

// before lists what goes before a record can: what is listed under its key, or
// else the record itself.
func (r *run) before(key string) (keys []string) {
	for _, rec := range r.listed(key) {
		if rec.Key != key {
			keys = append(keys, rec.Key)
		}
	}
	if len(keys) == 0 {
		keys = []string{key}
	}
	return keys
}

func (r *run) reopen(*rapid.T) {
	r.must(r.j.Close())
	j, err := r.storage()
	r.must(err)
	r.j = j
}

// compare checks everything that can be asked.
func (r *run) compare(*rapid.T) {
	last, err := r.j.Last(r.ctx)
	r.must(err)
	got, err := read(r.ctx, r.j, r.covered+1)
	r.must(err)
	if want := r.blocks[r.covered:]; last != r.last() || !slices.Equal(got, want) {
		r.Fatalf("blocks to %d: %q, want %q", last, got, want)
	}
	covered, snapshot, err := load(r.ctx, r.j)
	r.must(err)
	if covered != r.covered || !slices.Equal(snapshot, r.snapshot) {
		r.Fatalf("snapshot %d: %x, want %d: %x", covered, snapshot, r.covered, r.snapshot)
	}
	r.compareArchive()
}

func (r *run) compareArchive() {
	for _, key := range []string{"a", "b", "c", "d", "e"} {
		got, ok, err := r.j.Find(r.ctx, key)
		r.must(err)
		if want, there := r.records[key]; ok != there || !equal(got, want) {
			r.Fatalf("find %q: %v, %+v, want %v, %+v", key, ok, got, there, want)
		}
	}
	for _, ref := range []string{"r", "s", "t", "a"} {
		got, err := r.j.List(r.ctx, ref, journal.Cursor{}, 10)
		r.must(err)
		if want := r.listed(ref); !slices.EqualFunc(got, want, equal) {
			r.Fatalf("list %q: %+v, want %+v", ref, got, want)
		}
	}
}

func (r *run) listed(ref string) []journal.Record {
	under := slices.Collect(maps.Values(r.records))
	under = slices.DeleteFunc(under, func(rec journal.Record) bool { return !slices.Contains(rec.Refs, ref) })
	slices.SortFunc(under, func(a, b journal.Record) int { return a.Cursor().Compare(b.Cursor()) })
	return under
}

func (r *run) must(err error) {
	r.Helper()
	if err != nil {
		r.Fatal(err)
	}
}
