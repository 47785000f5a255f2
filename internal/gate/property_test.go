package gate_test

import (
	"context"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/musterhq/muster/internal/ledger"
	"github.com/musterhq/muster/internal/world"
	"pgregory.net/rapid"
)

const servers = 3

// An op is a step of a random story about a few game servers.
type op struct {
	what string
	who  int
}

// TestPushesOnce: whatever happens to its sockets, a game server is told of
// its game session once and asked to end once.
func TestPushesOnce(t *testing.T) {
	steps := rapid.SliceOfN(rapid.Custom(func(t *rapid.T) op {
		return op{
			rapid.SampledFrom([]string{"connect", "connect", "vanish", "create", "create", "terminate", "end", "sleep"}).Draw(t, "what"),
			rapid.IntRange(0, servers-1).Draw(t, "who"),
		}
	}), 1, 40)
	rapid.Check(t, func(rt *rapid.T) {
		story := steps.Draw(rt, "story")
		var wrong []string
		inHouse(t, nil, func(h *house) {
			s := &stage{house: h, newest: map[int]*sdk{}, told: map[string]int{}, asked: map[int]int{}, mustAsk: map[int]bool{}}
			for _, o := range story {
				s.play(o)
				synctest.Wait()
				s.listen()
			}
			wrong = s.check()
		})
		if len(wrong) > 0 {
			rt.Fatalf("%v", wrong)
		}
	})
}

// A stage is where a story is played: it counts the pushes.
type stage struct {
	*house
	sockets []socket
	newest  map[int]*sdk // of each server

	created []world.GameSession
	told    map[string]int // CreateGameSession, by game session
	asked   map[int]int    // TerminateProcess, by server
	mustAsk map[int]bool
}

// A socket is one of a server's.
type socket struct {
	*sdk
	who int
}

func serverName(who int) string { return fmt.Sprint("server-", who) }

func (s *stage) play(o op) {
	now := s.newest[o.who]
	if now != nil && !now.open() {
		now = nil
	}
	switch o.what {
	case "connect":
		s.connect(o.who)
	case "vanish":
		if now != nil {
			now.vanish()
		}
	case "create":
		g, err := ledger.Do(context.Background(), s.ledger, world.CreateGameSession{ID: fmt.Sprint("gsess-", len(s.created)), Fleet: fleet, Maximum: 2})
		if err == nil {
			s.created = append(s.created, g)
		}
	case "terminate":
		s.terminate(o.who)
	case "end":
		if now != nil {
			now.send("end", "TerminateServerProcess", nil)
		}
	case "sleep":
		time.Sleep(20 * time.Second)
	}
}

func (s *stage) connect(who int) {
	fresh, _ := s.dial("/?" + query(serverName(who)))
	if fresh == nil {
		return // it has ended
	}
	fresh.send("ready", "ActivateServerProcess", fields{"Port": 7777})
	fresh.send(fmt.Sprint("beat ", len(s.sockets)), "HeartbeatServerProcess", fields{"HealthStatus": true})
	s.newest[who], s.sockets = fresh, append(s.sockets, socket{fresh, who})
}

// terminate ends the game session of a server, if it has one.
func (s *stage) terminate(who int) {
	for _, g := range s.created {
		if g.Process != serverName(who) {
			continue
		}
		if p := s.process(g.Process); p.Status == world.ProcessHosting && p.Conn != "" {
			s.mustAsk[who] = true
		}
		ledger.Do(context.Background(), s.ledger, world.TerminateGameSession{ID: g.ID})
	}
}

// listen counts what has come on every socket there ever was.
func (s *stage) listen() {
	for _, c := range s.sockets {
		for len(c.frames) > 0 {
			switch f := <-c.frames; f.str("Action") {
			case "CreateGameSession":
				s.told[f.str("GameSessionId")]++
			case "TerminateProcess":
				s.asked[c.who]++
			}
		}
	}
}

func (s *stage) check() (wrong []string) {
	for _, g := range s.created {
		if n := s.told[g.ID]; n != 1 {
			wrong = append(wrong, fmt.Sprintf("%s was told %d times of %s", g.Process, n, g.ID))
		}
	}
	if len(s.told) > len(s.created) {
		wrong = append(wrong, fmt.Sprintf("told of %v, created %v", s.told, s.created))
	}
	for who := range servers {
		if n := s.asked[who]; n > 1 || n == 0 && s.mustAsk[who] {
			wrong = append(wrong, fmt.Sprintf("%s was asked to end %d times", serverName(who), n))
		}
	}
	return wrong
}
