package sqlite

import (
	"errors"
	"net/url"
	"path/filepath"
	"strings"

	"github.com/ncruces/go-sqlite3"
	"github.com/ncruces/go-sqlite3/vfs"
)

// diskName is what the engine knows our disk by.
const diskName = "muster"

// A disk is the engine's own access to files, but that it tells a full disk
// and a read-only one from a broken one. The engine's own forgets which it was
// before it makes the error.
type disk struct{ vfs.VFSFilename }

// address is how the engine is told to open a database on a disk of ours.
func address(path string) (string, error) {
	own, ok := vfs.Find("").(vfs.VFSFilename)
	if !ok {
		return "", errors.New("the engine has no access to files on this system")
	}
	vfs.Register(diskName, disk{own}) // each time the same
	path, err := filepath.Abs(path)
	if err != nil {
		return "", err
	}
	path = "/" + strings.TrimPrefix(filepath.ToSlash(path), "/") // a drive comes after a slash
	return (&url.URL{Scheme: "file", Path: path, RawQuery: "vfs=" + diskName}).String(), nil
}

func (d disk) OpenFilename(name *vfs.Filename, flags vfs.OpenFlag) (vfs.File, vfs.OpenFlag, error) {
	f, flags, err := d.VFSFilename.OpenFilename(name, flags)
	if err != nil {
		return nil, flags, tell(err)
	}
	own, ok := f.(ownFile)
	if !ok {
		return nil, flags, errors.Join(errors.New("the engine's files lack what the journal needs"), f.Close())
	}
	if flags&vfs.OPEN_WAL != 0 {
		return &walFile{file: file{own}}, flags, nil
	}
	return file{own}, flags, nil
}

// ownFile is what the engine's own files can do.
type ownFile interface {
	vfs.FileLockState
	vfs.FileHasMoved
	vfs.FileSizeHint
	vfs.FilePersistWAL
	vfs.FilePowersafeOverwrite
	vfs.FileSharedMemory
	vfs.FileMemoryMapper
}

type file struct{ ownFile }

func (f file) WriteAt(p []byte, off int64) (int, error) {
	n, err := f.ownFile.WriteAt(p, off)
	return n, tell(err)
}

func (f file) Truncate(size int64) error { return tell(f.ownFile.Truncate(size)) }

func (f file) Sync(flags vfs.SyncFlag) error { return tell(f.ownFile.Sync(flags)) }

// tell gives an error of the system the code that the engine passes on.
func tell(err error) error {
	switch {
	case err == nil:
		return nil
	case isAny(err, full):
		return vfs.SystemError(err, sqlite3.FULL)
	case isAny(err, readOnly):
		return vfs.SystemError(err, sqlite3.READONLY)
	}
	return err
}
