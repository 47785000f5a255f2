package server_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"

	"github.com/coder/websocket"

	"github.com/musterhq/muster/server"
)

// call asks the API for an operation and returns the answer.
func call(t *testing.T, url, operation, input string) string {
	t.Helper()
	request, err := http.NewRequest(http.MethodPost, url, strings.NewReader(input))
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("X-Amz-Target", "GameLift."+operation)
	request.Header.Set("Content-Type", "application/x-amz-json-1.1")
	answer, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	var out struct{ FleetAttributes struct{ FleetId string } }
	if err := json.NewDecoder(answer.Body).Decode(&out); err != nil || answer.StatusCode != 200 {
		t.Fatalf("%s: %s, %v", operation, answer.Status, err)
	}
	return out.FleetAttributes.FleetId
}

// TestShutdownAnswersGameServers stops a server to which many game servers
// say that they end: none is told that this has failed, and the next server
// finds it done by those that were answered, and by no other.
func TestShutdownAnswersGameServers(t *testing.T) {
	cfg := server.Config{Listen: "127.0.0.1:0", Auth: server.Auth{None: true}, Data: t.TempDir()}
	ready, done := make(chan string, 1), make(chan error, 1)
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	first := cfg
	first.Ready = func(url string) { ready <- url }
	go func() { done <- server.New(first).Run(ctx) }()
	url := <-ready
	call(t, url, "CreateLocation", `{"LocationName":"custom-home"}`)
	fleet := call(t, url, "CreateFleet", `{"Name":"arena","ComputeType":"ANYWHERE","Locations":[{"Location":"custom-home"}]}`)
	call(t, url, "RegisterCompute", fmt.Sprintf(`{"FleetId":%q,"ComputeName":"host-1","IpAddress":"127.0.0.1","Location":"custom-home"}`, fleet))
	dial := func(url string, i int) (*websocket.Conn, *http.Response, error) {
		return websocket.Dial(t.Context(), fmt.Sprintf("ws%s/?pID=proc-%d&ComputeId=host-1&FleetId=%s", strings.TrimPrefix(url, "http"), i, fleet), nil)
	}

	var servers [200]struct {
		ws     *websocket.Conn
		answer string
		end    error
	}
	for i := range servers {
		ws, _, err := dial(url, i)
		if err != nil {
			t.Fatal(err)
		}
		defer ws.CloseNow()
		servers[i].ws = ws
	}
	var all sync.WaitGroup
	for i := range servers {
		s := &servers[i]
		all.Go(func() {
			if i == len(servers)/2 {
				stop()
			}
			s.ws.Write(t.Context(), websocket.MessageText, []byte(`{"Action":"TerminateServerProcess","RequestId":"end"}`))
			var frame []byte
			for s.end == nil {
				if _, frame, s.end = s.ws.Read(t.Context()); s.end == nil {
					s.answer += string(frame)
				}
			}
		})
	}
	all.Wait()
	if err := <-done; err != nil {
		t.Errorf("run: %v", err)
	}

	url = run(t, cfg)
	for i, s := range servers {
		if code := websocket.CloseStatus(s.end); code != -1 {
			t.Errorf("server %d: closed with %v, want it dropped", i, code)
		}
		if s.answer != "" && !strings.Contains(s.answer, `"StatusCode":200`) {
			t.Errorf("server %d: answered %s", i, s.answer)
		}
		ws, res, err := dial(url, i)
		if err == nil {
			ws.CloseNow()
		}
		if ended := res != nil && res.StatusCode == http.StatusForbidden; ended != (s.answer != "") {
			t.Errorf("server %d: ended %v, and was answered %q", i, ended, s.answer)
		}
	}
}
