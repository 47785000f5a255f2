package gate

import (
	"cmp"

	"github.com/musterhq/muster/internal/sdkwire"
	"github.com/musterhq/muster/internal/world"
)

// hear derives from committed events what is owed to game servers. It is
// called by the ledger, one block at a time and in order, and never waits.
//
// Nothing here is owed again after a restart: the events that caused it are
// not heard a second time, and the deadlines of the world settle what became
// of it.
func (g *Gate) hear(commits []world.Commit) {
	for _, c := range commits {
		for _, e := range c.Events {
			g.heed(e)
		}
	}
}

func (g *Gate) heed(e world.Event) {
	switch e := e.(type) {
	case world.ProcessOpened:
		g.meet(e.Process.Key).expect(e.Process.Conn)
	case world.ProcessReconnected:
		g.meet(e.Key).expect(e.Conn)
	case world.SessionCreated:
		g.meet(e.Session.Key()).push(createGameSession(&e.Session))
	case world.ProcessTerminationBegan:
		g.meet(e.Key).push(&sdkwire.TerminateProcess{TerminationTime: sdkwire.Millis(e.By)})
	case world.ProcessGone:
		if p := g.known(e.Key); p != nil {
			p.end()
		}
	case world.ProcessForgotten:
		g.forget(e.Key)
	}
}

func createGameSession(s *world.GameSession) *sdkwire.CreateGameSession {
	ip, dns := reach(s.IP, s.DNS)
	return &sdkwire.CreateGameSession{
		GameSessionID: s.ID, GameSessionName: s.Name, GameSessionData: s.Data, MatchmakerData: s.MatchmakerData,
		MaximumPlayerSessionCount: s.Maximum, Port: s.Port, IPAddress: ip, DNSName: dns, GameProperties: s.Properties,
	}
}

// reach returns the IpAddress and the DnsName of a game. Each stands in for
// the other, as in the service API: a game server is told what players are.
func reach(ip, dns string) (string, string) { return cmp.Or(ip, dns), cmp.Or(dns, ip) }
