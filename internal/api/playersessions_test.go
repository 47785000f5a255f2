package api_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/gamelift"
	"github.com/aws/aws-sdk-go-v2/service/gamelift/types"

	"github.com/musterhq/muster/internal/world"
)

func TestCreatePlayerSession(t *testing.T) {
	eachProtocol(t, func(t *testing.T, h *house) {
		h.t = t
		fleet, keys := h.arena(2)
		id := h.session(fleet, 3).GameSessionId
		in := &gamelift.CreatePlayerSessionInput{GameSessionId: id, PlayerId: aws.String("ann \U0001F600"), PlayerData: aws.String("team=red")}
		p := call[gamelift.CreatePlayerSessionOutput](h, in).PlayerSession
		want := types.PlayerSession{
			PlayerSessionId: p.PlayerSessionId, PlayerId: in.PlayerId, PlayerData: in.PlayerData, GameSessionId: id,
			FleetId: &fleet, FleetArn: aws.String("arn:aws:gamelift:us-east-1:000000000000:fleet/" + fleet),
			CreationTime: p.CreationTime, Status: types.PlayerSessionStatusReserved,
			IpAddress: aws.String("10.0.0.7"), DnsName: aws.String("10.0.0.7"), Port: aws.Int32(7777),
		}
		equal(t, *p, want)
		if !strings.HasPrefix(*p.PlayerSessionId, "psess-") || p.CreationTime == nil {
			t.Errorf("got id %s, created %v", *p.PlayerSessionId, p.CreationTime)
		}
		if again := call[gamelift.CreatePlayerSessionOutput](h, in).PlayerSession; *again.PlayerSessionId == *p.PlayerSessionId {
			t.Error("the same player's second session is the first")
		}
		do(h, world.AcceptPlayer{Process: keys[0], Session: *id, ID: *p.PlayerSessionId})
		call[gamelift.CreatePlayerSessionOutput](h, in)
		h.refused(in, "GameSessionFullException", "3 of 3")

		closed := h.session(fleet, 3).GameSessionId
		call[gamelift.UpdateGameSessionOutput](h, &gamelift.UpdateGameSessionInput{GameSessionId: closed, PlayerSessionCreationPolicy: types.PlayerSessionCreationPolicyDenyAll})
		in.GameSessionId = closed
		h.refused(in, "InvalidGameSessionStatusException", "DENY_ALL")
		h.end(*closed)
		h.refused(in, "InvalidGameSessionStatusException", "TERMINATED")
		in.GameSessionId = aws.String(*id + "x")
		h.refused(in, "NotFoundException", *id)
		in.GameSessionId = aws.String("not an ARN")
		h.refused(in, "InvalidRequestException", "gameSessionId")
		in.GameSessionId, in.PlayerId = id, aws.String("")
		h.refused(in, "InvalidRequestException", "playerId")
		in.PlayerId, in.PlayerData = aws.String("ann"), aws.String(strings.Repeat("x", 2049))
		h.refused(in, "InvalidRequestException", "playerData")
	})
}

func TestCreatePlayerSessionActivating(t *testing.T) {
	eachProtocol(t, func(t *testing.T, h *house) {
		h.t = t
		fleet, _ := h.arena(1)
		s := call[gamelift.CreateGameSessionOutput](h, &gamelift.CreateGameSessionInput{FleetId: &fleet, MaximumPlayerSessionCount: aws.Int32(2)}).GameSession
		h.refused(&gamelift.CreatePlayerSessionInput{GameSessionId: s.GameSessionId, PlayerId: aws.String("ann")}, "InvalidGameSessionStatusException", "ACTIVATING")
	})
}

func TestCreatePlayerSessions(t *testing.T) {
	eachProtocol(t, func(t *testing.T, h *house) {
		h.t = t
		fleet, _ := h.arena(1)
		id := h.session(fleet, 3).GameSessionId
		party := call[gamelift.CreatePlayerSessionsOutput](h, &gamelift.CreatePlayerSessionsInput{
			GameSessionId: id, PlayerIds: []string{"bob", "ann"}, PlayerDataMap: map[string]string{"ann": "a", "zoe": "z"},
		}).PlayerSessions
		if len(party) != 2 || *party[0].PlayerId != "bob" || party[0].PlayerData != nil || *party[1].PlayerId != "ann" || *party[1].PlayerData != "a" {
			t.Errorf("got %+v", party)
		}
		h.refused(&gamelift.CreatePlayerSessionsInput{GameSessionId: id, PlayerIds: []string{"eve", "eve"}}, "InvalidRequestException", "eve")
		h.refused(&gamelift.CreatePlayerSessionsInput{GameSessionId: id, PlayerIds: []string{"eve", "dan"}}, "GameSessionFullException", "2 of 3")
		h.refused(&gamelift.CreatePlayerSessionsInput{GameSessionId: id, PlayerIds: []string{}}, "InvalidRequestException", "playerIds")
		h.refused(&gamelift.CreatePlayerSessionsInput{GameSessionId: id, PlayerIds: make([]string, 26)}, "InvalidRequestException", "playerIds")
		h.refused(&gamelift.CreatePlayerSessionsInput{GameSessionId: aws.String(*id + "x"), PlayerIds: []string{"eve"}}, "NotFoundException", *id)
		call[gamelift.CreatePlayerSessionsOutput](h, &gamelift.CreatePlayerSessionsInput{GameSessionId: id, PlayerIds: []string{"eve"}})
		h.end(*id)
		h.refused(&gamelift.CreatePlayerSessionsInput{GameSessionId: id, PlayerIds: []string{"eve"}}, "InvalidGameSessionStatusException", "TERMINATED")
	})
}

func TestDescribePlayerSessions(t *testing.T) {
	eachProtocol(t, func(t *testing.T, h *house) {
		h.t = t
		fleet, keys := h.arena(2)
		one, two := h.session(fleet, 9).GameSessionId, h.session(fleet, 9).GameSessionId
		var made []types.PlayerSession
		for i := range 5 {
			made = append(made, *call[gamelift.CreatePlayerSessionOutput](h, &gamelift.CreatePlayerSessionInput{GameSessionId: one, PlayerId: aws.String(fmt.Sprint("player-", i))}).PlayerSession)
		}
		made = append(made, *call[gamelift.CreatePlayerSessionOutput](h, &gamelift.CreatePlayerSessionInput{GameSessionId: two, PlayerId: aws.String("player-0")}).PlayerSession)
		do(h, world.AcceptPlayer{Process: keys[0], Session: *one, ID: *made[0].PlayerSessionId})
		do(h, world.AcceptPlayer{Process: keys[0], Session: *one, ID: *made[1].PlayerSessionId})
		do(h, world.RemovePlayer{Process: keys[0], Session: *one, ID: *made[1].PlayerSessionId})

		list := func(in gamelift.DescribePlayerSessionsInput) string {
			return strings.Join(collect(t, func(token *string) ([]types.PlayerSession, *string) {
				in.Limit, in.NextToken = aws.Int32(2), token
				out := call[gamelift.DescribePlayerSessionsOutput](h, &in)
				return out.PlayerSessions, out.NextToken
			}, func(p types.PlayerSession) string {
				for i := range made {
					if *made[i].PlayerSessionId == *p.PlayerSessionId {
						return fmt.Sprintf("%d %s", i, p.Status)
					}
				}
				return *p.PlayerSessionId
			}), ", ")
		}
		for _, c := range []struct {
			in   gamelift.DescribePlayerSessionsInput
			want string
		}{
			{gamelift.DescribePlayerSessionsInput{GameSessionId: one}, "0 ACTIVE, 1 COMPLETED, 2 RESERVED, 3 RESERVED, 4 RESERVED"},
			{gamelift.DescribePlayerSessionsInput{GameSessionId: one, PlayerSessionStatusFilter: aws.String("RESERVED")}, "2 RESERVED, 3 RESERVED, 4 RESERVED"},
			{gamelift.DescribePlayerSessionsInput{GameSessionId: one, PlayerSessionStatusFilter: aws.String("COMPLETED")}, "1 COMPLETED"},
			{gamelift.DescribePlayerSessionsInput{GameSessionId: one, PlayerSessionStatusFilter: aws.String("TIMEDOUT")}, ""},
			{gamelift.DescribePlayerSessionsInput{PlayerId: aws.String("player-0")}, "0 ACTIVE, 5 RESERVED"},
			{gamelift.DescribePlayerSessionsInput{PlayerId: aws.String("player-0"), PlayerSessionStatusFilter: aws.String("COMPLETED")}, "0 ACTIVE, 5 RESERVED"},
			{gamelift.DescribePlayerSessionsInput{PlayerId: aws.String("player-0"), PlayerSessionStatusFilter: aws.String("LOST")}, "0 ACTIVE, 5 RESERVED"},
			{gamelift.DescribePlayerSessionsInput{PlayerId: aws.String("nobody")}, ""},
			{gamelift.DescribePlayerSessionsInput{PlayerSessionId: made[1].PlayerSessionId}, "1 COMPLETED"},
			{gamelift.DescribePlayerSessionsInput{PlayerSessionId: made[1].PlayerSessionId, PlayerSessionStatusFilter: aws.String("ACTIVE")}, "1 COMPLETED"},
		} {
			if got := list(c.in); got != c.want {
				t.Errorf("%+v: got %s, want %s", c.in, got, c.want)
			}
		}
		ended := call[gamelift.DescribePlayerSessionsOutput](h, &gamelift.DescribePlayerSessionsInput{PlayerSessionId: made[1].PlayerSessionId}).PlayerSessions[0]
		if ended.TerminationTime == nil || *ended.IpAddress != "10.0.0.7" || *ended.DnsName != "10.0.0.7" || *ended.Port != 7777 {
			t.Errorf("got %+v", ended)
		}
		for _, c := range []struct {
			in              gamelift.DescribePlayerSessionsInput
			exception, part string
		}{
			{gamelift.DescribePlayerSessionsInput{}, "InvalidRequestException", "one of"},
			{gamelift.DescribePlayerSessionsInput{GameSessionId: one, PlayerId: aws.String("player-0")}, "InvalidRequestException", "one of"},
			{gamelift.DescribePlayerSessionsInput{GameSessionId: one, PlayerSessionStatusFilter: aws.String("LOST")}, "InvalidRequestException", "LOST"},
			{gamelift.DescribePlayerSessionsInput{GameSessionId: one, NextToken: aws.String("!")}, "InvalidRequestException", "NextToken"},
			{gamelift.DescribePlayerSessionsInput{PlayerSessionId: aws.String("session-1")}, "InvalidRequestException", "playerSessionId"},
			{gamelift.DescribePlayerSessionsInput{PlayerSessionId: aws.String("psess-x")}, "NotFoundException", "psess-x"},
			{gamelift.DescribePlayerSessionsInput{GameSessionId: aws.String(*one + "x")}, "NotFoundException", *one},
		} {
			h.refused(&c.in, c.exception, c.part)
		}
	})
}
