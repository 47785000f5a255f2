package main

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/musterhq/muster"
	"github.com/musterhq/muster/examples/arena"
	"github.com/musterhq/muster/gamelift"
)

// How the demo's players play.
const (
	joinable = 2 * time.Second         // how long after its creation a session is joined
	shortest = time.Second             // game
	longest  = 2500 * time.Millisecond // game
	pause    = 150 * time.Millisecond  // when there is nothing to join
)

// play lets all players play until the time is over and they have left.
func (c demoCmd) play(ctx context.Context, w *watch, cfg aws.Config, fleet string) error {
	until := time.Now().Add(c.Duration)
	provider := &gamelift.Client{Config: &cfg}
	var players sync.WaitGroup
	saw := make(chan int, c.Players)
	for n := range c.Players {
		b := &bot{watch: w, fleet: fleet, seats: uint64((c.Players + c.Sessions - 1) / c.Sessions)}
		b.player.Name = fmt.Sprintf("player-%d", n+1)
		b.client = &muster.Client{Provider: provider, Handler: &b.player}
		players.Go(func() {
			b.playUntil(ctx, until)
			saw <- b.player.Saw()
		})
	}
	players.Wait()
	close(saw)
	frames := 0
	for n := range saw {
		frames += n
	}
	// The last sessions destroy themselves now: give that a moment to be seen.
	select {
	case <-time.After(time.Second):
	case <-ctx.Done():
	}
	fmt.Fprintf(w.o.out, "\n%d players were shown %d states of their games\n", c.Players, frames)
	return nil
}

// A bot is one player of the demo.
type bot struct {
	watch  *watch
	fleet  string
	seats  uint64
	player arena.Player
	client *muster.Client
}

func (b *bot) playUntil(ctx context.Context, until time.Time) {
	for ctx.Err() == nil && time.Now().Before(until) {
		if err := b.game(ctx); err != nil {
			sleep(ctx, pause)
		}
	}
}

func sleep(ctx context.Context, d time.Duration) {
	select {
	case <-time.After(d):
	case <-ctx.Done():
	}
}

// game joins a session, or makes one that somebody will join next time, plays
// and leaves.
func (b *bot) game(ctx context.Context) error {
	id, err := b.find(ctx)
	if errors.Is(err, muster.ErrNoSession) {
		return b.create(ctx)
	}
	if err != nil {
		return err
	}
	slot, err := b.client.ReserveSession(ctx, muster.JoinSessionRequest{SessionID: id, PlayerID: muster.CreatePlayerID(false, true)})
	if err != nil {
		return err // somebody was faster
	}
	b.watch.saw("player slot reserved", b.player.Name, "has a slot in %s", shortID(id))
	hurry, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	if err := b.client.ConnectSession(hurry, slot); err != nil {
		b.complain(ctx, "could not connect: %v", err)
		return err
	}
	b.watch.saw("player connected over UDP", b.player.Name, "plays at %s", slot.Address())
	sleep(ctx, shortest+rand.N(longest-shortest))
	leaving, done := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
	defer done()
	if err := b.client.LeaveSession(leaving); err != nil {
		b.complain(ctx, "could not leave: %v", err)
		return err
	}
	b.watch.saw("player left", b.player.Name, "left %s", shortID(id))
	return nil
}

// complain says what went wrong, unless the demo is over: game servers and
// players end in any order then.
func (b *bot) complain(ctx context.Context, format string, err error) {
	if ctx.Err() == nil {
		b.watch.say(b.player.Name, format, err)
	}
}

// find returns a young session with a free slot, or muster.ErrNoSession.
func (b *bot) find(ctx context.Context) (string, error) {
	since := time.Now().Add(-joinable).UnixMilli()
	found, err := b.client.SearchSessions(ctx, muster.SearchSessionsRequest{
		FleetID:          b.fleet,
		FilterExpression: fmt.Sprintf("hasAvailablePlayerSessions=true AND creationTimeMillis>%d", since),
	})
	if err != nil {
		return "", err
	}
	if len(found.SessionConfigs) == 0 {
		return "", muster.ErrNoSession
	}
	id := found.SessionConfigs[rand.IntN(len(found.SessionConfigs))].SessionID
	b.watch.saw("session found by search", b.player.Name, "found %s", shortID(id))
	return id, nil
}

func (b *bot) create(ctx context.Context) error {
	id, err := b.client.CreateSession(ctx, muster.CreateSessionRequest{
		FleetID: b.fleet, Name: b.player.Name + "'s game", MaxPlayers: b.seats, Properties: map[string]string{"map": "dust"},
	})
	if err != nil {
		return err // no game server is free just now
	}
	b.watch.saw("session created", b.player.Name, "created %s", shortID(id))
	return nil
}
