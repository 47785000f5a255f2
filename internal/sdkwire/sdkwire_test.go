package sdkwire_test

import (
	"bufio"
	"encoding/json"
	"errors"
	"net/url"
	"os"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/musterhq/muster/internal/sdkwire"
)

// recorded is one line of testdata/frames.jsonl: what an official SDK said or
// was told, or the URI it connected with.
type recorded struct {
	SDK   string
	From  string // game, service or query
	Frame json.RawMessage
}

func recordings(t testing.TB, from string) []recorded {
	t.Helper()
	file, err := os.Open("testdata/frames.jsonl")
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	var lines []recorded
	for scanner := bufio.NewScanner(file); scanner.Scan(); {
		var line recorded
		if err := json.Unmarshal(scanner.Bytes(), &line); err != nil {
			t.Fatal(err)
		}
		if line.From == from {
			lines = append(lines, line)
		}
	}
	if len(lines) == 0 {
		t.Fatalf("no recordings from %s", from)
	}
	return lines
}

// TestRequestsOfEverySDK decodes each recorded request and encodes it again:
// nothing it said may be lost, whichever SDK's spelling it came in.
func TestRequestsOfEverySDK(t *testing.T) {
	seen := map[sdkwire.Action]bool{}
	for _, line := range recordings(t, "game") {
		request, head, err := sdkwire.DecodeRequest(line.Frame)
		if err != nil {
			t.Fatalf("%s: %s: %v", line.SDK, line.Frame, err)
		}
		if head != sdkwire.HeaderOf(request) {
			t.Errorf("%s: header %v of a request with header %v", line.SDK, head, sdkwire.HeaderOf(request))
		}
		seen[head.Action] = true
		frame, err := sdkwire.EncodeRequest(head.RequestID, request)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(canonical(t, line.Frame), canonical(t, frame)); diff != "" {
			t.Errorf("%s: %s changes (-recorded +encoded):\n%s", line.SDK, head.Action, diff)
		}
	}
	if len(seen) != 12 {
		t.Errorf("recordings hold %d of 12 actions: %v", len(seen), seen)
	}
}

// canonical returns a frame's facts: keys in the spelling of the current SDKs,
// without what counts as absent.
func canonical(t *testing.T, frame []byte) any {
	t.Helper()
	var v any
	if err := json.Unmarshal(frame, &v); err != nil {
		t.Fatal(err)
	}
	return strip(v)
}

var spelling = map[string]string{
	"attrType": "AttrType", "LatencyInMS": "LatencyInMs",
	"PlayerSessionCreationPolicy": "PlayerSessionPolicy", "RoleArnm": "RoleArn",
}

func strip(v any) any {
	object, ok := v.(map[string]any)
	if !ok {
		if list, ok := v.([]any); ok {
			for i := range list {
				list[i] = strip(list[i])
			}
		}
		return v
	}
	facts := map[string]any{}
	for key, value := range object {
		if value = strip(value); value == nil || reflect.ValueOf(value).IsZero() {
			continue
		}
		if now, ok := spelling[key]; ok {
			key = now
		}
		facts[key] = value
	}
	return facts
}

// TestRepliesOfTheService encodes each recorded answer and push from what was
// decoded of it.
func TestRepliesOfTheService(t *testing.T) {
	for _, line := range recordings(t, "service") {
		status, err := sdkwire.DecodeReply(line.Frame)
		if err != nil {
			t.Fatal(err)
		}
		var again []byte
		want := canonical(t, line.Frame)
		if status.RequestID == "" {
			push, err := sdkwire.DecodePush(status.Action, line.Frame)
			if err != nil {
				t.Fatal(err)
			}
			again, err = sdkwire.EncodePush(push)
			if err != nil {
				t.Fatal(err)
			}
			want.(map[string]any)["StatusCode"] = float64(200) // the recorded service left it out
		} else {
			answer := answerTo(status.Action)
			if err := sdkwire.DecodeAnswer(line.Frame, answer); err != nil {
				t.Fatal(err)
			}
			again, err = sdkwire.EncodeAnswer(sdkwire.Header{Action: status.Action, RequestID: status.RequestID}, answer)
			if err != nil {
				t.Fatal(err)
			}
		}
		if diff := cmp.Diff(want, canonical(t, again)); diff != "" {
			t.Errorf("%s changes (-recorded +encoded):\n%s", status.Action, diff)
		}
	}
}

func answerTo(action sdkwire.Action) sdkwire.Reply {
	switch action {
	case sdkwire.DescribePlayerSessionsAction:
		return new(sdkwire.DescribePlayerSessionsAnswer)
	case sdkwire.StartMatchBackfillAction:
		return new(sdkwire.StartMatchBackfillAnswer)
	case sdkwire.GetComputeCertificateAction:
		return new(sdkwire.GetComputeCertificateAnswer)
	case sdkwire.GetFleetRoleCredentialsAction:
		return new(sdkwire.GetFleetRoleCredentialsAnswer)
	}
	return new(sdkwire.Status)
}

func TestQueryOfEverySDK(t *testing.T) {
	for _, line := range recordings(t, "query") {
		var uri string
		if err := json.Unmarshal(line.Frame, &uri); err != nil {
			t.Fatal(err)
		}
		u, err := url.Parse(uri)
		if err != nil {
			t.Fatal(err)
		}
		query := sdkwire.ParseQuery(u.Query())
		again, err := query.URL("ws://host:1/stage")
		if err != nil {
			t.Fatal(err)
		}
		parsed, err := url.Parse(again)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(u.Query(), parsed.Query()); diff != "" {
			t.Errorf("%s: query changes:\n%s", line.SDK, diff)
		}
		if parsed.Path != "/stage" {
			t.Errorf("path is %q, want the endpoint's", parsed.Path)
		}
	}
}

func TestQueryRefusesOtherEndpoints(t *testing.T) {
	for _, endpoint := range []string{"", "http://host", "ws://", "host:9080", "ws://%zz"} {
		if u, err := (sdkwire.Query{}).URL(endpoint); err == nil {
			t.Errorf("%q gives %q, want an error", endpoint, u)
		}
	}
}

func TestOldKeys(t *testing.T) {
	request, _, err := sdkwire.DecodeRequest([]byte(`{"Action":"GetFleetRoleCredentials","RequestId":"r","RoleArnm":"arn"}`))
	if err != nil {
		t.Fatal(err)
	}
	if got := request.(*sdkwire.GetFleetRoleCredentialsRequest); got.RoleARN != "arn" || got.OldRoleARN != "" {
		t.Errorf("role is %q, old key %q", got.RoleARN, got.OldRoleARN)
	}
}

// TestActionIsNotMistaken: what looks like an action need not be one.
func TestActionIsNotMistaken(t *testing.T) {
	for _, frame := range []string{
		`{"Nested":{"Action":"TerminateServerProcess"},"Action":"HeartbeatServerProcess","RequestId":"r"}`,
		`{"Text":"\"Action\":\"TerminateServerProcess\"","Action" : "HeartbeatServerProcess","RequestId":"r"}`,
		`{"Action":"TerminateServerProcess","Action":"HeartbeatServerProcess","RequestId":"r"}`,
	} {
		request, head, err := sdkwire.DecodeRequest([]byte(frame))
		if err != nil {
			t.Fatal(err)
		}
		if _, ok := request.(*sdkwire.HeartbeatServerProcessRequest); !ok || head.Action != sdkwire.HeartbeatServerProcessAction {
			t.Errorf("%s decodes as %T", frame, request)
		}
	}
}

func TestHealthLeftOutIsFalse(t *testing.T) {
	for _, frame := range []string{
		`{"Action":"HeartbeatServerProcess","RequestId":"r"}`,
		`{"action":"HeartbeatServerProcess","requestid":"r","healthstatus":null}`,
	} {
		request, head, err := sdkwire.DecodeRequest([]byte(frame))
		if err != nil {
			t.Fatal(err)
		}
		if request.(*sdkwire.HeartbeatServerProcessRequest).HealthStatus || head.RequestID != "r" {
			t.Errorf("%s gives %+v", frame, request)
		}
	}
}

func TestBadRequestKeepsItsHeader(t *testing.T) {
	for _, test := range []struct {
		frame string
		want  error
		id    string
	}{
		{`{"Action":"Dance","RequestId":"r"}`, sdkwire.ErrUnknownAction, "r"},
		{`{"RequestId":"r"}`, sdkwire.ErrUnknownAction, "r"},
		{`{"Action":"ActivateServerProcess","RequestId":"r","Port":"7777"}`, sdkwire.ErrMalformed, "r"},
		{`{"Action":"ActivateServerProcess"`, sdkwire.ErrMalformed, ""},
		{`[]`, sdkwire.ErrMalformed, ""},
		{``, sdkwire.ErrMalformed, ""},
	} {
		_, head, err := sdkwire.DecodeRequest([]byte(test.frame))
		if !errors.Is(err, test.want) || head.RequestID != test.id {
			t.Errorf("%s: %v, id %q; want %v, id %q", test.frame, err, head.RequestID, test.want, test.id)
		}
	}
}

// TestPushShape pins what SDKs of all languages insist on.
func TestPushShape(t *testing.T) {
	frame, err := sdkwire.EncodePush(&sdkwire.CreateGameSession{
		Status: sdkwire.Status{RequestID: "left over"}, GameSessionID: "s", MaximumPlayerSessionCount: 2,
	})
	if err != nil {
		t.Fatal(err)
	}
	const want = `{"Action":"CreateGameSession","StatusCode":200,"GameSessionId":"s","GameSessionName":"",` +
		`"GameSessionData":"","MatchmakerData":"","MaximumPlayerSessionCount":2,"Port":0,"IpAddress":"","DnsName":"","GameProperties":{}}`
	if string(frame) != want {
		t.Errorf("got  %s\nwant %s", frame, want)
	}
}

func TestAnswerShape(t *testing.T) {
	to := sdkwire.Header{Action: sdkwire.DescribePlayerSessionsAction, RequestID: "r"}
	frame, err := sdkwire.EncodeAnswer(to, new(sdkwire.DescribePlayerSessionsAnswer))
	if err != nil {
		t.Fatal(err)
	}
	if want := `{"Action":"DescribePlayerSessions","RequestId":"r","StatusCode":200,"PlayerSessions":[]}`; string(frame) != want {
		t.Errorf("got  %s\nwant %s", frame, want)
	}
	frame, err = sdkwire.EncodeError(to, 404, "no such player session")
	if err != nil {
		t.Fatal(err)
	}
	if want := `{"Action":"DescribePlayerSessions","RequestId":"r","StatusCode":404,"ErrorMessage":"no such player session"}`; string(frame) != want {
		t.Errorf("got  %s\nwant %s", frame, want)
	}
}

func TestMillis(t *testing.T) {
	moment := time.Date(2026, 11, 22, 12, 0, 0, 5e6, time.UTC)
	if got := sdkwire.MillisOf(moment).Time(); !got.Equal(moment) {
		t.Errorf("%v becomes %v", moment, got)
	}
	if m := sdkwire.MillisOf(time.Time{}); m != 0 || !m.Time().IsZero() {
		t.Errorf("the zero time becomes %d", m)
	}
}

// FuzzDecodeRequest: whatever decodes can be encoded and says the same again.
func FuzzDecodeRequest(f *testing.F) {
	for _, line := range recordings(f, "game") {
		f.Add([]byte(line.Frame))
	}
	f.Add([]byte(`{"Action":"StartMatchBackfill","Players":[{"PlayerAttributes":{"a":{"attrtype":null,"SL":[null]}}}]}`))
	f.Fuzz(func(t *testing.T, frame []byte) {
		request, head, err := sdkwire.DecodeRequest(frame)
		if err != nil {
			return
		}
		again, err := sdkwire.EncodeRequest(head.RequestID, request)
		if err != nil {
			t.Fatal(err)
		}
		repeated, _, err := sdkwire.DecodeRequest(again)
		if err != nil {
			t.Fatalf("%s: %v", again, err)
		}
		last, err := sdkwire.EncodeRequest(head.RequestID, repeated)
		if err != nil || string(last) != string(again) {
			t.Fatalf("%s becomes %s (%v)", again, last, err)
		}
	})
}

func FuzzDecodePush(f *testing.F) {
	for _, line := range recordings(f, "service") {
		f.Add([]byte(line.Frame))
	}
	f.Fuzz(func(t *testing.T, frame []byte) {
		status, err := sdkwire.DecodeReply(frame)
		if err != nil {
			return
		}
		push, err := sdkwire.DecodePush(status.Action, frame)
		if err != nil {
			return
		}
		again, err := sdkwire.EncodePush(push)
		if err != nil {
			t.Fatal(err)
		}
		if strings.Contains(string(again), `"RequestId"`) {
			t.Fatalf("a push with a request id: %s", again)
		}
	})
}

func BenchmarkDecodeRequest(b *testing.B) {
	for _, frame := range []string{
		`{"Action":"HeartbeatServerProcess","RequestId":"757d132f-4ecf-4be0-9317-b7a67d2a3dc1","HealthStatus":true}`,
		`{"Action":"AcceptPlayerSession","RequestId":"01eec0fb-9cbc-4fec-8da6-612cf1f3136f","GameSessionId":"arn:aws:gamelift:us-west-2::gamesession/fleet-1/gsess-1","PlayerSessionId":"psess-1"}`,
	} {
		_, head, _ := sdkwire.DecodeRequest([]byte(frame))
		b.Run(string(head.Action), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if _, _, err := sdkwire.DecodeRequest([]byte(frame)); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

func BenchmarkEncodeAnswer(b *testing.B) {
	to := sdkwire.Header{Action: sdkwire.HeartbeatServerProcessAction, RequestID: "757d132f-4ecf-4be0-9317-b7a67d2a3dc1"}
	b.ReportAllocs()
	for b.Loop() {
		if _, err := sdkwire.EncodeAnswer(to, new(sdkwire.Status)); err != nil {
			b.Fatal(err)
		}
	}
}
