package gate_test

import (
	"crypto/tls"
	"fmt"
	"runtime"
	"testing"

	"github.com/musterhq/muster/internal/world"
)

// forget leaves nothing of the client but its socket.
func (c *rawClient) forget() {
	if secure, ok := c.conn.(*tls.Conn); ok {
		c.conn = secure.NetConn()
	}
	c.r = nil
}

// BenchmarkIdleGameServer measures what a game server costs that is connected
// and ready, in bytes of heap and stacks: its socket, the gate's state, the
// world's and the memory journal's. What the kernel needs is not in it.
func BenchmarkIdleGameServer(b *testing.B) {
	const n = 2000
	for _, scheme := range []string{"ws", "wss"} {
		b.Run(scheme, func(b *testing.B) {
			s := openStreet(b, scheme)
			clients := make([]*rawClient, 0, n*b.N)
			before := inUse()
			b.ResetTimer()
			for range b.N {
				for range n {
					c := s.dial(fmt.Sprint("proc-", len(clients)))
					c.ask(`{"Action":"ActivateServerProcess","RequestId":"02e33cb7-abaf-4e64-bc55-ec23834ffb67","SdkVersion":"5.6.0","SdkLanguage":"Go","Port":7777,"LogPaths":["/local/game/logs"]}`)
					c.ask(`{"Action":"HeartbeatServerProcess","RequestId":"757d132f-4ecf-4be0-9317-b7a67d2a3dc1","HealthStatus":true}`)
					c.forget()
					clients = append(clients, c)
				}
			}
			b.StopTimer()
			b.ReportMetric(float64(inUse()-before)/float64(len(clients)), "B/server")
			b.ReportMetric(float64(b.Elapsed().Microseconds())/float64(len(clients)), "µs/server")
			if got := s.gate.Connected(); got != len(clients) {
				b.Fatalf("%d connected, want %d", got, len(clients))
			}
		})
	}
}

// inUse is heap and stacks once nothing is left to collect.
func inUse() int64 {
	for range 3 {
		runtime.GC()
	}
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.HeapInuse + m.StackInuse)
}

// BenchmarkRequest is one request and its answer over loopback, one after
// another: a read, and a command that becomes durable in the memory journal.
func BenchmarkRequest(b *testing.B) {
	for _, kind := range []struct{ name, frame string }{
		{"read", `{"Action":"GetComputeCertificate","RequestId":"%d"}`},
		{"command", `{"Action":"ActivateServerProcess","RequestId":"%d","SdkVersion":"5.6.0","SdkLanguage":"Go","Port":7777}`},
	} {
		b.Run(kind.name, func(b *testing.B) {
			c := openStreet(b, "ws").dial(process)
			b.ReportAllocs()
			for i := 0; b.Loop(); i++ {
				c.ask(fmt.Sprintf(kind.frame, i))
			}
		})
	}
}

// BenchmarkPush is from the commit of a new game session to its push at the
// game server, for one of many that are ready.
func BenchmarkPush(b *testing.B) {
	s := openStreet(b, "ws")
	for i := 0; b.Loop(); i++ {
		b.StopTimer()
		name := fmt.Sprint("proc-", i)
		c := s.dial(name)
		c.ask(`{"Action":"ActivateServerProcess","RequestId":"1","Port":7777}`)
		c.ask(`{"Action":"HeartbeatServerProcess","RequestId":"2","HealthStatus":true}`)
		b.StartTimer()
		do(s.house, world.CreateGameSession{ID: name, Fleet: fleet, Maximum: 8})
		c.frame()
		b.StopTimer()
		c.conn.Close()
		b.StartTimer()
	}
}
