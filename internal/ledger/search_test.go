package ledger_test

import (
	"testing"
	"testing/synctest"

	"github.com/musterhq/muster/internal/ledger"
	"github.com/musterhq/muster/internal/search"
	"github.com/musterhq/muster/internal/world"
)

// TestSearchGoesBack holds an append up, and another behind it: a search is
// answered all the same, and finds what was there before both.
func TestSearchGoesBack(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		j := newSlow()
		l := open(t, ledger.Config{Journal: j})
		furnish(t, l)
		_, s := active(t, l, 1, 4)
		other, _ := active(t, l, 2, 4)
		synctest.Wait()
		j.set(func(s *slow) { s.hold = true })
		go join(t, l, s, 1) // in flight
		synctest.Wait()
		go join(t, l, s, 2) // pending
		go func() { _, _ = ledger.Do(t.Context(), l, world.EndProcess{Key: other}) }()
		synctest.Wait()
		wantPlayers(t, l, 0, 0)
		j.set(func(s *slow) { s.hold = false })
		j.let <- struct{}{}
		synctest.Wait()
		wantPlayers(t, l, 2)
	})
}

// TestSearchWaits holds up the deletion of a fleet: a search waits until it
// knows whether the fleet is there.
func TestSearchWaits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		j := newSlow()
		l := open(t, ledger.Config{Journal: j})
		furnish(t, l)
		synctest.Wait()
		j.set(func(s *slow) { s.hold = true })
		go func() { _, _ = ledger.Do(t.Context(), l, world.DeleteFleet{Fleet: fleetID}) }()
		synctest.Wait()
		found := make(chan error, 1)
		go func() {
			_, _, err := l.Search(t.Context(), fleetID, "", search.Query{})
			found <- err
		}()
		synctest.Wait()
		if len(found) != 0 {
			t.Fatal("the search did not wait")
		}
		j.set(func(s *slow) { s.hold = false })
		j.let <- struct{}{}
		if err := <-found; err == nil {
			t.Error("a fleet was searched that is gone")
		}
	})
}

// wantPlayers searches for all game sessions by age and compares how many
// players each has.
func wantPlayers(t *testing.T, l *ledger.Ledger, want ...int) {
	t.Helper()
	sort, err := search.ParseSort("creationTimeMillis ASC")
	if err != nil {
		t.Fatal(err)
	}
	found, _, err := l.Search(t.Context(), fleetID, "", search.Query{Sort: sort})
	if err != nil || len(found) != len(want) {
		t.Fatalf("%d game sessions, %v; want %d", len(found), err, len(want))
	}
	for i, s := range found {
		if s.Players != want[i] {
			t.Errorf("%s has %d players, want %d", s.ID, s.Players, want[i])
		}
	}
}
