package sqlite_test

import (
	"testing"

	"github.com/musterhq/muster/internal/journal"
	"github.com/musterhq/muster/internal/journal/sqlite"
	"github.com/musterhq/muster/internal/journal/suite"
)

func TestJournal(t *testing.T) {
	suite.Run(t, func(t testing.TB) suite.Storage {
		dir := t.TempDir()
		return func() (journal.Journal, error) { return sqlite.Open(dir, nil) }
	})
}
