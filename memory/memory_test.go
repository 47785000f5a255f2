package memory_test

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"

	"github.com/musterhq/muster"
	"github.com/musterhq/muster/memory"
	"github.com/musterhq/muster/mustertest"
	"github.com/musterhq/muster/server/servertest"
)

func TestMain(m *testing.M) {
	goleak.VerifyTestMain(m,
		// Connections that the HTTP client of the AWS SDK keeps for later.
		goleak.IgnoreAnyFunction("net/http.(*persistConn).readLoop"),
		goleak.IgnoreAnyFunction("net/http.(*persistConn).writeLoop"))
}

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

// TestLimitsAreTheServers asks the service and a muster server for the same:
// both refuse the request, or have no game server for it.
func TestLimitsAreTheServers(t *testing.T) {
	service := memory.NewService(memory.Options{})
	defer service.Close()
	server := servertest.New(t)
	id := server.NewFleet(t).ID
	property := func(key, value int) map[string]string {
		return map[string]string{strings.Repeat("k", key): strings.Repeat("v", value)}
	}
	many := func(n int) map[string]string {
		all := map[string]string{}
		for i := range n {
			all[strings.Repeat("k", i+1)] = ""
		}
		return all
	}
	for name, test := range map[string]struct {
		request muster.CreateSessionRequest
		want    error
	}{
		"no players":       {muster.CreateSessionRequest{}, muster.ErrNoCapacity},
		"most players":     {muster.CreateSessionRequest{MaxPlayers: 1<<31 - 1}, muster.ErrNoCapacity},
		"more players":     {muster.CreateSessionRequest{MaxPlayers: 1 << 31}, muster.ErrInvalidRequest},
		"longest property": {muster.CreateSessionRequest{Properties: property(32, 96)}, muster.ErrNoCapacity},
		"long key":         {muster.CreateSessionRequest{Properties: property(33, 1)}, muster.ErrInvalidRequest},
		"long value":       {muster.CreateSessionRequest{Properties: property(1, 97)}, muster.ErrInvalidRequest},
		"most properties":  {muster.CreateSessionRequest{Properties: many(16)}, muster.ErrNoCapacity},
		"more properties":  {muster.CreateSessionRequest{Properties: many(17)}, muster.ErrInvalidRequest},
		"longest name":     {muster.CreateSessionRequest{Name: strings.Repeat("日", 1024)}, muster.ErrNoCapacity},
		"long name":        {muster.CreateSessionRequest{Name: strings.Repeat("n", 1025)}, muster.ErrInvalidRequest},
		"long creator":     {muster.CreateSessionRequest{CreatorID: strings.Repeat("c", 1025)}, muster.ErrInvalidRequest},
		"longest token":    {muster.CreateSessionRequest{IdempotencyToken: strings.Repeat("t", 48)}, muster.ErrNoCapacity},
		"long token":       {muster.CreateSessionRequest{IdempotencyToken: strings.Repeat("t", 49)}, muster.ErrInvalidRequest},
		"strange token":    {muster.CreateSessionRequest{IdempotencyToken: "a b/c!"}, muster.ErrInvalidRequest},
		"longest data":     {muster.CreateSessionRequest{SessionData: strings.Repeat("d", 262144)}, muster.ErrNoCapacity},
		"long data":        {muster.CreateSessionRequest{SessionData: strings.Repeat("d", 262145)}, muster.ErrInvalidRequest},
		"binary name":      {muster.CreateSessionRequest{Name: "\xff"}, muster.ErrInvalidRequest},
		"binary creator":   {muster.CreateSessionRequest{CreatorID: "\xff"}, muster.ErrInvalidRequest},
		"binary data":      {muster.CreateSessionRequest{SessionData: "\xff"}, muster.ErrInvalidRequest},
		"binary key":       {muster.CreateSessionRequest{Properties: map[string]string{"\xff": ""}}, muster.ErrInvalidRequest},
		"binary value":     {muster.CreateSessionRequest{Properties: map[string]string{"map": "\xff"}}, muster.ErrInvalidRequest},
		"fleet and alias":  {muster.CreateSessionRequest{AliasID: "alias-1"}, muster.ErrInvalidRequest},
	} {
		for _, provider := range []muster.Provider{service, server.Client()} {
			test.request.FleetID = id
			if _, err := provider.CreateSession(t.Context(), test.request); !errors.Is(err, test.want) {
				t.Errorf("%s: %T says %v, want %v", name, provider, err, test.want)
			}
		}
	}
	for _, provider := range []muster.Provider{service, server.Client()} {
		for name, request := range map[string]muster.SearchSessionsRequest{
			"long filter":     {FilterExpression: "gameSessionName='" + strings.Repeat("n", 1024) + "'"},
			"long sort":       {SortExpression: "gameSessionName " + strings.Repeat(" ", 1024) + "ASC"},
			"binary name":     {FilterExpression: "gameSessionName='\xff'"},
			"negative page":   {MaxResults: -1},
			"fleet and alias": {AliasID: "alias-1"},
		} {
			request.FleetID = id
			if _, err := provider.SearchSessions(t.Context(), request); !errors.Is(err, muster.ErrInvalidRequest) {
				t.Errorf("%s: %T says %v, want %v", name, provider, err, muster.ErrInvalidRequest)
			}
		}
		for name, request := range map[string]muster.JoinSessionRequest{
			"strange session": {SessionID: "a b", PlayerID: "ann"},
			"long player":     {SessionID: "s", PlayerID: strings.Repeat("p", 1025)},
			"long data":       {SessionID: "s", PlayerID: "ann", PlayerData: strings.Repeat("d", 2049)},
			"binary player":   {SessionID: "s", PlayerID: "\xff"},
			"binary data":     {SessionID: "s", PlayerID: "ann", PlayerData: "\xff"},
		} {
			if _, err := provider.ReserveSession(t.Context(), request); !errors.Is(err, muster.ErrInvalidRequest) {
				t.Errorf("%s: %T says %v, want %v", name, provider, err, muster.ErrInvalidRequest)
			}
		}
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

// TestClosedHostSaysSo asks a host that was closed in the middle of a session
// for everything.
func TestClosedHostSaysSo(t *testing.T) {
	service := memory.NewService(memory.Options{})
	defer service.Close()
	active := make(chan struct{})
	host := service.NewHost(memory.HostOptions{})
	host.Connect(muster.SessionNotifications{OnCreateSessionEnd: func(context.Context) { close(active) }})
	if err := host.NotifyProcessReady(t.Context()); err != nil {
		t.Fatal(err)
	}
	id, err := service.CreateSession(t.Context(), muster.CreateSessionRequest{MaxPlayers: 2})
	if err != nil {
		t.Fatal(err)
	}
	<-active
	join := func(player string) muster.PlayerConnectionConfig {
		slot, err := service.ReserveSession(t.Context(), muster.JoinSessionRequest{SessionID: id, PlayerID: player})
		if err != nil {
			t.Fatal(err)
		}
		return muster.PlayerConnectionConfig{ConnectionID: uint32(player[0]), PlayerSessionID: slot.PlayerSessionID}
	}
	ann, bob := join("ann"), join("bob")
	if err := host.ValidatePlayerJoinSession(t.Context(), ann); err != nil {
		t.Fatal(err)
	}
	host.Close()
	_, certificate := host.ExternalSessionCertificate(t.Context())
	for what, err := range map[string]error{
		"ready":       host.NotifyProcessReady(t.Context()),
		"validate":    host.ValidatePlayerJoinSession(t.Context(), bob),
		"leave":       host.HandlePlayerLeaveSession(t.Context(), ann),
		"destroy":     host.HandleDestroySession(t.Context()),
		"certificate": certificate,
	} {
		if !errors.Is(err, muster.ErrClosed) {
			t.Errorf("%s: got %v, want %v", what, err, muster.ErrClosed)
		}
	}
}

// TestZeroValuesSaySo asks a service and hosts that nobody made for everything.
func TestZeroValuesSaySo(t *testing.T) {
	var service memory.Service
	defer service.Close()
	_, create := service.CreateSession(t.Context(), muster.CreateSessionRequest{MaxPlayers: 2})
	_, search := service.SearchSessions(t.Context(), muster.SearchSessionsRequest{})
	_, reserve := service.ReserveSession(t.Context(), muster.JoinSessionRequest{SessionID: "s", PlayerID: "p"})
	release := service.ReleaseSession(t.Context(), muster.SessionConnectionConfig{PlayerSessionID: "psess-1"})
	orphan := service.NewHost(memory.HostOptions{})
	defer orphan.Close()
	var host memory.Host
	defer host.Close()
	defer host.Connect(muster.SessionNotifications{})()
	ann := muster.PlayerConnectionConfig{ConnectionID: 1, PlayerSessionID: "psess-1"}
	_, certificate := host.ExternalSessionCertificate(t.Context())
	for what, err := range map[string]error{
		"create": create, "search": search, "reserve": reserve, "release": release,
		"ready of an orphan": orphan.NotifyProcessReady(t.Context()),
		"ready":              host.NotifyProcessReady(t.Context()),
		"validate":           host.ValidatePlayerJoinSession(t.Context(), ann),
		"leave":              host.HandlePlayerLeaveSession(t.Context(), ann),
		"destroy":            host.HandleDestroySession(t.Context()),
		"certificate":        certificate,
	} {
		if !errors.Is(err, muster.ErrNotInitialized) {
			t.Errorf("%s: got %v, want %v", what, err, muster.ErrNotInitialized)
		}
	}
}

// TestHangingHealthCheckAtReady has a process come into being although its
// game does not say how it is.
func TestHangingHealthCheckAtReady(t *testing.T) {
	for _, test := range []struct{ patience, want time.Duration }{
		{2 * time.Second, 2 * time.Second}, {time.Hour, 5 * time.Second},
	} {
		synctest.Test(t, func(t *testing.T) {
			service := memory.NewService(memory.Options{})
			defer service.Close()
			host := service.NewHost(memory.HostOptions{})
			defer host.Close()
			wake := make(chan struct{})
			host.Connect(muster.SessionNotifications{
				OnSessionHealthCheck:  func(context.Context) bool { <-wake; return true },
				OnDestroySessionBegin: func(context.Context) bool { t.Error("the process ends"); return true },
			})
			ctx, cancel := context.WithTimeout(t.Context(), test.patience)
			defer cancel()
			began := time.Now()
			if err := host.NotifyProcessReady(ctx); err != nil {
				t.Errorf("with %v: %v", test.patience, err)
			}
			if took := time.Since(began); took != test.want {
				t.Errorf("with %v: took %v, want %v", test.patience, took, test.want)
			}
			_, err := service.CreateSession(t.Context(), muster.CreateSessionRequest{MaxPlayers: 2})
			if !errors.Is(err, muster.ErrNoCapacity) {
				t.Errorf("before the first report: got %v, want %v", err, muster.ErrNoCapacity)
			}
			close(wake)
			synctest.Wait()
			if _, err = service.CreateSession(t.Context(), muster.CreateSessionRequest{MaxPlayers: 2}); err != nil {
				t.Errorf("after it: %v", err)
			}
			synctest.Wait()
		})
	}
}

// TestRefusedEndBeforeReady has a process that is asked to end not become
// ready, also if its game wants to go on: it would take no players.
func TestRefusedEndBeforeReady(t *testing.T) {
	service := memory.NewService(memory.Options{})
	defer service.Close()
	host := service.NewHost(memory.HostOptions{})
	defer host.Close()
	host.Connect(muster.SessionNotifications{OnDestroySessionBegin: func(context.Context) bool { return false }})
	if err := host.HandleDestroySession(t.Context()); !errors.Is(err, muster.ErrRejected) {
		t.Errorf("got %v, want %v", err, muster.ErrRejected)
	}
	if err := host.NotifyProcessReady(t.Context()); !errors.Is(err, muster.ErrConflict) {
		t.Errorf("got %v, want %v", err, muster.ErrConflict)
	}
}

// TestEndBesideReady lets a process begin and end at once: whoever is first, it
// gets no session.
func TestEndBesideReady(t *testing.T) {
	service := memory.NewService(memory.Options{})
	defer service.Close()
	for range 100 {
		host := service.NewHost(memory.HostOptions{Log: slog.New(slog.DiscardHandler)})
		var all sync.WaitGroup
		all.Go(func() { host.NotifyProcessReady(t.Context()) })
		all.Go(func() {
			if err := host.HandleDestroySession(t.Context()); err != nil {
				t.Error(err)
			}
		})
		all.Wait()
		_, err := service.CreateSession(t.Context(), muster.CreateSessionRequest{MaxPlayers: 2})
		if !errors.Is(err, muster.ErrNoCapacity) {
			t.Errorf("got %v, want %v", err, muster.ErrNoCapacity)
		}
		host.Close()
	}
}

// TestFailuresAreLogged has a game fail where nobody waits for the outcome.
func TestFailuresAreLogged(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var log bytes.Buffer
		logger := slog.New(slog.NewTextHandler(&log, nil))
		service := memory.NewService(memory.Options{Log: logger})
		defer service.Close()
		host := service.NewHost(memory.HostOptions{Log: logger, Health: time.Minute})
		defer host.Close()
		var sick atomic.Bool
		host.Connect(muster.SessionNotifications{
			OnSessionHealthCheck:  func(context.Context) bool { return !sick.Load() },
			OnCreateSessionBegin:  func(context.Context, muster.SessionConfig) bool { panic("no such level") },
			OnDestroySessionBegin: func(context.Context) bool { panic("no such file") },
		})
		if err := host.NotifyProcessReady(t.Context()); err != nil {
			t.Fatal(err)
		}
		id, err := service.CreateSession(t.Context(), muster.CreateSessionRequest{MaxPlayers: 2})
		if err != nil {
			t.Fatal(err)
		}
		synctest.Wait()
		sick.Store(true)
		time.Sleep(3*time.Minute + time.Second) // the third report in a row makes the service end the process
		synctest.Wait()
		for _, want := range []string{
			`msg="game session not created" session=` + id, "no such level", "memory_test.TestFailuresAreLogged",
			`msg="reporting this process as unhealthy"`,
			`msg="session not destroyed" cause="the service ends this process: unhealthy"`, "no such file",
		} {
			if !strings.Contains(log.String(), want) {
				t.Errorf("the log lacks %s:\n%s", want, log.String())
			}
		}
	})
}
