package api_test

import (
	"bytes"
	"log/slog"
	"testing"

	"github.com/musterhq/muster/internal/world"
)

// Whatever is sent, the answer is a document of its protocol, and the fault is
// never the server's own.
func FuzzDoor(f *testing.F) {
	for _, s := range []struct{ op, json, cbor string }{
		{"ListFleets", `{"Limit":5,"NextToken":"AQAAAAAAAAAA"}`, "\xa1\x65Limit\x05"},
		{"CreateFleet", `{"Name":"a","ComputeType":"ANYWHERE","Locations":[{"Location":"custom-hall"}],"Tags":[{"Key":"k","Value":""}]}`, "\xa1\x64Name\x61a"},
		{"CreateGameSession", `{"FleetId":"fleet-1","MaximumPlayerSessionCount":1e1,"GameProperties":[{"Key":"a","Value":"b"}]}`, "\xbf\x67FleetId\x67fleet-1\xff"},
		{"SearchGameSessions", `{"FleetId":"fleet-1","FilterExpression":"playerSessionCount<3","SortExpression":"creationTimeMillis ASC"}`, "\xa0"},
		{"CreatePlayerSessions", `{"GameSessionId":"arn:aws:gamelift:us-east-1::gamesession/fleet-1/a/b","PlayerIds":["a"],"PlayerDataMap":{"a":"b"}}`, "\xa1\x69PlayerIds\x81\x61a"},
		{"DescribeFleetEvents", `{"FleetId":"fleet-1","StartTime":1e308,"EndTime":-1.5}`, "\xa1\x69StartTime\xc1\xfb\x7f\xf0\x00\x00\x00\x00\x00\x00"},
		{"TagResource", `{"ResourceARN":"arn:aws:gamelift:::fleet/fleet-1","Tags":null}`, "\xa1\x64Tags\xf6"},
		{"StartMatchmaking", `{}`, "\xa0"},
	} {
		f.Add(s.op, []byte(s.json), false)
		f.Add(s.op, []byte(s.cbor), true)
	}
	h := newHouse(f, world.Settings{})
	do(h, world.CreateLocation{Name: "custom-hall"})
	do(h, world.CreateFleet{ID: "fleet-1", Name: "Arena", Locations: []string{"custom-hall"}})
	f.Fuzz(func(t *testing.T, op string, body []byte, binary bool) {
		var log bytes.Buffer
		h.door.Log = slog.New(slog.NewTextHandler(&log, nil))
		s := jsonSending(op, string(body))
		if binary {
			s = cborSending(op, string(body))
		}
		w := s.to(h.door)
		if w.Code != 200 && w.Code != 400 {
			t.Errorf("got status %d, and in the log %s", w.Code, log.String())
		}
		decodeAnswer(t, w)
	})
}
