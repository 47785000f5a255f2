package sqlite

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"slices"

	"github.com/ncruces/go-sqlite3"

	"github.com/musterhq/muster/internal/journal"
)

// columns is what a row is read from.
const columns = `record.id, record.hash, record.key, record.refs, record.place, record.expires, record.data`

// A row is a record as it is stored.
type row struct {
	id, hash int64
	journal.Record
}

func readRow(s *sqlite3.Stmt) (row, error) {
	refs, err := unpackRefs(s.ColumnRawBlob(3))
	return row{
		id:   s.ColumnInt64(0),
		hash: s.ColumnInt64(1),
		Record: journal.Record{
			Key:     string(s.ColumnRawBlob(2)),
			Refs:    refs,
			Order:   s.ColumnInt64(4),
			Expires: s.ColumnInt64(5),
			Data:    s.ColumnBlob(6, nil),
		},
	}, err
}

// A filed is what must be known of a record to find all its entries.
type filed struct {
	id, hash, place int64
	key             []byte
	refs            []byte // packed
}

// filedColumns is what a filed is read from.
const filedColumns = `record.id, record.hash, record.place, record.key, record.refs`

// readFiled reads a filed, of which the bytes are good until the statement goes on.
func readFiled(s *sqlite3.Stmt) filed {
	return filed{
		id: s.ColumnInt64(0), hash: s.ColumnInt64(1), place: s.ColumnInt64(2),
		key: s.ColumnRawBlob(3), refs: s.ColumnRawBlob(4),
	}
}

func (f filed) clone() filed {
	f.key, f.refs = slices.Clone(f.key), slices.Clone(f.refs)
	return f
}

// among reports whether the record is one of those.
func (f filed) among(others []filed) bool {
	return slices.ContainsFunc(others, func(o filed) bool { return o.id == f.id })
}

// listed reports whether the record is listed under the reference.
func (f filed) listed(under []byte) (bool, error) {
	for b := f.refs; len(b) > 0; {
		ref, rest, err := unpackRef(b)
		if err != nil || bytes.Equal(ref, under) {
			return err == nil, err
		}
		b = rest
	}
	return false, nil
}

// appendTo appends the entries of the record.
func (f filed) appendTo(entries []entry) ([]entry, error) {
	entries = append(entries, entry{keyHash(f.hash), 0, f.id})
	for b := f.refs; len(b) > 0; {
		ref, rest, err := unpackRef(b)
		if err != nil {
			return nil, err
		}
		entries, b = append(entries, entry{refHash(hashOf(ref)), f.place, f.id}), rest
	}
	return entries, nil
}

// packRefs writes each reference after its length.
func packRefs(refs []string) []byte {
	var b []byte
	for _, ref := range refs {
		b = append(binary.AppendUvarint(b, uint64(len(ref))), ref...)
	}
	return b
}

func unpackRefs(b []byte) (refs []string, err error) {
	for len(b) > 0 {
		var ref []byte
		if ref, b, err = unpackRef(b); err != nil {
			return nil, err
		}
		refs = append(refs, string(ref))
	}
	return refs, nil
}

func unpackRef(b []byte) (ref, rest []byte, err error) {
	size, n := binary.Uvarint(b)
	if n <= 0 || size > uint64(len(b)-n) {
		return nil, nil, fmt.Errorf("%w: references of a record", journal.ErrCorrupt)
	}
	b = b[n:]
	return b[:size], b[size:], nil
}
