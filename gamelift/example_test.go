package gamelift_test

import (
	"context"
	"fmt"
	"log"

	"github.com/musterhq/muster"
	"github.com/musterhq/muster/gamelift"
)

// A player's side: find a session with room, or create one, and join it. Region,
// credentials and endpoint come from the environment.
func ExampleClient() {
	ctx := context.Background()
	client := &muster.Client{Provider: &gamelift.Client{}, Handler: network{}}
	query := muster.SearchSessionsRequest{
		FleetID:          "fleet-1",
		FilterExpression: "hasAvailablePlayerSessions=true AND gameSessionProperties.map='desert'",
		SortExpression:   "creationTimeMillis ASC",
	}
	player := muster.CreatePlayerID(false, true)
	for session, err := range client.AllSessions(ctx, query) {
		if err != nil {
			log.Fatal(err)
		}
		join := muster.JoinSessionRequest{SessionID: session.SessionID, PlayerID: player}
		if client.JoinSession(ctx, join) == nil {
			return
		}
	}
	id, err := client.CreateSession(ctx, muster.CreateSessionRequest{
		FleetID: "fleet-1", MaxPlayers: 8, Properties: map[string]string{"map": "desert"},
	})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println("created", id) // join it once a search finds it
}

// network is the game's own transport.
type network struct{}

func (network) RequestPlayerJoinSession(ctx context.Context, connection muster.SessionConnectionConfig) error {
	fmt.Println("connect to", connection.Address(), "and hand over", connection.PlayerSessionID)
	return nil
}

func (network) RequestPlayerLeaveSession(context.Context) error { return nil }

// A game server: it hosts one session and ends with it. Where the service is
// comes from the GAMELIFT_SDK_* variables.
func ExampleHost() {
	ctx := context.Background()
	host := &gamelift.Host{Port: 7777}
	defer host.Close()
	over := make(chan struct{})
	host.Connect(muster.SessionNotifications{
		OnCreateSessionBegin: func(ctx context.Context, session muster.SessionConfig) bool {
			return loadLevel(ctx, session.Properties["map"]) == nil
		},
		OnDestroySessionEnd: func(context.Context) { close(over) },
	})
	if err := host.Init(ctx); err != nil {
		log.Fatal(err)
	}
	if err := host.NotifyProcessReady(ctx); err != nil {
		log.Fatal(err)
	}
	<-over
}

func loadLevel(context.Context, string) error { return nil }
