package main

import (
	"context"
	"math/rand/v2"
	"net/http"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	awsgamelift "github.com/aws/aws-sdk-go-v2/service/gamelift"

	"github.com/musterhq/muster"
	"github.com/musterhq/muster/gamelift"
)

// killAPI is a client that sends a request so many times at most: once for a
// load that must know what each was answered.
func killAPI(v *victim, attempts int) *awsgamelift.Client {
	url := "http://" + v.addr
	return awsgamelift.NewFromConfig(aws.Config{
		Region: "us-east-1", BaseEndpoint: &url, RetryMaxAttempts: attempts,
		Credentials: credentials.NewStaticCredentialsProvider("test", "test", ""),
		HTTPClient:  &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 64}},
	})
}

// TestKill kills the real binary at random moments while clients and game
// servers keep it busy, starts it again, and in the end holds it to everything
// that it has acknowledged in any of its lives.
func TestKill(t *testing.T) {
	kills := 100
	if testing.Short() {
		kills = 10
	}
	v, book := newVictim(t), newKillBook()
	if err := v.start(); err != nil {
		t.Fatal(err)
	}
	load := &killLoad{t: t, api: killAPI(v, 1), book: book, v: v, hosts: map[int32]*gamelift.Host{}}
	if err := load.furnish(t.Context()); err != nil {
		t.Fatalf("make the fleet: %v", err)
	}
	ctx, stop := context.WithCancel(t.Context())
	var workers sync.WaitGroup
	for range 6 {
		workers.Go(func() { load.run(ctx) })
	}
	restarts := killOften(t, v, book, kills)
	stop()
	workers.Wait()
	load.close()
	book.check(t.Context(), t, killAPI(v, 5), load.fleet)
	if err := v.kill(); err != nil {
		t.Error(err)
	}
	if saved, err := filepath.Glob(filepath.Join(v.dir, "snapshot-*")); err != nil || len(saved) == 0 {
		t.Errorf("no life began with a snapshot: %v", err)
	}
	t.Logf("%d kills; %d game sessions and %d player sessions acknowledged; a start took %v", kills, len(book.sessions), len(book.players), restarts/time.Duration(kills))
	if len(book.players) < kills/2 {
		t.Errorf("the load was none: %d player sessions", len(book.players))
	}
}

// killOften kills and starts v so many times, each time after some
// acknowledgements or some time, whichever comes first. It returns how long
// all the starts took.
func killOften(t *testing.T, v *victim, book *killBook, kills int) (starts time.Duration) {
	for range kills {
		enough := time.After(time.Duration(rand.IntN(300)) * time.Millisecond)
		for acks := 1 + rand.IntN(60); acks > 0; acks-- {
			select {
			case <-book.acks:
			case <-enough:
				acks = 0
			}
		}
		if err := v.kill(); err != nil {
			t.Fatal(err)
		}
		begin := time.Now()
		if err := v.start(); err != nil {
			t.Fatal(err)
		}
		starts += time.Since(begin)
	}
	return starts
}

// TestKillUnderAGame kills muster while a game is on. The game server comes
// back by itself, its game session and its players are as they were, and so is
// what was still to come.
func TestKillUnderAGame(t *testing.T) {
	v, book := newVictim(t), newKillBook()
	if err := v.start(); err != nil {
		t.Fatal(err)
	}
	load := &killLoad{t: t, api: killAPI(v, 1), book: book, v: v, hosts: map[int32]*gamelift.Host{}}
	defer load.close()
	if err := load.furnish(t.Context()); err != nil {
		t.Fatalf("make the fleet: %v", err)
	}
	if !load.serve(t.Context(), 1) {
		t.Fatal("the game server did not get ready")
	}
	s := load.create(t.Context(), "token")
	if s == nil || !load.activated(t.Context(), *s.GameSessionId) {
		t.Fatal("there is no game session")
	}
	joined := load.join(t.Context(), *s.GameSessionId)
	if len(joined) != killSlots {
		t.Fatalf("%d players got in, want %d", len(joined), killSlots)
	}
	host := load.hosts[*s.Port]
	load.visit(t.Context(), host, joined[0], false)
	if err := v.kill(); err != nil {
		t.Fatal(err)
	}
	if err := v.start(); err != nil {
		t.Fatal(err)
	}
	for n, id := range joined[1:] {
		if err := host.ValidatePlayerJoinSession(t.Context(), muster.PlayerConnectionConfig{ConnectionID: uint32(n + 2), PlayerSessionID: id}); err != nil {
			t.Errorf("a player who had reserved before: %v", err)
		}
		book.note(book.players, id, live)
	}
	book.check(t.Context(), t, killAPI(v, 5), load.fleet)
	if err := v.kill(); err != nil {
		t.Error(err)
	}
}
