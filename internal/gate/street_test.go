package gate_test

import (
	"bufio"
	"context"
	"crypto/tls"
	"io"
	"net"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	"github.com/musterhq/muster/internal/gate"
	"github.com/musterhq/muster/internal/ledger"
)

// A street is a house at a loopback port, in real time.
type street struct {
	*house
	addr   string
	secure bool
}

func openStreet(t testing.TB, scheme string) *street {
	t.Helper()
	h := &house{TB: t, ledger: ledger.New(ledger.Config{Journal: newJournal()})}
	h.gate = &gate.Gate{Ledger: h.ledger}
	server := httptest.NewUnstartedServer(h.gate)
	if scheme == "wss" {
		server.StartTLS()
	} else {
		server.Start()
	}
	ctx, cancel := context.WithCancel(context.Background())
	var work sync.WaitGroup
	work.Go(func() { h.ledger.Run(ctx) })
	work.Go(func() { h.gate.Run(ctx) })
	h.stop = func() { server.Close(); cancel(); work.Wait() }
	t.Cleanup(h.stop)
	h.furnish()
	return &street{h, server.Listener.Addr().String(), scheme == "wss"}
}

// dial connects a process as C++ and C# do: with TLS 1.2 at most, whatever the
// certificate.
func (s *street) dial(process string) *rawClient {
	s.Helper()
	conn, err := net.Dial("tcp", s.addr)
	if err != nil {
		s.Fatal(err)
	}
	s.Cleanup(func() { conn.Close() })
	if s.secure {
		conn = tls.Client(conn, &tls.Config{InsecureSkipVerify: true, MaxVersion: tls.VersionTLS12})
	}
	if err := requestUpgrade(conn, "localhost:9080", "/?"+query(process)); err != nil {
		s.Fatal(err)
	}
	c := &rawClient{s.house, conn, bufio.NewReader(conn)}
	c.handshake()
	return c
}

// ask sends a frame and reads the next one.
func (c *rawClient) ask(frame string) {
	c.h.Helper()
	if _, err := c.conn.Write(textFrame(frame)); err != nil {
		c.h.Fatal(err)
	}
	c.frame()
}

func TestOverTCP(t *testing.T) {
	for _, scheme := range []string{"ws", "wss"} {
		t.Run(scheme, func(t *testing.T) {
			s := openStreet(t, scheme)
			stays, leaves := s.dial("stays"), s.dial("leaves")
			for _, c := range []*rawClient{stays, leaves} {
				c.ask(`{"Action":"ActivateServerProcess","RequestId":"1","Port":7777}`)
				c.ask(`{"Action":"HeartbeatServerProcess","RequestId":"2","HealthStatus":true}`)
			}
			// C++ hangs for minutes in Destroy unless this gets an answer and an end.
			leaves.conn.Write([]byte{0x88, 0x82, 0, 0, 0, 0, 0x03, 0xe9})
			rest, _ := io.ReadAll(leaves.r)
			if !strings.HasPrefix(string(rest), "\x88\x02\x03\xe9") {
				t.Errorf("after close 1001 came %q, want the same and an end", rest)
			}
			// And a close frame of ours would keep some SDKs from coming back.
			s.stop()
			if rest, _ := io.ReadAll(stays.r); len(rest) != 0 {
				t.Errorf("at the end came %q, want nothing", rest)
			}
		})
	}
}
