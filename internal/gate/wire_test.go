package gate_test

import (
	"context"
	"fmt"
	"io"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/coder/websocket"
	"github.com/musterhq/muster/internal/gate"
	"github.com/musterhq/muster/internal/world"
)

func TestFramesThatAreNoRequests(t *testing.T) {
	inHouse(t, nil, func(h *house) {
		s := h.connect(process)
		for _, frame := range []string{
			"", " ", "null", "[]", `"hello"`, "7", "{", "{}", "not json", "\xff\xfe", `{"Action":"Nonsense"}`, `{"Action":7}`,
			`{"Action":null,"RequestId":null}`, strings.Repeat("[", 100_000), `{"StatusCode":200}`,
		} {
			s.write(frame)
			s.quiet()
		}
		if err := s.ws.Write(context.Background(), websocket.MessageBinary, []byte(`{"Action":"TerminateServerProcess","RequestId":"r0"}`)); err != nil {
			t.Fatal(err)
		}
		s.quiet()
		if p := h.process(process); p.Status != world.ProcessConnected {
			t.Errorf("the process is %s", p.Status)
		}
	})
}

func TestBadRequests(t *testing.T) {
	inHouse(t, nil, func(h *house) {
		s := h.ready(process)
		session, err := h.createSession()
		if err != nil {
			t.Fatal(err)
		}
		s.push("CreateGameSession")
		elsewhere := strings.Replace(session.ID, "gsess-1", "gsess-9", 1)
		for _, c := range []struct {
			action string
			fields fields
			status int
		}{
			{"Nonsense", nil, 400},
			{"CreateGameSession", nil, 400},
			{"", nil, 400},
			{"HeartbeatServerProcess", fields{"HealthStatus": "yes"}, 400},
			{"ActivateServerProcess", fields{"Port": 70_000}, 400},
			{"ActivateServerProcess", fields{"Port": "7777"}, 400},
			{"ActivateGameSession", nil, 404},
			{"ActivateGameSession", fields{"GameSessionId": elsewhere}, 404},
			{"AcceptPlayerSession", fields{"GameSessionId": session.ID, "PlayerSessionId": "psess-9"}, 404},
			{"RemovePlayerSession", fields{"GameSessionId": elsewhere, "PlayerSessionId": "psess-9"}, 404},
			{"UpdatePlayerSessionCreationPolicy", fields{"GameSessionId": session.ID, "PlayerSessionPolicy": "SOME"}, 400},
			{"DescribePlayerSessions", nil, 400},
			{"DescribePlayerSessions", fields{"PlayerId": "p", "GameSessionId": session.ID}, 400},
			{"DescribePlayerSessions", fields{"GameSessionId": elsewhere}, 404},
			{"DescribePlayerSessions", fields{"PlayerSessionId": "psess-9"}, 404},
			{"DescribePlayerSessions", fields{"PlayerId": "p", "PlayerSessionStatusFilter": "GONE"}, 400},
			{"DescribePlayerSessions", fields{"PlayerId": "p", "NextToken": "?"}, 400},
			{"StartMatchBackfill", fields{"GameSessionArn": session.ID}, 400},
			{"StopMatchBackfill", fields{"GameSessionArn": session.ID}, 400},
		} {
			s.ask(c.action, c.fields).want(c.status)
		}
		s.write(`{"Action":"HeartbeatServerProcess","HealthStatus":true}`)
		if f := s.next(); f.status() != 400 {
			t.Errorf("without a RequestId: %v", f)
		}
		s.send(strings.Repeat("r", 257), "HeartbeatServerProcess", nil)
		if f := s.next(); f.status() != 400 {
			t.Errorf("with a RequestId too long: %v", f)
		}
		s.quiet()
	})
}

func TestSpellingsOfOldSDKs(t *testing.T) {
	inHouse(t, nil, func(h *house) {
		s := h.connect(process)
		s.write(`{"REQUESTID":"1","action":"ActivateServerProcess","port":7777,"LOGPATHS":null,"SdkToolName":null,"New":{"a":[1]}}`)
		s.answer("1", "ActivateServerProcess").want(200)
		for i := range 3 {
			s.send(fmt.Sprint("beat ", i), "HeartbeatServerProcess", nil) // Go up to 5.1.0: no HealthStatus is a false one
			if i == 2 {
				s.push("TerminateProcess")
			}
			s.answer(fmt.Sprint("beat ", i), "HeartbeatServerProcess").want(200)
		}
	})
}

func TestLargeFrames(t *testing.T) {
	inHouse(t, nil, func(h *house) {
		s := h.ready(process)
		s.ask("StartMatchBackfill", fields{"Players": strings.Repeat("p", 900<<10)}).want(400)
		data := strings.Repeat("d", 380_000)
		do(h, world.CreateGameSession{ID: "gsess-1", Fleet: fleet, Maximum: 2, Data: data})
		if got := s.push("CreateGameSession").str("GameSessionData"); got != data {
			t.Errorf("%d bytes, want %d", len(got), len(data))
		}
		s.ws.Write(context.Background(), websocket.MessageText, make([]byte, 2<<20))
		synctest.Wait()
		if s.open() {
			t.Error("a frame of 2 MiB was read")
		}
		if p := h.process(process); p.Conn != "" || p.Status != world.ProcessHosting {
			t.Errorf("got %+v", p)
		}
	})
}

// TestFrameBeyondTheLimit drops the client as everything else does: without a
// close frame, which would keep some SDKs from coming back.
func TestFrameBeyondTheLimit(t *testing.T) {
	inHouse(t, nil, func(h *house) {
		loud := h.raw("/?" + query(process))
		loud.handshake()
		go loud.conn.Write(textFrame(strings.Repeat("x", 2<<20)))
		if b, err := io.ReadAll(loud.r); len(b) > 0 {
			t.Errorf("it was sent %q before the end (%v)", b, err)
		}
	})
}

// TestClientThatNeverReads is cut off, and holds up nobody: not the ledger,
// not another game server.
func TestClientThatNeverReads(t *testing.T) {
	inHouse(t, nil, func(h *house) {
		deaf := h.raw("/?" + query("deaf"))
		deaf.handshake()
		go func() {
			for i := 0; ; i++ {
				if _, err := deaf.conn.Write(textFrame(fmt.Sprintf(`{"Action":"HeartbeatServerProcess","RequestId":"%d"}`, i))); err != nil {
					return
				}
			}
		}()
		s := h.ready(process)
		time.Sleep(time.Minute)
		s.ask("HeartbeatServerProcess", fields{"HealthStatus": true}).want(200)
		if p := h.process("deaf"); p.Conn != "" {
			t.Errorf("it is still connected: %+v", p)
		}
		if n := h.gate.Connected(); n != 1 {
			t.Errorf("%d sockets, want 1", n)
		}
	})
}

func TestAnswerThatIsNotRead(t *testing.T) {
	inHouse(t, func(g *gate.Gate) { g.PingEvery = -1 }, func(h *house) {
		deaf := h.raw("/?" + query("deaf"))
		deaf.handshake()
		deaf.conn.Write(textFrame(`{"Action":"HeartbeatServerProcess","RequestId":"1"}`))
		time.Sleep(12 * time.Second)
		if p := h.process("deaf"); p.Conn != "" {
			t.Errorf("it is still connected: %+v", p)
		}
	})
}

// TestManyRequests sends more at once than are worked on at a time: the rest
// wait to be read, and none is refused.
func TestManyRequests(t *testing.T) {
	inHouse(t, nil, func(h *house) {
		s := h.ready(process)
		release := h.journal.stall()
		defer release()
		s.send("first", "HeartbeatServerProcess", fields{"HealthStatus": false}) // all others see what it did
		synctest.Wait()
		const n = 3000
		go s.pour("AcceptPlayerSession", n)
		s.quiet()
		time.Sleep(10 * time.Second)
		release()
		status := map[int]int{}
		for range n + 1 {
			status[s.next().status()]++
		}
		if status[200] != 1 || status[404] != n {
			t.Errorf("answers by status: %v", status)
		}
		s.ask("HeartbeatServerProcess", fields{"HealthStatus": true}).want(200)
	})
}

// TestPongBehindManyRequests: who has more to say than is read is not taken
// for dead, though its pong waits to be read, too.
func TestPongBehindManyRequests(t *testing.T) {
	inHouse(t, func(g *gate.Gate) { g.PingEvery = 8 * time.Second }, func(h *house) {
		c := h.raw("/?" + query(process))
		c.handshake()
		ping := c.frame()
		release := h.journal.stall()
		defer release()
		go io.Copy(io.Discard, c.r)
		go func() {
			for i := range 2 * 512 {
				c.conn.Write(textFrame(fmt.Sprintf(`{"Action":"ActivateServerProcess","RequestId":"%d"}`, i)))
			}
			c.conn.Write(append([]byte{0x8a, 0x80 | byte(len(ping)), 0, 0, 0, 0}, ping...))
		}()
		time.Sleep(30 * time.Second)
		release()
		if p := h.process(process); p.Conn == "" {
			t.Errorf("it was dropped: %+v", p)
		}
	})
}

// TestManyRequestsAndDeafEars: a client whose requests wait to be read, and
// that does not read the answers either, is dropped in time.
func TestManyRequestsAndDeafEars(t *testing.T) {
	inHouse(t, nil, func(h *house) {
		deaf := h.raw("/?" + query("deaf"))
		deaf.handshake()
		release := h.journal.stall()
		defer release()
		go func() {
			for i := 0; ; i++ {
				if _, err := deaf.conn.Write(textFrame(fmt.Sprintf(`{"Action":"ActivateServerProcess","RequestId":"%d"}`, i))); err != nil {
					return
				}
			}
		}()
		time.Sleep(5 * time.Second)
		release()
		time.Sleep(15 * time.Second)
		if p := h.process("deaf"); p.Conn != "" {
			t.Errorf("it is still connected: %+v", p)
		}
	})
}

// FuzzWire: whatever a client sends after the upgrade, the gate stays up and
// other game servers are served.
func FuzzWire(f *testing.F) {
	f.Add([]byte(nil))
	f.Add(textFrame("{}"))
	f.Add(textFrame(`{"Action":"HeartbeatServerProcess","RequestId":"1","HealthStatus":true}`))
	f.Add(textFrame(`{"Action":"DescribePlayerSessions","RequestId":"1","PlayerId":"p"}`)[:20])
	f.Add([]byte{0x81, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0, 0, 0, 0}) // a frame of 2^64-1 bytes
	f.Add([]byte{0x89, 0x80, 0, 0, 0, 0})                                                 // ping
	f.Add([]byte{0x88, 0x82, 0, 0, 0, 0, 0x03, 0xe8})                                     // close 1000
	f.Add([]byte{0x01, 0x81, 0, 0, 0, 0, '{', 0x80, 0x81, 0, 0, 0, 0, '}'})               // in two fragments
	f.Add([]byte{0xf1, 0x05, 'h', 'e', 'l', 'l', 'o'})                                    // reserved bits, no mask
	f.Fuzz(func(t *testing.T, sent []byte) {
		inHouse(t, nil, func(h *house) {
			wild := h.raw("/?" + query("wild"))
			wild.handshake()
			go io.Copy(io.Discard, wild.r)
			wild.conn.SetWriteDeadline(time.Now().Add(time.Second))
			wild.conn.Write(sent)
			s := h.ready(process)
			wild.conn.Close()
			s.ask("HeartbeatServerProcess", fields{"HealthStatus": true}).want(200)
			synctest.Wait() // for its loss to be noticed and recorded
			if p := h.process("wild"); p.Conn != "" {
				t.Errorf("it is still connected: %+v", p)
			}
		})
	})
}
