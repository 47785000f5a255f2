package journal

import (
	"bytes"
	"cmp"
	"slices"
	"sort"
	"strings"
)

// A shelf is the archive of [Memory]. The zero value is empty.
//
// Its lists are sorted slices: records mostly come with growing Order and
// leave in the order they came, so both ends are what has to be cheap.
type shelf struct {
	records map[string]*Record
	refs    map[string]*sorted
	expires *sorted // those that expire, the earliest first
}

func (s *shelf) put(r Record) {
	s.remove(r.Key)
	if s.records == nil {
		s.records, s.refs = map[string]*Record{}, map[string]*sorted{}
		s.expires = &sorted{compare: byExpiry}
	}
	kept := copyOf(r)
	kept.Refs = unique(kept.Refs)
	s.records[r.Key] = &kept
	if r.Expires != 0 {
		s.expires.insert(&kept)
	}
	for _, ref := range kept.Refs {
		if s.refs[ref] == nil {
			s.refs[ref] = &sorted{compare: byPlace}
		}
		s.refs[ref].insert(&kept)
	}
}

func (s *shelf) remove(key string) {
	r := s.records[key]
	if r == nil {
		return
	}
	delete(s.records, key)
	if r.Expires != 0 {
		s.expires.remove(r)
	}
	for _, ref := range r.Refs {
		list := s.refs[ref]
		if list.remove(r); len(list.items) == 0 {
			delete(s.refs, ref)
		}
	}
}

func (s *shelf) find(key string) (Record, bool) {
	r := s.records[key]
	if r == nil {
		return Record{}, false
	}
	return copyOf(*r), true
}

func (s *shelf) list(ref string, after Cursor, limit int) []Record {
	var out []Record
	if list := s.refs[ref]; list != nil {
		first := sort.Search(len(list.items), func(i int) bool { return after.Before(list.items[i].Cursor()) })
		for _, r := range list.items[first:min(first+max(limit, 0), len(list.items))] {
			out = append(out, copyOf(*r))
		}
	}
	return out
}

func (s *shelf) trim(now int64, limit int) (n int) {
	for n < limit && s.expires != nil && len(s.expires.items) > 0 && s.expires.items[0].Expires <= now {
		s.remove(s.next(s.expires.items[0]).Key)
		n++
	}
	return n
}

// next is what goes next so that r can go: a record that is listed under its
// key, or itself.
func (s *shelf) next(r *Record) *Record {
	if under := s.refs[r.Key]; under != nil {
		for _, member := range under.items {
			if member != r {
				return member
			}
		}
	}
	return r
}

func byPlace(a, b *Record) int { return a.Cursor().Compare(b.Cursor()) }

func byExpiry(a, b *Record) int {
	return cmp.Or(cmp.Compare(a.Expires, b.Expires), strings.Compare(a.Key, b.Key))
}

// A sorted is a slice of records in the order of compare, which tells any two apart.
type sorted struct {
	compare func(a, b *Record) int
	items   []*Record
}

func (s *sorted) insert(r *Record) {
	i, _ := slices.BinarySearchFunc(s.items, r, s.compare)
	s.items = slices.Insert(s.items, i, r)
}

func (s *sorted) remove(r *Record) {
	i, _ := slices.BinarySearchFunc(s.items, r, s.compare)
	if i == 0 { // the usual case, and the one that must not move a million others
		s.items[0] = nil
		s.items = s.items[1:]
		return
	}
	s.items = slices.Delete(s.items, i, i+1)
}

func copyOf(r Record) Record {
	r.Refs, r.Data = slices.Clone(r.Refs), bytes.Clone(r.Data)
	return r
}

// unique returns refs sorted and without repetition, in place.
func unique(refs []string) []string {
	slices.Sort(refs)
	return slices.Compact(refs)
}
