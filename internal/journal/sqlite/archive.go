package sqlite

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"math"
	"slices"

	"github.com/ncruces/go-sqlite3"

	"github.com/musterhq/muster/internal/journal"
)

// trimRecords is how many records one transaction deletes, for appends to come between.
const trimRecords = 16

// Find implements [journal.Archive].
func (j *Journal) Find(ctx context.Context, key string) (rec journal.Record, ok bool, err error) {
	err = j.reading(ctx, func(r *reader) error {
		var bad error
		err := query(r.find, func() bool {
			if string(r.find.ColumnRawBlob(0)) != key {
				return true // the same hash
			}
			rec, bad = record(r.find)
			ok = bad == nil
			return false
		}, hashOf(key))
		return cmp.Or(err, bad)
	})
	if err != nil {
		return journal.Record{}, false, fmt.Errorf("find record %q: %w", key, err)
	}
	return rec, ok, nil
}

// List implements [journal.Archive].
func (j *Journal) List(ctx context.Context, ref string, after journal.Cursor, limit int) (out []journal.Record, err error) {
	from := after.Order
	if after == (journal.Cursor{}) {
		from = math.MinInt64
	}
	err = j.reading(ctx, func(r *reader) error {
		var bad error
		err := query(r.list, func() bool {
			// The index knows no keys: of records in one place all are taken,
			// and sorted afterwards.
			place := r.list.ColumnInt64(2)
			if n := len(out); n >= limit && (n == 0 || place != out[n-1].Order) {
				return false
			}
			var rec journal.Record
			if rec, bad = record(r.list); bad != nil {
				return false
			}
			if after.Before(rec.Cursor()) && slices.Contains(rec.Refs, ref) {
				out = append(out, rec)
			}
			return true
		}, hashOf(ref), from)
		return cmp.Or(err, bad)
	})
	if err != nil {
		return nil, fmt.Errorf("list records of %q: %w", ref, err)
	}
	slices.SortFunc(out, func(a, b journal.Record) int { return a.Cursor().Compare(b.Cursor()) })
	return out[:min(len(out), max(limit, 0))], nil
}

// Trim implements [journal.Archive].
func (j *Journal) Trim(ctx context.Context, now int64, limit int) (total int, err error) {
	for total < limit {
		want, got := min(limit-total, trimRecords), 0
		err := j.writing(ctx, func(w *writer) (err error) {
			got, err = w.trim(now, want)
			return err
		})
		if err != nil {
			return total, fmt.Errorf("trim the archive: %w", err)
		}
		if total += got; got < want {
			break
		}
	}
	return total, nil
}

// A filed is what must be known of a record to delete it.
type filed struct {
	id, place int64
	refs      []string
}

// put files a record in place of the one with its key.
func (w *writer) put(r journal.Record) error {
	h := hashOf(r.Key)
	old, err := w.filed(h, r.Key)
	if err != nil {
		return err
	}
	if old != nil {
		if err := w.remove(*old); err != nil {
			return err
		}
	}
	refs := slices.Compact(slices.Sorted(slices.Values(r.Refs)))
	if err := exec(w.insertRecord, h, []byte(r.Key), packRefs(refs), r.Order, r.Expires, r.Data); err != nil {
		return err
	}
	id := w.conn.LastInsertRowID()
	for _, ref := range refs {
		if err := exec(w.insertRef, hashOf(ref), r.Order, id); err != nil {
			return err
		}
	}
	return nil
}

// filed returns the record with the key, nil if there is none.
func (w *writer) filed(hash int64, key string) (f *filed, err error) {
	var bad error
	err = query(w.lookup, func() bool {
		if string(w.lookup.ColumnRawBlob(1)) != key {
			return true
		}
		f = &filed{id: w.lookup.ColumnInt64(0), place: w.lookup.ColumnInt64(2)}
		f.refs, bad = unpackRefs(w.lookup.ColumnRawBlob(3))
		return false
	}, hash)
	return f, cmp.Or(err, bad)
}

func (w *writer) remove(f filed) error {
	for _, ref := range f.refs {
		if err := exec(w.deleteRef, hashOf(ref), f.place, f.id); err != nil {
			return err
		}
	}
	return exec(w.deleteRecord, f.id)
}

// trim deletes up to limit records that expired at now, and says how many.
func (w *writer) trim(now int64, limit int) (int, error) {
	var old []filed
	var bad error
	err := query(w.expired, func() bool {
		f := filed{id: w.expired.ColumnInt64(0), place: w.expired.ColumnInt64(1)}
		f.refs, bad = unpackRefs(w.expired.ColumnRawBlob(2))
		old = append(old, f)
		return bad == nil
	}, now, int64(limit))
	if err = cmp.Or(err, bad); err != nil {
		return 0, err
	}
	for _, f := range old {
		if err := w.remove(f); err != nil {
			return 0, err
		}
	}
	return len(old), nil
}

// record reads a row of key, refs, place, expires and data.
func record(s *sqlite3.Stmt) (journal.Record, error) {
	refs, err := unpackRefs(s.ColumnRawBlob(1))
	return journal.Record{
		Key:     string(s.ColumnRawBlob(0)),
		Refs:    refs,
		Order:   s.ColumnInt64(2),
		Expires: s.ColumnInt64(3),
		Data:    s.ColumnBlob(4, nil),
	}, err
}

// hashOf is what keys and references are indexed by. It must be hard to find
// many strings of one hash, since clients choose some of them.
func hashOf(s string) int64 {
	sum := sha256.Sum256([]byte(s))
	return int64(binary.BigEndian.Uint64(sum[:]))
}

// packRefs writes each reference after its length.
func packRefs(refs []string) []byte {
	var b []byte
	for _, ref := range refs {
		b = append(binary.AppendUvarint(b, uint64(len(ref))), ref...)
	}
	return b
}

func unpackRefs(b []byte) ([]string, error) {
	var refs []string
	for len(b) > 0 {
		size, n := binary.Uvarint(b)
		if n <= 0 || size > uint64(len(b)-n) {
			return nil, fmt.Errorf("%w: references of a record", journal.ErrCorrupt)
		}
		refs = append(refs, string(b[n:n+int(size)]))
		b = b[n+int(size):]
	}
	return refs, nil
}
