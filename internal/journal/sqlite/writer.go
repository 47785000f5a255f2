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

	fresh  atomic.Pointer[fresh] // changed within transactions
	gather int                   // how many entries make a batch

	mu   sync.Mutex // held for one transaction, each of a few milliseconds
	conn *sqlite3.Conn

	begin, commit, rollback             *sqlite3.Stmt
	last, insertBlock                   *sqlite3.Stmt
	oldBlocks, deleteBlocks             *sqlite3.Stmt
	insertRecord, deleteRecord, expired *sqlite3.Stmt
	insertEntry, deleteEntry, replaced  *sqlite3.Stmt
	members                             *sqlite3.Stmt
	unsettled, settled, setSettled      *sqlite3.Stmt
}

const lastBlock = `SELECT max(seq) FROM block`

func openWriter(path string, gather int) (*writer, error) {
	// A log file that had to grow large gives the space back when it restarts.
	const setup = `PRAGMA journal_mode = WAL; PRAGMA journal_size_limit = 67108864; PRAGMA cache_size = -8192;`
	conn, err := openConn(path, setup)
	if err != nil {
		return nil, err
	}
	w := &writer{conn: conn, wake: make(chan struct{}, 1), gather: gather}
	if err := adopt(conn); err != nil {
		return nil, errors.Join(err, closeConn(conn))
	}
	if err := w.prepare(); err != nil {
		return nil, errors.Join(err, closeConn(conn))
	}
	if err := w.load(); err != nil {
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
		&w.insertRecord: `INSERT INTO record (id, hash, key, refs, place, expires, data) VALUES (?, ?, ?, ?, ?, ?, ?)`,
		&w.deleteRecord: `DELETE FROM record WHERE id = ?`,
		&w.expired: `SELECT ` + filedColumns + ` FROM record
			WHERE expires <> 0 AND expires <= ? ORDER BY expires LIMIT ?`,
		&w.members: `SELECT ` + filedColumns + ` FROM entry
			CROSS JOIN record ON record.id = entry.record WHERE entry.hash = ? ORDER BY entry.place, entry.record`,
		&w.insertEntry: `INSERT OR IGNORE INTO entry (hash, place, record) VALUES (?, ?, ?)`,
		&w.deleteEntry: `DELETE FROM entry WHERE hash = ? AND place = ? AND record = ?`,
		// In this order: there hardly ever is an entry before the new one.
		&w.replaced: `SELECT ` + filedColumns + ` FROM entry
			CROSS JOIN record ON record.id = entry.record
			CROSS JOIN record AS new ON new.id = ?2
			WHERE entry.hash = ?1 AND entry.place = 0 AND entry.record < ?2 AND record.key = new.key`,
		&w.unsettled:  `SELECT ` + filedColumns + ` FROM record WHERE id > ? ORDER BY id`,
		&w.settled:    `SELECT whole, part, hash, place, record FROM settled`,
		&w.setSettled: `UPDATE settled SET whole = ?, part = ?, hash = ?, place = ?, record = ?`,
	})
}

// transact runs do between BEGIN and COMMIT; if do fails nothing was written.
func (w *writer) transact(ctx context.Context, do func() error) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	if err := ctx.Err(); err != nil {
		return err
	}
	before := w.fresh.Load()
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
	if err != nil {
		w.fresh.Store(before)
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
