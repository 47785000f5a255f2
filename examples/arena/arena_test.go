package arena_test

import (
	"context"
	"errors"
	"fmt"
	"net"
	"testing"
	"time"

	"github.com/musterhq/muster"
	"github.com/musterhq/muster/examples/arena"
	"github.com/musterhq/muster/memory"
)

// TestGame plays one game from the first player in to the last one out, over
// UDP. The session destroys itself then, and the server is done.
func TestGame(t *testing.T) {
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	service := memory.NewService(memory.Options{})
	defer service.Close()
	conn, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	host := service.NewHost(memory.HostOptions{Port: uint16(conn.LocalAddr().(*net.UDPAddr).Port)})
	defer host.Close()
	over := make(chan error, 1)
	go func() { over <- (&arena.Server{Host: host, Conn: conn}).Run(ctx) }()

	ann := &arena.Player{Name: "ann"}
	client := &muster.Client{Provider: service, Handler: ann}
	id := created(ctx, t, client)
	if err := join(ctx, client, id); err != nil {
		t.Fatal(err)
	}
	bob := &arena.Player{Name: "bob"}
	other := &muster.Client{Provider: service, Handler: bob}
	if err := join(ctx, other, id); err != nil {
		t.Fatal(err)
	}
	if err := bob.RequestPlayerJoinSession(ctx, muster.SessionConnectionConfig{PlayerSessionID: "psess-forged", IPAddress: "127.0.0.1", Port: uint16(conn.LocalAddr().(*net.UDPAddr).Port)}); err == nil {
		t.Error("a forged player session was let in")
	}
	for _, c := range []*muster.Client{client, other} {
		if err := c.LeaveSession(ctx); err != nil {
			t.Fatal(err)
		}
	}
	if err := <-over; err != nil {
		t.Fatal(err)
	}
	found, err := client.SearchSessions(ctx, muster.SearchSessionsRequest{})
	if err != nil || len(found.SessionConfigs) != 0 {
		t.Errorf("after the game: %v, %v; want no session", found, err)
	}
}

// created makes a session as soon as the game server is ready.
func created(ctx context.Context, t *testing.T, c *muster.Client) string {
	t.Helper()
	for {
		id, err := c.CreateSession(ctx, muster.CreateSessionRequest{MaxPlayers: 2, Properties: map[string]string{"map": "dust"}})
		if err == nil {
			return id
		}
		if ctx.Err() != nil {
			t.Fatal(err)
		}
	}
}

// join joins as soon as the session is active.
func join(ctx context.Context, c *muster.Client, id string) error {
	for {
		err := c.JoinSession(ctx, muster.JoinSessionRequest{SessionID: id, PlayerID: muster.CreatePlayerID(false, true)})
		if err == nil || ctx.Err() != nil {
			return err
		}
	}
}

// A slowHost lets players in when the test does.
type slowHost struct {
	muster.Host
	asked, answer chan struct{}
}

func (h slowHost) ValidatePlayerJoinSession(ctx context.Context, c muster.PlayerConnectionConfig) error {
	close(h.asked)
	<-h.answer
	return h.Host.ValidatePlayerJoinSession(ctx, c)
}

// TestGoneBeforeWelcome has a player leave while it is being validated: its
// slot is given back, and the session, empty again, destroys itself.
func TestGoneBeforeWelcome(t *testing.T) {
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	service := memory.NewService(memory.Options{})
	defer service.Close()
	conn, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	host := service.NewHost(memory.HostOptions{})
	defer host.Close()
	slow := slowHost{Host: host, asked: make(chan struct{}), answer: make(chan struct{})}
	over := make(chan error, 1)
	go func() { over <- (&arena.Server{Host: slow, Conn: conn}).Run(ctx) }()

	client := &muster.Client{Provider: service}
	id := created(ctx, t, client)
	var slot muster.SessionConnectionConfig
	for err := muster.ErrNotActive; errors.Is(err, muster.ErrNotActive); {
		slot, err = service.ReserveSession(ctx, muster.JoinSessionRequest{SessionID: id, PlayerID: "ann"})
	}
	player, err := net.Dial("udp", conn.LocalAddr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer player.Close()
	fmt.Fprintf(player, "JOIN %s ann", slot.PlayerSessionID)
	<-slow.asked
	fmt.Fprint(player, "LEAVE")
	if n, err := player.Read(make([]byte, 16)); err != nil || n != len("BYE") {
		t.Fatalf("left: %d bytes, %v", n, err)
	}
	close(slow.answer)
	if err := <-over; err != nil || ctx.Err() != nil {
		t.Errorf("run: %v, %v; want the session to end by itself", err, ctx.Err())
	}
}
