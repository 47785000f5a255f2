package arena

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"sync"
	"syscall"
	"time"

	"github.com/musterhq/muster"
)

// A Player connects to a game server and walks about. It plays one game at a
// time; the zero value is ready.
type Player struct {
	Name string

	mu   sync.Mutex
	conn net.Conn
	stop context.CancelFunc
	done chan struct{}
	saw  int
}

var _ muster.ClientHandler = (*Player)(nil)

// RequestPlayerJoinSession implements muster.ClientHandler.
func (p *Player) RequestPlayerJoinSession(ctx context.Context, c muster.SessionConnectionConfig) error {
	var d net.Dialer
	conn, err := d.DialContext(ctx, "udp", c.Address())
	if err != nil {
		return err
	}
	answer, err := ask(ctx, conn, "JOIN "+c.PlayerSessionID+" "+p.Name, "WELCOME", "SORRY")
	if err == nil && bytes.HasPrefix(answer, []byte("SORRY")) {
		err = fmt.Errorf("the game server refused: %s", answer)
	}
	if err != nil {
		conn.Close()
		return err
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	walk, stop := context.WithCancel(context.Background())
	p.conn, p.stop, p.done = conn, stop, make(chan struct{})
	go p.walk(walk, conn, p.done)
	return nil
}

// RequestPlayerLeaveSession implements muster.ClientHandler. A game server that
// does not answer is gone, or will miss the player by itself.
func (p *Player) RequestPlayerLeaveSession(ctx context.Context) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.conn == nil {
		return errors.New("not in a game")
	}
	p.stop()
	<-p.done
	_, _ = ask(ctx, p.conn, "LEAVE", "BYE")
	p.conn.Close()
	p.conn = nil
	return nil
}

// Saw returns how many STATEs the player was shown, over all games.
func (p *Player) Saw() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.saw
}

// walk moves about at random and counts what it is shown, until ctx is done.
func (p *Player) walk(ctx context.Context, conn net.Conn, done chan struct{}) {
	saw := 0
	defer func() {
		p.saw += saw // whoever waits for done holds the lock
		close(done)
	}()
	buf := make([]byte, packet)
	for ctx.Err() == nil {
		fmt.Fprintf(conn, "MOVE %d %d", rand.IntN(3)-1, rand.IntN(3)-1)
		conn.SetReadDeadline(time.Now().Add(tick))
		if n, err := conn.Read(buf); err == nil && bytes.HasPrefix(buf[:n], []byte("STATE")) {
			saw++
		}
	}
}

// ask repeats a line until one of the answers comes or ctx is done.
func ask(ctx context.Context, conn net.Conn, line string, answers ...string) ([]byte, error) {
	wake := context.AfterFunc(ctx, func() { conn.SetReadDeadline(time.Now()) })
	defer wake()
	buf := make([]byte, packet)
	for ctx.Err() == nil {
		fmt.Fprint(conn, line)
		conn.SetReadDeadline(time.Now().Add(resend))
		for {
			n, err := conn.Read(buf)
			if errors.Is(err, syscall.ECONNREFUSED) {
				return nil, fmt.Errorf("nobody listens at %v: %w", conn.RemoteAddr(), err)
			}
			if err != nil {
				break
			}
			for _, want := range answers {
				if bytes.HasPrefix(buf[:n], []byte(want)) {
					return buf[:n], nil
				}
			}
		}
	}
	return nil, fmt.Errorf("no answer from the game server at %v: %w", conn.RemoteAddr(), ctx.Err())
}
