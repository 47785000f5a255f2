package world_test

import (
	"maps"
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
