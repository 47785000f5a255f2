package sqlite

import (
	"math"
	"slices"
)

// longRun is the length from which a run is not made longer: that append would
// take too long, while looking into one more run takes little.
const longRun = 32 << 10

// fresh is the entries that the database has no index of yet. A value never
// changes, and readers use the one they found as long as they like. Entries
// are in it before their own transaction is committed, and until the one that
// entered them into the index is. Whoever takes it before a look into the
// database misses nothing, but may see a record that is not there yet, or twice.
type fresh struct {
	runs    []run  // gathered for the next batch, the newest last
	batch   unread // what is left of the batch that is being entered
	rest    unread // what will be left, if the transaction under way is committed
	settled progress
	last    int64 // the last record there is, or was
}

// progress is how far the database's index is.
type progress struct {
	whole int64 // all entries of the records up to this one are in it,
	part  int64 // and of those up to this one, which are the batch,
	at    entry // the entries up to this one
}

// with adds the entries of the records up to last.
func (f fresh) with(r run, last int64) fresh {
	f.last = last
	if len(r) == 0 {
		return f
	}
	runs := f.runs[:len(f.runs):len(f.runs)]
	for n := len(runs); n > 0 && len(runs[n-1]) < min(2*len(r), longRun); n-- {
		runs, r = runs[:n-1:n-1], merge(runs[n-1], r)
	}
	f.runs = append(runs, r)
	return f
}

// gathered is how many entries wait for the next batch.
func (f fresh) gathered() (n int) {
	for _, r := range f.runs {
		n += len(r)
	}
	return n
}

// batched makes what was gathered the batch.
func (f fresh) batched() fresh {
	f.batch, f.runs, f.settled.part = f.runs, nil, f.last
	return f
}

// under returns what is under the hash, from the place on.
func (f fresh) under(hash, place int64) (u unread) {
	for _, r := range slices.Concat(f.batch, f.runs) {
		if r = r.under(hash, place); len(r) > 0 {
			u = append(u, r)
		}
	}
	return u
}

// newer lists the records after id that are under the hash of a key, the
// newest first.
func (f fresh) newer(hash, id int64) (ids []int64) {
	u := f.under(hash, 0)
	for e, ok := u.next(farthest); ok; e, ok = u.next(farthest) {
		if e.id > id {
			ids = append(ids, e.id)
		}
	}
	slices.Reverse(ids)
	return ids
}

// unread is what is left of some runs.
type unread []run

// farthest is not before any entry.
var farthest = entry{math.MaxInt64, math.MaxInt64, math.MaxInt64}

// next takes the first entry, unless it is after upTo.
func (u unread) next(upTo entry) (e entry, ok bool) {
	var from int
	for i, r := range u {
		if len(r) > 0 && r[0].compare(upTo) <= 0 {
			from, upTo, ok = i, r[0], true
		}
	}
	if ok {
		u[from] = u[from][1:]
	}
	return upTo, ok
}
