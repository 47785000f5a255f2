package world_test

import (
	"errors"
	"maps"
	"slices"
	"testing"

	"github.com/musterhq/muster/internal/world"
)

// TestRegionMayChange keeps what was made in one Region within reach after
// the settings name another.
func TestRegionMayChange(t *testing.T) {
	s := everything(t)
	const arn = "arn:aws:gamelift:us-east-1::gamesession/fleet-1/custom-home/g2"
	s.world = restore(t, world.Settings{Region: "eu-west-1"}, snapshot(t, s.world))
	if g, err := s.world.GameSession(arn); err != nil || g.ID != arn {
		t.Errorf("%q: %v", g.ID, err)
	}
	host := world.ProcessKey{Fleet: "fleet-1", Compute: "host-1", Process: "p2"}
	if _, _, err := execute(s.world, s.now, s.past, world.AcceptPlayer{Process: host, Session: arn, ID: "psess-cat"}); err != nil {
		t.Errorf("accept: %v", err)
	}
	if _, _, err := execute(s.world, s.now, s.past, world.EndProcess{Key: host}); err != nil {
		t.Error(err)
	}
	s.pass(s.world.Settings().Tail)
	if key := s.world.Settings().SessionKey(arn); s.past[key] == nil {
		t.Errorf("%s is not in the archive", key)
	}
}

// TestAnswersAreCopies changes what queries answer, in vain.
func TestAnswersAreCopies(t *testing.T) {
	s := everything(t)
	before := snapshot(t, s.world)
	fleet, err := s.world.Fleet("fleet-1")
	if err != nil {
		t.Fatal(err)
	}
	fleet.Locations[0].Status = world.FleetDeleting
	tags, err := s.world.Tags(s.world.Settings().FleetARN("fleet-1"))
	if err != nil {
		t.Fatal(err)
	}
	maps.DeleteFunc(tags, func(string, string) bool { return true })
	events, err := s.world.FleetEvents("fleet-1")
	if err != nil {
		t.Fatal(err)
	}
	events[0].Message = "changed"
	compute, err := s.world.Compute("fleet-1", "host-1")
	if err != nil || compute.Tokens != nil {
		t.Errorf("tokens %v leave the world: %v", compute.Tokens, err)
	}
	if string(before) != string(snapshot(t, s.world)) {
		t.Error("an answer shares memory with the world")
	}
}

// TestListsAreInOrderOfCreation makes what has names that sort the other way,
// all at one instant.
func TestListsAreInOrderOfCreation(t *testing.T) {
	s := newStage(t)
	s.quiet = true
	s.run("create-location name=custom-home")
	for _, n := range []string{"3", "1", "2"} {
		s.run("create-fleet id=fleet-" + n + " name=arena locations=custom-home")
		s.run("create-alias id=alias-" + n + " name=live routing.type=SIMPLE routing.fleet=fleet-" + n)
	}
	s.run("update-alias alias=alias-1 name=renamed")
	s.run("update-fleet fleet=fleet-1 name=renamed")
	for _, w := range []*world.World{s.world, restore(t, world.Settings{}, snapshot(t, s.world))} {
		var ids []string
		for _, f := range w.Fleets() {
			ids = append(ids, f.ID)
		}
		for _, a := range w.Aliases() {
			ids = append(ids, a.ID)
		}
		if want := []string{"fleet-3", "fleet-1", "fleet-2", "alias-3", "alias-1", "alias-2"}; !slices.Equal(ids, want) {
			t.Errorf("listed as %v, want %v", ids, want)
		}
	}
}

// TestCommandsMayBeReused changes a command's properties after it was decided.
func TestCommandsMayBeReused(t *testing.T) {
	s := newStage(t)
	s.run("given fleet")
	s.run("given idle p1")
	c := world.CreateGameSession{ID: "g1", Fleet: "fleet-1", Properties: map[string]string{"map": "dust"}}
	g, _, err := execute(s.world, s.now, s.past, c)
	if err != nil {
		t.Fatal(err)
	}
	c.Properties["map"] = "ice"
	if g, _ = s.world.GameSession(g.ID); g.Properties["map"] != "dust" {
		t.Errorf("the map is %s", g.Properties["map"])
	}
}

// TestUsage counts what a location is doing.
func TestUsage(t *testing.T) {
	s := everything(t)
	s.run("given idle p7") // p5 is idle, but not connected
	s.run("connect key=fleet-1/host-1/p8 conn=conn-8 tokenhash=h1")
	for location, want := range map[string]world.Usage{
		"":            {Processes: 6, Idle: 1, Sessions: 3, Players: 2, MaximumPlayers: 13, Computes: 2},
		"custom-home": {Location: "custom-home", Processes: 6, Idle: 1, Sessions: 3, Players: 2, MaximumPlayers: 13, Computes: 1},
		"custom-away": {Location: "custom-away", Computes: 1},
		"us-east-1":   {Location: "us-east-1"},
	} {
		if have, err := s.world.FleetUsage("fleet-1", location); err != nil || have != want {
			t.Errorf("%q: %+v: %v", location, have, err)
		}
	}
	if _, err := s.world.FleetUsage("fleet-1", "custom-none"); err == nil {
		t.Error("an unknown location has a usage")
	}
}

// TestProcessesAreNamedByIDs connects a process by names that lead to a fleet
// and a compute but are not theirs: it would belong to no fleet, and a snapshot
// with it could not be restored.
func TestProcessesAreNamedByIDs(t *testing.T) {
	r := newRig(t, world.Settings{})
	settings := r.world.Settings()
	for _, key := range []world.ProcessKey{
		{Fleet: settings.FleetARN(r.fleet()), Compute: "host-1", Process: "process-1"},
		{Fleet: r.fleet(), Compute: settings.ComputeARN("host-1"), Process: "process-1"},
	} {
		_, _, err := execute(r.world, r.now, r.past, world.ConnectProcess{Key: key, Conn: "socket-1", Trusted: true})
		if !errors.Is(err, world.ErrNotFound) {
			t.Errorf("%v: %v, want ErrNotFound", key, err)
		}
		if err := r.world.Check(); err != nil {
			t.Errorf("%v: %v", key, err)
		}
	}
}
