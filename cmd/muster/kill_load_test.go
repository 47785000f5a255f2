package main

import (
	"context"
	"fmt"
	"log/slog"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsgamelift "github.com/aws/aws-sdk-go-v2/service/gamelift"
	"github.com/aws/aws-sdk-go-v2/service/gamelift/types"

	"github.com/musterhq/muster"
	"github.com/musterhq/muster/gamelift"
)

// killSlots is how many players a game session of the load has room for;
// killPlayers try to get in.
const (
	killSlots   = 3
	killPlayers = 5
)

// A killLoad is clients and game servers that keep muster busy while it dies.
type killLoad struct {
	t     *testing.T
	api   *awsgamelift.Client
	book  *killBook
	v     *victim
	fleet string
	auth  string // compute auth token

	mu    sync.Mutex
	next  int
	hosts map[int32]*gamelift.Host // by port
}

const killCompute = "machine"

func killSession(fleet, token string) *awsgamelift.CreateGameSessionInput {
	return &awsgamelift.CreateGameSessionInput{FleetId: &fleet, IdempotencyToken: &token, MaximumPlayerSessionCount: aws.Int32(killSlots)}
}

// furnish makes the fleet.
func (l *killLoad) furnish(ctx context.Context) error {
	location := aws.String("custom-kill")
	if _, err := l.api.CreateLocation(ctx, &awsgamelift.CreateLocationInput{LocationName: location}); err != nil {
		return err
	}
	made, err := l.api.CreateFleet(ctx, &awsgamelift.CreateFleetInput{
		Name: aws.String("kill"), ComputeType: types.ComputeTypeAnywhere,
		Locations: []types.LocationConfiguration{{Location: location}},
	})
	if err != nil {
		return err
	}
	l.fleet = *made.FleetAttributes.FleetId
	compute := aws.String(killCompute)
	if _, err := l.api.RegisterCompute(ctx, &awsgamelift.RegisterComputeInput{
		FleetId: &l.fleet, ComputeName: compute, IpAddress: aws.String("127.0.0.1"), Location: location,
	}); err != nil {
		return err
	}
	token, err := l.api.GetComputeAuthToken(ctx, &awsgamelift.GetComputeAuthTokenInput{FleetId: &l.fleet, ComputeName: compute})
	if err == nil {
		l.auth = *token.AuthToken
	}
	return err
}

// run goes on until ctx is done.
func (l *killLoad) run(ctx context.Context) {
	for ctx.Err() == nil {
		l.mu.Lock()
		l.next++
		n := l.next
		l.mu.Unlock()
		l.round(ctx, n)
	}
}

// round starts a game server and takes a game session through its life, or as
// far as it comes: muster may die at each step.
func (l *killLoad) round(ctx context.Context, n int) {
	if !l.serve(ctx, n) {
		return
	}
	s := l.create(ctx, fmt.Sprint("token-", n))
	if s == nil || !l.activated(ctx, *s.GameSessionId) {
		return
	}
	joined := l.join(ctx, *s.GameSessionId)
	l.mu.Lock()
	host := l.hosts[*s.Port]
	l.mu.Unlock()
	if host == nil {
		return
	}
	for i, id := range joined {
		l.visit(ctx, host, id, i == 0)
	}
	if n%2 == 0 {
		quick, cancel := context.WithTimeout(ctx, time.Second)
		defer cancel()
		if host.HandleDestroySession(quick) == nil {
			l.book.note(l.book.sessions, *s.GameSessionId, over)
		}
	}
}

// serve starts game server n and waits until it is ready.
func (l *killLoad) serve(ctx context.Context, n int) bool {
	host := &gamelift.Host{
		WebSocketURL: "ws://" + l.v.addr, AuthToken: l.auth, HostID: killCompute, FleetID: l.fleet, Port: 1000 + n,
		ProcessID: fmt.Sprint("process-", n), DialContext: l.v.dial, LookupEnv: func(string) (string, bool) { return "", false },
		KeepEmptySession: true, RequestTimeout: time.Second, Logger: slog.New(slog.DiscardHandler),
	}
	l.mu.Lock()
	l.hosts[int32(host.Port)] = host
	l.mu.Unlock()
	host.Connect(muster.SessionNotifications{OnCreateSessionBegin: func(context.Context, muster.SessionConfig) bool { return true }})
	for host.Init(ctx) != nil {
		if ctx.Err() != nil {
			return false
		}
	}
	quick, cancel := context.WithTimeout(ctx, time.Second)
	defer cancel()
	return host.NotifyProcessReady(quick) == nil
}

// call runs one request when muster is up, for a second at most. An error may
// mean anything.
func (l *killLoad) call(ctx context.Context, do func(context.Context) error) error {
	if err := l.v.wait(ctx); err != nil {
		return err
	}
	quick, cancel := context.WithTimeout(ctx, time.Second)
	defer cancel()
	return do(quick)
}

// create makes a game session. While it is not known whether that worked it
// asks again, with the same token.
func (l *killLoad) create(ctx context.Context, token string) (s *types.GameSession) {
	for range 20 {
		err := l.call(ctx, func(ctx context.Context) error {
			out, err := l.api.CreateGameSession(ctx, killSession(l.fleet, token))
			if err == nil {
				s = out.GameSession
			}
			return err
		})
		if err == nil {
			if err := l.book.token(token, *s.GameSessionId); err != nil {
				l.t.Error(err)
			}
			l.book.note(l.book.sessions, *s.GameSessionId, sessionFar(s.Status))
			return s
		}
		if ctx.Err() != nil {
			return nil
		}
	}
	return nil
}

// activated waits until the game session is ACTIVE, for a while: if muster
// died before it told the game server, it never will be.
func (l *killLoad) activated(ctx context.Context, id string) bool {
	for range 50 {
		var status types.GameSessionStatus
		if err := l.call(ctx, func(ctx context.Context) error {
			out, err := l.api.DescribeGameSessions(ctx, &awsgamelift.DescribeGameSessionsInput{GameSessionId: &id})
			if err == nil {
				status = out.GameSessions[0].Status
			}
			return err
		}); err == nil {
			l.book.note(l.book.sessions, id, sessionFar(status))
		}
		if status == types.GameSessionStatusActive || ctx.Err() != nil {
			return status == types.GameSessionStatusActive
		}
		time.Sleep(2 * time.Millisecond) // between polls of a real process
	}
	return false
}

// join has more players ask for a slot at once than there are, and returns
// the player sessions that were made.
func (l *killLoad) join(ctx context.Context, session string) (joined []string) {
	var mu sync.Mutex
	var all sync.WaitGroup
	for n := range killPlayers {
		all.Go(func() {
			l.call(ctx, func(ctx context.Context) error {
				out, err := l.api.CreatePlayerSession(ctx, &awsgamelift.CreatePlayerSessionInput{GameSessionId: &session, PlayerId: aws.String(fmt.Sprint("player-", n))})
				if err == nil {
					l.book.note(l.book.players, *out.PlayerSession.PlayerSessionId, made)
					mu.Lock()
					defer mu.Unlock()
					joined = append(joined, *out.PlayerSession.PlayerSessionId)
				}
				return err
			})
		})
	}
	all.Wait()
	if len(joined) > killSlots {
		l.t.Errorf("%d players got a slot of %d in %s", len(joined), killSlots, session)
	}
	return joined
}

// visit has a player connect to the game server, and maybe leave it.
func (l *killLoad) visit(ctx context.Context, host *gamelift.Host, id string, leave bool) {
	quick, cancel := context.WithTimeout(ctx, time.Second)
	defer cancel()
	player := muster.PlayerConnectionConfig{ConnectionID: 1, PlayerSessionID: id}
	if host.ValidatePlayerJoinSession(quick, player) != nil {
		return
	}
	l.book.note(l.book.players, id, live)
	if leave && host.HandlePlayerLeaveSession(quick, player) == nil {
		l.book.note(l.book.players, id, over)
	}
}

func (l *killLoad) close() {
	var all sync.WaitGroup
	for _, h := range l.hosts {
		all.Go(h.Close)
	}
	all.Wait()
}
