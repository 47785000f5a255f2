package sqlite

import "github.com/ncruces/go-sqlite3/vfs"

// maxGathered is how many bytes of the write-ahead log are written at once at
// most.
const maxGathered = 1 << 20

// A walFile is the write-ahead log. The engine writes each page and the head
// of each page by itself, and syncs them before it or anybody else reads them:
// until then they are gathered, since one write costs as much as all of them.
type walFile struct {
	file
	gathered []byte
	at       int64 // where they begin
}

func (f *walFile) WriteAt(p []byte, off int64) (int, error) {
	if off != f.at+int64(len(f.gathered)) || len(f.gathered) >= maxGathered {
		if err := f.flush(); err != nil {
			return 0, err
		}
		f.at = off
	}
	f.gathered = append(f.gathered, p...)
	return len(p), nil
}

// flush writes what is gathered. If that fails, so does the transaction, and
// nobody asks for it again.
func (f *walFile) flush() error {
	if len(f.gathered) == 0 {
		return nil
	}
	_, err := f.file.WriteAt(f.gathered, f.at)
	f.gathered = f.gathered[:0]
	return err
}

func (f *walFile) Sync(flags vfs.SyncFlag) error {
	if err := f.flush(); err != nil {
		return err
	}
	return f.file.Sync(flags)
}

func (f *walFile) ReadAt(p []byte, off int64) (int, error) {
	if err := f.flush(); err != nil {
		return 0, err
	}
	return f.file.ReadAt(p, off)
}

func (f *walFile) Size() (int64, error) {
	if err := f.flush(); err != nil {
		return 0, err
	}
	return f.file.Size()
}

func (f *walFile) Truncate(size int64) error {
	if err := f.flush(); err != nil {
		return err
	}
	return f.file.Truncate(size)
}
