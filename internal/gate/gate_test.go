package gate_test

import (
	"errors"
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

func TestSessionOnlyAfterTheFirstHeartbeat(t *testing.T) {
	inHouse(t, nil, func(h *house) {
		s := h.connect(process)
		s.ask("ActivateServerProcess", fields{"Port": 7777}).want(200)
		if _, err := h.createSession(); !errors.Is(err, world.ErrNoCapacity) {
			t.Fatalf("before the heartbeat: %v, want no capacity", err)
		}
		s.ask("HeartbeatServerProcess", fields{"HealthStatus": true}).want(200)
		session, err := h.createSession()
		if err != nil {
			t.Fatal(err)
		}
		push := s.push("CreateGameSession")
		if push.str("GameSessionId") != session.ID || push.str("GameSessionName") != "My match" || push["Port"] != 7777.0 ||
			push["GameProperties"].(map[string]any)["map"] != "desert" || push.str("DnsName") != "localhost" {
			t.Errorf("got %v", push)
		}
		s.quiet()
		s.vanish()
		again := h.connect(process)
		again.quiet() // once, not once a socket
	})
}

// TestNamelessMachine has a machine with an address alone: that is its name,
// to game servers as to players.
func TestNamelessMachine(t *testing.T) {
	inHouse(t, nil, func(h *house) {
		do(h, world.DeregisterCompute{Fleet: fleet, Name: host})
		do(h, world.RegisterCompute{Fleet: fleet, Name: host, IP: "127.0.0.1"})
		do(h, world.IssueComputeToken{Fleet: fleet, Compute: host, Hash: hash(token)})
		s := h.ready(process)
		session, err := h.createSession()
		if err != nil {
			t.Fatal(err)
		}
		if push := s.push("CreateGameSession"); push.str("DnsName") != "127.0.0.1" || push.str("IpAddress") != "127.0.0.1" {
			t.Errorf("pushed %v", push)
		}
		s.ask("ActivateGameSession", fields{"GameSessionId": session.ID}).want(200)
		h.reserve(session.ID, "a")
		a := s.ask("DescribePlayerSessions", fields{"GameSessionId": session.ID}).want(200)
		if p := fields(a.fields["PlayerSessions"].([]any)[0].(map[string]any)); p.str("DnsName") != "127.0.0.1" {
			t.Errorf("described %v", p)
		}
	})
}

// TestSilentProcessIsToldToEnd has a game server whose socket is fine but whose
// health reports stop: it counts as ended, and is told so.
func TestSilentProcessIsToldToEnd(t *testing.T) {
	inHouse(t, nil, func(h *house) {
		s := h.ready(process)
		if _, err := h.createSession(); err != nil {
			t.Fatal(err)
		}
		s.push("CreateGameSession")
		time.Sleep(4 * time.Minute)
		s.push("TerminateProcess")
		if p := h.process(process); p.Status != world.ProcessEnded {
			t.Errorf("it is %s", p.Status)
		}
		s.ask("TerminateServerProcess", nil).want(200)
	})
}

func TestFireAndForgetKeepsItsOrder(t *testing.T) {
	inHouse(t, nil, func(h *house) {
		s := h.connect(process)
		s.send("1", "ActivateServerProcess", fields{"Port": 7777})
		s.send("2", "HeartbeatServerProcess", fields{"HealthStatus": true})
		s.answer("1", "ActivateServerProcess").want(200)
		s.answer("2", "HeartbeatServerProcess").want(200)
		session, err := h.createSession()
		if err != nil {
			t.Fatalf("the heartbeat overtook ProcessReady: %v", err)
		}
		s.push("CreateGameSession")
		s.ask("ActivateGameSession", fields{"GameSessionId": session.ID}).want(200)
		const n = 200
		for i := range n {
			h.reserve(session.ID, fmt.Sprint(i))
		}
		for i := range n {
			f := fields{"GameSessionId": session.ID, "PlayerSessionId": fmt.Sprint("psess-", i)}
			s.send(fmt.Sprint("accept ", i), "AcceptPlayerSession", f)
			s.send(fmt.Sprint("remove ", i), "RemovePlayerSession", f)
		}
		s.send("describe", "DescribePlayerSessions", fields{"GameSessionId": session.ID})
		s.send("end", "TerminateServerProcess", nil)
		got := map[string]fields{}
		for range 2*n + 2 {
			f := s.next()
			got[f.str("RequestId")] = f
			if f.status() != 200 {
				t.Fatalf("got %v", f)
			}
		}
		for _, p := range got["describe"]["PlayerSessions"].([]any) {
			if status := p.(map[string]any)["Status"]; status != "COMPLETED" {
				t.Errorf("described as %v, want COMPLETED", status)
			}
		}
	})
}

// TestOrderWhileTheJournalFails: what is tried again is not overtaken.
func TestOrderWhileTheJournalFails(t *testing.T) {
	inHouse(t, nil, func(h *house) {
		s := h.ready(process)
		session, err := h.createSession()
		if err != nil {
			t.Fatal(err)
		}
		s.push("CreateGameSession")
		s.ask("ActivateGameSession", fields{"GameSessionId": session.ID}).want(200)
		const n, apart = 25, 13
		for i := range n {
			h.reserve(session.ID, fmt.Sprint(i))
		}
		h.journal.breakDown(true)
		for i := range n + apart {
			f := func(i int) fields {
				return fields{"GameSessionId": session.ID, "PlayerSessionId": fmt.Sprint("psess-", i)}
			}
			if i < n {
				s.send(fmt.Sprint("accept ", i), "AcceptPlayerSession", f(i))
			}
			if i >= apart {
				s.send(fmt.Sprint("remove ", i-apart), "RemovePlayerSession", f(i-apart))
			}
			time.Sleep(10 * time.Millisecond)
		}
		h.journal.breakDown(false)
		for range 2 * n {
			if f := s.next(); f.status() != 200 {
				t.Errorf("got %v", f)
			}
		}
	})
}

func TestReconnect(t *testing.T) {
	inHouse(t, nil, func(h *house) {
		s := h.ready(process)
		s.vanish()
		if p := h.process(process); p.Conn != "" || p.Status != world.ProcessIdle {
			t.Fatalf("after the loss: %+v", p)
		}
		if _, err := h.createSession(); !errors.Is(err, world.ErrNoCapacity) {
			t.Fatalf("while it is away: %v, want no capacity", err)
		}
		s = h.connect(process)
		session, err := h.createSession()
		if err != nil {
			t.Fatal(err)
		}
		s.push("CreateGameSession")
		s.ask("ActivateGameSession", fields{"GameSessionId": session.ID}).want(200)
		s.vanish()
		do(h, world.TerminateGameSession{ID: session.ID})
		s = h.connect(process)
		push := s.push("TerminateProcess")
		if by := h.process(process).TerminateBy; push["TerminationTime"] != float64(by) {
			t.Errorf("TerminationTime %v, want %d", push["TerminationTime"], by)
		}
		s.quiet()
		s.vanish()
		h.connect(process).quiet()
	})
}

func TestReconnectGrace(t *testing.T) {
	inHouse(t, nil, func(h *house) {
		s := h.ready(process)
		s.vanish()
		time.Sleep(4 * time.Minute)
		s = h.connect(process)
		s.vanish()
		time.Sleep(6 * time.Minute)
		if p := h.process(process); p.Status != world.ProcessEnded {
			t.Fatalf("got %+v, want it ended", p)
		}
		if _, res := h.dial("/?" + query(process)); res == nil || res.StatusCode != 403 {
			t.Fatalf("an ended process: %v, want 403", res)
		}
	})
}

func TestPushWaitsForASocketOnItsWay(t *testing.T) {
	inHouse(t, nil, func(h *house) {
		h.ready(process).vanish()
		raw := h.raw("/?" + query(process)) // and its 101 is not read yet
		synctest.Wait()
		session, err := h.createSession()
		if err != nil {
			t.Fatal(err)
		}
		synctest.Wait()
		raw.handshake()
		if frame := raw.frame(); !strings.Contains(frame, session.ID) {
			t.Errorf("got %s, want the push of %s", frame, session.ID)
		}
	})
}

func TestUntoldSessionIsNotToldWhenItHasEnded(t *testing.T) {
	inHouse(t, nil, func(h *house) {
		h.ready(process).vanish()
		raw := h.raw("/?" + query(process))
		synctest.Wait()
		session, err := h.createSession()
		if err != nil {
			t.Fatal(err)
		}
		do(h, world.TerminateGameSession{ID: session.ID})
		synctest.Wait()
		raw.handshake()
		if frame := raw.frame(); !strings.Contains(frame, "TerminateProcess") {
			t.Errorf("got %s, want TerminateProcess alone", frame)
		}
	})
}

func TestPushThatWasNotSentGoesOutLater(t *testing.T) {
	inHouse(t, nil, func(h *house) {
		h.ready(process).vanish()
		raw := h.raw("/?" + query(process))
		raw.handshake()
		raw.conn.Write(textFrame(`{"Action":"HeartbeatServerProcess","RequestId":"r9","HealthStatus":true}`))
		time.Sleep(time.Second) // the answer is being written, and not read
		session, err := h.createSession()
		if err != nil {
			t.Fatal(err)
		}
		synctest.Wait()
		raw.conn.Close()
		synctest.Wait()
		s := h.connect(process)
		if push := s.push("CreateGameSession"); push.str("GameSessionId") != session.ID {
			t.Errorf("got %v", push)
		}
		s.quiet()
	})
}

func TestSocketThatWasOvertaken(t *testing.T) {
	inHouse(t, nil, func(h *house) {
		h.ready(process).vanish()
		late := h.raw("/?" + query(process))
		synctest.Wait()
		s := h.connect(process)
		late.handshake()
		if _, err := h.createSession(); err != nil {
			t.Fatal(err)
		}
		s.push("CreateGameSession")
		time.Sleep(15 * time.Second)
		if b, err := io.ReadAll(late.r); len(b) > 0 || err != nil {
			t.Errorf("the late socket got %q, %v, want nothing and an end", b, err)
		}
		if !s.open() || h.process(process).Conn == "" {
			t.Error("the newer socket does not count")
		}
	})
}

func TestSupersede(t *testing.T) {
	inHouse(t, nil, func(h *house) {
		old := h.ready(process)
		fresh := h.connect(process)
		time.Sleep(6 * time.Second)
		old.ask("HeartbeatServerProcess", fields{"HealthStatus": true}).want(200)
		if _, err := h.createSession(); err != nil {
			t.Fatal(err)
		}
		fresh.push("CreateGameSession")
		old.quiet()
		time.Sleep(10 * time.Second)
		old.dropped()
		if !fresh.open() {
			t.Error("the newer socket is gone too")
		}
		if p := h.process(process); p.Conn == "" {
			t.Error("the end of the old socket counts as that of the new one")
		}
		if n := h.gate.Connected(); n != 1 {
			t.Errorf("%d sockets, want 1", n)
		}
	})
}

func TestRequestSentAgain(t *testing.T) {
	inHouse(t, nil, func(h *house) {
		s := h.ready(process)
		session, err := h.createSession()
		if err != nil {
			t.Fatal(err)
		}
		s.push("CreateGameSession")
		s.ask("ActivateGameSession", fields{"GameSessionId": session.ID}).want(200)
		h.reserve(session.ID, "p1")
		accept := fields{"GameSessionId": session.ID, "PlayerSessionId": "psess-p1"}

		release := h.journal.stall() // nothing becomes durable, so nothing is answered
		s.send("r1", "AcceptPlayerSession", accept)
		s.send("r1", "AcceptPlayerSession", accept)
		s.quiet()
		other := make(chan *sdk)
		go func() { other <- h.connect(process) }()
		synctest.Wait()
		release()
		s.answer("r1", "AcceptPlayerSession").want(200)
		again := <-other
		s.quiet() // one answer a socket, however often it asked

		deny, accepting := fields{"GameSessionId": session.ID, "PlayerSessionPolicy": "DENY_ALL"}, fields{"GameSessionId": session.ID, "PlayerSessionPolicy": "ACCEPT_ALL"}
		again.send("deny", "UpdatePlayerSessionCreationPolicy", deny)
		again.answer("deny", "UpdatePlayerSessionCreationPolicy").want(200)
		again.ask("UpdatePlayerSessionCreationPolicy", accepting).want(200)
		for range 5 {
			time.Sleep(time.Minute)
			again.ask("HeartbeatServerProcess", fields{"HealthStatus": true}).want(200)
		}
		again.send("r1", "AcceptPlayerSession", accept)
		again.answer("r1", "AcceptPlayerSession").want(200)
		again.send("r2", "AcceptPlayerSession", accept)
		no := again.answer("r2", "AcceptPlayerSession").want(409)
		again.send("r2", "AcceptPlayerSession", accept)
		if same := again.answer("r2", "AcceptPlayerSession"); same.str("ErrorMessage") != no.str("ErrorMessage") {
			t.Errorf("got %v, then %v", no, same)
		}
		again.send("deny", "UpdatePlayerSessionCreationPolicy", deny)
		again.answer("deny", "UpdatePlayerSessionCreationPolicy").want(200)
		h.reserve(session.ID, "p2") // it was not done a second time

		// Another action under a RequestId that was used is another request.
		again.send("r1", "RemovePlayerSession", accept)
		again.answer("r1", "RemovePlayerSession").want(200)
		if got := h.player("psess-p1"); got != world.PlayerCompleted {
			t.Errorf("the player is %s", got)
		}
	})
}

func TestAnswerWithoutJournal(t *testing.T) {
	inHouse(t, nil, func(h *house) {
		s := h.ready(process)
		h.journal.breakDown(true)
		s.send("r1", "TerminateServerProcess", nil)
		time.Sleep(5 * time.Second)
		s.quiet()
		time.Sleep(15 * time.Second)
		s.answer("r1", "TerminateServerProcess").want(500)
		s.send("r1", "TerminateServerProcess", nil)
		time.Sleep(5 * time.Second)
		h.journal.breakDown(false)
		s.answer("r1", "TerminateServerProcess").want(200)
	})
}

func TestTerminateServerProcess(t *testing.T) {
	inHouse(t, nil, func(h *house) {
		s := h.ready(process)
		s.ask("TerminateServerProcess", nil).want(200)
		s.ask("TerminateServerProcess", nil).want(200)
		s.ask("HeartbeatServerProcess", fields{"HealthStatus": true}).want(409)
		time.Sleep(50 * time.Second)
		if !s.open() {
			t.Fatal("the socket was dropped at once: Go SDKs would reconnect")
		}
		time.Sleep(15 * time.Second)
		s.dropped()
		if _, res := h.dial("/?" + query(process)); res == nil || res.StatusCode != 403 {
			t.Errorf("an ended process: %v, want 403", res)
		}
		if !strings.Contains(h.log.String(), "unique process id") {
			t.Errorf("the log does not say what to do:\n%s", h.log)
		}
	})
}

func TestClientCloses(t *testing.T) {
	for _, code := range []websocket.StatusCode{websocket.StatusGoingAway, websocket.StatusNormalClosure, websocket.StatusNoStatusRcvd} {
		inHouse(t, nil, func(h *house) {
			s := h.ready(process)
			if err := s.ws.Close(code, "bye"); code != websocket.StatusNoStatusRcvd && err != nil {
				t.Errorf("close %d: %v, want the handshake finished", code, err)
			}
			synctest.Wait()
			if n := h.gate.Connected(); n != 0 {
				t.Errorf("close %d: %d sockets are still open", code, n)
			}
			if p := h.process(process); p.Status != world.ProcessIdle || p.Conn != "" {
				t.Errorf("close %d: %+v, want a live process without a socket", code, p)
			}
		})
	}
}

func TestRestart(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := open(t, newJournal(), nil)
		defer func() { h.stop() }()
		h.furnish()
		hosting, idle := h.ready("hosting"), h.ready("idle")
		session, err := h.createSession()
		if err != nil {
			t.Fatal(err)
		}
		hosting.push("CreateGameSession")
		hosting.ask("ActivateGameSession", fields{"GameSessionId": session.ID}).want(200)
		h.reserve(session.ID, "p1")
		accept := fields{"GameSessionId": session.ID, "PlayerSessionId": "psess-p1"}
		hosting.send("r1", "AcceptPlayerSession", accept)
		hosting.answer("r1", "AcceptPlayerSession").want(200)

		h.restart()
		hosting.dropped()
		idle.dropped()
		time.Sleep(30 * time.Second)

		hosting, idle = h.connect("hosting"), h.connect("idle")
		hosting.send("r1", "AcceptPlayerSession", accept)
		hosting.answer("r1", "AcceptPlayerSession").want(200)
		hosting.quiet() // pushed nothing again
		hosting.ask("RemovePlayerSession", accept).want(200)
		next := do(h, world.CreateGameSession{ID: "gsess-2", Fleet: fleet, Maximum: 2})
		if next.Process != "idle" || idle.push("CreateGameSession").str("GameSessionId") != next.ID {
			t.Errorf("the second session is on %s", next.Process)
		}
	})
}

// TestEndIsToldUntilItIsKnown asks processes to end: who was away then, or took
// it without a sign, is told when it comes back, also after a restart, and who
// knows is not told twice.
func TestEndIsToldUntilItIsKnown(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := open(t, newJournal(), nil)
		defer func() { h.stop() }()
		h.furnish()
		knows := h.ready("knows")
		h.ready("away").vanish()
		h.ready("lost").vanish()
		lost := h.raw("/?" + query("lost"))
		lost.handshake()
		do(h, world.DeregisterCompute{Fleet: fleet, Name: host})
		knows.push("TerminateProcess")
		if frame := lost.frame(); !strings.Contains(frame, "TerminateProcess") {
			t.Fatalf("got %s", frame)
		}
		synctest.Wait()
		lost.conn.Close()
		back := h.connect("lost")
		back.push("TerminateProcess")
		back.quiet()

		h.restart()
		away := h.connect("away")
		if push, by := away.push("TerminateProcess"), h.process("away").TerminateBy; push["TerminationTime"] != float64(by) {
			t.Errorf("TerminationTime %v, want %d", push["TerminationTime"], by)
		}
		away.quiet()

		h.restart()
		for _, who := range []string{"knows", "away", "lost"} {
			h.connect(who).quiet()
		}
	})
}

func TestSilence(t *testing.T) {
	inHouse(t, func(g *gate.Gate) { g.PingEvery = 20 * time.Second }, func(h *house) {
		alive := h.ready("alive")
		half := h.raw("/?" + query("half"))
		half.handshake() // and then it reads nothing, so no ping either
		time.Sleep(45 * time.Second)
		synctest.Wait()
		if !alive.open() {
			t.Error("a client that answers pings was dropped")
		}
		if p := h.process("half"); p.Conn != "" {
			t.Errorf("a client that does not was not: %+v", p)
		}
	})
}

func TestObserve(t *testing.T) {
	calls := make(chan gate.Call, 10)
	inHouse(t, func(g *gate.Gate) { g.Observe = func(c gate.Call) { calls <- c } }, func(h *house) {
		s := h.connect(process)
		s.ask("HeartbeatServerProcess", nil).want(200)
		s.ask("Nonsense", nil).want(400)
		if c := <-calls; c.Action != "HeartbeatServerProcess" || c.Status != 200 {
			t.Errorf("got %+v", c)
		}
		if c := <-calls; c.Action != "" || c.Status != 400 {
			t.Errorf("got %+v, want no name of a client's choosing", c)
		}
	})
}
