package sqlite_test

import (
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"strings"
	"testing"

	"github.com/musterhq/muster/internal/journal"
)

// format1 is the schema of the first format.
const format1 = `
CREATE TABLE block (seq INTEGER PRIMARY KEY, data BLOB NOT NULL);
CREATE TABLE record (
	id      INTEGER PRIMARY KEY,
	hash    INTEGER NOT NULL,
	key     BLOB    NOT NULL,
	refs    BLOB    NOT NULL,
	place   INTEGER NOT NULL,
	expires INTEGER NOT NULL,
	data    BLOB    NOT NULL
);
CREATE INDEX record_hash ON record (hash);
CREATE INDEX record_expires ON record (expires) WHERE expires <> 0;
CREATE TABLE listed (
	ref    INTEGER NOT NULL,
	place  INTEGER NOT NULL,
	record INTEGER NOT NULL,
	PRIMARY KEY (ref, place, record)
) WITHOUT ROWID;
PRAGMA application_id = 0x6d757374;
PRAGMA user_version = 1;
`

// ofFormat1 returns a folder of the first format with two blocks and records.
func ofFormat1(t *testing.T, records int) string {
	dir := t.TempDir()
	var sql strings.Builder
	sql.WriteString("PRAGMA journal_mode = WAL; BEGIN;" + format1)
	sql.WriteString("INSERT INTO block VALUES (1, x'01'), (2, x'02');")
	for n := range records {
		r := ended(n)
		var refs []byte
		for _, ref := range r.Refs {
			refs = append(binary.AppendUvarint(refs, uint64(len(ref))), ref...)
			fmt.Fprintf(&sql, "INSERT OR IGNORE INTO listed VALUES (%d, %d, %d);", hashOf(ref), r.Order, n+1)
		}
		fmt.Fprintf(&sql, "INSERT INTO record VALUES (%d, %d, x'%x', x'%x', %d, %d, x'%x');",
			n+1, hashOf(r.Key), r.Key, refs, r.Order, r.Expires, r.Data)
	}
	database(t, dir, sql.String()+"COMMIT;")
	return dir
}

func hashOf(s string) int64 {
	sum := sha256.Sum256([]byte(s))
	return int64(binary.BigEndian.Uint64(sum[:]))
}

// A folder of the first format is opened as if this muster had written it.
func TestFormat1(t *testing.T) {
	const records = 1000
	dir := ofFormat1(t, records)
	for range 2 { // with the indexes made anew, and after that
		j := open(t, dir)
		checkFormat1(t, j, records)
		if err := j.Close(); err != nil {
			t.Fatal(err)
		}
	}
	j := openWith(t, dir, settling)
	again := ended(7)
	again.Order, again.Expires = records, records+1
	appendOne(t, j, journal.Block{Seq: 3, Archive: []journal.Record{again}})
	if n, err := j.Trim(t.Context(), records, 2*records); n != records-1 || err != nil {
		t.Errorf("trimmed %d, %v, want all but the one that was replaced", n, err)
	}
	rs, err := j.List(t.Context(), "fleet/fleet-1", journal.Cursor{}, records)
	if err != nil || len(rs) != 1 || rs[0].Key != again.Key {
		t.Errorf("left are %v, %v", rs, err)
	}
}

func checkFormat1(t *testing.T, j journal.Journal, records int) {
	t.Helper()
	if last, err := j.Last(t.Context()); last != 2 || err != nil {
		t.Fatalf("the last block is %d, %v", last, err)
	}
	rs, err := j.List(t.Context(), "fleet/fleet-1", journal.Cursor{}, records+1)
	if err != nil || len(rs) != records {
		t.Fatalf("%d records are listed, %v", len(rs), err)
	}
	for n, r := range rs {
		want := ended(n)
		found, ok, err := j.Find(t.Context(), want.Key)
		if r.Key != want.Key || !ok || err != nil || found.Order != want.Order || len(found.Data) != len(want.Data) {
			t.Fatalf("record %d is %v, %v, %v", n, found, ok, err)
		}
		under, err := j.List(t.Context(), fmt.Sprint("player/", n), journal.Cursor{}, 9)
		if err != nil || len(under) == 0 {
			t.Fatalf("nothing under player %d, %v", n, err)
		}
	}
}
