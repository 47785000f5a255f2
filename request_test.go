package muster_test

import (
	"errors"
	"regexp"
	"testing"

	"github.com/musterhq/muster"
)

func TestValidate(t *testing.T) {
	type request interface{ Validate() error }
	for name, test := range map[string]struct {
		request request
		valid   bool
	}{
		"create nowhere":          {muster.CreateSessionRequest{MaxPlayers: 4}, true},
		"create on a fleet":       {muster.CreateSessionRequest{FleetID: "fleet-1"}, true},
		"create on an alias":      {muster.CreateSessionRequest{AliasID: "alias-1"}, true},
		"create on both":          {muster.CreateSessionRequest{FleetID: "fleet-1", AliasID: "alias-1"}, false},
		"create through a queue":  {muster.CreateSessionRequest{QueueName: "q", PlacementID: "p"}, true},
		"queue without placement": {muster.CreateSessionRequest{QueueName: "q"}, false},
		"placement without queue": {muster.CreateSessionRequest{PlacementID: "p"}, false},
		"queue and fleet":         {muster.CreateSessionRequest{QueueName: "q", PlacementID: "p", FleetID: "f"}, false},
		"search everything":       {muster.SearchSessionsRequest{}, true},
		"search fleet and alias":  {muster.SearchSessionsRequest{FleetID: "f", AliasID: "a"}, false},
		"search for minus one":    {muster.SearchSessionsRequest{MaxResults: -1}, false},
		"join":                    {muster.JoinSessionRequest{SessionID: "s", PlayerID: "p"}, true},
		"join without session":    {muster.JoinSessionRequest{PlayerID: "p"}, false},
		"join without player":     {muster.JoinSessionRequest{SessionID: "s"}, false},
		"join with data alone":    {muster.JoinSessionRequest{PlayerData: "d"}, false},
	} {
		t.Run(name, func(t *testing.T) {
			err := test.request.Validate()
			if test.valid && err != nil {
				t.Errorf("refused: %v", err)
			}
			if !test.valid && !errors.Is(err, muster.ErrInvalidRequest) {
				t.Errorf("got %v, want an invalid request", err)
			}
		})
	}
}

func TestCreatePlayerID(t *testing.T) {
	const hex = `[0-9A-F]`
	for _, test := range []struct {
		brackets, dashes bool
		want             string
	}{
		{false, false, hex + `{12}4` + hex + `{3}[89AB]` + hex + `{15}`},
		{false, true, hex + `{8}-` + hex + `{4}-4` + hex + `{3}-[89AB]` + hex + `{3}-` + hex + `{12}`},
		{true, false, `\{` + hex + `{32}\}`},
		{true, true, `\{(` + hex + `+-){4}` + hex + `{12}\}`},
	} {
		first := muster.CreatePlayerID(test.brackets, test.dashes)
		if !regexp.MustCompile(`^` + test.want + `$`).MatchString(first) {
			t.Errorf("brackets %v, dashes %v: %q does not match %s", test.brackets, test.dashes, first, test.want)
		}
		if second := muster.CreatePlayerID(test.brackets, test.dashes); second == first {
			t.Errorf("%q came twice", first)
		}
	}
}

func TestConnectionAddress(t *testing.T) {
	for want, connection := range map[string]muster.SessionConnectionConfig{
		"192.0.2.1:7777":   {IPAddress: "192.0.2.1", Port: 7777},
		"[2001:db8::1]:80": {IPAddress: "2001:db8::1", Port: 80},
		"host.example:443": {DNSName: "host.example", IPAddress: "192.0.2.1", Port: 443},
	} {
		if got := connection.Address(); got != want {
			t.Errorf("%+v: address %q, want %q", connection, got, want)
		}
	}
}

func TestSessionConfigCloneSharesNothing(t *testing.T) {
	session := muster.SessionConfig{Properties: map[string]string{"map": "desert"}}
	session.Clone().Properties["map"] = "ice"
	if got := session.Properties["map"]; got != "desert" {
		t.Errorf("changing a clone changes the original to %q", got)
	}
}
