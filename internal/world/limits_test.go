package world_test

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/musterhq/muster/internal/world"
)

func TestFleetLogIsBounded(t *testing.T) {
	r := newRig(t, world.Settings{})
	protection := []string{"NoProtection", "FullProtection"}
	for i := range 3000 {
		must(r, world.UpdateFleet{Fleet: r.fleet(), Protection: &protection[i%2]})
	}
	log, err := r.world.FleetEvents(r.fleet())
	if err != nil || len(log) < 900 || len(log) > 1000 {
		t.Fatalf("%d events are kept: %v", len(log), err)
	}
	for i, e := range log {
		if e.At != log[0].At-world.Instant(i) {
			t.Fatalf("event %d of the log is not one of the newest, newest first", i)
		}
	}
}

func TestOldestTokenGoesFirst(t *testing.T) {
	r := newRig(t, world.Settings{})
	for i := range 33 {
		must(r, world.IssueComputeToken{Fleet: r.fleet(), Compute: "host-1", Hash: fmt.Sprint("hash-", i)})
	}
	for hash, want := range map[string]error{"hash-0": world.ErrUnauthorized, "hash-1": nil, "hash-32": nil} {
		key := world.ProcessKey{Fleet: r.fleet(), Compute: "host-1", Process: hash}
		if _, _, err := execute(r.world, r.now, r.past, world.ConnectProcess{Key: key, Conn: hash, TokenHash: hash}); !errors.Is(err, want) {
			t.Errorf("%s: %v", hash, err)
		}
	}
}

// TestCreatorsAreForgotten makes game sessions for ever new creators: the
// state does not grow with them.
func TestCreatorsAreForgotten(t *testing.T) {
	r := newRig(t, world.Settings{Health: 1000 * time.Hour, TailLimit: 1})
	size := func(n int) int {
		for range n {
			key := r.ready()
			must(r, world.CreateGameSession{ID: r.id(""), Fleet: r.fleet(), Creator: r.id("creator-")})
			must(r, world.EndProcess{Key: key})
			r.now = r.now.Add(10 * time.Millisecond)
		}
		return len(snapshot(t, r.world))
	}
	small, large := size(1000), size(3000)
	if large > 2*small {
		t.Errorf("the state grows from %d to %d bytes", small, large)
	}
}

func TestTwoHundredPlayersAtMost(t *testing.T) {
	r := newRig(t, world.Settings{})
	s := r.session(1000)
	r.join(s, 200)
	_, _, err := execute(r.world, r.now, r.past, world.CreatePlayerSessions{Session: s.ID, Players: []world.ReservedPlayer{{ID: "psess", Player: "one more"}}})
	if !errors.Is(err, world.ErrSessionFull) {
		t.Errorf("%v", err)
	}
}

func TestTwoHundredTagsAtMost(t *testing.T) {
	r := newRig(t, world.Settings{})
	arn := r.world.Settings().FleetARN(r.fleet())
	tags := map[string]string{}
	for i := range 200 {
		tags[fmt.Sprint("tag-", i)] = "old"
	}
	must(r, world.TagResource{ARN: arn, Tags: tags})
	must(r, world.TagResource{ARN: arn, Tags: map[string]string{"tag-0": "new"}})
	if _, _, err := execute(r.world, r.now, r.past, world.TagResource{ARN: arn, Tags: map[string]string{"one more": ""}}); !errors.Is(err, world.ErrTaggingFailed) {
		t.Errorf("%v", err)
	}
}

// TestRosterClosesItsHoles ends most of many game sessions: the rest is
// listed in order, and the world agrees with itself.
func TestRosterClosesItsHoles(t *testing.T) {
	r := newRig(t, world.Settings{Health: 1000 * time.Hour})
	var keep []string
	for i := range 300 {
		s := r.session(2)
		r.join(s, 2)
		if i%10 == 0 {
			keep = append(keep, s.ID)
			continue
		}
		must(r, world.EndProcess{Key: s.Key()})
	}
	r.now = r.now.Add(2 * time.Minute)
	for n := 1; n > 0; {
		n, _ = must(r, world.Tick{Limit: 10})
		if err := r.world.Check(); err != nil {
			t.Fatal(err)
		}
	}
	list, err := r.world.GameSessions(world.SessionQuery{Fleet: r.fleet(), Limit: 1000})
	if err != nil || fmt.Sprint(ids(list)) != fmt.Sprint(keep) {
		t.Errorf("%d are listed, want %d: %v", len(list), len(keep), err)
	}
}

// TestTickArchivesLittleAtATime lets many game sessions leave memory at one
// instant: no block is to carry all of their records.
func TestTickArchivesLittleAtATime(t *testing.T) {
	const sessions, players = 20, 30
	r := newRig(t, world.Settings{Health: 1000 * time.Hour})
	for range sessions {
		s := r.session(players)
		r.join(s, players)
		must(r, world.EndProcess{Key: s.Key()})
	}
	r.now = r.now.Add(time.Hour)
	total := 0
	for n := 1; n > 0; {
		var outcome world.Outcome
		var err error
		if n, outcome, err = execute(r.world, r.now, archive{}, world.Tick{}); err != nil {
			t.Fatal(err)
		}
		total += len(outcome.Archive)
		if most := 128 + players; len(outcome.Archive) > most {
			t.Errorf("a tick archives %d records, more than %d", len(outcome.Archive), most)
		}
	}
	if want := sessions * (players + 1); total != want {
		t.Errorf("%d records are archived, want %d", total, want)
	}
}
