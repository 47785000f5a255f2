// Package web is the HTTP server that muster's doors stand behind: how much
// time and memory a client can take, and how it all stops. What a request
// means, it does not know.
//
// Start with [New].
package web

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"net/http"
	"time"
)

// How long a client may take.
const (
	headWithin  = 10 * time.Second // to send the head of a request
	askedWithin = time.Minute      // to send all of it
	toldWithin  = 2 * time.Minute  // to send all of it, be answered and read the answer
	idleAtMost  = 2 * time.Minute  // until the next request of a connection
	headAtMost  = 64 << 10         // bytes
)

// A Server serves HTTP. Make it with New.
type Server struct {
	http      http.Server
	strangers strangers
}

// New returns a server that has h answer requests and tells log what clients
// did wrong, for whoever wants to know.
func New(h http.Handler, log *slog.Logger) *Server {
	s := new(Server)
	s.http = http.Server{
		Handler: h, ConnState: s.strangers.watch, MaxHeaderBytes: headAtMost,
		ReadHeaderTimeout: headWithin, ReadTimeout: askedWithin, WriteTimeout: toldWithin, IdleTimeout: idleAtMost,
		ErrorLog: slog.NewLogLogger(log.Handler(), slog.LevelDebug),
	}
	return s
}

// Serve takes connections from l until Stop. It returns nil then, or why there
// are no more.
func (s *Server) Serve(l net.Listener) error {
	if err := s.http.Serve(l); !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return nil
}

// Stop takes no more requests, and returns when those under way are answered;
// when ctx is done it drops what is left of them. Nobody waits for connections
// that have not asked for anything.
func (s *Server) Stop(ctx context.Context) {
	s.strangers.close()
	if s.http.Shutdown(ctx) != nil {
		s.http.Close()
	}
}
