package api

import (
	"context"
	"math/rand/v2"
	"slices"

	"github.com/aws/aws-sdk-go-v2/service/gamelift"
	"github.com/aws/aws-sdk-go-v2/service/gamelift/types"

	"github.com/musterhq/muster/internal/ledger"
	"github.com/musterhq/muster/internal/search"
	"github.com/musterhq/muster/internal/world"
)

func (v *visit) createGameSession(ctx context.Context, in *gamelift.CreateGameSessionInput) (*gamelift.CreateGameSessionOutput, error) {
	token, err := idempotencyToken(in)
	if err != nil {
		return nil, err
	}
	s, err := ledger.Do(ctx, v.Ledger, world.CreateGameSession{
		ID: v.newID(), Fleet: value(in.FleetId), Alias: value(in.AliasId), Location: value(in.Location),
		Name: value(in.Name), Creator: value(in.CreatorId), Maximum: int(value(in.MaximumPlayerSessionCount)),
		Properties: properties(in.GameProperties), Data: value(in.GameSessionData), Token: token,
	})
	if err != nil {
		return nil, err
	}
	return &gamelift.CreateGameSessionOutput{GameSession: new(v.gameSession(&s))}, nil
}

// idempotencyToken reads the token under its present or its former name.
func idempotencyToken(in *gamelift.CreateGameSessionInput) (string, error) {
	if in.GameSessionId != nil && in.IdempotencyToken != nil && *in.GameSessionId != *in.IdempotencyToken {
		return "", invalid("GameSessionId is the former name of IdempotencyToken, and the two differ: give IdempotencyToken alone")
	}
	if in.IdempotencyToken != nil {
		return *in.IdempotencyToken, nil
	}
	return value(in.GameSessionId), nil
}

func (v *visit) describeGameSessions(ctx context.Context, in *gamelift.DescribeGameSessionsInput) (*gamelift.DescribeGameSessionsOutput, error) {
	found, next, err := v.findGameSessions(ctx, "DescribeGameSessions", *in)
	if err != nil {
		return nil, err
	}
	out := &gamelift.DescribeGameSessionsOutput{GameSessions: make([]types.GameSession, len(found)), NextToken: next}
	for i := range found {
		out.GameSessions[i] = v.gameSession(&found[i])
	}
	return out, nil
}

func (v *visit) describeGameSessionDetails(ctx context.Context, in *gamelift.DescribeGameSessionDetailsInput) (*gamelift.DescribeGameSessionDetailsOutput, error) {
	found, next, err := v.findGameSessions(ctx, "DescribeGameSessionDetails", gamelift.DescribeGameSessionsInput(*in))
	if err != nil {
		return nil, err
	}
	out := &gamelift.DescribeGameSessionDetailsOutput{GameSessionDetails: make([]types.GameSessionDetail, len(found)), NextToken: next}
	for i := range found {
		out.GameSessionDetails[i] = types.GameSessionDetail{
			GameSession: new(v.gameSession(&found[i])), ProtectionPolicy: types.ProtectionPolicy(found[i].Protection),
		}
	}
	return out, nil
}

// sessionFilters are the values of StatusFilter. No game session of muster is
// ever in ERROR, so that one finds nothing.
var sessionFilters = []string{"ACTIVE", "ACTIVATING", "TERMINATING", "TERMINATED", "ERROR"}

const (
	// sessionsSize is how many bytes the data of a page's game sessions have at
	// most. A thousand sessions may have a quarter of a gigabyte of it and more,
	// which a slow client would keep in memory for minutes.
	sessionsSize = 8 << 20
	// sessionsAtOnce is how many game sessions are read before their size is
	// looked at.
	sessionsAtOnce = 64
)

// findGameSessions answers both Describe operations, whose inputs are alike.
func (v *visit) findGameSessions(ctx context.Context, operation string, in gamelift.DescribeGameSessionsInput) ([]world.GameSession, *string, error) {
	p, err := pageOf(in.Limit, in.NextToken, pageMost, operation,
		value(in.FleetId), value(in.AliasId), value(in.GameSessionId), value(in.Location), value(in.StatusFilter))
	if err != nil {
		return nil, nil, err
	}
	if in.StatusFilter != nil && !slices.Contains(sessionFilters, *in.StatusFilter) {
		return nil, nil, invalid("StatusFilter " + quote(*in.StatusFilter) + " is no status of a game session: it is ACTIVE, ACTIVATING, TERMINATING or TERMINATED")
	}
	q := world.SessionQuery{
		Fleet: value(in.FleetId), Alias: value(in.AliasId), Location: value(in.Location),
		Status: world.SessionStatus(value(in.StatusFilter)), After: p.serial(),
	}
	if in.GameSessionId != nil {
		found, err := v.findGameSession(ctx, *in.GameSessionId, q)
		return found, nil, err
	}
	return v.pageOfGameSessions(ctx, p, q)
}

// pageOfGameSessions ends a page where its sessions become too much for one
// answer, whatever limit it has.
func (v *visit) pageOfGameSessions(ctx context.Context, p page, q world.SessionQuery) ([]world.GameSession, *string, error) {
	var found []world.GameSession
	for size := 0; len(found) <= p.limit; {
		q.Limit = min(p.limit+1-len(found), sessionsAtOnce)
		more, err := v.Ledger.GameSessions(ctx, q)
		if err != nil {
			return nil, nil, err
		}
		for i := range more {
			if size += len(more[i].Data) + len(more[i].MatchmakerData); size > sessionsSize {
				p.limit = min(p.limit, max(1, len(found)+i))
			}
		}
		if found = append(found, more...); len(more) < q.Limit {
			break
		}
		q.After = more[len(more)-1].Serial
	}
	found, next := cut(p, found, func(s world.GameSession) uint64 { return s.Serial })
	return found, next, nil
}

// findGameSession finds one game session, if the query's filters let it pass.
func (v *visit) findGameSession(ctx context.Context, arn string, q world.SessionQuery) ([]world.GameSession, error) {
	if q.Fleet != "" || q.Alias != "" {
		return nil, invalid("GameSessionId is given with FleetId or AliasId: give one of the three")
	}
	s, err := v.Ledger.GameSession(ctx, arn)
	if err != nil || !q.Match(&s) {
		return nil, err
	}
	return []world.GameSession{s}, nil
}

func (v *visit) searchGameSessions(ctx context.Context, in *gamelift.SearchGameSessionsInput) (*gamelift.SearchGameSessionsOutput, error) {
	p, err := pageOf(in.Limit, in.NextToken, searchMost, "SearchGameSessions",
		value(in.FleetId), value(in.AliasId), value(in.Location), value(in.FilterExpression), value(in.SortExpression))
	if err != nil {
		return nil, err
	}
	q := search.Query{Location: value(in.Location), Limit: p.limit, After: p.after, Seed: rand.Uint64()}
	if q.Filter, err = search.ParseFilter(value(in.FilterExpression)); err != nil {
		return nil, wrong("FilterExpression", err)
	}
	if q.Sort, err = search.ParseSort(value(in.SortExpression)); err != nil {
		return nil, wrong("SortExpression", err)
	}
	found, cursor, err := v.Ledger.Search(ctx, value(in.FleetId), value(in.AliasId), q)
	if err != nil {
		return nil, err
	}
	out := &gamelift.SearchGameSessionsOutput{GameSessions: make([]types.GameSession, len(found))}
	for i := range found {
		out.GameSessions[i] = v.gameSession(&found[i])
		out.GameSessions[i].StatusReason = "" // clients that know fewer reasons index tables with it
	}
	if cursor != "" {
		out.NextToken = p.next(cursor)
	}
	return out, nil
}

func wrong(member string, err error) error { return invalid(member + ": " + err.Error()) }

func (v *visit) updateGameSession(ctx context.Context, in *gamelift.UpdateGameSessionInput) (*gamelift.UpdateGameSessionOutput, error) {
	s, err := ledger.Do(ctx, v.Ledger, world.UpdateGameSession{
		ID: value(in.GameSessionId), Name: in.Name, Maximum: integer(in.MaximumPlayerSessionCount),
		Policy: enum(in.PlayerSessionCreationPolicy), Protection: enum(in.ProtectionPolicy), Properties: properties(in.GameProperties),
	})
	if err != nil {
		return nil, err
	}
	return &gamelift.UpdateGameSessionOutput{GameSession: new(v.gameSession(&s))}, nil
}

// terminateGameSession cannot force: nothing here runs the process.
// Source: GameLift service API, TerminateGameSession, Anywhere fleets without an agent.
func (v *visit) terminateGameSession(ctx context.Context, in *gamelift.TerminateGameSessionInput) (*gamelift.TerminateGameSessionOutput, error) {
	if in.TerminationMode == types.TerminationModeForceTerminate {
		if _, err := v.Ledger.GameSession(ctx, value(in.GameSessionId)); err != nil {
			return nil, err
		}
		return nil, invalid("FORCE_TERMINATE needs an agent on the compute that can end the process, and there is none: use TRIGGER_ON_PROCESS_TERMINATE")
	}
	s, err := ledger.Do(ctx, v.Ledger, world.TerminateGameSession{ID: value(in.GameSessionId)})
	if err != nil {
		return nil, err
	}
	return &gamelift.TerminateGameSessionOutput{GameSession: new(v.gameSession(&s))}, nil
}

// gameSession points into s.
func (v *visit) gameSession(s *world.GameSession) types.GameSession {
	ip, dns := reach(&s.IP, &s.DNS)
	return types.GameSession{
		GameSessionId: &s.ID, Name: text(&s.Name), FleetId: &s.Fleet, FleetArn: v.fleetARN(s.Fleet), Location: &s.Location, ComputeName: text(&s.Compute),
		CreationTime: moment(s.Created), TerminationTime: moment(s.Ended),
		Status: types.GameSessionStatus(s.Status), StatusReason: types.GameSessionStatusReason(s.Reason),
		CurrentPlayerSessionCount: number(s.Players), MaximumPlayerSessionCount: number(s.Maximum),
		PlayerSessionCreationPolicy: types.PlayerSessionCreationPolicy(s.Policy), PlayerGatewayStatus: types.PlayerGatewayStatusDisabled,
		GameProperties: propertyList(s.Properties), GameSessionData: text(&s.Data), MatchmakerData: text(&s.MatchmakerData),
		CreatorId: text(&s.Creator), IpAddress: ip, DnsName: dns, Port: number(s.Port),
	}
}
