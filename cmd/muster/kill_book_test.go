package main

import (
	"context"
	"fmt"
	"sync"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsgamelift "github.com/aws/aws-sdk-go-v2/service/gamelift"
	"github.com/aws/aws-sdk-go-v2/service/gamelift/types"
)

// A killBook is what muster has acknowledged, and must hold to.
type killBook struct {
	acks chan struct{} // one for each

	mu       sync.Mutex
	tokens   map[string]string // game session by idempotency token
	sessions map[string]int    // how far each game session has come
	players  map[string]int    // and each player session
}

// How far something has come. It never goes back.
const (
	made = iota + 1
	live
	over
)

func newKillBook() *killBook {
	return &killBook{
		acks: make(chan struct{}), tokens: map[string]string{},
		sessions: map[string]int{}, players: map[string]int{},
	}
}

// note writes down that something has come so far, and tells who waits for
// acknowledgements.
func (b *killBook) note(m map[string]int, id string, far int) {
	b.mu.Lock()
	m[id] = max(m[id], far)
	b.mu.Unlock()
	select {
	case b.acks <- struct{}{}:
	default:
	}
}

// token writes down which game session a token gave. It is an error if it
// gave another before.
func (b *killBook) token(token, session string) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	if before := b.tokens[token]; before != "" && before != session {
		return fmt.Errorf("token %s gives %s, it gave %s", token, session, before)
	}
	b.tokens[token] = session
	return nil
}

func sessionFar(s types.GameSessionStatus) int {
	switch s {
	case types.GameSessionStatusActivating:
		return made
	case types.GameSessionStatusActive, types.GameSessionStatusTerminating:
		return live
	}
	return over
}

func playerFar(s types.PlayerSessionStatus) int {
	switch s {
	case types.PlayerSessionStatusReserved:
		return made
	case types.PlayerSessionStatusActive:
		return live
	}
	return over
}

// check holds muster to all that it has acknowledged.
func (b *killBook) check(ctx context.Context, t *testing.T, api *awsgamelift.Client, fleet string) {
	t.Helper()
	for id, far := range b.sessions {
		out, err := api.DescribeGameSessions(ctx, &awsgamelift.DescribeGameSessionsInput{GameSessionId: &id})
		if err != nil || len(out.GameSessions) != 1 || sessionFar(out.GameSessions[0].Status) < far {
			t.Errorf("game session %s had come to %d, now it is %+v, %v", id, far, out, err)
		}
	}
	for id, far := range b.players {
		out, err := api.DescribePlayerSessions(ctx, &awsgamelift.DescribePlayerSessionsInput{PlayerSessionId: &id})
		if err != nil || len(out.PlayerSessions) != 1 || playerFar(out.PlayerSessions[0].Status) < far {
			t.Errorf("player session %s had come to %d, now it is %+v, %v", id, far, out, err)
		}
	}
	for token, id := range b.tokens {
		out, err := api.CreateGameSession(ctx, killSession(fleet, token))
		if err != nil || *out.GameSession.GameSessionId != id {
			t.Errorf("token %s gave %s, now %+v, %v", token, id, out, err)
		}
	}
	b.checkFleet(ctx, t, api, fleet)
}

// checkFleet looks at every game session there is, acknowledged or not: each
// has a token and a game server of its own, and no more players than slots.
func (b *killBook) checkFleet(ctx context.Context, t *testing.T, api *awsgamelift.Client, fleet string) {
	hosts := map[int32]string{}
	pages := awsgamelift.NewDescribeGameSessionsPaginator(api, &awsgamelift.DescribeGameSessionsInput{FleetId: &fleet, Limit: aws.Int32(20)})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			t.Fatalf("list the game sessions: %v", err)
		}
		for _, s := range page.GameSessions {
			id, port := *s.GameSessionId, *s.Port
			if hosts[port] != "" {
				t.Errorf("the game server at port %d hosts %s and %s", port, hosts[port], id)
			}
			hosts[port] = id
			if *s.CurrentPlayerSessionCount > *s.MaximumPlayerSessionCount {
				t.Errorf("game session %s has %d players of %d", id, *s.CurrentPlayerSessionCount, *s.MaximumPlayerSessionCount)
			}
			b.checkSeats(ctx, t, api, id)
		}
	}
	if len(hosts) < len(b.sessions) {
		t.Errorf("%d game sessions are listed, %d were acknowledged", len(hosts), len(b.sessions))
	}
}

func (b *killBook) checkSeats(ctx context.Context, t *testing.T, api *awsgamelift.Client, session string) {
	taken := 0
	pages := awsgamelift.NewDescribePlayerSessionsPaginator(api, &awsgamelift.DescribePlayerSessionsInput{GameSessionId: &session})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			t.Fatalf("list the player sessions of %s: %v", session, err)
		}
		for _, p := range page.PlayerSessions {
			if playerFar(p.Status) < over {
				taken++
			}
		}
	}
	if taken > killSlots {
		t.Errorf("game session %s has %d players RESERVED or ACTIVE, %d slots", session, taken, killSlots)
	}
}
