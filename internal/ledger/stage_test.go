package ledger_test

import (
	"context"
	"fmt"
	"testing"

	"github.com/musterhq/muster/internal/ledger"
	"github.com/musterhq/muster/internal/world"
)

// open runs a ledger for the length of a test.
func open(t testing.TB, cfg ledger.Config) *ledger.Ledger {
	t.Helper()
	l := startWith(t, cfg)
	t.Cleanup(l.stop)
	return l.Ledger
}

// do decides a command that must succeed.
func do[A any](t testing.TB, l *ledger.Ledger, c world.Command[A]) A {
	t.Helper()
	answer, err := ledger.Do(context.Background(), l, c)
	if err != nil {
		t.Fatalf("%T: %v", c, err)
	}
	return answer
}

// The fleet and the compute of every test.
const (
	fleetID  = "fleet-1"
	location = "custom-here"
	machine  = "machine-1"
)

// furnish makes the fleet.
func furnish(t testing.TB, l *ledger.Ledger) {
	t.Helper()
	do(t, l, world.CreateLocation{Name: location})
	do(t, l, world.CreateFleet{ID: fleetID, Name: "test", Locations: []string{location}})
	do(t, l, world.RegisterCompute{Fleet: fleetID, Name: machine, IP: "127.0.0.1"})
}

func process(n int) world.ProcessKey {
	return world.ProcessKey{Fleet: fleetID, Compute: machine, Process: fmt.Sprint("process-", n)}
}

// ready makes process n ready for a game session.
func ready(t testing.TB, l *ledger.Ledger, n int) world.ProcessKey {
	t.Helper()
	key := process(n)
	do(t, l, world.ConnectProcess{Key: key, Conn: fmt.Sprint("socket-", n), Trusted: true})
	do(t, l, world.ActivateProcess{Key: key, Port: 7777})
	do(t, l, world.Heartbeat{Key: key, Healthy: true})
	return key
}

// active makes process n ready and starts a game session on it.
func active(t testing.TB, l *ledger.Ledger, n, players int) (world.ProcessKey, world.GameSession) {
	t.Helper()
	key := ready(t, l, n)
	s := do(t, l, world.CreateGameSession{ID: fmt.Sprint("game-", n), Fleet: fleetID, Maximum: players})
	return key, do(t, l, world.ActivateGameSession{Process: key, ID: s.ID})
}
