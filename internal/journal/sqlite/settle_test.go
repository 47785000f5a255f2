package sqlite_test

import (
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"testing"

	"github.com/musterhq/muster/internal/journal"
	"github.com/musterhq/muster/internal/journal/sqlite"
)

// Whatever part of the entries is in the indexes when the process ends:
// whoever opens the folder finds all records, and can go on from there.
func TestCrashWhileSettling(t *testing.T) {
	dir := t.TempDir()
	j := openWith(t, dir, &sqlite.Options{Gather: 9})
	for n := range uint64(40) {
		appendOne(t, j, crashBlock(n+1))
		left := copyOf(t, dir)
		for _, gather := range []int{0, 1, 9} {
			again := openWith(t, left, &sqlite.Options{Gather: gather})
			last, err := again.Last(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			checkRecords(t, again, last)
			appendOne(t, again, crashBlock(last+1))
			checkRecords(t, again, last+1)
			if err := again.Close(); err != nil {
				t.Fatal(err)
			}
		}
	}
}

// copyOf returns the folder as it would be found if the process had been killed.
func copyOf(t *testing.T, dir string) string {
	t.Helper()
	left := t.TempDir()
	for _, name := range []string{"muster.db", "muster.db-wal"} {
		b, err := os.ReadFile(filepath.Join(dir, name))
		if err == nil {
			err = os.WriteFile(filepath.Join(left, name), b, 0o600)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	return left
}

// A number that a record had is given to no other one, even if the last of
// a batch are trimmed before the batch is known to be whole.
func TestTrimBatchBetweenStarts(t *testing.T) {
	dir, o := t.TempDir(), &sqlite.Options{Gather: 5}
	record := func(key string, refs ...string) journal.Record {
		return journal.Record{Key: key, Refs: refs, Expires: 1}
	}
	restart := func(j *sqlite.Journal) *sqlite.Journal {
		if err := j.Close(); err != nil {
			t.Fatal(err)
		}
		return openWith(t, dir, o)
	}
	j := openWith(t, dir, o)
	appendOne(t, j, journal.Block{Seq: 1, Archive: []journal.Record{{Key: "a"}}})
	// Five entries now wait, and this append enters one more than its own four.
	appendOne(t, j, journal.Block{Seq: 2, Archive: []journal.Record{record("b", "r"), record("c", "r")}})
	j = restart(j)
	if n, err := j.Trim(t.Context(), 1, 10); n != 2 || err != nil {
		t.Fatalf("trimmed %d, %v, want 2", n, err)
	}
	j = restart(j)
	appendOne(t, j, journal.Block{Seq: 3, Archive: []journal.Record{record("d", "r")}})
	j = restart(j)
	if _, ok, err := j.Find(t.Context(), "d"); !ok || err != nil {
		t.Errorf("the record archived after that: %v, %v", ok, err)
	}
	if n, err := j.Trim(t.Context(), 1, 10); n != 1 || err != nil {
		t.Errorf("trimmed %d, %v, want 1", n, err)
	}
}

// Lists show each record once while it is replaced and its entries are on
// their way.
func TestListWhileSettling(t *testing.T) {
	const keys, blocks = 5, 300
	j := openWith(t, t.TempDir(), settling)
	block := func(n int) journal.Block {
		b := journal.Block{Seq: uint64(n)}
		for key := range keys {
			b.Archive = append(b.Archive, journal.Record{Key: fmt.Sprint(key), Refs: []string{"r"}, Order: int64(n)})
		}
		return b
	}
	appendOne(t, j, block(1))
	var wg sync.WaitGroup
	for range 2 {
		wg.Go(func() {
			for seen := int64(0); seen < blocks; {
				rs, err := j.List(t.Context(), "r", journal.Cursor{}, 100)
				if err != nil || len(rs) != keys || rs[0].Order != rs[keys-1].Order || rs[0].Order < seen {
					t.Errorf("after %d the list is %v, %v", seen, rs, err)
					return
				}
				seen = rs[0].Order
			}
		})
	}
	for n := 2; n <= blocks; n++ {
		appendOne(t, j, block(n))
	}
	wg.Wait()
}

// A record that expires while its entries wait, or that a waiting one
// replaced, is trimmed like any other.
func TestTrimWhatWaits(t *testing.T) {
	for _, gather := range []int{0, 1, 4} {
		j := openWith(t, t.TempDir(), &sqlite.Options{Gather: gather})
		for n := range int64(20) {
			appendOne(t, j, journal.Block{Seq: uint64(n + 1), Archive: []journal.Record{
				{Key: fmt.Sprint(n), Refs: []string{"r"}, Order: n, Expires: n + 1},
				{Key: "kept", Refs: []string{"r"}, Order: n, Expires: 10 * (n + 1)},
			}})
		}
		if n, err := j.Trim(t.Context(), 10, 100); n != 10 || err != nil {
			t.Errorf("gathering %d: trimmed %d, %v, want the ten that expired", gather, n, err)
		}
		rs, err := j.List(t.Context(), "r", journal.Cursor{}, 100)
		if err != nil || len(rs) != 11 {
			t.Errorf("gathering %d: %d records are left, %v, want 11", gather, len(rs), err)
		}
	}
}
