package compat

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"testing"
	"time"

	"github.com/coder/websocket"
	"github.com/google/uuid"
)

// patience is how long something that must come may take.
const patience = 20 * time.Second

// A gameServer is one process's end of the server SDK's websocket, moved by
// the test a frame at a time.
type gameServer struct {
	t       testing.TB
	ws      *websocket.Conn
	frames  chan map[string]any
	pushed  []map[string]any // came while an answer was waited for
	session string           // ARN of the game session it hosts
}

// dial opens the socket of a process. A nil client means http.DefaultClient.
func dial(t testing.TB, base string, query url.Values, c *http.Client) *gameServer {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	ws, _, err := websocket.Dial(ctx, base+"/?"+query.Encode(), &websocket.DialOptions{HTTPClient: c})
	if err != nil {
		t.Fatal(err)
	}
	ws.SetReadLimit(1 << 20)
	s := &gameServer{t: t, ws: ws, frames: make(chan map[string]any, 64)}
	done := make(chan struct{})
	go func() {
		defer close(done)
		s.read()
	}()
	t.Cleanup(func() {
		ws.CloseNow()
		<-done
	})
	return s
}

func (s *gameServer) read() {
	defer close(s.frames)
	for {
		_, b, err := s.ws.Read(context.Background())
		if err != nil {
			return
		}
		frame := map[string]any{}
		if err := json.Unmarshal(b, &frame); err != nil {
			s.t.Errorf("a frame that is no JSON object: %s", b)
			return
		}
		s.frames <- frame
	}
}

// ask sends a request and returns its answer.
func (s *gameServer) ask(action string, fields map[string]any) map[string]any {
	s.t.Helper()
	id := uuid.NewString()
	request := map[string]any{"Action": action, "RequestId": id}
	for name, value := range fields {
		request[name] = value
	}
	frame, err := json.Marshal(request)
	if err != nil {
		s.t.Fatal(err)
	}
	return s.exchange(id, string(frame))
}

// exchange sends a frame and returns the answer to the request in it.
func (s *gameServer) exchange(id, frame string) map[string]any {
	s.t.Helper()
	ctx, cancel := context.WithTimeout(s.t.Context(), patience)
	defer cancel()
	if err := s.ws.Write(ctx, websocket.MessageText, []byte(frame)); err != nil {
		s.t.Fatal(err)
	}
	for {
		f := s.next("the answer to " + frame)
		if f["RequestId"] == id {
			return f
		}
		s.pushed = append(s.pushed, f)
	}
}

// push returns the next push, which must have that action.
func (s *gameServer) push(action string) map[string]any {
	s.t.Helper()
	var f map[string]any
	if len(s.pushed) > 0 {
		f, s.pushed = s.pushed[0], s.pushed[1:]
	} else {
		f = s.next("a push of " + action)
	}
	if f["Action"] != action {
		s.t.Fatalf("got %v, want a push of %s", f, action)
	}
	return f
}

func (s *gameServer) next(what string) map[string]any {
	s.t.Helper()
	select {
	case f, open := <-s.frames:
		if !open {
			s.t.Fatalf("the socket was closed before %s", what)
		}
		return f
	case <-time.After(patience):
		s.t.Fatalf("nothing came for %v: want %s", patience, what)
	}
	return nil
}

// do is ask for what must succeed.
func (s *gameServer) do(action string, fields map[string]any) map[string]any {
	s.t.Helper()
	f := s.ask(action, fields)
	if f["StatusCode"] != 200.0 {
		s.t.Fatalf("%s: %v", action, f)
	}
	return f
}

// ready makes the process one that game sessions can be created on.
func (s *gameServer) ready(port int) {
	s.t.Helper()
	s.do("ActivateServerProcess", map[string]any{"SdkVersion": "5.6.0", "SdkLanguage": "Go", "Port": port, "LogPaths": []string{}})
	s.do("HeartbeatServerProcess", map[string]any{"HealthStatus": true})
}

// activate takes the game session that was created on the process.
func (s *gameServer) activate() {
	s.t.Helper()
	s.session = fmt.Sprint(s.push("CreateGameSession")["GameSessionId"])
	s.do("ActivateGameSession", map[string]any{"GameSessionId": s.session})
}
