package ledger_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/musterhq/muster/internal/journal"
	"github.com/musterhq/muster/internal/ledger"
	"github.com/musterhq/muster/internal/world"
)

// looked is a journal whose look-ups wait for the test.
type looked struct {
	journal.Journal
	before func(key string)
}

func (j *looked) Find(ctx context.Context, key string) (journal.Record, bool, error) {
	if j.before != nil {
		j.before(key)
	}
	return j.Journal.Find(ctx, key)
}

// play makes process n ready, and takes a game session through its life on
// whichever has been ready for longest.
func play(t testing.TB, l *ledger.Ledger, n int) {
	t.Helper()
	ready(t, l, n)
	s := do(t, l, world.CreateGameSession{ID: fmt.Sprint("game-", n), Fleet: fleetID, Maximum: 2})
	do(t, l, world.EndProcess{Key: s.Key()})
}

// TestRecallUnderLoad looks a token up while something is archived all the
// time. The command must come to its end all the same.
func TestRecallUnderLoad(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		j := &looked{Journal: &journal.Memory{}}
		l := open(t, ledger.Config{Journal: j, Settings: world.Settings{TailLimit: 1}})
		furnish(t, l)
		ready(t, l, 0)
		n, finds := 0, 0
		j.before = func(string) {
			if finds++; finds > 10 {
				t.Fatal("the command looks the same up again and again")
			}
			n++
			play(t, l, n)
		}
		do(t, l, world.CreateGameSession{Fleet: fleetID, Maximum: 2, Token: "once"})
	})
}

// TestMovedMeanwhile archives a game session after its token was looked up in
// vain and before the answer is used.
func TestMovedMeanwhile(t *testing.T) {
	for name, settings := range map[string]world.Settings{
		"durable": {Tail: time.Second}, "crowded out": {TailLimit: 1, Tail: time.Hour},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) { testMovedMeanwhile(t, settings) })
		})
	}
}

func testMovedMeanwhile(t *testing.T, settings world.Settings) {
	j := &looked{Journal: &journal.Memory{}}
	l := open(t, ledger.Config{Journal: j, Settings: settings})
	furnish(t, l)
	ready(t, l, 10)
	var first world.GameSession
	j.before = func(string) {
		j.before = nil
		first = do(t, l, world.CreateGameSession{Fleet: fleetID, Maximum: 2, Token: "token"})
		do(t, l, world.EndProcess{Key: process(10)})
		ready(t, l, 11)
		for n := range 2 { // crowds the first one out, if the tail is short
			play(t, l, n)
		}
		time.Sleep(5 * time.Second)
	}
	again := do(t, l, world.CreateGameSession{Fleet: fleetID, Maximum: 2, Token: "token"})
	if again.ID != first.ID || again.Status != world.SessionTerminated {
		t.Errorf("the token gives %s, %s; it gave %s", again.ID, again.Status, first.ID)
	}
}

// TestExpired does not trim: what has expired is gone all the same, by the
// ledger's time, and its token can be used again.
func TestExpired(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		j := &untrimmed{Journal: &journal.Memory{}}
		l := open(t, ledger.Config{Journal: j, Settings: world.Settings{Tail: time.Second, Retention: time.Hour}})
		furnish(t, l)
		ready(t, l, 1)
		s := do(t, l, world.CreateGameSession{Fleet: fleetID, Maximum: 2, Token: "token"})
		do(t, l, world.EndProcess{Key: s.Key()})
		time.Sleep(time.Minute)
		if again := do(t, l, world.CreateGameSession{Fleet: fleetID, Maximum: 2, Token: "token"}); again.ID != s.ID {
			t.Errorf("within the retention the token gives %s", again.ID)
		}
		time.Sleep(2 * time.Hour)
		if _, err := l.GameSession(t.Context(), s.ID); !errors.Is(err, world.ErrNotFound) {
			t.Errorf("an expired game session: %v", err)
		}
		if list, err := l.GameSessions(t.Context(), world.SessionQuery{Fleet: fleetID, Limit: 10}); len(list) > 0 || err != nil {
			t.Errorf("expired game sessions: %v, %v", list, err)
		}
		ready(t, l, 2)
		if again := do(t, l, world.CreateGameSession{Fleet: fleetID, Maximum: 2, Token: "token"}); again.Process != process(2).Process {
			t.Errorf("after the retention the token gives %+v", again)
		}
	})
}

type untrimmed struct{ journal.Journal }

func (untrimmed) Trim(context.Context, int64, int) (int, error) { return 0, nil }

// TestPanic runs a command that panics when it has changed the world. Whoever
// recovers goes on with a world that knows nothing of it.
func TestPanic(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := open(t, ledger.Config{})
		furnish(t, l)
		func() {
			defer func() { recover() }()
			ledger.Do(t.Context(), l, bomb{})
		}()
		if n := locations(t, l); n != 1 {
			t.Errorf("%d locations after a command that panicked, want 1", n)
		}
		synctest.Wait()
		do(t, l, world.CreateLocation{Name: "custom-half"})
		if err := l.Healthy(); err != nil {
			t.Errorf("healthy: %v", err)
		}
	})
}

type bomb struct{}

func (bomb) Decide(t *world.Turn) (int, error) {
	world.CreateLocation{Name: "custom-half"}.Decide(t)
	panic("bomb")
}
