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
	begin, end          *sqlite3.Stmt
	find, list, record  *sqlite3.Stmt
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
		&r.begin:  `BEGIN`,
		&r.end:    `COMMIT`,
		&r.find:   `SELECT ` + columns + ` FROM entry JOIN record ON id = entry.record WHERE entry.hash = ? AND entry.place = 0`,
		&r.list: `SELECT ` + columns + ` FROM entry JOIN record ON id = entry.record
			WHERE entry.hash = ? AND entry.place >= ? ORDER BY entry.place, entry.record`,
		&r.record: `SELECT ` + columns + ` FROM record WHERE id = ?`,
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
