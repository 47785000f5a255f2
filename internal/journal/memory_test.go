package journal_test

import (
	"errors"
	"testing"

	"github.com/musterhq/muster/internal/journal"
	"github.com/musterhq/muster/internal/journal/suite"
)

func TestMemory(t *testing.T) {
	suite.Run(t, func(testing.TB) suite.Storage {
		m := new(journal.Memory)
		return func() (journal.Journal, error) {
			m = m.Reopen()
			return m, nil
		}
	})
}

// A handle from before the crash must not write behind the back of the new one.
func TestReopenFencesTheOldHandle(t *testing.T) {
	old := new(journal.Memory)
	if err := old.Append(t.Context(), journal.Block{Seq: 1, Data: []byte("one")}); err != nil {
		t.Fatal(err)
	}
	m := old.Reopen()
	if err := old.Append(t.Context(), journal.Block{Seq: 2}); !errors.Is(err, journal.ErrClosed) {
		t.Errorf("append to the old handle: %v, want ErrClosed", err)
	}
	if last, err := m.Last(t.Context()); last != 1 || err != nil {
		t.Errorf("last is %d, %v, want 1", last, err)
	}
}
