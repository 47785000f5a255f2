package gate_test

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/musterhq/muster/internal/world"
)

// A line of a recording of an official SDK and a fake service.
type line struct {
	Dir   string          `json:"dir"`
	Frame json.RawMessage `json:"frame"`
}

func (l line) fields(t *testing.T) fields {
	var f fields
	if err := json.Unmarshal(l.Frame, &f); err != nil {
		t.Fatal(err)
	}
	return f
}

func recording(t *testing.T, file string) (lines []line) {
	b, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	for s := bufio.NewScanner(bytes.NewReader(b)); s.Scan(); {
		var l line
		if err := json.Unmarshal(s.Bytes(), &l); err != nil {
			t.Fatal(err)
		}
		lines = append(lines, l)
	}
	return lines
}

// recordedPlayer is the id of the player session in all recordings.
const recordedPlayer = "psess-1"

// TestRecordedGameServers sends what unmodified SDKs of many versions sent,
// byte by byte but for the ids, and compares what they get with what they got.
func TestRecordedGameServers(t *testing.T) {
	files, err := filepath.Glob("testdata/frames-*.jsonl")
	if err != nil || len(files) == 0 {
		t.Fatal(files, err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".jsonl"), func(t *testing.T) {
			inHouse(t, nil, func(h *house) { (&replay{house: h}).run(t, recording(t, file)) })
		})
	}
}

// A replay is a game server that says what a recorded one said.
type replay struct {
	*house
	*sdk
	fleet   string
	session string
}

func (r *replay) run(t *testing.T, lines []line) {
	answers := map[string]fields{} // recorded, by RequestId
	pushes := map[string]fields{}  // recorded, by Action
	for _, l := range lines {
		if l.Dir != "S>C" {
			continue
		}
		if f := l.fields(t); f.str("RequestId") != "" {
			answers[f.str("RequestId")] = f
		} else {
			pushes[f.str("Action")] = f
		}
	}
	requests := 0
	for _, l := range lines {
		switch {
		case l.Dir == "HTTP":
			r.open(t, l.fields(t))
		case strings.HasPrefix(l.Dir, "C>S op1"):
			requests++
			r.request(t, l, answers, pushes)
		}
	}
	if requests < 3 {
		t.Fatalf("%d requests in the recording", requests)
	}
	r.quiet()
}

// open connects with the recorded request line, to the compute it names.
func (r *replay) open(t *testing.T, request fields) {
	q := request["query"].(map[string]any)
	named := func(name string) string { return q[name].([]any)[0].(string) }
	if f := named("FleetId"); f != fleet {
		do(r.house, world.CreateFleet{ID: f, Locations: []string{"custom-home"}})
	}
	if f, c := named("FleetId"), named("ComputeId"); f != fleet || c != host {
		do(r.house, world.RegisterCompute{Fleet: f, Name: c, IP: "127.0.0.1", Certificate: "/etc/certs"})
	}
	do(r.house, world.IssueComputeToken{Fleet: named("FleetId"), Compute: named("ComputeId"), Hash: hash(named("Authorization"))})
	r.fleet = named("FleetId")
	s, res := r.dial(request.str("uri"))
	if s == nil {
		t.Fatal(res)
	}
	r.sdk = s
}

func (r *replay) request(t *testing.T, l line, answers, pushes map[string]fields) {
	f := l.fields(t)
	action, id := f.str("Action"), f.str("RequestId")
	switch action {
	case "ActivateGameSession":
		r.session = do(r.house, world.CreateGameSession{
			ID: "gsess-1", Fleet: r.fleet, Name: "My match", Maximum: 8, Properties: map[string]string{"map": "desert"}, Data: "opaque",
		}).ID
		r.compare(t, pushes["CreateGameSession"], r.push("CreateGameSession"))
	case "AcceptPlayerSession":
		do(r.house, world.CreatePlayerSessions{Session: r.session, Players: []world.ReservedPlayer{{ID: recordedPlayer, Player: "p1", Data: "hello"}}})
	case "TerminateServerProcess":
		if pushes["TerminateProcess"] != nil {
			do(r.house, world.TerminateGameSession{ID: r.session})
			r.compare(t, pushes["TerminateProcess"], r.push("TerminateProcess"))
		}
	}
	was := pushes["CreateGameSession"].str("GameSessionId")
	r.write(strings.ReplaceAll(string(l.Frame), was, r.session))
	got := r.answer(id, action)
	switch action {
	case "StartMatchBackfill", "StopMatchBackfill":
		got.want(400)
	default:
		r.compare(t, answers[id], got.want(200).fields)
	}
}

// compare checks that got has every member that the SDK was given then, of
// the same type, but for what ours has no cause to say.
func (r *replay) compare(t *testing.T, recorded, got fields) {
	t.Helper()
	for _, name := range slices.Sorted(maps.Keys(recorded)) {
		was, is := recorded[name], got[name]
		if name == "NextToken" || name == "Expiration" || name == "StatusCode" {
			continue
		}
		if list, ok := was.([]any); ok && len(list) > 0 {
			ours, _ := is.([]any)
			if len(ours) != len(list) {
				t.Errorf("%s: %d in %s, want %d", got["Action"], len(ours), name, len(list))
				continue
			}
			r.compare(t, list[0].(map[string]any), ours[0].(map[string]any))
			continue
		}
		if typeOf(was) != typeOf(is) {
			t.Errorf("%s: %s is %v, was %v", got["Action"], name, is, was)
		}
	}
}

func typeOf(v any) string {
	switch v.(type) {
	case string:
		return "string"
	case float64:
		return "number"
	case map[string]any:
		return "object"
	case nil:
		return "nothing"
	}
	return "other"
}

// TestPingsDuringWork is C#: it pings before it sends, and waits.
func TestPingsDuringWork(t *testing.T) {
	inHouse(t, nil, func(h *house) {
		s := h.ready(process)
		release := h.journal.stall()
		s.send("r1", "TerminateServerProcess", nil)
		synctest.Wait()
		if err := s.ws.Ping(context.Background()); err != nil {
			t.Error(err)
		}
		release()
		s.answer("r1", "TerminateServerProcess").want(200)
	})
}
