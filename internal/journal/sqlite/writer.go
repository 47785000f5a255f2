package sqlite

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"

	"github.com/ncruces/go-sqlite3"
)

// writer is the one connection that writes. Its methods but transact are used
// within a transaction.
type writer struct {
	wake  chan struct{} // filled when the write-ahead log has grown
	pages atomic.Int64  // in that log

	mu   sync.Mutex // held for one transaction, each of a few milliseconds
	conn *sqlite3.Conn

	begin, commit, rollback         *sqlite3.Stmt
	last, insertBlock               *sqlite3.Stmt
	oldBlocks, deleteBlocks         *sqlite3.Stmt
	lookup, insertRecord, insertRef *sqlite3.Stmt
	expired, deleteRecord           *sqlite3.Stmt
	deleteRef                       *sqlite3.Stmt
}

const lastBlock = `SELECT max(seq) FROM block`

func openWriter(path string) (*writer, error) {
	// A log file that had to grow large gives the space back when it restarts.
	const setup = `PRAGMA journal_mode = WAL; PRAGMA journal_size_limit = 67108864; PRAGMA cache_size = -8192;`
	conn, err := openConn(path, setup)
	if err != nil {
		return nil, err
	}
	w := &writer{conn: conn, wake: make(chan struct{}, 1)}
	if err := adopt(conn); err != nil {
		return nil, errors.Join(err, closeConn(conn))
	}
	if err := w.prepare(); err != nil {
		return nil, errors.Join(err, closeConn(conn))
	}
	conn.WALHook(w.committed)
	return w, nil
}

func (w *writer) prepare() error {
	return prepare(w.conn, map[**sqlite3.Stmt]string{
		&w.begin:        `BEGIN IMMEDIATE`,
		&w.commit:       `COMMIT`,
		&w.rollback:     `ROLLBACK`,
		&w.last:         lastBlock,
		&w.insertBlock:  `INSERT INTO block (seq, data) VALUES (?, ?)`,
		&w.oldBlocks:    `SELECT seq, length(data) FROM block WHERE seq <= ? ORDER BY seq LIMIT ?`,
		&w.deleteBlocks: `DELETE FROM block WHERE seq <= ?`,
		&w.lookup:       `SELECT id, key, place, refs FROM record WHERE hash = ?`,
		&w.insertRecord: `INSERT INTO record (hash, key, refs, place, expires, data) VALUES (?, ?, ?, ?, ?, ?)`,
		&w.deleteRecord: `DELETE FROM record WHERE id = ?`,
		&w.insertRef:    `INSERT OR IGNORE INTO listed (ref, place, record) VALUES (?, ?, ?)`,
		&w.deleteRef:    `DELETE FROM listed WHERE ref = ? AND place = ? AND record = ?`,
		&w.expired: `SELECT id, place, refs FROM record
			WHERE expires <> 0 AND expires <= ? ORDER BY expires LIMIT ?`,
	})
}

// transact runs do between BEGIN and COMMIT; if do fails nothing was written.
func (w *writer) transact(ctx context.Context, do func() error) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	if err := ctx.Err(); err != nil {
		return err
	}
	err := exec(w.begin)
	if err != nil {
		return err
	}
	if err = do(); err == nil {
		err = exec(w.commit)
	}
	if !w.conn.GetAutocommit() { // SQLite ends a transaction itself after some errors
		err = errors.Join(err, exec(w.rollback))
	}
	return err
}

// committed is told after each transaction how long the write-ahead log is.
func (w *writer) committed(_ *sqlite3.Conn, _ string, pages int) error {
	w.pages.Store(int64(pages))
	if pages >= checkpointPages {
		select {
		case w.wake <- struct{}{}:
		default:
		}
	}
	return nil
}

func (w *writer) Close() error { return closeConn(w.conn) }
