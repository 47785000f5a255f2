package sqlite

import (
	"errors"

	"github.com/ncruces/go-sqlite3"
)

// reader is one of the connections that read.
type reader struct {
	conn                *sqlite3.Conn
	last, first, blocks *sqlite3.Stmt
	find, list          *sqlite3.Stmt
}

func openReader(path string) (*reader, error) {
	conn, err := openConn(path, `PRAGMA query_only = 1; PRAGMA cache_size = -2048;`)
	if err != nil {
		return nil, err
	}
	r := &reader{conn: conn}
	err = prepare(conn, map[**sqlite3.Stmt]string{
		&r.last:   lastBlock,
		&r.first:  `SELECT min(seq) FROM block`,
		&r.blocks: `SELECT seq, data FROM block WHERE seq >= ? ORDER BY seq LIMIT ?`,
		&r.find:   `SELECT key, refs, place, expires, data FROM record WHERE hash = ?`,
		&r.list: `SELECT key, refs, record.place, expires, data
			FROM listed JOIN record ON id = record
			WHERE ref = ? AND listed.place >= ? ORDER BY listed.place, record`,
	})
	if err != nil {
		return nil, errors.Join(err, closeConn(conn))
	}
	return r, nil
}

func (r *reader) Close() error { return closeConn(r.conn) }
