package gate_test

import (
	"context"
	"fmt"
	"net"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/musterhq/muster/internal/world"
)

func TestCrowdComesBack(t *testing.T) {
	const n = 300
	synctest.Test(t, func(t *testing.T) {
		h := open(t, newJournal(), nil)
		defer func() { h.stop() }()
		h.furnish()
		for i := range n {
			h.ready(fmt.Sprint("proc-", i))
		}
		h.restart()
		var all sync.WaitGroup
		back := make([]*sdk, n)
		for i := range n {
			all.Go(func() { back[i] = h.connect(fmt.Sprint("proc-", i)) })
		}
		all.Wait()
		synctest.Wait()
		if got := h.gate.Connected(); got != n {
			t.Errorf("%d sockets, want %d", got, n)
		}
		for i, s := range back {
			s.ask("HeartbeatServerProcess", fields{"HealthStatus": true}).want(200)
			if p := h.process(fmt.Sprint("proc-", i)); p.Conn == "" || p.Status != world.ProcessIdle {
				t.Fatalf("got %+v", p)
			}
		}
	})
}

// TestHalfOpenConnections: those who ask for a socket by halves do not keep a
// game server from getting one, and do not stay.
func TestHalfOpenConnections(t *testing.T) {
	inHouse(t, nil, func(h *house) {
		conns := make([]net.Conn, 1000)
		for i := range conns {
			conn, err := h.pipes.dial(context.Background(), "", "")
			if err != nil {
				t.Fatal(err)
			}
			defer conn.Close()
			if _, err := conn.Write([]byte("GET /?pID=x HTTP/1.1\r\nUpgrade: web")); err != nil {
				t.Fatal(err)
			}
			conns[i] = conn
		}
		h.ready(process)
		time.Sleep(6 * time.Second)
		for _, conn := range conns {
			if _, err := conn.Write([]byte("x")); err == nil {
				t.Fatal("a half-open connection was kept")
			}
		}
	})
}

// TestEndedProcessesTakeLittle: answers are not kept for those who cannot ask
// again.
func TestEndedProcessesTakeLittle(t *testing.T) {
	const processes, requests, most = 50, 1000, 4 << 20
	inHouse(t, nil, func(h *house) {
		before := inUse()
		for i := range processes {
			s := h.connect(fmt.Sprint("proc-", i))
			for range requests {
				s.ask("RemovePlayerSession", fields{"GameSessionId": "none", "PlayerSessionId": "none"}).want(404)
			}
			if i%2 == 0 {
				s.ask("TerminateServerProcess", nil).want(200)
			} else {
				s.send("end", "TerminateServerProcess", nil)
			}
			s.vanish()
		}
		synctest.Wait()
		if more := inUse() - before; more > most {
			t.Errorf("%d ended processes take %d kB", processes, more>>10)
		}
	})
}
