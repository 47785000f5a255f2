package sqlite

import (
	"errors"

	"github.com/ncruces/go-sqlite3"
)

// reader is one of the connections that read. It is opened when it is needed.
type reader struct {
	path                string
	conn                *sqlite3.Conn
	last, first, blocks *sqlite3.Stmt
	find, list          *sqlite3.Stmt
}

// open opens the reader, unless it is.
func (r *reader) open() error {
	if r.conn != nil {
		return nil
	}
	conn, err := openConn(r.path, `PRAGMA query_only = 1; PRAGMA cache_size = -2048;`)
	if err != nil {
		return err
	}
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
		return errors.Join(err, closeConn(conn))
	}
	r.conn = conn
	return nil
}

func (r *reader) Close() error {
	if r.conn == nil {
		return nil
	}
	return closeConn(r.conn)
}
