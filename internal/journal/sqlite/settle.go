package sqlite

import (
	"cmp"
	"context"
	"slices"

	"github.com/ncruces/go-sqlite3"

	"github.com/musterhq/muster/internal/journal"
)

const (
	// gather is how many entries make a batch: the more, the more of them each
	// page takes. There are two in memory at most.
	gather = 300_000
	// settleEntries is how many entries one transaction enters, for appends to
	// come between.
	settleEntries = 512
)

// load finds the entries that are not in the database's index.
func (w *writer) load() (err error) {
	var f fresh
	if f.settled, err = w.readProgress(); err != nil {
		return err
	}
	var batch, entries, all []entry
	var bad error
	last := max(f.settled.whole, f.settled.part) // trimmed or not: no number is given twice
	err = query(w.unsettled, func() bool {
		rec := readFiled(w.unsettled)
		last = max(last, rec.id)
		if all, bad = rec.appendTo(all[:0]); bad != nil {
			return false
		}
		for _, e := range all {
			switch {
			case e.id > f.settled.part:
				entries = append(entries, e)
			case e.compare(f.settled.at) > 0:
				batch = append(batch, e)
			}
		}
		return true
	}, f.settled.whole)
	if len(batch) > 0 {
		f.batch = unread{sorted(batch)}
		f.rest = f.batch
	} else {
		f.settled.whole = max(f.settled.whole, f.settled.part)
	}
	f = f.with(sorted(entries), last)
	w.fresh.Store(&f)
	return cmp.Or(err, bad)
}

func (w *writer) readProgress() (p progress, err error) {
	s := w.settled
	err = query(s, func() bool {
		p.whole, p.part = s.ColumnInt64(0), s.ColumnInt64(1)
		p.at = entry{s.ColumnInt64(2), s.ColumnInt64(3), s.ColumnInt64(4)}
		return false
	})
	return p, err
}

// waiting returns what the database has no index of when a transaction begins:
// the one before it was committed, or undone.
func (w *writer) waiting() fresh {
	f := *w.fresh.Load()
	f.batch = f.rest
	return f
}

// file stores the records of a block. Their entries wait in memory; for each
// of them one that waited longer is entered, and a few more, so that a batch
// is through before the next one is full.
func (w *writer) file(records []journal.Record) (err error) {
	if len(records) == 0 {
		return nil
	}
	f := w.waiting()
	last := f.last
	var entries []entry
	for _, r := range records {
		last++
		refs := packRefs(slices.Compact(slices.Sorted(slices.Values(r.Refs))))
		rec := filed{id: last, hash: hashOf(r.Key), place: r.Order, refs: refs}
		if err := exec(w.insertRecord, rec.id, rec.hash, []byte(r.Key), refs, r.Order, r.Expires, r.Data); err != nil {
			return err
		}
		if entries, err = rec.appendTo(entries); err != nil {
			return err
		}
	}
	n := len(entries)
	return w.enter(f.with(sorted(entries), last), n+n/8+1, w.gather)
}

// enter enters up to n entries of the batch into the database. If there is
// none, what was gathered becomes one, provided it is enough.
func (w *writer) enter(f fresh, n, enough int) error {
	if len(f.batch) == 0 && f.gathered() >= enough {
		f = f.batched()
	}
	if len(f.batch) > 0 {
		if err := w.enterSome(&f, n); err != nil {
			return err
		}
	}
	w.fresh.Store(&f)
	return nil
}

func (w *writer) enterSome(f *fresh, n int) error {
	f.rest = slices.Clone(f.batch)
	for range n {
		e, ok := f.rest.next(farthest)
		if !ok {
			f.rest, f.settled.whole = nil, f.settled.part
			break
		}
		if err := w.enterOne(e); err != nil {
			return err
		}
		f.settled.at = e
	}
	p := f.settled
	return exec(w.setSettled, p.whole, p.part, p.at.hash, p.at.place, p.at.id)
}

// enterOne also deletes the record that another one replaced. By then all of
// its entries are in the database, since those under references come first.
func (w *writer) enterOne(e entry) error {
	if e.hash >= 0 {
		old, err := w.filed(w.replaced, e.hash, e.id)
		if err != nil {
			return err
		}
		if err := w.remove(old); err != nil {
			return err
		}
	}
	return exec(w.insertEntry, e.hash, e.place, e.id)
}

// filed runs a query for what must be known of records.
func (w *writer) filed(s *sqlite3.Stmt, args ...any) (found []filed, err error) {
	err = query(s, func() bool {
		found = append(found, readFiled(s).clone())
		return true
	}, args...)
	return found, err
}

// settle enters all that is gathered into the database.
func (j *Journal) settle(ctx context.Context) error {
	for upTo := j.write.fresh.Load().last; j.write.fresh.Load().settled.whole < upTo; {
		err := j.writing(ctx, func(w *writer) error {
			return w.enter(w.waiting(), settleEntries, 1)
		})
		if err != nil {
			return err
		}
	}
	return nil
}
