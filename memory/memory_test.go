package memory_test

import (
	"errors"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/musterhq/muster"
	"github.com/musterhq/muster/memory"
	"github.com/musterhq/muster/mustertest"
	"github.com/musterhq/muster/server/servertest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestConformance(t *testing.T) {
	mustertest.Run(t, func(t *testing.T) mustertest.Fixture {
		clock := servertest.NewClock(time.Now())
		service := memory.NewService(memory.Options{Clock: clock})
		t.Cleanup(service.Close)
		return mustertest.Fixture{
			Provider: service,
			NewHost: func(t *testing.T, o mustertest.HostOptions) muster.Host {
				host := service.NewHost(memory.HostOptions{Port: 7777, KeepEmpty: o.KeepEmptySession})
				t.Cleanup(host.Close)
				return host
			},
			Advance: clock.Advance,
		}
	})
}

// TestCreatorInAHurry asks for two sessions within a second, which a creator
// may not: the refusal has the name that GameLift's has.
func TestCreatorInAHurry(t *testing.T) {
	service := memory.NewService(memory.Options{Clock: servertest.NewClock(time.Now())})
	defer service.Close()
	for range 2 {
		host := service.NewHost(memory.HostOptions{})
		defer host.Close()
		if err := host.NotifyProcessReady(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	request := muster.CreateSessionRequest{CreatorID: "ann", MaxPlayers: 2}
	if _, err := service.CreateSession(t.Context(), request); err != nil {
		t.Fatal(err)
	}
	_, err := service.CreateSession(t.Context(), request)
	if !errors.Is(err, muster.ErrNoCapacity) || strings.Contains(err.Error(), "%!") {
		t.Errorf("got %v, want %v", err, muster.ErrNoCapacity)
	}
}

// TestManyBeginAtOnce has nobody who comes while the service is being
// furnished go without.
func TestManyBeginAtOnce(t *testing.T) {
	for range 20 {
		service := memory.NewService(memory.Options{})
		var all sync.WaitGroup
		for range 4 {
			host := service.NewHost(memory.HostOptions{})
			all.Go(func() {
				defer host.Close()
				if err := host.NotifyProcessReady(t.Context()); err != nil {
					t.Error(err)
				}
			})
		}
		all.Wait()
		service.Close()
	}
}

// TestClosedServiceSaysSo asks a service that was closed for everything.
func TestClosedServiceSaysSo(t *testing.T) {
	service := memory.NewService(memory.Options{})
	host := service.NewHost(memory.HostOptions{})
	defer host.Close()
	service.Close()
	ready := host.NotifyProcessReady(t.Context())
	_, create := service.CreateSession(t.Context(), muster.CreateSessionRequest{MaxPlayers: 2})
	_, search := service.SearchSessions(t.Context(), muster.SearchSessionsRequest{})
	_, reserve := service.ReserveSession(t.Context(), muster.JoinSessionRequest{SessionID: "s", PlayerID: "p"})
	for _, err := range []error{ready, create, search, reserve, host.HandleDestroySession(t.Context())} {
		if !errors.Is(err, muster.ErrClosed) {
			t.Errorf("got %v, want %v", err, muster.ErrClosed)
		}
	}
}

// TestClosedHostIsNotReady has a host that was closed stay so.
func TestClosedHostIsNotReady(t *testing.T) {
	service := memory.NewService(memory.Options{})
	defer service.Close()
	host := service.NewHost(memory.HostOptions{})
	host.Close()
	if err := host.NotifyProcessReady(t.Context()); !errors.Is(err, muster.ErrClosed) {
		t.Errorf("got %v, want %v", err, muster.ErrClosed)
	}
}
