package sqlite

import (
	"cmp"
	"context"
	"fmt"
	"math"
)

// trimRecords is how many records one transaction deletes, for appends to come between.
const trimRecords = 32

// Trim implements [journal.Archive].
func (j *Journal) Trim(ctx context.Context, now int64, limit int) (total int, err error) {
	for more := true; more && total < limit; {
		var got int
		if got, more, err = j.trim(ctx, now, min(limit-total, trimRecords)); err != nil {
			return total, fmt.Errorf("trim the archive: %w", err)
		}
		total += got
	}
	return total, nil
}

// trim deletes up to limit records, and reports whether there may be more.
func (j *Journal) trim(ctx context.Context, now int64, limit int) (n int, more bool, err error) {
	ready := false
	err = j.writing(ctx, func(w *writer) error {
		var old []filed
		if old, ready, err = w.old(now, limit); err != nil || !ready {
			return err
		}
		n = len(old)
		return w.remove(old)
	})
	if err == nil && !ready {
		return 0, true, j.settle(ctx)
	}
	return n, n == limit, err
}

// old returns up to limit records that are to go, each after all that are
// listed under its key; not ready if some of them may be missing.
func (w *writer) old(now int64, limit int) (old []filed, ready bool, err error) {
	expired, err := w.filed(w.expired, now, int64(limit))
	if err != nil || !w.ready(expired) {
		return nil, false, err
	}
	for _, owner := range expired {
		if len(w.waiting().under(refHash(owner.hash), math.MinInt64)) > 0 {
			return nil, false, nil
		}
		if old, err = w.appendMembers(old, owner, limit); err != nil {
			return nil, false, err
		}
		if len(old) < limit && !owner.among(old) {
			old = append(old, owner)
		}
	}
	return old, w.ready(old), nil
}

// appendMembers appends the records listed under the owner's key, but for the
// owner and those that are there, for as long as there are fewer than limit.
func (w *writer) appendMembers(old []filed, owner filed, limit int) ([]filed, error) {
	if len(old) >= limit {
		return old, nil
	}
	var bad error
	err := query(w.members, func() bool {
		f := readFiled(w.members)
		var listed bool
		if listed, bad = f.listed(owner.key); listed && f.id != owner.id && !f.among(old) {
			old = append(old, f.clone())
		}
		return bad == nil && len(old) < limit
	}, refHash(owner.hash))
	return old, cmp.Or(err, bad)
}

// ready reports whether all entries of the records are in the database, and no
// record that might have replaced one of them waits to be.
func (w *writer) ready(records []filed) bool {
	f := w.waiting()
	for _, r := range records {
		if r.id > f.settled.whole || len(f.newer(keyHash(r.hash), r.id)) > 0 {
			return false
		}
	}
	return true
}

// remove deletes records that have all their entries in the database.
func (w *writer) remove(records []filed) (err error) {
	var entries []entry
	for _, r := range records {
		if entries, err = r.appendTo(entries); err != nil {
			return err
		}
		if err := exec(w.deleteRecord, r.id); err != nil {
			return err
		}
	}
	for _, e := range sorted(entries) { // in order, since neighbours share pages
		if err := exec(w.deleteEntry, e.hash, e.place, e.id); err != nil {
			return err
		}
	}
	return nil
}
