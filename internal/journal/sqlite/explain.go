package sqlite

import (
	"errors"
	"fmt"

	"github.com/ncruces/go-sqlite3"

	"github.com/musterhq/muster/internal/journal"
)

// explain says of an error of the engine or the system which of the journal's
// errors it is, and what the operator can do.
func explain(err error) error {
	switch {
	case err == nil || alreadyExplained(err):
		return err
	case errors.Is(err, sqlite3.FULL) || errors.Is(err, sqlite3.IOERR_SHMSIZE) || isAny(err, full):
		return fmt.Errorf("%w (%w): make space, it goes on by itself", journal.ErrFull, err)
	case errors.Is(err, sqlite3.READONLY) || isAny(err, readOnly):
		return fmt.Errorf("%w (%w): the folder and all in it must belong to the user that muster runs as, on a disk that is not read-only",
			journal.ErrReadOnly, err)
	case errors.Is(err, sqlite3.CORRUPT) || errors.Is(err, sqlite3.NOTADB):
		return fmt.Errorf("%w (%w): restore the folder from a backup", journal.ErrCorrupt, err)
	}
	return err
}

func alreadyExplained(err error) bool {
	return isAny(err, []error{
		journal.ErrConflict, journal.ErrGone, journal.ErrVersion, journal.ErrLocked,
		journal.ErrCorrupt, journal.ErrFull, journal.ErrReadOnly, journal.ErrClosed,
	})
}

func isAny(err error, targets []error) bool {
	for _, target := range targets {
		if errors.Is(err, target) {
			return true
		}
	}
	return false
}
