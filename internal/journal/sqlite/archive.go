package sqlite

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"sync/atomic"

	"github.com/musterhq/muster/internal/journal"
)

// Find implements [journal.Archive].
func (j *Journal) Find(ctx context.Context, key string) (rec journal.Record, ok bool, err error) {
	hash := hashOf(key)
	err = j.reading(ctx, func(r *reader) error {
		f := j.write.fresh.Load() // before the database
		found, err := r.newest(f, hash, math.MinInt64, key)
		if found == nil && err == nil {
			found, err = r.settled(hash, key)
		}
		if ok = found != nil; ok {
			rec = found.Record
		}
		return err
	})
	if err != nil {
		return journal.Record{}, false, fmt.Errorf("find record %q: %w", key, err)
	}
	return rec, ok, nil
}

// newest returns the newest record with the key that is after id and not
// settled, nil if there is none.
func (r *reader) newest(f *fresh, hash, id int64, key string) (*row, error) {
	for _, id := range f.newer(keyHash(hash), id) {
		found, err := r.row(id)
		if err != nil || found != nil && found.Key == key {
			return found, err
		}
	}
	return nil, nil
}

// row returns the record with the id, nil if there is none.
func (r *reader) row(id int64) (found *row, err error) {
	var bad error
	err = query(r.record, func() bool {
		var got row
		if got, bad = readRow(r.record); bad == nil {
			found = &got
		}
		return false
	}, id)
	return found, cmp.Or(err, bad)
}

// settled returns the record with the key that is in the database's index.
func (r *reader) settled(hash int64, key string) (found *row, err error) {
	var bad error
	err = query(r.find, func() bool {
		if string(r.find.ColumnRawBlob(2)) != key {
			return true // the same hash
		}
		var got row
		if got, bad = readRow(r.find); bad == nil {
			found = &got
		}
		return false
	}, keyHash(hash))
	return found, cmp.Or(err, bad)
}

// List implements [journal.Archive].
func (j *Journal) List(ctx context.Context, ref string, after journal.Cursor, limit int) ([]journal.Record, error) {
	l := list{ref: ref, after: after, limit: limit}
	err := j.reading(ctx, func(r *reader) error {
		l.reader = r
		return r.consistent(&j.write.fresh, func(f *fresh) error {
			l.fresh = f
			return l.read()
		})
	})
	if err != nil {
		return nil, fmt.Errorf("list records of %q: %w", ref, err)
	}
	slices.SortFunc(l.out, func(a, b journal.Record) int { return a.Cursor().Compare(b.Cursor()) })
	return l.out[:min(len(l.out), max(limit, 0))], nil
}

// consistent runs do on one state of the database, and on the entries that it
// has no index of in that state.
func (r *reader) consistent(now *atomic.Pointer[fresh], do func(*fresh) error) error {
	for {
		f := now.Load()
		if err := exec(r.begin); err != nil {
			return err
		}
		_, err := number(r.last) // from here on it is one state
		moved := now.Load() != f
		if err == nil && !moved {
			err = do(f)
		}
		if err = errors.Join(err, exec(r.end)); err != nil || !moved {
			return err
		}
	}
}

// A list is being read. Entries know no keys: of the records in one place all
// are taken, and sorted afterwards.
type list struct {
	*reader
	fresh *fresh
	ref   string
	after journal.Cursor
	limit int
	out   []journal.Record
	seen  int64 // the last record
	full  bool  // nothing that follows belongs into it
}

func (l *list) read() error {
	hash, from := refHash(hashOf(l.ref)), l.after.Order
	if l.after == (journal.Cursor{}) {
		from = math.MinInt64
	}
	waiting := l.fresh.under(hash, from)
	var bad error
	err := query(l.list, func() bool {
		var next row
		if next, bad = readRow(l.list); bad == nil {
			bad = l.addFresh(waiting, entry{hash, next.Order, next.id})
		}
		if bad == nil {
			bad = l.add(next)
		}
		return bad == nil && !l.full
	}, hash, from)
	if err = cmp.Or(err, bad); err != nil {
		return err
	}
	return l.addFresh(waiting, farthest)
}

// addFresh adds those of the waiting records that come up to the entry.
func (l *list) addFresh(waiting unread, upTo entry) error {
	for !l.full {
		e, ok := waiting.next(upTo)
		if !ok {
			return nil
		}
		next, err := l.row(e.id)
		if err == nil && next != nil {
			err = l.add(*next)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// add takes the next record, unless it is the same as the last one, is not
// meant or was replaced.
func (l *list) add(r row) error {
	if n := len(l.out); n >= l.limit && (n == 0 || r.Order != l.out[n-1].Order) {
		l.full = true
		return nil
	}
	if r.id == l.seen || !l.after.Before(r.Cursor()) || !slices.Contains(r.Refs, l.ref) {
		return nil
	}
	l.seen = r.id
	newer, err := l.newest(l.fresh, r.hash, r.id, r.Key)
	if err == nil && newer == nil {
		l.out = append(l.out, r.Record)
	}
	return err
}
