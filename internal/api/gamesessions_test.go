package api_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/gamelift"
	"github.com/aws/aws-sdk-go-v2/service/gamelift/types"

	"github.com/musterhq/muster/internal/world"
)

func property(k, v string) types.GameProperty { return types.GameProperty{Key: &k, Value: &v} }

func TestCreateGameSession(t *testing.T) {
	eachProtocol(t, func(t *testing.T, h *house) {
		h.t = t
		fleet, keys := h.arena(1)
		in := &gamelift.CreateGameSessionInput{
			FleetId: &fleet, MaximumPlayerSessionCount: aws.Int32(10), Name: aws.String("duel ⚔"), CreatorId: aws.String("ann"),
			GameProperties: []types.GameProperty{property("map", "dust"), property("level", "5")}, GameSessionData: aws.String("{}"),
			IdempotencyToken: aws.String("token-1"), Location: aws.String("custom-hall"),
		}
		made := call[gamelift.CreateGameSessionOutput](h, in).GameSession
		want := types.GameSession{
			GameSessionId: aws.String("arn:aws:gamelift:us-east-1::gamesession/" + fleet + "/custom-hall/token-1"),
			FleetId:       &fleet, FleetArn: aws.String("arn:aws:gamelift:us-east-1:000000000000:fleet/" + fleet),
			Name: in.Name, CreatorId: in.CreatorId, GameSessionData: in.GameSessionData, Location: in.Location, ComputeName: aws.String("host-1"),
			GameProperties: []types.GameProperty{property("level", "5"), property("map", "dust")},
			CreationTime:   made.CreationTime, Status: types.GameSessionStatusActivating,
			CurrentPlayerSessionCount: aws.Int32(0), MaximumPlayerSessionCount: aws.Int32(10),
			PlayerSessionCreationPolicy: types.PlayerSessionCreationPolicyAcceptAll, PlayerGatewayStatus: types.PlayerGatewayStatusDisabled,
			IpAddress: aws.String("10.0.0.7"), DnsName: aws.String("10.0.0.7"), Port: aws.Int32(7777),
		}
		equal(t, *made, want)

		// The same token answers the same session, as it is now.
		do(h, world.ActivateGameSession{Process: keys[0], ID: *made.GameSessionId})
		want.Status = types.GameSessionStatusActive
		equal(t, *call[gamelift.CreateGameSessionOutput](h, in).GameSession, want)
		former := *in
		former.GameSessionId, former.IdempotencyToken = in.IdempotencyToken, nil
		equal(t, *call[gamelift.CreateGameSessionOutput](h, &former).GameSession, want)
		both := *in
		both.GameSessionId = in.IdempotencyToken
		equal(t, *call[gamelift.CreateGameSessionOutput](h, &both).GameSession, want)
		both.GameSessionId = aws.String("token-2")
		h.refused(&both, "InvalidRequestException", "IdempotencyToken")
		changed := *in
		changed.Name = aws.String("other")
		h.refused(&changed, "IdempotentParameterMismatchException", "token-1")

		h.end(*made.GameSessionId)
		ended := call[gamelift.CreateGameSessionOutput](h, in).GameSession
		if ended.Status != types.GameSessionStatusTerminated || ended.TerminationTime == nil {
			t.Errorf("got %s, ended at %v", ended.Status, ended.TerminationTime)
		}
	})
}

func TestCreateGameSessionRefusals(t *testing.T) {
	eachProtocol(t, func(t *testing.T, h *house) {
		h.t = t
		fleet, _ := h.arena(1)
		alias := h.alias("live", fleet)
		many := make([]types.GameProperty, 17)
		for i := range many {
			many[i] = property(fmt.Sprint(i), "v")
		}
		for _, c := range []struct {
			change          func(*gamelift.CreateGameSessionInput)
			exception, part string
		}{
			{func(in *gamelift.CreateGameSessionInput) { in.AliasId = alias.AliasId }, "InvalidRequestException", "both"},
			{func(in *gamelift.CreateGameSessionInput) { in.FleetId = nil }, "InvalidRequestException", "neither"},
			{func(in *gamelift.CreateGameSessionInput) { in.FleetId = aws.String("fleet-x") }, "NotFoundException", "fleet-x"},
			{func(in *gamelift.CreateGameSessionInput) { in.FleetId, in.AliasId = nil, aws.String("alias-x") }, "NotFoundException", "alias-x"},
			{func(in *gamelift.CreateGameSessionInput) { in.Location = aws.String("custom-x") }, "NotFoundException", "custom-x"},
			{func(in *gamelift.CreateGameSessionInput) { in.FleetId = aws.String("a fleet") }, "InvalidRequestException", "Value 'a fleet' at 'fleetId'"},
			{func(in *gamelift.CreateGameSessionInput) { in.MaximumPlayerSessionCount = aws.Int32(-1) }, "InvalidRequestException", "maximumPlayerSessionCount"},
			{func(in *gamelift.CreateGameSessionInput) { in.GameProperties = many }, "InvalidRequestException", "gameProperties"},
			{func(in *gamelift.CreateGameSessionInput) {
				in.GameProperties = []types.GameProperty{property(strings.Repeat("k", 33), "v")}
			}, "InvalidRequestException", "key"},
			{func(in *gamelift.CreateGameSessionInput) {
				in.GameProperties = []types.GameProperty{property("k", strings.Repeat("v", 97))}
			}, "InvalidRequestException", "value"},
			{func(in *gamelift.CreateGameSessionInput) { in.IdempotencyToken = aws.String("a_b") }, "InvalidRequestException", "idempotencyToken"},
			{func(in *gamelift.CreateGameSessionInput) {
				in.IdempotencyToken = aws.String(strings.Repeat("x", 49))
			}, "InvalidRequestException", "idempotencyToken"},
			{func(in *gamelift.CreateGameSessionInput) {
				in.GameSessionData = aws.String(strings.Repeat("x", 262145))
			}, "InvalidRequestException", "gameSessionData"},
		} {
			in := &gamelift.CreateGameSessionInput{FleetId: &fleet, MaximumPlayerSessionCount: aws.Int32(2)}
			c.change(in)
			h.refused(in, c.exception, c.part)
		}
		largest := call[gamelift.CreateGameSessionOutput](h, &gamelift.CreateGameSessionInput{
			AliasId: alias.AliasId, MaximumPlayerSessionCount: aws.Int32(0), GameSessionData: aws.String(strings.Repeat("😀", 262144)),
		}).GameSession
		if len(*largest.GameSessionData) != 4*262144 {
			t.Errorf("%d bytes of data came back", len(*largest.GameSessionData))
		}
		h.refused(&gamelift.CreateGameSessionInput{FleetId: &fleet, MaximumPlayerSessionCount: aws.Int32(2)}, "FleetCapacityExceededException", fleet)
	})
}

func TestCreatorLimit(t *testing.T) {
	eachProtocol(t, func(t *testing.T, h *house) {
		h.t = t
		fleet, _ := h.arena(3)
		call[gamelift.UpdateFleetAttributesOutput](h, &gamelift.UpdateFleetAttributesInput{
			FleetId: &fleet, ResourceCreationLimitPolicy: &types.ResourceCreationLimitPolicy{NewGameSessionsPerCreator: aws.Int32(1), PolicyPeriodInMinutes: aws.Int32(60)},
		})
		in := &gamelift.CreateGameSessionInput{FleetId: &fleet, MaximumPlayerSessionCount: aws.Int32(2)}
		h.refused(in, "InvalidRequestException", "CreatorId")
		in.CreatorId = aws.String("ann")
		call[gamelift.CreateGameSessionOutput](h, in)
		h.refused(in, "LimitExceededException", "ann")
		in.CreatorId = aws.String("bob")
		call[gamelift.CreateGameSessionOutput](h, in)
	})
}

func TestDescribeGameSessions(t *testing.T) {
	eachProtocol(t, func(t *testing.T, h *house) {
		h.t = t
		fleet, _ := h.arena(5)
		alias := h.alias("live", fleet)
		var ids []string
		for range 4 {
			ids = append(ids, *h.session(fleet, 2).GameSessionId)
		}
		waiting := call[gamelift.CreateGameSessionOutput](h, &gamelift.CreateGameSessionInput{FleetId: &fleet, MaximumPlayerSessionCount: aws.Int32(2)})
		h.end(ids[1])
		all := append(slices.Clone(ids), *waiting.GameSession.GameSessionId)

		list := func(in gamelift.DescribeGameSessionsInput) []string {
			in.Limit = aws.Int32(2)
			plain := collect(t, func(token *string) ([]types.GameSession, *string) {
				in.NextToken = token
				out := call[gamelift.DescribeGameSessionsOutput](h, &in)
				return out.GameSessions, out.NextToken
			}, func(s types.GameSession) string { return *s.GameSessionId })
			detailed := collect(t, func(token *string) ([]types.GameSessionDetail, *string) {
				in.NextToken = token
				details := gamelift.DescribeGameSessionDetailsInput(in)
				out := call[gamelift.DescribeGameSessionDetailsOutput](h, &details)
				return out.GameSessionDetails, out.NextToken
			}, func(d types.GameSessionDetail) string {
				if d.ProtectionPolicy != types.ProtectionPolicyNoProtection {
					t.Errorf("got protection %q", d.ProtectionPolicy)
				}
				return *d.GameSession.GameSessionId
			})
			equal(t, detailed, plain)
			return plain
		}
		for _, c := range []struct {
			in   gamelift.DescribeGameSessionsInput
			want []string
		}{
			{gamelift.DescribeGameSessionsInput{FleetId: &fleet}, all},
			{gamelift.DescribeGameSessionsInput{AliasId: alias.AliasArn}, all},
			{gamelift.DescribeGameSessionsInput{FleetId: &fleet, Location: aws.String("custom-hall")}, all},
			{gamelift.DescribeGameSessionsInput{FleetId: &fleet, Location: aws.String("us-east-1")}, nil},
			{gamelift.DescribeGameSessionsInput{FleetId: &fleet, StatusFilter: aws.String("ACTIVE")}, []string{ids[0], ids[2], ids[3]}},
			{gamelift.DescribeGameSessionsInput{FleetId: &fleet, StatusFilter: aws.String("ACTIVATING")}, all[4:]},
			{gamelift.DescribeGameSessionsInput{FleetId: &fleet, StatusFilter: aws.String("TERMINATED")}, ids[1:2]},
			{gamelift.DescribeGameSessionsInput{FleetId: &fleet, StatusFilter: aws.String("TERMINATING")}, nil},
			{gamelift.DescribeGameSessionsInput{FleetId: &fleet, StatusFilter: aws.String("ERROR")}, nil},
			{gamelift.DescribeGameSessionsInput{GameSessionId: &ids[2]}, ids[2:3]},
			{gamelift.DescribeGameSessionsInput{GameSessionId: &ids[1], StatusFilter: aws.String("ACTIVE")}, nil},
		} {
			if got := list(c.in); !slices.Equal(got, c.want) {
				t.Errorf("%+v:\ngot  %v\nwant %v", c.in, got, c.want)
			}
		}
		for _, c := range []struct {
			in              gamelift.DescribeGameSessionsInput
			exception, part string
		}{
			{gamelift.DescribeGameSessionsInput{}, "InvalidRequestException", "neither"},
			{gamelift.DescribeGameSessionsInput{FleetId: &fleet, AliasId: alias.AliasId}, "InvalidRequestException", "both"},
			{gamelift.DescribeGameSessionsInput{FleetId: &fleet, GameSessionId: &ids[0]}, "InvalidRequestException", "one of the three"},
			{gamelift.DescribeGameSessionsInput{FleetId: &fleet, StatusFilter: aws.String("DREAMING")}, "InvalidRequestException", "DREAMING"},
			{gamelift.DescribeGameSessionsInput{FleetId: &fleet, NextToken: aws.String("AQ")}, "InvalidRequestException", "NextToken"},
			{gamelift.DescribeGameSessionsInput{FleetId: &fleet, Location: aws.String("custom-x")}, "NotFoundException", "custom-x"},
			{gamelift.DescribeGameSessionsInput{FleetId: aws.String("fleet-x")}, "NotFoundException", "fleet-x"},
			{gamelift.DescribeGameSessionsInput{AliasId: aws.String("alias-x")}, "NotFoundException", "alias-x"},
			{gamelift.DescribeGameSessionsInput{GameSessionId: aws.String(ids[0] + "x")}, "NotFoundException", ids[0]},
		} {
			h.refused(&c.in, c.exception, c.part)
			details := gamelift.DescribeGameSessionDetailsInput(c.in)
			h.refused(&details, c.exception, c.part)
		}
	})
}

// A page ends before its data is too much for one answer, in memory and in the
// archive, and the pages have every session once.
func TestDescribeLargeGameSessions(t *testing.T) {
	h := newHouse(t, world.Settings{TailLimit: 1})
	const n = 70
	fleet, _ := h.arena(n)
	data := aws.String(strings.Repeat("x", 262144))
	var ids []string
	for i := range n {
		s := call[gamelift.CreateGameSessionOutput](h, &gamelift.CreateGameSessionInput{FleetId: &fleet, MaximumPlayerSessionCount: aws.Int32(1), GameSessionData: data}).GameSession
		h.activate(*s.GameSessionId)
		if i%2 == 0 {
			h.end(*s.GameSessionId)
		}
		ids = append(ids, *s.GameSessionId)
	}
	got := collect(t, func(token *string) ([]types.GameSession, *string) {
		out := call[gamelift.DescribeGameSessionsOutput](h, &gamelift.DescribeGameSessionsInput{FleetId: &fleet, Limit: aws.Int32(1000), NextToken: token})
		if n := len(out.GameSessions); n > 32 || n < 32 && out.NextToken != nil {
			t.Errorf("a page has %d sessions of 256 KiB", n)
		}
		return out.GameSessions, out.NextToken
	}, func(s types.GameSession) string { return *s.GameSessionId })
	equal(t, got, ids)
}

// Ended sessions leave memory for the archive, and are found there.
func TestDescribeArchived(t *testing.T) {
	h := newHouse(t, world.Settings{TailLimit: 1})
	fleet, _ := h.arena(6)
	var ids []string
	for range 6 {
		s := h.session(fleet, 2)
		call[gamelift.CreatePlayerSessionOutput](h, &gamelift.CreatePlayerSessionInput{GameSessionId: s.GameSessionId, PlayerId: aws.String("ann")})
		h.end(*s.GameSessionId)
		ids = append(ids, *s.GameSessionId)
	}
	got := collect(t, func(token *string) ([]types.GameSession, *string) {
		out := call[gamelift.DescribeGameSessionsOutput](h, &gamelift.DescribeGameSessionsInput{FleetId: &fleet, Limit: aws.Int32(2), NextToken: token})
		return out.GameSessions, out.NextToken
	}, func(s types.GameSession) string { return *s.GameSessionId })
	equal(t, got, ids)
	players := collect(t, func(token *string) ([]types.PlayerSession, *string) {
		out := call[gamelift.DescribePlayerSessionsOutput](h, &gamelift.DescribePlayerSessionsInput{PlayerId: aws.String("ann"), Limit: aws.Int32(4), NextToken: token})
		return out.PlayerSessions, out.NextToken
	}, func(p types.PlayerSession) string { return *p.GameSessionId + string(p.Status) })
	for i := range ids {
		ids[i] += "TIMEDOUT"
	}
	equal(t, players, ids)
	first := strings.TrimSuffix(ids[0], "TIMEDOUT")
	h.refused(&gamelift.CreatePlayerSessionInput{GameSessionId: &first, PlayerId: aws.String("bob")}, "InvalidGameSessionStatusException", "ended")
	h.refused(&gamelift.UpdateGameSessionInput{GameSessionId: &first}, "InvalidGameSessionStatusException", "ended")
	h.refused(&gamelift.TerminateGameSessionInput{GameSessionId: &first, TerminationMode: "TRIGGER_ON_PROCESS_TERMINATE"}, "InvalidGameSessionStatusException", "ended")
}

func TestSearchGameSessions(t *testing.T) {
	eachProtocol(t, func(t *testing.T, h *house) {
		h.t = t
		fleet, _ := h.arena(26)
		alias := h.alias("live", fleet)
		level := map[string]string{}
		for i := range 25 {
			s := call[gamelift.CreateGameSessionOutput](h, &gamelift.CreateGameSessionInput{
				FleetId: &fleet, MaximumPlayerSessionCount: aws.Int32(int32(i)), GameProperties: []types.GameProperty{property("level", fmt.Sprint(i%3))},
			}).GameSession
			h.activate(*s.GameSessionId)
			level[*s.GameSessionId] = fmt.Sprint(i % 3)
		}
		call[gamelift.CreateGameSessionOutput](h, &gamelift.CreateGameSessionInput{FleetId: &fleet, MaximumPlayerSessionCount: aws.Int32(1)}) // ACTIVATING: never found

		find := func(in gamelift.SearchGameSessionsInput) []types.GameSession {
			var found []types.GameSession
			collect(t, func(token *string) ([]types.GameSession, *string) {
				in.NextToken = token
				out := call[gamelift.SearchGameSessionsOutput](h, &in)
				if len(out.GameSessions) > 20 {
					t.Errorf("a page has %d results", len(out.GameSessions))
				}
				found = append(found, out.GameSessions...)
				return out.GameSessions, out.NextToken
			}, func(s types.GameSession) string { return *s.GameSessionId })
			return found
		}
		for _, c := range []struct {
			in   gamelift.SearchGameSessionsInput
			want int
		}{
			{gamelift.SearchGameSessionsInput{FleetId: &fleet}, 25},
			{gamelift.SearchGameSessionsInput{AliasId: alias.AliasId, Limit: aws.Int32(100)}, 25},
			{gamelift.SearchGameSessionsInput{FleetId: &fleet, Limit: aws.Int32(3)}, 25},
			{gamelift.SearchGameSessionsInput{FleetId: &fleet, Location: aws.String("custom-hall")}, 25},
			{gamelift.SearchGameSessionsInput{FleetId: &fleet, Location: aws.String("us-east-1")}, 0},
			{gamelift.SearchGameSessionsInput{FleetId: &fleet, FilterExpression: aws.String("hasAvailablePlayerSessions=true")}, 24},
			{gamelift.SearchGameSessionsInput{FleetId: &fleet, FilterExpression: aws.String("gameSessionProperties.level='1' AND maximumSessions>=10")}, 5},
		} {
			found := find(c.in)
			seen := map[string]bool{}
			for _, s := range found {
				seen[*s.GameSessionId] = true
			}
			if len(found) != c.want || len(seen) != c.want {
				t.Errorf("%+v: found %d, of them %d different, want %d", c.in, len(found), len(seen), c.want)
			}
		}
		sorted := find(gamelift.SearchGameSessionsInput{FleetId: &fleet, SortExpression: aws.String("maximumSessions DESC"), Limit: aws.Int32(4)})
		for i, s := range sorted {
			if int(*s.MaximumPlayerSessionCount) != 24-i || *s.GameProperties[0].Value != level[*s.GameSessionId] {
				t.Fatalf("result %d has maximum %d", i, *s.MaximumPlayerSessionCount)
			}
		}

		first := call[gamelift.SearchGameSessionsOutput](h, &gamelift.SearchGameSessionsInput{FleetId: &fleet, Limit: aws.Int32(1)})
		for _, c := range []struct {
			in              gamelift.SearchGameSessionsInput
			exception, part string
		}{
			{gamelift.SearchGameSessionsInput{}, "InvalidRequestException", "neither"},
			{gamelift.SearchGameSessionsInput{FleetId: &fleet, AliasId: alias.AliasId}, "InvalidRequestException", "both"},
			{gamelift.SearchGameSessionsInput{FleetId: &fleet, FilterExpression: aws.String("maximumSessions >")}, "InvalidRequestException", "FilterExpression: at offset 17"},
			{gamelift.SearchGameSessionsInput{FleetId: &fleet, SortExpression: aws.String("luck ASC")}, "InvalidRequestException", "SortExpression: at offset 0"},
			{gamelift.SearchGameSessionsInput{FleetId: &fleet, Limit: aws.Int32(0)}, "InvalidRequestException", "limit"},
			{gamelift.SearchGameSessionsInput{FleetId: &fleet, NextToken: aws.String("zzz")}, "InvalidRequestException", "NextToken"},
			{gamelift.SearchGameSessionsInput{FleetId: &fleet, NextToken: first.NextToken, SortExpression: aws.String("maximumSessions ASC")}, "InvalidRequestException", "NextToken"},
			{gamelift.SearchGameSessionsInput{FleetId: aws.String("fleet-x")}, "NotFoundException", "fleet-x"},
			{gamelift.SearchGameSessionsInput{FleetId: &fleet, Location: aws.String("custom-x")}, "NotFoundException", "custom-x"},
		} {
			h.refused(&c.in, c.exception, c.part)
		}
	})
}

// The longest names still make a NextToken that the API's own limit lets pass.
func TestSearchPagesOfLongNames(t *testing.T) {
	h := newHouse(t, world.Settings{})
	fleet, _ := h.arena(3)
	for i := range 3 {
		s := call[gamelift.CreateGameSessionOutput](h, &gamelift.CreateGameSessionInput{
			FleetId: &fleet, MaximumPlayerSessionCount: aws.Int32(1), Name: aws.String(strings.Repeat("\U0001F600", 1023) + fmt.Sprint(i)),
			IdempotencyToken: aws.String(strings.Repeat(fmt.Sprint(i), 48)),
		}).GameSession
		h.activate(*s.GameSessionId)
	}
	got := collect(t, func(token *string) ([]types.GameSession, *string) {
		out := call[gamelift.SearchGameSessionsOutput](h, &gamelift.SearchGameSessionsInput{
			FleetId: &fleet, SortExpression: aws.String("gameSessionName DESC"), Limit: aws.Int32(1), NextToken: token,
		})
		return out.GameSessions, out.NextToken
	}, func(s types.GameSession) string { return (*s.Name)[len(*s.Name)-1:] })
	equal(t, got, []string{"2", "1", "0"})
}

func TestUpdateGameSession(t *testing.T) {
	eachProtocol(t, func(t *testing.T, h *house) {
		h.t = t
		fleet, _ := h.arena(1)
		id := h.session(fleet, 3).GameSessionId
		call[gamelift.CreatePlayerSessionsOutput](h, &gamelift.CreatePlayerSessionsInput{GameSessionId: id, PlayerIds: []string{"ann", "bob"}})
		update := func(f func(*gamelift.UpdateGameSessionInput)) *gamelift.UpdateGameSessionInput {
			in := &gamelift.UpdateGameSessionInput{GameSessionId: id}
			f(in)
			return in
		}
		s := call[gamelift.UpdateGameSessionOutput](h, update(func(in *gamelift.UpdateGameSessionInput) {
			in.Name, in.MaximumPlayerSessionCount = aws.String("new"), aws.Int32(2)
			in.PlayerSessionCreationPolicy, in.ProtectionPolicy = types.PlayerSessionCreationPolicyDenyAll, types.ProtectionPolicyFullProtection
			in.GameProperties = []types.GameProperty{property("a", "1"), property("b", "2")}
		})).GameSession
		if *s.Name != "new" || *s.MaximumPlayerSessionCount != 2 || s.PlayerSessionCreationPolicy != types.PlayerSessionCreationPolicyDenyAll || *s.CurrentPlayerSessionCount != 2 {
			t.Errorf("got %+v", s)
		}
		d := call[gamelift.DescribeGameSessionDetailsOutput](h, &gamelift.DescribeGameSessionDetailsInput{GameSessionId: id}).GameSessionDetails[0]
		if d.ProtectionPolicy != types.ProtectionPolicyFullProtection {
			t.Errorf("got protection %q", d.ProtectionPolicy)
		}
		s = call[gamelift.UpdateGameSessionOutput](h, update(func(in *gamelift.UpdateGameSessionInput) {
			in.GameProperties = []types.GameProperty{property("b", "3"), property("c", "4")}
		})).GameSession
		equal(t, s.GameProperties, []types.GameProperty{property("a", "1"), property("b", "3"), property("c", "4")})
		if *s.Name != "new" {
			t.Errorf("the name has changed to %q", *s.Name)
		}

		h.refused(update(func(in *gamelift.UpdateGameSessionInput) { in.MaximumPlayerSessionCount = aws.Int32(1) }), "InvalidRequestException", "2 player sessions")
		h.refused(update(func(in *gamelift.UpdateGameSessionInput) {
			for i := range 14 {
				in.GameProperties = append(in.GameProperties, property(fmt.Sprint(i), "v"))
			}
		}), "InvalidRequestException", "17 game properties")
		h.refused(update(func(in *gamelift.UpdateGameSessionInput) { in.ProtectionPolicy = "SOME" }), "InvalidRequestException", "protectionPolicy")
		h.refused(update(func(in *gamelift.UpdateGameSessionInput) { in.GameSessionId = aws.String(*id + "x") }), "NotFoundException", *id)
		h.end(*id)
		h.refused(update(func(*gamelift.UpdateGameSessionInput) {}), "InvalidGameSessionStatusException", "TERMINATED")
	})
}

func TestTerminateGameSession(t *testing.T) {
	eachProtocol(t, func(t *testing.T, h *house) {
		h.t = t
		fleet, _ := h.arena(1)
		id := *h.session(fleet, 3).GameSessionId
		in := &gamelift.TerminateGameSessionInput{GameSessionId: &id, TerminationMode: types.TerminationModeForceTerminate}
		h.refused(in, "InvalidRequestException", "TRIGGER_ON_PROCESS_TERMINATE")
		in.TerminationMode = types.TerminationModeTriggerOnProcessTerminate
		s := call[gamelift.TerminateGameSessionOutput](h, in).GameSession
		if s.Status != types.GameSessionStatusTerminating || s.StatusReason != "TRIGGERED_ON_PROCESS_TERMINATE" || s.TerminationTime != nil {
			t.Errorf("got %s %s", s.Status, s.StatusReason)
		}
		if found := call[gamelift.SearchGameSessionsOutput](h, &gamelift.SearchGameSessionsInput{FleetId: &fleet}); len(found.GameSessions) > 0 {
			t.Error("a search finds a session that is TERMINATING")
		}
		h.end(id)
		s = &call[gamelift.DescribeGameSessionsOutput](h, &gamelift.DescribeGameSessionsInput{GameSessionId: &id}).GameSessions[0]
		if s.Status != types.GameSessionStatusTerminated || s.StatusReason != "TRIGGERED_ON_PROCESS_TERMINATE" || s.TerminationTime == nil {
			t.Errorf("got %s %s", s.Status, s.StatusReason)
		}
		h.refused(in, "InvalidGameSessionStatusException", "TERMINATED")
		in.TerminationMode = "GENTLY"
		h.refused(in, "InvalidRequestException", "terminationMode")
		for _, mode := range types.TerminationMode("").Values() {
			h.refused(&gamelift.TerminateGameSessionInput{GameSessionId: aws.String(id + "x"), TerminationMode: mode}, "NotFoundException", id)
		}
	})
}
