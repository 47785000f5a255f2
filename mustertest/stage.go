package mustertest

import (
	"context"
	"errors"
	"sync/atomic"
	"time"

	"github.com/musterhq/muster"
)

// server is a game server process that records what it is told.
type server struct {
	muster.Host
	begun      chan muster.SessionConfig
	active     chan struct{}
	destroying chan struct{}
	destroyed  chan struct{}
	checks     atomic.Int64

	// What it answers.
	refuseCreate, refuseDestroy, unhealthy atomic.Bool
	// loading and checking, if set, are called by OnCreateSessionBegin and by
	// OnSessionHealthCheck.
	loading, checking func()
}

// newServer returns a process that is not ready yet.
func (s *stage) newServer(options HostOptions) *server {
	v := &server{
		Host:       s.NewHost(s.T, options),
		begun:      make(chan muster.SessionConfig, 16),
		active:     make(chan struct{}, 16),
		destroying: make(chan struct{}, 16),
		destroyed:  make(chan struct{}, 16),
	}
	v.Connect(muster.SessionNotifications{
		OnSessionHealthCheck: func(context.Context) bool {
			v.checks.Add(1)
			if v.checking != nil {
				v.checking()
			}
			return !v.unhealthy.Load()
		},
		OnCreateSessionBegin: func(_ context.Context, session muster.SessionConfig) bool {
			v.begun <- session
			if v.loading != nil {
				v.loading()
			}
			return !v.refuseCreate.Load()
		},
		OnCreateSessionEnd:    func(context.Context) { v.active <- struct{}{} },
		OnDestroySessionBegin: func(context.Context) bool { v.destroying <- struct{}{}; return !v.refuseDestroy.Load() },
		OnDestroySessionEnd:   func(context.Context) { v.destroyed <- struct{}{} },
	})
	return v
}

// readyServer returns a process that waits for a session.
func (s *stage) readyServer() *server {
	s.Helper()
	v := s.newServer(HostOptions{})
	s.must(v.NotifyProcessReady(s.ctx()))
	return v
}

// request returns a request for a session with the fixture's place in it.
func (s *stage) request(name string, maxPlayers uint64) muster.CreateSessionRequest {
	return muster.CreateSessionRequest{
		Name: name, MaxPlayers: maxPlayers, FleetID: s.FleetID, AliasID: s.AliasID, Location: s.Location,
	}
}

func (s *stage) query(filter string) muster.SearchSessionsRequest {
	return muster.SearchSessionsRequest{
		FilterExpression: filter, FleetID: s.FleetID, AliasID: s.AliasID, Location: s.Location,
	}
}

func (s *stage) client() *muster.Client { return &muster.Client{Provider: s.Provider} }

// create creates a session.
func (s *stage) create(request muster.CreateSessionRequest) string {
	s.Helper()
	id, err := s.tryCreate(request)
	s.must(err)
	return id
}

// tryCreate asks again while there is no capacity: a process that has just
// become ready may take a moment to count.
func (s *stage) tryCreate(request muster.CreateSessionRequest) (id string, err error) {
	s.poll(func() bool {
		id, err = s.client().CreateSession(s.ctx(), request)
		return !errors.Is(err, muster.ErrNoCapacity)
	})
	return id, err
}

// session creates a session on a process of its own and waits until it is
// active there and can be found.
func (s *stage) session(maxPlayers uint64) (*server, string) {
	s.Helper()
	return s.sessionOn(s.newServer(HostOptions{}), maxPlayers)
}

// lastingSession is a session that does not end when its last player leaves.
func (s *stage) lastingSession(maxPlayers uint64) (*server, string) {
	s.Helper()
	return s.sessionOn(s.newServer(HostOptions{KeepEmptySession: true}), maxPlayers)
}

func (s *stage) sessionOn(v *server, maxPlayers uint64) (*server, string) {
	s.Helper()
	s.must(v.NotifyProcessReady(s.ctx()))
	id := s.create(s.request("session", maxPlayers))
	take(s, v.active, "OnCreateSessionEnd")
	s.eventually("the session in a search", func() bool { return s.find(id) != nil })
	return v, id
}

// find returns the session if a search finds it.
func (s *stage) find(id string) *muster.SessionConfig {
	s.Helper()
	for session, err := range s.client().AllSessions(s.ctx(), s.query("")) {
		s.must(err)
		if session.SessionID == id {
			return &session
		}
	}
	return nil
}

func (s *stage) reserve(id, player string) (muster.SessionConnectionConfig, error) {
	return s.client().ReserveSession(s.ctx(), muster.JoinSessionRequest{SessionID: id, PlayerID: player})
}

func (s *stage) mustReserve(id, player string) muster.SessionConnectionConfig {
	s.Helper()
	connection, err := s.reserve(id, player)
	s.must(err)
	return connection
}

// join brings a player into a session on connection number n.
func (s *stage) join(v *server, id, player string, n uint32) muster.PlayerConnectionConfig {
	s.Helper()
	slot := s.mustReserve(id, player)
	connection := muster.PlayerConnectionConfig{ConnectionID: n, PlayerSessionID: slot.PlayerSessionID}
	s.must(v.ValidatePlayerJoinSession(s.ctx(), connection))
	return connection
}

func (s *stage) want(what string, err, cause error) {
	s.Helper()
	if !errors.Is(err, cause) {
		s.Errorf("%s: got error %v, want %v", what, err, cause)
	}
}

// take waits for what must happen.
func take[E any](s *stage, events <-chan E, what string) (event E) {
	s.Helper()
	select {
	case event = <-events:
	case <-time.After(s.Patience):
		s.Fatalf("waited %v in vain for %s", s.Patience, what)
	}
	return event
}

// never checks that something has not happened so far.
func never[E any](s *stage, events <-chan E, what string) {
	s.Helper()
	select {
	case <-events:
		s.Errorf("%s was called", what)
	default:
	}
}

// game connects players to a server within this process, in place of a
// network.
type game struct {
	server     *server
	connection muster.PlayerConnectionConfig
}

func (g *game) RequestPlayerJoinSession(ctx context.Context, c muster.SessionConnectionConfig) error {
	g.connection.PlayerSessionID = c.PlayerSessionID
	return g.server.ValidatePlayerJoinSession(ctx, g.connection)
}

func (g *game) RequestPlayerLeaveSession(ctx context.Context) error {
	return g.server.HandlePlayerLeaveSession(ctx, g.connection)
}

// broken is a game whose network does not work.
type broken struct{}

var errNetwork = errors.New("network is down")

func (broken) RequestPlayerJoinSession(context.Context, muster.SessionConnectionConfig) error {
	return errNetwork
}

func (broken) RequestPlayerLeaveSession(context.Context) error { return errNetwork }
