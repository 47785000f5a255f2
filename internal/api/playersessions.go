package api

import (
	"context"
	"slices"

	"github.com/aws/aws-sdk-go-v2/service/gamelift"
	"github.com/aws/aws-sdk-go-v2/service/gamelift/types"

	"github.com/musterhq/muster/internal/ledger"
	"github.com/musterhq/muster/internal/world"
)

func (v *visit) createPlayerSession(ctx context.Context, in *gamelift.CreatePlayerSessionInput) (*gamelift.CreatePlayerSessionOutput, error) {
	made, err := ledger.Do(ctx, v.Ledger, world.CreatePlayerSessions{
		Session: value(in.GameSessionId),
		Players: []world.ReservedPlayer{v.reservation(value(in.PlayerId), value(in.PlayerData))},
	})
	if err != nil {
		return nil, err
	}
	return &gamelift.CreatePlayerSessionOutput{PlayerSession: new(v.playerSession(&made[0]))}, nil
}

// createPlayerSessions ignores data for players that are not named.
func (v *visit) createPlayerSessions(ctx context.Context, in *gamelift.CreatePlayerSessionsInput) (*gamelift.CreatePlayerSessionsOutput, error) {
	cmd := world.CreatePlayerSessions{Session: value(in.GameSessionId), Players: make([]world.ReservedPlayer, len(in.PlayerIds))}
	for i, player := range in.PlayerIds {
		cmd.Players[i] = v.reservation(player, in.PlayerDataMap[player])
	}
	made, err := ledger.Do(ctx, v.Ledger, cmd)
	if err != nil {
		return nil, err
	}
	return &gamelift.CreatePlayerSessionsOutput{PlayerSessions: v.playerSessions(made)}, nil
}

func (v *visit) reservation(player, data string) world.ReservedPlayer {
	return world.ReservedPlayer{ID: "psess-" + v.newID(), Player: player, Data: data}
}

// playerFilters are the values of PlayerSessionStatusFilter.
var playerFilters = []string{"RESERVED", "ACTIVE", "COMPLETED", "TIMEDOUT"}

// describePlayerSessions applies the status filter to those of a game session
// alone.
func (v *visit) describePlayerSessions(ctx context.Context, in *gamelift.DescribePlayerSessionsInput) (*gamelift.DescribePlayerSessionsOutput, error) {
	if err := checkPlayerQuery(in); err != nil {
		return nil, err
	}
	if in.PlayerSessionId != nil {
		one, err := v.Ledger.PlayerSession(ctx, *in.PlayerSessionId)
		if err != nil {
			return nil, err
		}
		return &gamelift.DescribePlayerSessionsOutput{PlayerSessions: v.playerSessions([]world.PlayerSession{one})}, nil
	}
	p, err := pageOf(in.Limit, in.NextToken, pageMost, "DescribePlayerSessions",
		value(in.GameSessionId), value(in.PlayerId), value(in.PlayerSessionStatusFilter))
	if err != nil {
		return nil, err
	}
	q := world.PlayerQuery{Session: value(in.GameSessionId), Player: value(in.PlayerId), After: p.serial(), Limit: p.limit + 1}
	if in.GameSessionId != nil {
		q.Status = world.PlayerStatus(value(in.PlayerSessionStatusFilter))
	}
	found, err := v.Ledger.PlayerSessions(ctx, q)
	if err != nil {
		return nil, err
	}
	found, next := cut(p, found, func(s world.PlayerSession) uint64 { return s.Serial })
	return &gamelift.DescribePlayerSessionsOutput{PlayerSessions: v.playerSessions(found), NextToken: next}, nil
}

func checkPlayerQuery(in *gamelift.DescribePlayerSessionsInput) error {
	given := 0
	for _, id := range []*string{in.GameSessionId, in.PlayerId, in.PlayerSessionId} {
		if id != nil {
			given++
		}
	}
	if given != 1 {
		return invalid("give one of GameSessionId, PlayerId and PlayerSessionId")
	}
	if f := in.PlayerSessionStatusFilter; f != nil && in.GameSessionId != nil && !slices.Contains(playerFilters, *f) {
		return invalid("PlayerSessionStatusFilter " + quote(*f) + " is no status of a player session: it is RESERVED, ACTIVE, COMPLETED or TIMEDOUT")
	}
	return nil
}

func (v *visit) playerSessions(list []world.PlayerSession) []types.PlayerSession {
	out := make([]types.PlayerSession, len(list))
	for i := range list {
		out[i] = v.playerSession(&list[i])
	}
	return out
}

// playerSession points into p.
func (v *visit) playerSession(p *world.PlayerSession) types.PlayerSession {
	ip, dns := reach(&p.IP, &p.DNS)
	return types.PlayerSession{
		PlayerSessionId: &p.ID, PlayerId: &p.Player, GameSessionId: &p.Session, FleetId: &p.Fleet, FleetArn: v.fleetARN(p.Fleet),
		CreationTime: moment(p.Created), TerminationTime: moment(p.Ended), Status: types.PlayerSessionStatus(p.Status),
		IpAddress: ip, DnsName: dns, Port: number(p.Port), PlayerData: text(&p.Data),
	}
}
