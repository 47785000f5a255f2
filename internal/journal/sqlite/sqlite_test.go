package sqlite_test

import (
	"testing"

	"github.com/musterhq/muster/internal/journal"
	"github.com/musterhq/muster/internal/journal/sqlite"
	"github.com/musterhq/muster/internal/journal/suite"
)

func TestJournal(t *testing.T) {
	suite.Run(t, storages(nil))
}

// The same with so few entries in memory that each call comes at each step of
// entering them into the indexes.
func TestJournalSettling(t *testing.T) {
	suite.Run(t, storages(settling))
}

var settling = &sqlite.Options{Gather: 10}

func storages(o *sqlite.Options) func(testing.TB) suite.Storage {
	return func(t testing.TB) suite.Storage {
		dir := t.TempDir()
		return func() (journal.Journal, error) { return sqlite.Open(dir, o) }
	}
}
