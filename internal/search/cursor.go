package search

import (
	"encoding/base64"
	"encoding/binary"
	"errors"
	"strings"
)

// ErrCursor reports that Query.After is no cursor of this sort: damaged, made by
// hand, or returned for another sort expression.
var ErrCursor = errors.New("the cursor does not belong to this search: start again without one")

// cursor is the place of the last session of a page, which need not exist any
// more when the next page is asked for.
//
// A cursor travels as a NextToken of at most 1,024 characters, a session name
// may be as long. So a long text is cut, and completed from the session itself
// if it is still there.
type cursor struct {
	seed  uint64
	place place
	isCut bool
}

const (
	cursorVersion = 1
	maxCursorText = 384 // bytes; a property value of 96 characters is never longer
)

const (
	missingFlag = 1 << iota
	cutFlag
)

// encode writes the cursor. The sort is in it as a hash only, to tell when a
// cursor is used with another.
func (c cursor) encode(sort string) string {
	var flags byte
	if c.place.missing {
		flags |= missingFlag
	}
	text := c.place.text
	if len(text) > maxCursorText {
		flags |= cutFlag
		text = text[:maxCursorText]
	}
	b := []byte{cursorVersion, flags}
	b = binary.BigEndian.AppendUint32(b, uint32(hash(sort)))
	b = binary.AppendUvarint(b, c.seed)
	b = binary.AppendVarint(b, c.place.number)
	b = binary.AppendVarint(b, c.place.created)
	b = append(binary.AppendUvarint(b, uint64(len(text))), text...)
	b = append(b, c.place.id...)
	return base64.RawURLEncoding.EncodeToString(b)
}

// decodeCursor reads what encode wrote for the same sort.
func decodeCursor(encoded, sort string) (cursor, error) {
	b, err := base64.RawURLEncoding.Strict().DecodeString(encoded)
	const header = 6
	if err != nil || len(b) < header || b[0] != cursorVersion || b[1] > missingFlag|cutFlag ||
		binary.BigEndian.Uint32(b[2:]) != uint32(hash(sort)) {
		return cursor{}, ErrCursor
	}
	r := reader{rest: b[header:]}
	c := cursor{isCut: b[1]&cutFlag != 0, seed: r.uvarint()}
	c.place.missing = b[1]&missingFlag != 0
	c.place.number = r.varint()
	c.place.created = r.varint()
	c.place.text = r.text(r.uvarint())
	c.place.id = string(r.rest)
	if r.failed {
		return cursor{}, ErrCursor
	}
	return c, nil
}

// reader takes values off the front of rest until one is not there.
type reader struct {
	rest   []byte
	failed bool
}

func (r *reader) uvarint() uint64 {
	n, size := binary.Uvarint(r.rest)
	r.skip(size)
	return n
}

func (r *reader) varint() int64 {
	n, size := binary.Varint(r.rest)
	r.skip(size)
	return n
}

func (r *reader) text(length uint64) string {
	if length > uint64(len(r.rest)) {
		r.failed = true
		return ""
	}
	text := string(r.rest[:length])
	r.rest = r.rest[length:]
	return text
}

func (r *reader) skip(size int) {
	if size <= 0 {
		r.failed = true
		return
	}
	r.rest = r.rest[size:]
}

// complete returns the place of a cursor whose text was cut. If the session is
// gone or has another text now, the page begins where the first text with such
// a beginning would: it may repeat a session, but leaves none out.
func (q *Query) complete(c cursor, o *order) *place {
	p := c.place
	if !c.isCut {
		return &p
	}
	if now, ok := q.find(p.id, o); ok && strings.HasPrefix(now.text, p.text) {
		p.text = now.text
		return &p
	}
	if o.descending {
		p.text += "\xff" // above every text in UTF-8
	}
	return &p
}
