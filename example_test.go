package muster_test

import (
	"context"
	"errors"
	"fmt"

	"github.com/musterhq/muster"
)

func ExampleClient() {
	client := &muster.Client{Provider: &solution{}, Handler: game{}}
	err := client.JoinSession(context.Background(), muster.JoinSessionRequest{SessionID: "session-1"})
	var failed *muster.StepError
	if errors.As(err, &failed) {
		fmt.Println(failed.Step)
	}
	fmt.Println(err)
	// Output:
	// validate
	// join session: validate: invalid request: player id is required
}

func ExampleAsync() {
	async := &muster.Async{Sessions: &muster.Client{Provider: &solution{}}}
	defer async.Close()
	async.Connect(muster.SessionAsyncNotifications{
		OnCreateSessionAsyncComplete: func(id string, err error) { fmt.Println("created", id, err) },
	})
	async.CreateSessionAsync(context.Background(), muster.CreateSessionRequest{Name: "duel", MaxPlayers: 2})
	async.Wait()
	// Output: created session-duel <nil>
}

func ExampleSessionNotificationBus() {
	var bus muster.SessionNotificationBus
	disconnect := bus.Connect(muster.SessionNotifications{
		OnSessionHealthCheck: func(context.Context) bool { return false },
	})
	fmt.Println(bus.SessionHealthCheck(context.Background()))
	disconnect()
	fmt.Println(bus.SessionHealthCheck(context.Background()))
	// Output:
	// rejected by the game
	// <nil>
}
