package sqlite

import (
	"cmp"
	"crypto/sha256"
	"encoding/binary"
	"math"
	"slices"
)

// An entry files a record under a hash: that of its key, at place 0, or that
// of one of its references, at its place in that list.
type entry struct{ hash, place, id int64 }

func (e entry) compare(f entry) int {
	switch {
	case e.hash != f.hash:
		return cmp.Compare(e.hash, f.hash)
	case e.place != f.place:
		return cmp.Compare(e.place, f.place)
	}
	return cmp.Compare(e.id, f.id)
}

// hashOf is what strings are found by. It must be hard to find many strings of
// one hash, since clients choose some of them.
func hashOf[S string | []byte](s S) int64 {
	sum := sha256.Sum256([]byte(s))
	return int64(binary.BigEndian.Uint64(sum[:]))
}

// References have the lower half of all numbers and keys the upper, so that
// what lists a record comes before what finds it.
const half = math.MaxInt64/2 + 1

func refHash(hash int64) int64 { return hash>>1 - half }
func keyHash(hash int64) int64 { return hash>>1 + half }

// A run is entries in order, which never changes again.
type run []entry

// sorted makes a run of entries, which it then belongs to.
func sorted(entries []entry) run {
	slices.SortFunc(entries, entry.compare)
	return entries
}

// merge makes one run of two.
func merge(a, b run) run {
	out := make(run, 0, len(a)+len(b))
	for len(a) > 0 && len(b) > 0 {
		if a[0].compare(b[0]) < 0 {
			out, a = append(out, a[0]), a[1:]
		} else {
			out, b = append(out, b[0]), b[1:]
		}
	}
	return append(append(out, a...), b...)
}

// under is the part of the run that is under the hash, from the place on.
func (r run) under(hash, place int64) run {
	from, _ := slices.BinarySearchFunc(r, entry{hash, place, math.MinInt64}, entry.compare)
	r = r[from:]
	if len(r) == 0 || r[0].hash != hash {
		return nil // as mostly
	}
	to, _ := slices.BinarySearchFunc(r, entry{hash, math.MaxInt64, math.MaxInt64}, entry.compare)
	return r[:to]
}
