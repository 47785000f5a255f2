//go:build unix

package sqlite

import (
	"errors"
	"os"

	"golang.org/x/sys/unix"
)

// tryLock takes the lock of an open file; false if another one has it.
func tryLock(f *os.File) (bool, error) {
	err := unix.Flock(int(f.Fd()), unix.LOCK_EX|unix.LOCK_NB)
	if errors.Is(err, unix.EWOULDBLOCK) {
		return false, nil
	}
	return err == nil, err
}

// syncFolder makes the names in a folder durable.
func syncFolder(dir string) error {
	f, err := os.Open(dir)
	if err != nil {
		return err
	}
	defer f.Close()
	return f.Sync()
}

// full and readOnly are what the system says of a disk without space, or a
// quota or limit reached, and of one that may not be written.
var (
	full     = []error{unix.ENOSPC, unix.EDQUOT, unix.EFBIG}
	readOnly = []error{unix.EROFS, unix.EACCES, unix.EPERM}
)
