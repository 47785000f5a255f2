package web_test

import (
	"context"
	"io"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/musterhq/muster/internal/web"
)

// A street is a listener to which a test sends its connections. They have no
// buffer, so that nothing is written that nobody reads.
type street struct {
	conns  chan net.Conn
	closed context.CancelFunc
	ctx    context.Context
}

func (s *street) Accept() (net.Conn, error) {
	select {
	case conn := <-s.conns:
		return conn, nil
	case <-s.ctx.Done():
		return nil, net.ErrClosed
	}
}

func (s *street) Close() error   { s.closed(); return nil }
func (s *street) Addr() net.Addr { return &net.TCPAddr{} }

// serve runs a server until the test, which is in a bubble, ends. It returns
// how to connect to it, too.
func serve(t *testing.T, h http.HandlerFunc) (s *web.Server, dial func() net.Conn) {
	l := &street{conns: make(chan net.Conn)}
	l.ctx, l.closed = context.WithCancel(context.Background())
	s, done := web.New(h, slog.New(slog.DiscardHandler)), make(chan error)
	go func() { done <- s.Serve(l) }()
	t.Cleanup(func() {
		s.Stop(context.Background())
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
	return s, func() net.Conn {
		here, there := net.Pipe()
		l.conns <- there
		return here
	}
}

// dropped waits for the server to end a connection and returns when it did.
func dropped(t *testing.T, conn net.Conn) time.Duration {
	t.Helper()
	begin := time.Now()
	conn.SetReadDeadline(begin.Add(time.Hour))
	if _, err := io.Copy(io.Discard, conn); err != nil {
		t.Error(err)
	}
	return time.Since(begin)
}

const request = "POST / HTTP/1.1\r\nHost: muster\r\nContent-Length: 4\r\n\r\nbody"

// say writes text to a connection.
func say(t *testing.T, conn net.Conn, text string) {
	t.Helper()
	if _, err := io.WriteString(conn, text); err != nil {
		t.Fatal(err)
	}
}

// TestPatience has clients stop at each stage.
func TestPatience(t *testing.T) {
	for sent, want := range map[string]time.Duration{
		"":                       10 * time.Second,
		"POST / HTTP":            10 * time.Second,
		request[:len(request)-1]: time.Minute,
		request:                  2 * time.Minute,
	} {
		synctest.Test(t, func(t *testing.T) {
			_, dial := serve(t, func(w http.ResponseWriter, r *http.Request) { io.Copy(w, r.Body) })
			conn := dial()
			if sent != "" {
				say(t, conn, sent)
			}
			if took := dropped(t, conn); took != want {
				t.Errorf("after %q: dropped after %v, want %v", sent, took, want)
			}
		})
	}
}

// TestClientThatNeverReads is given up, and its handler with it.
func TestClientThatNeverReads(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		gone := make(chan error, 1)
		_, dial := serve(t, func(w http.ResponseWriter, _ *http.Request) {
			_, err := w.Write(make([]byte, 1<<20))
			gone <- err
		})
		begin := time.Now()
		say(t, dial(), request)
		if err := <-gone; err == nil {
			t.Error("all was written")
		}
		if took := time.Since(begin); took != 2*time.Minute {
			t.Errorf("given up after %v, want 2 minutes", took)
		}
	})
}

// TestStop answers what is under way and drops connections that are silent.
func TestStop(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		asked, answer := make(chan struct{}), make(chan struct{})
		s, dial := serve(t, func(http.ResponseWriter, *http.Request) {
			close(asked)
			<-answer
		})
		silent, busy := dial(), dial()
		say(t, busy, request)
		<-asked
		stopped := make(chan struct{})
		go func() {
			s.Stop(context.Background())
			close(stopped)
		}()
		if took := dropped(t, silent); took != 0 {
			t.Errorf("a silent connection is dropped after %v", took)
		}
		select {
		case <-stopped:
			t.Error("stopped with a request under way")
		case <-time.After(time.Minute):
		}
		close(answer)
		got, err := io.ReadAll(busy)
		if err != nil || !strings.HasPrefix(string(got), "HTTP/1.1 200 ") {
			t.Errorf("answered %q, %v", got, err)
		}
		<-stopped
	})
}

// TestStopInTime drops a request that is not answered in time.
func TestStopInTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		asked := make(chan struct{})
		s, dial := serve(t, func(_ http.ResponseWriter, r *http.Request) {
			io.Copy(io.Discard, r.Body)
			close(asked)
			<-r.Context().Done()
		})
		say(t, dial(), request)
		<-asked
		patience, cancel := context.WithTimeout(context.Background(), 5*time.Second)
		defer cancel()
		begin := time.Now()
		s.Stop(patience)
		if took := time.Since(begin); took != 5*time.Second {
			t.Errorf("stopped after %v, want 5s", took)
		}
	})
}
