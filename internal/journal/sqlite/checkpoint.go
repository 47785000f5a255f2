package sqlite

import (
	"log/slog"
	"sync"

	"github.com/ncruces/go-sqlite3"
)

const (
	// checkpointPages is how large the write-ahead log gets, in pages of 4 KB,
	// before it is copied into the database: the longer, the more pages that
	// changed often are copied once, and the longer the sync that appends stand
	// behind.
	checkpointPages = 1000
	// stallPages is how much of it may be copied while appends wait.
	stallPages = 100
	// checkpointRounds is how often to try to get below that.
	checkpointRounds = 4
)

// A checkpointer copies the write-ahead log into the database, on a connection
// of its own. SQLite would do it within the commit that makes the log too
// large, and that one append would wait for all of it.
type checkpointer struct {
	conn *sqlite3.Conn
	w    *writer
	log  *slog.Logger
	stop chan struct{}
	done sync.WaitGroup
	err  error // of the last attempt
}

func startCheckpointer(path string, w *writer, log *slog.Logger) (*checkpointer, error) {
	conn, err := openConn(path, "")
	if err != nil {
		return nil, err
	}
	c := &checkpointer{conn: conn, w: w, log: log, stop: make(chan struct{})}
	c.done.Go(c.run)
	return c, nil
}

func (c *checkpointer) run() {
	for {
		select {
		case <-c.w.wake:
			c.report(c.checkpoint())
		case <-c.stop:
			return
		}
	}
}

// report logs the first of a row of failures. None is lost by them: what is
// not copied stays in the log, and appends say themselves when the disk is full.
func (c *checkpointer) report(err error) {
	if err != nil && c.err == nil {
		c.log.Warn("the write-ahead log can not be copied into the database, it grows until it can", "err", explain(err))
	}
	c.err = err
}

// checkpoint copies while appends go on, and so never gets to the end; what is
// left it copies while they wait, so that the log starts anew.
func (c *checkpointer) checkpoint() error {
	for range checkpointRounds {
		before, err := c.pass()
		if err != nil {
			return err
		}
		if before < stallPages {
			break
		}
	}
	c.w.mu.Lock()
	defer c.w.mu.Unlock()
	_, err := c.pass()
	return err
}

// pass copies what is in the log, and returns how many pages were added to it
// meanwhile.
func (c *checkpointer) pass() (added int, err error) {
	_, copied, err := c.conn.WALCheckpoint("main", sqlite3.CHECKPOINT_PASSIVE)
	if err != nil {
		return 0, err
	}
	return int(c.w.pages.Load()) - copied, nil
}

// Close ends the copying, and waits for the pass on its way.
func (c *checkpointer) Close() error {
	close(c.stop)
	c.done.Wait()
	return c.conn.Close()
}
