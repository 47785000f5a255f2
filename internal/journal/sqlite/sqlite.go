// Package sqlite is the journal of a muster server on one machine: one folder,
// with the log and the archive in one SQLite database and the snapshots as
// files beside it. It is not a general store, and it never leaves its folder to
// two processes at once.
//
// Start with [Open].
package sqlite

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"sync"

	"github.com/musterhq/muster/internal/journal"
)

// readers is how many reads run at a time; more wait for one of them to end.
const readers = 4

// Options are what an operator may want otherwise. The zero value will do.
type Options struct {
	Log *slog.Logger // what went wrong without failing a call; nil: nowhere
	// Gather is how many keys and references of archived records are entered
	// into the database's index together; twice as many are kept in memory at
	// most. 0 means 300,000, which take some 15 to 30 MB.
	Gather int
}

// A Journal is an open data folder. It implements [journal.Journal].
type Journal struct {
	dir    string
	log    *slog.Logger
	gather int

	lock    *os.File
	write   *writer
	readers chan *reader
	check   *checkpointer
	saving  sync.Mutex // held by SaveSnapshot

	mu     sync.Mutex
	closed bool
	calls  sync.WaitGroup // begun before closed
}

var _ journal.Journal = (*Journal)(nil)

// Open opens the data folder, and makes it if it is not there. The errors to
// expect are [journal.ErrLocked], [journal.ErrVersion], [journal.ErrReadOnly],
// [journal.ErrFull] and [journal.ErrCorrupt]. No options mean the defaults.
func Open(dir string, o *Options) (*Journal, error) {
	if o == nil {
		o = new(Options)
	}
	j := &Journal{dir: dir, log: o.Log, gather: cmp.Or(o.Gather, gather), readers: make(chan *reader, readers)}
	if j.log == nil {
		j.log = slog.New(slog.DiscardHandler)
	}
	if err := j.open(); err != nil {
		return nil, errors.Join(fmt.Errorf("open data folder %s: %w", dir, explain(err)), j.release())
	}
	return j, nil
}

func (j *Journal) open() (err error) {
	if err := makeFolder(j.dir); err != nil {
		return err
	}
	if j.lock, err = lockFolder(j.dir); err != nil {
		return err
	}
	if err := removeUnfinished(j.dir); err != nil {
		return err
	}
	path := filepath.Join(j.dir, "muster.db")
	if err := checkLog(path); err != nil {
		return err
	}
	if j.write, err = openWriter(path, j.gather); err != nil {
		return err
	}
	if j.check, err = startCheckpointer(path, j.write, j.log); err != nil {
		return err
	}
	for range readers {
		j.readers <- &reader{path: path}
	}
	// The first write made the log file: its name must last as long as it does.
	return syncFolder(j.dir)
}

// Close implements [journal.Journal].
func (j *Journal) Close() error {
	j.mu.Lock()
	again := j.closed
	j.closed = true
	j.mu.Unlock()
	if again {
		return nil
	}
	j.calls.Wait()
	if err := j.release(); err != nil {
		return fmt.Errorf("close data folder %s: %w", j.dir, err)
	}
	return nil
}

// release closes what is open. The lock goes last: until then nobody else may
// look at the folder.
func (j *Journal) release() error {
	var errs []error
	if j.check != nil {
		errs = append(errs, j.check.Close())
	}
	close(j.readers)
	for r := range j.readers {
		errs = append(errs, r.Close())
	}
	if j.write != nil {
		errs = append(errs, j.write.Close())
	}
	if j.lock != nil {
		errs = append(errs, j.lock.Close())
	}
	return errors.Join(errs...)
}

// begin registers a call, which Close then waits for. The caller ends it.
func (j *Journal) begin(ctx context.Context) (end func(), err error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	if j.closed {
		return nil, journal.ErrClosed
	}
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	j.calls.Add(1)
	return j.calls.Done, nil
}

// reading runs do on one of the readers, as one call.
func (j *Journal) reading(ctx context.Context, do func(*reader) error) error {
	end, err := j.begin(ctx)
	if err != nil {
		return err
	}
	defer end()
	select {
	case r := <-j.readers:
		defer func() { j.readers <- r }()
		if err := r.open(); err != nil {
			return explain(err)
		}
		return explain(do(r))
	case <-ctx.Done():
		return ctx.Err()
	}
}

// writing runs do as one transaction of the writer, as one call.
func (j *Journal) writing(ctx context.Context, do func(*writer) error) error {
	end, err := j.begin(ctx)
	if err != nil {
		return err
	}
	defer end()
	return explain(j.write.transact(ctx, func() error { return do(j.write) }))
}

// makeFolder makes the folder and those above it, and sees to it that they stay.
func makeFolder(dir string) error {
	info, err := os.Stat(dir)
	switch {
	case err == nil && !info.IsDir():
		return errors.New("it is not a folder")
	case err == nil:
		return nil
	case !errors.Is(err, fs.ErrNotExist):
		return err
	}
	above := filepath.Dir(filepath.Clean(dir))
	if err := makeFolder(above); err != nil {
		return err
	}
	if err := os.Mkdir(dir, 0o700); err != nil {
		return err
	}
	return syncFolder(above)
}
