// Package mustertest is the conformance suite of package muster: what every
// provider does alike, whichever dedicated-server solution it stands for.
//
// A provider's own test hands [Run] a function that makes a [Fixture]:
//
//	func TestConformance(t *testing.T) {
//		mustertest.Run(t, func(t *testing.T) mustertest.Fixture { … })
//	}
//
// It tests the contracts of [muster.Provider], [muster.Releaser] and
// [muster.Host], and that [muster.Client] and [muster.Async] work over them.
// It knows nothing of a provider's own configuration and errors.
package mustertest

import (
	"cmp"
	"context"
	"testing"
	"time"

	"github.com/musterhq/muster"
)

// Fixture is a service of the provider's kind for one test: nobody else uses
// it, and it has no sessions and no game servers yet.
type Fixture struct {
	// Provider is the client's side.
	Provider muster.Provider
	// NewHost returns a game server process that is initialised but has not
	// called NotifyProcessReady. It is closed when t ends.
	NewHost func(t *testing.T, options HostOptions) muster.Host

	// FleetID or AliasID, and Location, go into every request. Leave them
	// empty for a provider that has no fleets.
	FleetID  string
	AliasID  string
	Location string

	// Advance moves the service's time forward. Without it nothing that takes
	// the service minutes is tested.
	Advance func(time.Duration)
	// ReservationTimeout is how long an unused player slot stays reserved.
	// Zero means 60 seconds.
	ReservationTimeout time.Duration

	// Patience is how long to wait for what must happen. It only ever passes
	// when a test fails. Zero means 20 seconds.
	Patience time.Duration

	// DenyJoins closes a session for new players. Without it that is not
	// tested.
	DenyJoins func(t *testing.T, sessionID string)
}

// HostOptions say what a test wants of a game server process.
type HostOptions struct {
	// KeepEmptySession switches passive destruction off.
	KeepEmptySession bool
	// HealthInterval is how often the process should report its health. Zero
	// leaves it to the provider, and a provider whose reports follow the time
	// that Advance moves may ignore it.
	HealthInterval time.Duration
}

// Run tests a provider. Each test gets a fixture of its own; the tests do not
// run in parallel.
func Run(t *testing.T, newFixture func(t *testing.T) Fixture) {
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			s := &stage{T: t, Fixture: newFixture(t)}
			s.Patience = cmp.Or(s.Patience, 20*time.Second)
			if test.needs == nil || test.needs(s.Fixture) {
				test.run(s)
			}
		})
	}
}

var tests = []struct {
	name  string
	needs func(Fixture) bool
	run   func(*stage)
}{
	{"create/session reaches a game server", nil, createReachesAGameServer},
	{"create/session is found when active", nil, createdSessionIsFound},
	{"create/invalid requests are refused", nil, createRefusesInvalidRequests},
	{"create/nothing is cut", nil, createCutsNothing},
	{"create/no game server is no capacity", nil, createWithoutCapacity},
	{"create/one process hosts one session", nil, createTakesOneProcessEach},
	{"create/idempotency token", nil, createIsIdempotent},
	{"create/cancelled", nil, cancelledCallsFail},
	{"search/nothing is no error", nil, searchFindsNothing},
	{"search/filter", nil, searchFilters},
	{"search/sort and pages", nil, searchSortsAndPages},
	{"search/invalid requests are refused", nil, searchRefusesInvalidRequests},
	{"search/only active sessions", nil, searchSkipsActivating},
	{"join/reserve, connect, leave", nil, joinAndLeave},
	{"join/invalid requests are refused", nil, joinRefusesInvalidRequests},
	{"join/full session", nil, joinFullSession},
	{"join/last slot goes to one of many", nil, joinLastSlot},
	{"join/closed session", func(f Fixture) bool { return f.DenyJoins != nil }, joinClosedSession},
	{"join/failed connection gives the slot back", isReleaser, joinReleases},
	{"join/unused reservation expires", canWait, reservationExpires},
	{"async/every call completes once", nil, asyncCompletes},
	{"host/ready once", nil, hostIsReadyOnce},
	{"host/validate", nil, hostValidates},
	{"host/one of many validations succeeds", nil, hostValidatesOnce},
	{"host/leave", nil, hostLeaves},
	{"host/refused begin destroys", nil, hostRefusesSession},
	{"host/panic in begin destroys", nil, hostPanics},
	{"host/last player leaves", nil, hostDestroysPassively},
	{"host/empty session can be kept", nil, hostKeepsEmptySession},
	{"host/session nobody joined is kept", nil, hostKeepsUnusedSession},
	{"host/refused destroy", nil, hostRefusesDestroy},
	{"host/destroy twice", nil, hostDestroysOnce},
	{"host/destroy before ready", nil, hostStaysDestroyed},
	{"host/refused destroy before ready", nil, hostStaysRefused},
	{"host/health is asked", nil, hostIsAskedForHealth},
	{"host/hanging health check", nil, hostOutlivesHangingHealth},
	{"host/unhealthy process gets no session", canWait, hostUnhealthy},
	{"host/certificates", nil, hostCertificates},
}

func canWait(f Fixture) bool { return f.Advance != nil }

func isReleaser(f Fixture) bool {
	_, ok := f.Provider.(muster.Releaser)
	return ok
}

// stage is one test with its fixture.
type stage struct {
	*testing.T
	Fixture
}

func (s *stage) ctx() context.Context {
	ctx, cancel := context.WithTimeout(s.Context(), s.Patience)
	s.Cleanup(cancel)
	return ctx
}

// eventually waits until done holds.
func (s *stage) eventually(what string, done func() bool) {
	s.Helper()
	if !s.poll(done) {
		s.Fatalf("waited %v in vain: %s", s.Patience, what)
	}
}

// poll reports whether done holds in time. What happens at a service may take
// a moment to show and cannot be waited for in another way.
func (s *stage) poll(done func() bool) bool { return poll(s.Patience, done) }

func poll(patience time.Duration, done func() bool) bool {
	giveUp := time.After(patience)
	again := time.NewTicker(2 * time.Millisecond)
	defer again.Stop()
	for !done() {
		select {
		case <-again.C:
		case <-giveUp:
			return false
		}
	}
	return true
}

func (s *stage) must(err error) {
	s.Helper()
	if err != nil {
		s.Fatal(err)
	}
}
