package gate

import (
	"context"
	"fmt"
	"strconv"

	"github.com/musterhq/muster/internal/ledger"
	"github.com/musterhq/muster/internal/sdkwire"
	"github.com/musterhq/muster/internal/world"
)

// pageLimit is how many player sessions one answer holds at most, and how many
// if the caller does not say. Source: GameLift service API,
// DescribePlayerSessions.
const pageLimit = 1024

func (g *Gate) describePlayerSessions(ctx context.Context, r *sdkwire.DescribePlayerSessionsRequest) (sdkwire.Reply, error) {
	named := 0
	for _, id := range []string{r.GameSessionID, r.PlayerSessionID, r.PlayerID} {
		if id != "" {
			named++
		}
	}
	if named != 1 {
		return nil, reject(fmt.Sprintf("DescribePlayerSessions names %d of GameSessionId, PlayerSessionId and PlayerId: it takes exactly one", named))
	}
	if r.PlayerSessionID != "" {
		p, err := g.Ledger.PlayerSession(ctx, r.PlayerSessionID)
		return &sdkwire.DescribePlayerSessionsAnswer{PlayerSessions: []sdkwire.PlayerSession{playerSession(p)}}, err
	}
	q, err := playerQuery(r)
	if err != nil {
		return nil, err
	}
	limit := q.Limit
	q.Limit++ // to see whether there is another page
	list, err := g.Ledger.PlayerSessions(ctx, q)
	return page(list, limit), err
}

// playerQuery applies the status filter to those of a game session alone.
// Source: GameLift service API, DescribePlayerSessions.
func playerQuery(r *sdkwire.DescribePlayerSessionsRequest) (world.PlayerQuery, error) {
	q := world.PlayerQuery{Session: r.GameSessionID, Player: r.PlayerID, Status: world.PlayerStatus(r.PlayerSessionStatusFilter), Limit: r.Limit}
	switch q.Status {
	case "", world.PlayerReserved, world.PlayerActive, world.PlayerCompleted, world.PlayerTimedOut:
	default:
		return q, reject(fmt.Sprintf("PlayerSessionStatusFilter %q is none of RESERVED, ACTIVE, COMPLETED and TIMEDOUT", r.PlayerSessionStatusFilter))
	}
	if q.Session == "" {
		q.Status = ""
	}
	if q.Limit <= 0 || q.Limit > pageLimit {
		q.Limit = pageLimit
	}
	if r.NextToken != "" {
		after, err := strconv.ParseUint(r.NextToken, 36, 64)
		if err != nil {
			return q, reject(fmt.Sprintf("NextToken %q is not one from an earlier answer", r.NextToken))
		}
		q.After = after
	}
	return q, nil
}

// page is the answer with the first of list; the token of the next page is
// the serial number to go on after.
func page(list []world.PlayerSession, limit int) *sdkwire.DescribePlayerSessionsAnswer {
	a := &sdkwire.DescribePlayerSessionsAnswer{}
	if len(list) > limit {
		list = list[:limit]
		a.NextToken = strconv.FormatUint(list[limit-1].Serial, 36)
	}
	for _, p := range list {
		a.PlayerSessions = append(a.PlayerSessions, playerSession(p))
	}
	return a
}

func playerSession(p world.PlayerSession) sdkwire.PlayerSession {
	ip, dns := reach(p.IP, p.DNS)
	return sdkwire.PlayerSession{
		PlayerID: p.Player, PlayerSessionID: p.ID, GameSessionID: p.Session, FleetID: p.Fleet, PlayerData: p.Data,
		IPAddress: ip, Port: p.Port, DNSName: dns, Status: string(p.Status),
		CreationTime: sdkwire.Millis(p.Created), TerminationTime: sdkwire.Millis(p.Ended),
	}
}

func (g *Gate) computeCertificate(ctx context.Context, key world.ProcessKey) (sdkwire.Reply, error) {
	c, err := ledger.View(ctx, g.Ledger, func(w *world.World) (world.Compute, error) { return w.Compute(key.Fleet, key.Compute) })
	return &sdkwire.GetComputeCertificateAnswer{CertificatePath: c.Certificate, ComputeName: c.Name}, err
}
