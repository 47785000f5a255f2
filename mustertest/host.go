package mustertest

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/musterhq/muster"
)

func hostIsReadyOnce(s *stage) {
	v, id := s.session(2)
	s.want("a process that is ready already", v.NotifyProcessReady(s.ctx()), muster.ErrConflict)
	never(s, v.destroying, "OnDestroySessionBegin")
	s.join(v, id, "ann", 1)
}

func hostValidates(s *stage) {
	v, id := s.session(3)
	s.want("no player session", v.ValidatePlayerJoinSession(s.ctx(), muster.PlayerConnectionConfig{ConnectionID: 1}), muster.ErrInvalidRequest)
	unknown := muster.PlayerConnectionConfig{ConnectionID: 1, PlayerSessionID: "psess-unknown"}
	if err := v.ValidatePlayerJoinSession(s.ctx(), unknown); err == nil {
		s.Error("a player session that does not exist lets a player in")
	}
	ann := s.join(v, id, "ann", 1) // the connection was forgotten, so a retry succeeds
	bob := muster.PlayerConnectionConfig{ConnectionID: 1, PlayerSessionID: s.mustReserve(id, "bob").PlayerSessionID}
	s.want("a connection that is registered already", v.ValidatePlayerJoinSession(s.ctx(), bob), muster.ErrConflict)
	twin := muster.PlayerConnectionConfig{ConnectionID: 3, PlayerSessionID: ann.PlayerSessionID}
	switch err := v.ValidatePlayerJoinSession(s.ctx(), twin); {
	case err == nil:
		s.Error("one player session lets two connections in")
	case errors.Is(err, muster.ErrConflict):
		s.Errorf("a player session that is used already: %v, which is about connections", err)
	}
}

func hostValidatesOnce(s *stage) {
	v, id := s.lastingSession(2)
	slot := s.mustReserve(id, "ann")
	connection := muster.PlayerConnectionConfig{ConnectionID: 1, PlayerSessionID: slot.PlayerSessionID}
	if won := succeeded(20, func() error { return v.ValidatePlayerJoinSession(s.ctx(), connection) }); won != 1 {
		s.Errorf("%d of many validations of one connection succeeded, want 1", won)
	}
	if won := succeeded(20, func() error { return v.HandlePlayerLeaveSession(s.ctx(), connection) }); won != 1 {
		s.Errorf("%d of many leaves of one connection succeeded, want 1", won)
	}
}

// succeeded counts the successes of calls made at the same time.
func succeeded(calls int, call func() error) (n int) {
	results := make(chan error, calls)
	for range calls {
		go func() { results <- call() }()
	}
	for range calls {
		if <-results == nil {
			n++
		}
	}
	return n
}

func hostLeaves(s *stage) {
	v, id := s.session(3)
	ann, bob := s.join(v, id, "ann", 1), s.join(v, id, "bob", 2)
	stranger := muster.PlayerConnectionConfig{ConnectionID: 9, PlayerSessionID: ann.PlayerSessionID}
	s.want("a connection nobody knows", v.HandlePlayerLeaveSession(s.ctx(), stranger), muster.ErrNotFound)
	s.must(v.HandlePlayerLeaveSession(s.ctx(), ann))
	s.want("leaving twice", v.HandlePlayerLeaveSession(s.ctx(), ann), muster.ErrNotFound)
	s.wantPlayers(id, 1)
	if err := v.ValidatePlayerJoinSession(s.ctx(), ann); err == nil {
		s.Error("a player session is used a second time")
	}
	s.join(v, id, "carl", 1) // the connection's number is free again
	s.must(v.HandlePlayerLeaveSession(s.ctx(), bob))
	never(s, v.destroying, "OnDestroySessionBegin")
}

func hostRefusesSession(s *stage) {
	v := s.newServer(HostOptions{})
	v.refuseCreate.Store(true)
	s.wantFailedSession(v)
}

func hostPanics(s *stage) {
	v := s.newServer(HostOptions{})
	v.loading = func() { panic("no such level") }
	s.wantFailedSession(v)
}

// wantFailedSession makes a process ready that will not take its session, and
// expects the destroy path.
func (s *stage) wantFailedSession(v *server) {
	s.Helper()
	s.must(v.NotifyProcessReady(s.ctx()))
	var id string
	s.eventually("a session begun", func() bool {
		var err error
		id, err = s.client().CreateSession(s.ctx(), s.request("duel", 2))
		return err == nil || len(v.begun) > 0 // a provider may wait for the game and fail
	})
	take(s, v.destroying, "OnDestroySessionBegin")
	take(s, v.destroyed, "OnDestroySessionEnd")
	never(s, v.active, "OnCreateSessionEnd")
	if found := s.find(id); found != nil {
		s.Errorf("found %+v, which the game refused", found)
	}
	_, err := s.client().CreateSession(s.ctx(), s.request("next", 2))
	s.want("a process that has ended", err, muster.ErrNoCapacity)
}

func hostDestroysPassively(s *stage) {
	v, id := s.session(2)
	ann, bob := s.join(v, id, "ann", 1), s.join(v, id, "bob", 2)
	s.must(v.HandlePlayerLeaveSession(s.ctx(), ann))
	never(s, v.destroying, "OnDestroySessionBegin")
	s.must(v.HandlePlayerLeaveSession(s.ctx(), bob))
	take(s, v.destroying, "OnDestroySessionBegin")
	take(s, v.destroyed, "OnDestroySessionEnd")
	s.eventually("the session gone", func() bool { return s.find(id) == nil })
	if _, err := s.reserve(id, "carl"); err == nil {
		s.Error("a slot was reserved in a session that has ended")
	}
}

func hostKeepsEmptySession(s *stage) {
	v, id := s.lastingSession(2)
	for i := range 3 {
		s.must(v.HandlePlayerLeaveSession(s.ctx(), s.join(v, id, fmt.Sprint("ann-", i), 1)))
		// Another session that comes and goes shows that there was time for it.
		other, otherID := s.session(2)
		s.must(other.HandlePlayerLeaveSession(s.ctx(), s.join(other, otherID, fmt.Sprint("bob-", i), 1)))
		take(s, other.destroyed, "OnDestroySessionEnd")
		never(s, v.destroying, "OnDestroySessionBegin")
		s.wantPlayers(id, 0)
	}
	s.join(v, id, "carl", 1)
}

func hostKeepsUnusedSession(s *stage) {
	v, id := s.session(2)
	unknown := muster.PlayerConnectionConfig{ConnectionID: 1, PlayerSessionID: "psess-unknown"}
	if err := v.ValidatePlayerJoinSession(s.ctx(), unknown); err == nil {
		s.Error("a player session that does not exist lets a player in")
	}
	s.join(v, id, "ann", 1)
	never(s, v.destroying, "OnDestroySessionBegin")
}

func hostRefusesDestroy(s *stage) {
	v, id := s.session(2)
	v.refuseDestroy.Store(true)
	err := v.HandleDestroySession(s.ctx())
	s.want("a destroy the game refuses", err, muster.ErrRejected)
	var failed *muster.StepError
	if !errors.As(err, &failed) || failed.Step != muster.StepAnnounce {
		s.Errorf("%v does not say that the game was asked", err)
	}
	never(s, v.destroyed, "OnDestroySessionEnd")
	if s.find(id) == nil {
		s.Error("the provider ended a session that the game kept")
	}
	v.refuseDestroy.Store(false)
	s.must(v.HandleDestroySession(s.ctx()))
	take(s, v.destroyed, "OnDestroySessionEnd")
	s.eventually("the session gone", func() bool { return s.find(id) == nil })
}

func hostDestroysOnce(s *stage) {
	v, id := s.session(2)
	ann := s.join(v, id, "ann", 1)
	slot := s.mustReserve(id, "bob")
	if won := succeeded(5, func() error { return v.HandleDestroySession(s.ctx()) }); won != 5 {
		s.Errorf("%d of 5 destroys succeeded, want all", won)
	}
	s.must(v.HandleDestroySession(s.ctx()))
	take(s, v.destroying, "OnDestroySessionBegin")
	take(s, v.destroyed, "OnDestroySessionEnd")
	never(s, v.destroying, "OnDestroySessionBegin once more")
	never(s, v.destroyed, "OnDestroySessionEnd once more")
	bob := muster.PlayerConnectionConfig{ConnectionID: 2, PlayerSessionID: slot.PlayerSessionID}
	if v.ValidatePlayerJoinSession(s.ctx(), bob) == nil || v.HandlePlayerLeaveSession(s.ctx(), ann) == nil {
		s.Error("players come or go after the session was destroyed")
	}
}

func hostStaysDestroyed(s *stage) {
	v := s.newServer(HostOptions{})
	s.must(v.HandleDestroySession(s.ctx()))
	take(s, v.destroyed, "OnDestroySessionEnd")
	s.want("a process that was destroyed before it was ready", v.NotifyProcessReady(s.ctx()), muster.ErrConflict)
	_, err := s.client().CreateSession(s.ctx(), s.request("duel", 2))
	s.want("a session on a process that has ended", err, muster.ErrNoCapacity)
}

func hostStaysRefused(s *stage) {
	v := s.newServer(HostOptions{})
	v.refuseDestroy.Store(true)
	s.want("a destroy the game refuses", v.HandleDestroySession(s.ctx()), muster.ErrRejected)
	s.want("a process that was asked to end before it was ready", v.NotifyProcessReady(s.ctx()), muster.ErrConflict)
	_, err := s.client().CreateSession(s.ctx(), s.request("duel", 2))
	s.want("a session on a process that is asked to end", err, muster.ErrNoCapacity)
}

func hostIsAskedForHealth(s *stage) {
	v := s.newServer(HostOptions{})
	if v.checks.Load() != 0 {
		s.Error("health was asked for before the process was ready")
	}
	s.must(v.NotifyProcessReady(s.ctx()))
	s.eventually("OnSessionHealthCheck", func() bool { return v.checks.Load() > 0 })
}

// hostOutlivesHangingHealth has the game not say how it is, and the caller of
// NotifyProcessReady lose patience. Once the game is healthy there is a session.
func hostOutlivesHangingHealth(s *stage) {
	v := s.newServer(HostOptions{})
	wake := make(chan struct{})
	wakeUp := sync.OnceFunc(func() { close(wake) })
	defer wakeUp()
	ctx, cancel := context.WithCancel(s.ctx())
	v.checking = func() { cancel(); <-wake }
	s.must(v.NotifyProcessReady(ctx))
	_, err := s.client().CreateSession(s.ctx(), s.request("duel", 2))
	s.want("a session on a process whose health is not known", err, muster.ErrNoCapacity)
	never(s, v.destroying, "OnDestroySessionBegin")
	wakeUp()
	s.create(s.request("duel", 2))
	take(s, v.active, "OnCreateSessionEnd")
}

// hostUnhealthy lets some reports through and some time pass. What a service
// does to an unhealthy process is its own affair, but it gets no session.
func hostUnhealthy(s *stage) {
	v := s.newServer(HostOptions{HealthInterval: 5 * time.Millisecond})
	v.unhealthy.Store(true)
	s.must(v.NotifyProcessReady(s.ctx()))
	poll(s.Patience/40, func() bool {
		s.Advance(time.Minute)
		return v.checks.Load() > 3 || len(v.destroyed) > 0
	})
	_, err := s.client().CreateSession(s.ctx(), s.request("duel", 2))
	s.want("a session on an unhealthy process", err, muster.ErrNoCapacity)
}

func hostCertificates(s *stage) {
	v := s.readyServer()
	_, err := v.ExternalSessionCertificate(s.ctx())
	s.must(err)
	_, err = v.InternalSessionCertificate(s.ctx())
	s.must(err)
}
