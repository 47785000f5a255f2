package web

import (
	"net"
	"net/http"
	"sync"
)

// strangers are the connections that have not begun a request. A shutdown of
// net/http waits seconds for them, in which game servers could not come back
// to the next muster. The zero value is ready.
type strangers struct {
	mu     sync.Mutex // guards what follows
	conns  map[net.Conn]struct{}
	closed bool
}

// watch implements http.Server's ConnState.
func (s *strangers) watch(conn net.Conn, state http.ConnState) {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case state != http.StateNew:
		delete(s.conns, conn)
	case s.closed:
		conn.Close()
	default:
		if s.conns == nil {
			s.conns = map[net.Conn]struct{}{}
		}
		s.conns[conn] = struct{}{}
	}
}

// close drops them, and those that come from now on.
func (s *strangers) close() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.closed = true
	for conn := range s.conns {
		conn.Close()
	}
}
