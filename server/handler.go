package server

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
)

// handler sends each request to its door: game servers upgrade, everybody
// else of GameLift posts.
func (s *Server) handler() http.Handler {
	pages := http.NewServeMux()
	pages.HandleFunc("GET /healthz", func(w http.ResponseWriter, _ *http.Request) { fmt.Fprintln(w, "ok") })
	pages.HandleFunc("GET /readyz", s.readyz)
	pages.Handle("GET /metrics", s.meters.handler())
	pages.HandleFunc("GET /{$}", s.front)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch {
		case strings.EqualFold(r.Header.Get("Upgrade"), "websocket"):
			s.gate.ServeHTTP(w, r)
		case r.Method == http.MethodPost:
			s.door.ServeHTTP(w, r)
		default:
			pages.ServeHTTP(w, r)
		}
	})
}

// readyz says whether requests can be served, and which part cannot.
func (s *Server) readyz(w http.ResponseWriter, _ *http.Request) {
	checks := map[string]string{"ledger": "ok"}
	status := http.StatusOK
	if err := s.ledger.Healthy(); err != nil {
		checks["ledger"], status = err.Error(), http.StatusServiceUnavailable
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	json.NewEncoder(w).Encode(checks)
}

func (s *Server) front(w http.ResponseWriter, _ *http.Request) {
	fmt.Fprintf(w, `muster %s: sessions for multiplayer games

AWS GameLift API   POST %s
game servers       websocket on the same port
health             /healthz /readyz
metrics            /metrics

Try: eval "$(muster env)" and then: aws gamelift list-fleets --endpoint-url %[2]s
`, s.cfg.Version, s.url)
}
