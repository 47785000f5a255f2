package ledger_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/anishathalye/porcupine"

	"github.com/musterhq/muster/internal/journal/sqlite"
	"github.com/musterhq/muster/internal/ledger"
	"github.com/musterhq/muster/internal/world"
)

// A recorder notes when each call began and ended.
type recorder struct {
	begin time.Time
	mu    sync.Mutex
	calls []porcupine.Operation
}

func (r *recorder) do(client int, in linearInput, call func() linearOutput) {
	from := time.Since(r.begin)
	out := call()
	to := time.Since(r.begin)
	r.mu.Lock()
	defer r.mu.Unlock()
	r.calls = append(r.calls, porcupine.Operation{ClientId: client, Input: in, Call: int64(from), Output: out, Return: int64(to)})
}

// players numbers the players of each game session, so that none is named twice.
type players struct {
	mu   sync.Mutex
	next [linearTokens]int
}

// some is a number that was given out, or the next one.
func (p *players) some(rng *rand.Rand, token int, fresh bool) int {
	p.mu.Lock()
	defer p.mu.Unlock()
	if fresh {
		p.next[token]++
		return p.next[token] - 1
	}
	return rng.IntN(max(1, p.next[token]))
}

// play is one client: so many calls, one after another.
func (r *recorder) play(d linearDoor, client, calls int, rng *rand.Rand, p *players) {
	names := []string{"create", "create", "activate", "activate", "join", "join", "join", "accept", "leave", "describe", "describe", "end", "serve"}
	for range calls {
		in := linearInput{Call: names[rng.IntN(len(names))], Token: rng.IntN(linearTokens)}
		if in.Call == "end" && rng.IntN(3) > 0 {
			in.Call = "describe"
		}
		in.Player = p.some(rng, in.Token, in.Call == "join")
		if in.Player > 15 {
			continue
		}
		r.do(client, in, func() linearOutput { return d.call(in) })
	}
}

// A linearDoor is the ledger as a client calls it.
type linearDoor struct {
	t      *testing.T
	ledger *ledger.Ledger
	serial func() int
}

func (d linearDoor) call(in linearInput) linearOutput {
	ctx, l := context.Background(), d.ledger
	id := d.ledger.Settings().SessionID(fmt.Sprintf("%s/%s/token-%d", fleetID, location, in.Token))
	psess := fmt.Sprintf("psess-%d-%d", in.Token, in.Player)
	g, err := world.GameSession{}, error(nil)
	switch in.Call {
	case "serve":
		ready(d.t, l, d.serial())
		return linearOutput{}
	case "create":
		g, err = ledger.Do(ctx, l, world.CreateGameSession{Fleet: fleetID, Maximum: linearMaximum, Token: "token-" + strconv.Itoa(in.Token)})
		return outputOf(g, err)
	case "describe":
		g, err = l.GameSession(ctx, id)
		return outputOf(g, err)
	}
	g, err = ledger.Do(ctx, l, then{id: id, player: psess, in: in})
	return outputOf(g, err)
}

// then is a command on the game session and what it looks like right after.
type then struct {
	id, player string
	in         linearInput
}

// Decide implements world.Command.
func (c then) Decide(t *world.Turn) (world.GameSession, error) {
	s, err := t.GameSession(c.id)
	if err != nil {
		return s, err
	}
	switch c.in.Call {
	case "activate":
		_, err = world.ActivateGameSession{Process: s.Key(), ID: s.ID}.Decide(t)
	case "join":
		_, err = world.CreatePlayerSessions{Session: s.ID, Players: []world.ReservedPlayer{{ID: c.player, Player: c.player}}}.Decide(t)
	case "accept":
		_, err = world.AcceptPlayer{Process: s.Key(), Session: s.ID, ID: c.player}.Decide(t)
	case "leave":
		_, err = world.RemovePlayer{Process: s.Key(), Session: s.ID, ID: c.player}.Decide(t)
	case "end":
		_, err = world.EndProcess{Key: s.Key()}.Decide(t)
	}
	if err != nil {
		return s, err
	}
	return t.GameSession(c.id)
}

func outputOf(g world.GameSession, err error) linearOutput {
	if err != nil {
		return linearOutput{Refused: true}
	}
	return linearOutput{Status: string(g.Status), Players: g.Players}
}

// history records clients that all work on the same few game sessions.
func history(t *testing.T, seed uint64) []porcupine.Operation {
	j, err := sqlite.Open(t.TempDir(), nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { j.Close() })
	l := open(t, ledger.Config{Journal: j})
	furnish(t, l)
	var serial counter
	d := linearDoor{t, l, serial.next}
	r, p := &recorder{begin: time.Now()}, &players{}
	var clients sync.WaitGroup
	for client := range 6 {
		clients.Go(func() { r.play(d, client, 20, rand.New(rand.NewPCG(seed, uint64(client))), p) })
	}
	clients.Wait()
	return r.calls
}

type counter struct {
	mu sync.Mutex
	n  int
}

func (c *counter) next() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.n++
	return c.n
}

// linearTime bounds the search for an order, which may take exponentially long.
const linearTime = 20 * time.Second

// TestLinearizable records concurrent histories over SQLite and finds an
// order in which a fleet that does one thing at a time would have answered the
// same. The same histories must not fit a fleet with other rules.
func TestLinearizable(t *testing.T) {
	wrong := 0
	const histories = 10
	for seed := range uint64(histories) {
		calls := history(t, seed)
		if result := porcupine.CheckOperationsTimeout(linear(linearMaximum), calls, linearTime); result != porcupine.Ok {
			t.Fatalf("seed %d: %s: no order explains the answers to %d calls: %v", seed, result, len(calls), calls)
		}
		if porcupine.CheckOperationsTimeout(linear(linearMaximum-1), calls, linearTime) == porcupine.Illegal {
			wrong++
		}
	}
	if wrong == 0 {
		t.Errorf("none of %d histories tells that a game session has %d slots, not %d", histories, linearMaximum, linearMaximum-1)
	}
}

// TestLinearModelRefuses shows the model what must never happen.
func TestLinearModelRefuses(t *testing.T) {
	op := func(from, to int64, call string, player int, out linearOutput) porcupine.Operation {
		return porcupine.Operation{ClientId: int(from), Input: linearInput{Call: call, Player: player}, Call: from, Output: out, Return: to}
	}
	made := []porcupine.Operation{
		op(0, 1, "serve", 0, linearOutput{}),
		op(2, 3, "create", 0, linearOutput{Status: "ACTIVATING"}),
		op(4, 5, "activate", 0, linearOutput{Status: "ACTIVE"}),
		op(6, 7, "join", 0, linearOutput{Status: "ACTIVE", Players: 1}),
		op(8, 9, "join", 1, linearOutput{Status: "ACTIVE", Players: 2}),
	}
	for name, then := range map[string][]porcupine.Operation{
		"a seat sold twice": {
			op(10, 13, "join", 2, linearOutput{Status: "ACTIVE", Players: 3}),
			op(11, 12, "join", 3, linearOutput{Status: "ACTIVE", Players: 3}),
		},
		"a join forgotten":    {op(10, 11, "describe", 0, linearOutput{Status: "ACTIVE", Players: 1})},
		"a session forgotten": {op(10, 11, "describe", 0, linearOutput{Refused: true})},
		"gone back": {
			op(10, 11, "end", 0, linearOutput{Status: "TERMINATED"}),
			op(12, 13, "describe", 0, linearOutput{Status: "ACTIVE", Players: 2}),
		},
		"a process for two": {{ClientId: 10, Input: linearInput{Call: "create", Token: 1}, Call: 10, Output: linearOutput{Status: "ACTIVATING"}, Return: 11}},
	} {
		if porcupine.CheckOperations(linear(linearMaximum), append(made[:len(made):len(made)], then...)) {
			t.Errorf("%s is taken for right", name)
		}
	}
	if !porcupine.CheckOperations(linear(linearMaximum), made) {
		t.Error("what is right is taken for wrong")
	}
}
