package servertest_test

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/anishathalye/porcupine"
	awsgamelift "github.com/aws/aws-sdk-go-v2/service/gamelift"
	"github.com/aws/aws-sdk-go-v2/service/gamelift/types"

	"github.com/musterhq/muster"
	"github.com/musterhq/muster/server/servertest"
)

// What a client asks of the one game session, and what it hears.
type (
	ask  string
	hear struct {
		taken bool // of a join: a slot was free
		count int  // of a count
	}
)

const (
	join  ask = "join"
	leave ask = "leave"
	count ask = "count"
)

// slots is the model: a game session is how many of its slots are taken.
func slots(maximum int) porcupine.Model {
	return porcupine.Model{
		Init: func() any { return 0 },
		Step: func(state, input, output any) (bool, any) {
			taken, heard := state.(int), output.(hear)
			switch input.(ask) {
			case join:
				if heard.taken {
					return taken < maximum, taken + 1
				}
				return taken == maximum, taken
			case leave:
				return taken > 0, taken - 1
			}
			return heard.count == taken, taken
		},
	}
}

// TestSeatsAreLinearizable lets players crowd one game session by the real
// API, and its game server let them in and out by the real websocket. There
// must be an order of it all in which every answer is right.
func TestSeatsAreLinearizable(t *testing.T) {
	const seats, clients, rounds = 3, 6, 25
	s := servertest.New(t)
	fleet := s.NewFleet(t)
	host := fleet.NewHost(t, 7777)
	host.KeepEmptySession = true
	if err := errors.Join(host.Init(t.Context()), host.NotifyProcessReady(t.Context())); err != nil {
		t.Fatal(err)
	}
	c := &crowd{api: awsgamelift.NewFromConfig(s.Config()), host: host, begin: time.Now()}
	c.open(t, fleet.ID, seats)

	var players sync.WaitGroup
	for n := range clients {
		players.Go(func() { c.play(t, n, rounds) })
	}
	players.Wait()
	if r := porcupine.CheckOperationsTimeout(slots(seats), c.history, time.Minute); r != porcupine.Ok {
		t.Errorf("%d operations: %v, want an order in which they are right", len(c.history), r)
	}
	if r := porcupine.CheckOperationsTimeout(slots(seats+1), c.history, time.Minute); r != porcupine.Illegal {
		t.Errorf("taken for a session with one seat more it is %v: the check cannot fail", r)
	}
}

// A crowd records what its members ask and hear.
type crowd struct {
	api     *awsgamelift.Client
	host    muster.Host
	session string
	begin   time.Time
	lastID  atomic.Uint32

	mu      sync.Mutex
	history []porcupine.Operation
}

// open makes the game session and waits until it is active.
func (c *crowd) open(t *testing.T, fleet string, seats int32) {
	t.Helper()
	made, err := c.api.CreateGameSession(t.Context(), &awsgamelift.CreateGameSessionInput{FleetId: &fleet, MaximumPlayerSessionCount: &seats})
	if err != nil {
		t.Fatal(err)
	}
	c.session = *made.GameSession.GameSessionId
	for made.GameSession.Status == types.GameSessionStatusActivating {
		made.GameSession = c.describe(t)
	}
}

func (c *crowd) describe(t *testing.T) *types.GameSession {
	found, err := c.api.DescribeGameSessions(t.Context(), &awsgamelift.DescribeGameSessionsInput{GameSessionId: &c.session})
	if err != nil {
		t.Error(err)
		return &types.GameSession{CurrentPlayerSessionCount: new(int32)}
	}
	return &found.GameSessions[0]
}

// did records one operation around its call.
func (c *crowd) did(client int, what ask, call func() hear) hear {
	from := time.Since(c.begin)
	heard := call()
	to := time.Since(c.begin)
	c.mu.Lock()
	defer c.mu.Unlock()
	c.history = append(c.history, porcupine.Operation{ClientId: client, Input: what, Call: int64(from), Output: heard, Return: int64(to)})
	return heard
}

func (c *crowd) play(t *testing.T, client, rounds int) {
	for range rounds {
		var id string
		entered := c.did(client, join, func() hear {
			var full *types.GameSessionFullException
			player := muster.CreatePlayerID(false, true)
			made, err := c.api.CreatePlayerSession(context.Background(), &awsgamelift.CreatePlayerSessionInput{GameSessionId: &c.session, PlayerId: &player})
			if err == nil {
				id = *made.PlayerSession.PlayerSessionId
			} else if !errors.As(err, &full) {
				t.Error(err)
			}
			return hear{taken: err == nil}
		})
		c.did(client, count, func() hear { return hear{count: int(*c.describe(t).CurrentPlayerSessionCount)} })
		if !entered.taken {
			continue
		}
		seat := muster.PlayerConnectionConfig{ConnectionID: c.lastID.Add(1), PlayerSessionID: id}
		if err := c.host.ValidatePlayerJoinSession(context.Background(), seat); err != nil {
			t.Error(err)
		}
		c.did(client, leave, func() hear {
			if err := c.host.HandlePlayerLeaveSession(context.Background(), seat); err != nil {
				t.Error(err)
			}
			return hear{}
		})
	}
}
