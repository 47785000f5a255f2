package arena

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"net"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/musterhq/muster"
)

// A Server hosts one session of the game and then is done.
type Server struct {
	Host muster.Host
	Conn net.PacketConn // where players come in; Run closes it
	Log  *slog.Logger   // nil means slog.Default()

	work sync.WaitGroup // calls to the Host

	mu      sync.Mutex
	players map[string]*walker // by address
	lastID  uint32
}

// A walker is a player in the square.
type walker struct {
	id      muster.PlayerConnectionConfig
	name    string
	addr    net.Addr
	x, y    int
	heard   time.Time
	welcome bool // validated; until then it only waits
}

// Run announces the process, hosts the session that comes, and returns when
// it is destroyed, or when ctx is done.
func (s *Server) Run(ctx context.Context) error {
	if s.Log == nil {
		s.Log = slog.Default()
	}
	s.players = map[string]*walker{}
	ctx, over := context.WithCancel(ctx)
	defer over()
	disconnect := s.Host.Connect(muster.SessionNotifications{
		OnCreateSessionBegin: func(_ context.Context, session muster.SessionConfig) bool {
			s.Log.Info("level loaded", "map", session.Properties["map"], "session", session.SessionID)
			return true
		},
		OnDestroySessionBegin: func(context.Context) bool {
			s.sendHome()
			return true
		},
		OnDestroySessionEnd: func(context.Context) { over() },
	})
	defer disconnect()

	stop := context.AfterFunc(ctx, func() { s.Conn.Close() })
	defer stop()
	defer s.work.Wait()
	s.work.Go(func() { s.tickAll(ctx) })
	if err := s.Host.NotifyProcessReady(ctx); err != nil {
		over()
		return fmt.Errorf("announce the game server: %w", err)
	}
	return s.listen(ctx)
}

func (s *Server) listen(ctx context.Context) error {
	buf := make([]byte, packet)
	for {
		n, addr, err := s.Conn.ReadFrom(buf)
		if errors.Is(err, net.ErrClosed) {
			return nil
		}
		if err != nil {
			continue // a datagram that did not arrive: UDP goes on
		}
		if join := s.hear(addr, string(buf[:n])); join != nil {
			s.work.Go(func() { s.validate(ctx, join) })
		}
	}
}

// hear acts on one datagram. It returns a player that must be validated,
// which takes a while.
func (s *Server) hear(addr net.Addr, line string) *walker {
	verb, rest, _ := strings.Cut(strings.TrimSpace(line), " ")
	s.mu.Lock()
	defer s.mu.Unlock()
	p := s.players[addr.String()]
	if p != nil {
		p.heard = time.Now()
	}
	switch {
	case verb == "JOIN" && p == nil:
		return s.enter(addr, rest)
	case verb == "JOIN" && p.welcome:
		s.say(addr, "WELCOME %d", p.id.ConnectionID) // the first one was lost
	case verb == "MOVE" && p != nil:
		var dx, dy int
		if _, err := fmt.Sscan(rest, &dx, &dy); err == nil {
			p.x, p.y = wrap(p.x+dx), wrap(p.y+dy)
		}
	case verb == "LEAVE":
		s.say(addr, "BYE")
		s.leave(p)
	}
	return nil
}

func wrap(v int) int { return ((v % size) + size) % size }

func (s *Server) enter(addr net.Addr, rest string) *walker {
	id, name, _ := strings.Cut(rest, " ")
	s.lastID++
	p := &walker{
		id:   muster.PlayerConnectionConfig{ConnectionID: s.lastID, PlayerSessionID: id},
		name: cmp.Or(name, "nobody"), addr: addr, x: size / 2, y: size / 2, heard: time.Now(),
	}
	s.players[addr.String()] = p
	return p
}

// validate asks whether a player may come in. It may have gone by the answer.
func (s *Server) validate(ctx context.Context, p *walker) {
	err := s.Host.ValidatePlayerJoinSession(ctx, p.id)
	s.mu.Lock()
	defer s.mu.Unlock()
	here := s.players[p.addr.String()] == p
	switch {
	case !here && err == nil:
		s.work.Go(func() { s.giveBack(p) })
	case !here:
	case err != nil:
		delete(s.players, p.addr.String())
		s.say(p.addr, "SORRY %v", err)
	default:
		p.welcome = true
		s.say(p.addr, "WELCOME %d", p.id.ConnectionID)
	}
}

// leave forgets a player and, if it was let in, gives its slot back.
func (s *Server) leave(p *walker) {
	if p == nil {
		return
	}
	delete(s.players, p.addr.String())
	if p.welcome {
		s.work.Go(func() { s.giveBack(p) })
	}
}

// giveBack tells the host that a player has left, which takes a while.
func (s *Server) giveBack(p *walker) {
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	defer cancel()
	if err := s.Host.HandlePlayerLeaveSession(ctx, p.id); err != nil {
		s.Log.Warn("a player left, but the service was not told", "player", p.name, "error", err)
	}
}

// tickAll shows the players each other, and takes out those who fell silent.
func (s *Server) tickAll(ctx context.Context) {
	t := time.NewTicker(tick)
	defer t.Stop()
	for {
		select {
		case <-t.C:
			s.show()
		case <-ctx.Done():
			return
		}
	}
}

func (s *Server) show() {
	s.mu.Lock()
	defer s.mu.Unlock()
	var state strings.Builder
	state.WriteString("STATE")
	for _, p := range s.sorted() {
		if time.Since(p.heard) > silent {
			s.leave(p)
		} else if p.welcome {
			fmt.Fprintf(&state, " %s:%d,%d", p.name, p.x, p.y)
		}
	}
	for _, p := range s.players {
		if p.welcome {
			s.say(p.addr, "%s", state.String())
		}
	}
}

func (s *Server) sorted() []*walker {
	return slices.SortedFunc(maps.Values(s.players), func(a, b *walker) int {
		return cmp.Compare(a.id.ConnectionID, b.id.ConnectionID)
	})
}

func (s *Server) sendHome() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, p := range s.players {
		s.say(p.addr, "BYE")
	}
}

// say sends a datagram; nobody is told when it is lost.
func (s *Server) say(addr net.Addr, format string, args ...any) {
	line := fmt.Appendf(nil, format, args...)
	s.Conn.WriteTo(line[:min(len(line), packet)], addr)
}
