package gate_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"sync/atomic"
	"testing/synctest"

	"github.com/coder/websocket"
	"github.com/musterhq/muster/internal/auth"
)

func hash(token string) string { return auth.HashToken(token) }

// A fields is a frame, taken apart.
type fields map[string]any

func (f fields) str(name string) string {
	s, _ := f[name].(string)
	return s
}

func (f fields) status() int {
	n, _ := f["StatusCode"].(float64)
	return int(n)
}

// An sdk is a game server's end of a socket.
type sdk struct {
	h      *house
	ws     *websocket.Conn
	frames chan fields // what came, in order
	gone   chan error  // why the socket ended
	serial atomic.Int64
}

// query is a game server's usual one.
func query(process string) string {
	return fmt.Sprintf("Authorization=%s&ComputeId=%s&FleetId=%s&pID=%s&sdkLanguage=Go&sdkVersion=5.6.0", token, host, fleet, process)
}

// dial opens a socket at a path and query, or returns the response that
// turned it away.
func (h *house) dial(target string) (*sdk, *http.Response) {
	h.Helper()
	transport := &http.Transport{DialContext: h.pipes.dial}
	defer transport.CloseIdleConnections()
	ws, res, err := websocket.Dial(context.Background(), "ws://muster"+target, &websocket.DialOptions{HTTPClient: &http.Client{Transport: transport}})
	if err != nil {
		return nil, res
	}
	ws.SetReadLimit(8 << 20)
	s := &sdk{h: h, ws: ws, frames: make(chan fields, 10_000), gone: make(chan error, 1)}
	go s.read()
	return s, nil
}

// connect opens the socket of a process.
func (h *house) connect(process string) *sdk {
	h.Helper()
	s, res := h.dial("/?" + query(process))
	if s == nil {
		h.Fatalf("connect %s: %v", process, res)
	}
	return s
}

// ready is a process that is up for game sessions.
func (h *house) ready(process string) *sdk {
	h.Helper()
	s := h.connect(process)
	s.ask("ActivateServerProcess", fields{"SdkVersion": "5.6.0", "SdkLanguage": "Go", "Port": 7777, "LogPaths": nil}).want(200)
	s.ask("HeartbeatServerProcess", fields{"HealthStatus": true}).want(200)
	return s
}

func (s *sdk) read() {
	for {
		_, b, err := s.ws.Read(context.Background())
		if err != nil {
			s.gone <- err
			return
		}
		var f fields
		if err := json.Unmarshal(b, &f); err != nil {
			s.gone <- err
			return
		}
		s.frames <- f
	}
}

func (s *sdk) write(frame string) {
	s.h.Helper()
	if err := s.ws.Write(context.Background(), websocket.MessageText, []byte(frame)); err != nil {
		s.h.Fatalf("write %s: %v", frame, err)
	}
}

// send sends a request under a RequestId.
func (s *sdk) send(id, action string, f fields) {
	s.h.Helper()
	all := fields{"Action": action, "RequestId": id}
	for k, v := range f {
		all[k] = v
	}
	b, err := json.Marshal(all)
	if err != nil {
		s.h.Fatal(err)
	}
	s.write(string(b))
}

// pour sends n requests, for as long as the socket takes them.
func (s *sdk) pour(action string, n int) {
	for i := range n {
		frame := fmt.Sprintf(`{"Action":%q,"RequestId":"%d"}`, action, i)
		if s.ws.Write(context.Background(), websocket.MessageText, []byte(frame)) != nil {
			return
		}
	}
}

// An answered request can be checked.
type answered struct {
	fields
	s *sdk
}

// ask sends a request with a RequestId of its own and waits for the answer.
func (s *sdk) ask(action string, f fields) answered {
	s.h.Helper()
	id := fmt.Sprintf("%p-%d", s, s.serial.Add(1))
	s.send(id, action, f)
	return s.answer(id, action)
}

// answer waits for the answer to a request, which must be the next frame.
func (s *sdk) answer(id, action string) answered {
	s.h.Helper()
	f := s.next()
	if f.str("RequestId") != id || f.str("Action") != action {
		s.h.Fatalf("got %v, want the answer to %s %s", f, action, id)
	}
	return answered{f, s}
}

func (a answered) want(status int) answered {
	a.s.h.Helper()
	if a.status() != status {
		a.s.h.Fatalf("got %v, want status %d", a.fields, status)
	}
	if status != 200 && a.str("ErrorMessage") == "" {
		a.s.h.Fatalf("got %v without an ErrorMessage", a.fields)
	}
	return a
}

// push waits for a push, which must be the next frame.
func (s *sdk) push(action string) fields {
	s.h.Helper()
	f := s.next()
	if _, named := f["RequestId"]; named || f.str("Action") != action || f.status() != 200 {
		s.h.Fatalf("got %v, want a push of %s with status 200 and no RequestId", f, action)
	}
	return f
}

func (s *sdk) next() fields {
	s.h.Helper()
	select {
	case f := <-s.frames:
		return f
	case err := <-s.gone:
		s.gone <- err
		s.h.Fatalf("the socket ended: %v", err)
		return nil
	}
}

// quiet checks that nothing more has come.
func (s *sdk) quiet() {
	s.h.Helper()
	synctest.Wait()
	select {
	case f := <-s.frames:
		s.h.Fatalf("got %v, want silence", f)
	default:
	}
}

// open says whether the socket is.
func (s *sdk) open() bool {
	synctest.Wait()
	return len(s.gone) == 0
}

// vanish is a lost connection.
func (s *sdk) vanish() {
	s.ws.CloseNow()
	synctest.Wait()
}

// dropped checks that the socket is gone, and without a close frame.
func (s *sdk) dropped() {
	s.h.Helper()
	synctest.Wait()
	select {
	case err := <-s.gone:
		s.gone <- err
		if websocket.CloseStatus(err) != -1 || !(errors.Is(err, io.EOF) || errors.Is(err, io.ErrClosedPipe)) {
			s.h.Fatalf("the socket ended with %v, want an abrupt end", err)
		}
	default:
		s.h.Fatal("the socket is open, want it dropped")
	}
}
