package api

import (
	"cmp"
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"hash/fnv"
	"slices"
	"strconv"
)

// How many items a page has when the request sets no limit, and at the most.
// Source: GameLift service API; what it leaves open is muster's choice.
const (
	pageDefault   = 100
	pageMost      = 1000
	searchMost    = 20
	locationsMost = 200
)

// A page is which part of a list a request wants.
type page struct {
	scope string // the list: what the request asks for besides the page
	after string // cursor of the last item seen; "" at the beginning
	limit int
}

// tokenVersion stands first in every NextToken. A later muster that changes
// what follows changes it too.
const tokenVersion = 1

// pageOf reads the paging members of a request. The token of another request
// is refused, as is one that muster has not made: scope is what the two must
// have in common.
func pageOf(limit *int32, token *string, most int, scope ...string) (page, error) {
	p := page{limit: min(pageDefault, most)}
	for _, s := range scope {
		p.scope += strconv.Itoa(len(s)) + ":" + s
	}
	if limit != nil {
		p.limit = min(int(*limit), most)
	}
	if token == nil {
		return p, nil
	}
	p.after = (*token)[min(sealLength, len(*token)):]
	if *token != *p.next(p.after) {
		return p, invalid("the NextToken is not one that this request was answered with: start again without it, or repeat the request unchanged but for it")
	}
	return p, nil
}

// sealLength is how long the seal is that a NextToken begins with: a version
// and a checksum, as 12 characters.
const sealLength = 12

// next returns the token of the page after the item with this cursor, which
// is text. The seal guards against mistakes, not against malice: a token holds
// no secret. It leaves 1,012 of the 1,024 characters that a token can have.
func (p page) next(cursor string) *string {
	h := fnv.New64a()
	_, _ = h.Write([]byte(p.scope + "/" + cursor))
	seal := h.Sum([]byte{tokenVersion})
	token := base64.RawURLEncoding.EncodeToString(seal) + cursor
	return &token
}

// take returns p's part of a whole list. The keys of the items rise from one
// to the next; they are the cursors, so that a page begins where the one
// before ended whatever was added or removed meanwhile.
func take[E any](p page, list []E, key func(E) string) ([]E, *string) {
	begin, _ := slices.BinarySearchFunc(list, p.after, func(e E, after string) int {
		return cmp.Or(cmp.Compare(key(e), after), -1) // what is equal was seen
	})
	list = list[begin:]
	if len(list) <= p.limit {
		return list, nil
	}
	list = list[:p.limit]
	return list, p.next(key(list[len(list)-1]))
}

// cut turns a list into a page. What is over its limit only shows that there
// is more.
func cut[E any](p page, list []E, serial func(E) uint64) ([]E, *string) {
	if len(list) <= p.limit {
		return list, nil
	}
	list = list[:p.limit]
	return list, p.next(strconv.FormatUint(serial(list[len(list)-1]), 10))
}

// serial returns the cursor as a serial number, for lists that are cut.
func (p page) serial() uint64 {
	n, _ := strconv.ParseUint(p.after, 10, 64) // "" is before the first
	return n
}

// ageKey orders what is listed by age.
func ageKey(serial uint64, id string) string {
	return hex.EncodeToString(binary.BigEndian.AppendUint64(nil, serial)) + id
}
