package compat

import (
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"strings"
	"testing"
)

// recordings are what server SDKs have sent to another service.
var recordings = []struct {
	title, file string
	verifies    bool // the SDK verifies certificates
}{
	{"Go 5.0.0", "frames-go-5.0.0.jsonl", true},
	{"Go 5.6.0", "frames-go-5.6.0.jsonl", true},
	{"C++ 5.1.3", "frames-cpp-5.1.3.jsonl", false},
	{"C++ 5.4.0", "frames-cpp-5.4.0.jsonl", false},
	{"C# 5.1.1", "frames-csharp-5.1.1.jsonl", false},
	{"Go 5.4.0 in game-server-wrapper 1.2.0", "frames-wrapper-1.2.0.jsonl", true},
}

// testReplay plays every recording over both transports.
func testReplay(t *testing.T, r *report) {
	for _, recording := range recordings {
		frames := readFrames(t, recording.file)
		for _, transport := range []string{"ws", "wss"} {
			t.Run(recording.title+" "+transport, func(t *testing.T) {
				p := &replay{stage: newStage(t, kind{open: openGoV2}), answers: map[string]map[string]any{}, pushes: map[string]map[string]any{}}
				if n := p.play(frames, transport, recording.verifies); !t.Failed() {
					r.replayed(recording.title, transport, fmt.Sprintf("✓ %d", n))
				}
			})
		}
	}
}

// A frame is one line of a recording.
type frame struct {
	Direction string          `json:"dir"`
	Frame     json.RawMessage `json:"frame"`
}

func readFrames(t *testing.T, file string) []frame {
	t.Helper()
	b, err := os.ReadFile("../internal/gate/testdata/" + file)
	if err != nil {
		t.Fatal(err)
	}
	var frames []frame
	for line := range strings.Lines(string(b)) {
		var f frame
		if err := json.Unmarshal([]byte(line), &f); err != nil {
			t.Fatal(err)
		}
		frames = append(frames, f)
	}
	return frames
}

// A replay is a recording on its way.
type replay struct {
	*stage
	game     *gameServer
	recorded map[string]string         // what is called differently now
	answers  map[string]map[string]any // as recorded, by RequestId
	pushes   map[string]map[string]any // as recorded, by Action
	hosting  bool
}

// play sends what the SDK has sent and returns how many requests that was.
func (p *replay) play(frames []frame, transport string, verifies bool) int {
	p.arrange()
	sent := 0
	for _, f := range frames {
		if f.Direction == "S>C" {
			p.learn(f.Frame)
		}
	}
	for _, f := range frames {
		switch f.Direction {
		case "HTTP":
			p.connect(f.Frame, transport, verifies)
		case "C>S ping":
			if err := p.game.ws.Ping(p.Context()); err != nil {
				p.Fatal(err)
			}
		case "C>S op1":
			sent += p.send(f.Frame)
		}
	}
	return sent
}

// arrange makes a fleet with a compute.
func (p *replay) arrange() {
	p.Helper()
	for _, step := range append(scene(), given("GetComputeAuthToken", `{"FleetId":"${fleet}","ComputeName":"host-1"}`).keep("token", "AuthToken")) {
		p.perform(step, kind{})
	}
}

// learn takes note of what the other service has sent.
func (p *replay) learn(document json.RawMessage) {
	var f map[string]any
	if err := json.Unmarshal(document, &f); err != nil {
		p.Fatal(err)
	}
	if id := text(f["RequestId"]); id != "" {
		p.answers[id] = f
	} else {
		p.pushes[text(f["Action"])] = f
	}
}

// connect opens the socket as the SDK has.
func (p *replay) connect(document json.RawMessage, transport string, verifies bool) {
	p.Helper()
	var upgrade struct{ Query url.Values }
	if err := json.Unmarshal(document, &upgrade); err != nil {
		p.Fatal(err)
	}
	query := upgrade.Query
	p.recorded = map[string]string{
		query.Get("FleetId"):   p.names["fleet"],
		query.Get("ComputeId"): "host-1",
		"arn:aws:gamelift:us-west-2::gamesession/" + query.Get("FleetId") + "/custom-home/": "",
	}
	query.Set("FleetId", p.names["fleet"])
	query.Set("ComputeId", "host-1")
	query.Set("Authorization", p.names["token"])
	address := strings.TrimPrefix(p.server.http, "http")
	if transport == "wss" {
		p.game = dial(p.T, "wss"+address, query, p.secure(verifies))
		return
	}
	p.game = dial(p.T, "ws"+address, query, nil)
}

// secure returns a client with TLS 1.2, which is the newest that the SDKs
// take. Those for C++ and C# take any certificate.
func (p *replay) secure(verifies bool) *http.Client {
	p.Helper()
	pem, err := os.ReadFile(p.server.cert)
	if err != nil {
		p.Fatal(err)
	}
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM(pem)
	transport := &http.Transport{TLSClientConfig: &tls.Config{
		MinVersion: tls.VersionTLS12, MaxVersion: tls.VersionTLS12, RootCAs: roots, InsecureSkipVerify: !verifies,
	}}
	p.Cleanup(transport.CloseIdleConnections)
	return &http.Client{Transport: transport}
}

// send sends one request of the SDK, brings about what it is an answer to, and
// returns 1; or 0 if it is left out.
func (p *replay) send(document json.RawMessage) int {
	p.Helper()
	var request struct{ Action, RequestId, GameSessionId string }
	if err := json.Unmarshal(document, &request); err != nil {
		p.Fatal(err)
	}
	switch request.Action {
	case "StartMatchBackfill", "StopMatchBackfill":
		return 0
	case "ActivateGameSession":
		p.recorded[request.GameSessionId] = p.names["session"]
	case "AcceptPlayerSession":
		p.perform(given("CreatePlayerSession", `{"GameSessionId":"${session}","PlayerId":"p1","PlayerData":"hello"}`).
			keep("player", "PlayerSession.PlayerSessionId"), kind{})
		p.recorded["psess-1"] = p.names["player"]
	case "TerminateServerProcess":
		p.perform(given("TerminateGameSession", `{"GameSessionId":"${session}","TerminationMode":"TRIGGER_ON_PROCESS_TERMINATE"}`), kind{})
		p.expect("TerminateProcess")
	}
	answer := p.game.exchange(request.RequestId, p.rename(string(document)))
	if answer["Action"] != request.Action || answer["StatusCode"] != 200.0 {
		p.Errorf("%s was answered with %v", request.Action, answer)
	}
	p.resembles(p.answers[request.RequestId], answer)
	if request.Action == "HeartbeatServerProcess" && !p.hosting {
		p.host()
	}
	return 1
}

// host creates a game session on the process, which is up for one once its
// first heartbeat was answered.
func (p *replay) host() {
	p.Helper()
	p.hosting = true
	p.perform(given("CreateGameSession", `{"FleetId":"${fleet}","MaximumPlayerSessionCount":8,"Name":"My match","GameSessionData":"opaque",
		"GameProperties":[{"Key":"map","Value":"desert"}]}`).keep("session", "GameSession.GameSessionId"), kind{})
	p.expect("CreateGameSession")
}

// expect waits for a push like the recorded one.
func (p *replay) expect(action string) {
	p.Helper()
	push := p.game.push(action)
	if _, named := push["RequestId"]; named {
		p.Errorf("a push has a RequestId: %v", push)
	}
	if p.pushes[action] != nil {
		p.resembles(p.pushes[action], push)
	}
}

// rename puts the identifiers of this run in the place of those recorded: long
// ones first, for they contain short ones.
func (p *replay) rename(document string) string {
	for old, present := range p.recorded {
		if strings.HasPrefix(old, "arn:") && present != "" {
			document = strings.ReplaceAll(document, `"`+old+`"`, `"`+present+`"`)
		}
	}
	for old, present := range p.recorded {
		document = strings.ReplaceAll(document, `"`+old+`"`, `"`+present+`"`)
	}
	return document
}

// optional are members of which this run has no value.
var optional = map[string]bool{
	"NextToken":      true, // there is one page
	"MatchmakerData": true, // matchmaking is not offered
	// Of a role in an account of AWS: a fleet without one has none.
	"AssumedRoleUserArn": true, "AssumedRoleId": true, "AccessKeyId": true, "SecretAccessKey": true, "SessionToken": true, "Expiration": true,
}

// resembles checks that a frame has the members that the SDK was recorded to
// get, each of the same kind.
func (p *replay) resembles(recorded, got any) {
	p.Helper()
	switch r := recorded.(type) {
	case map[string]any:
		g, _ := got.(map[string]any)
		for name := range r {
			if _, there := g[name]; there {
				p.resembles(r[name], g[name])
			} else if !optional[name] {
				p.Errorf("%s is not in %v", name, got)
			}
		}
	case []any:
		g, _ := got.([]any)
		if len(g) != len(r) {
			p.Errorf("%v has not %d items", got, len(r))
			return
		}
		for i := range r {
			p.resembles(r[i], g[i])
		}
	default:
		if fmt.Sprintf("%T", recorded) != fmt.Sprintf("%T", got) {
			p.Errorf("%v is no %T", got, recorded)
		}
	}
}
