package gate

import (
	"cmp"

	"github.com/musterhq/muster/internal/sdkwire"
	"github.com/musterhq/muster/internal/world"
)

// hear derives from committed events what is owed to game servers. It is
// called by the ledger, one block at a time and in order, and never waits.
//
// A game session is not owed again after a restart: the event that caused it is
// not heard a second time, and its deadline settles what became of it. That a
// process is to end the world says again until the process knows.
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
		p := g.meet(e.Key)
		p.expect(e.Conn)
		if e.EndBy != 0 {
			p.push(terminateProcess(e.EndBy))
		}
	case world.SessionCreated:
		g.meet(e.Session.Key()).push(createGameSession(&e.Session))
	case world.ProcessTerminationBegan:
		g.meet(e.Key).push(terminateProcess(e.By))
	case world.ProcessGone:
		if p := g.known(e.Key); p != nil {
			p.end()
		}
	case world.ProcessForgotten:
		g.forget(e.Key)
	}
}

func terminateProcess(by world.Instant) *sdkwire.TerminateProcess {
	return &sdkwire.TerminateProcess{TerminationTime: sdkwire.Millis(by)}
}

// ends says whether a push tells the process to end.
func ends(x sdkwire.Push) bool {
	_, ok := x.(*sdkwire.TerminateProcess)
	return ok
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
