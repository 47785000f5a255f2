package api_test

import (
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/gamelift"
	"github.com/aws/aws-sdk-go-v2/service/gamelift/types"
)

func simple(fleet string) *types.RoutingStrategy {
	return &types.RoutingStrategy{Type: types.RoutingStrategyTypeSimple, FleetId: &fleet}
}

func terminal(message string) *types.RoutingStrategy {
	return &types.RoutingStrategy{Type: types.RoutingStrategyTypeTerminal, Message: &message}
}

// alias makes an alias for a fleet.
func (h *house) alias(name, fleet string) *types.Alias {
	h.t.Helper()
	return call[gamelift.CreateAliasOutput](h, &gamelift.CreateAliasInput{Name: &name, RoutingStrategy: simple(fleet)}).Alias
}

func TestAliases(t *testing.T) {
	eachProtocol(t, func(t *testing.T, h *house) {
		h.t = t
		fleet := h.fleet("custom-hall")
		made := call[gamelift.CreateAliasOutput](h, &gamelift.CreateAliasInput{
			Name: aws.String("live"), Description: aws.String("players go here"), RoutingStrategy: simple(fleet),
			Tags: []types.Tag{{Key: aws.String("k"), Value: aws.String("v")}},
		}).Alias
		if !strings.HasPrefix(*made.AliasId, "alias-") || *made.AliasArn != "arn:aws:gamelift:us-east-1::alias/"+*made.AliasId {
			t.Errorf("got id %s and ARN %s", *made.AliasId, *made.AliasArn)
		}
		if *made.Name != "live" || *made.Description != "players go here" || made.CreationTime == nil || made.LastUpdatedTime == nil {
			t.Errorf("got %+v", made)
		}
		equal(t, *made.RoutingStrategy, *simple(fleet))
		for _, id := range []*string{made.AliasId, made.AliasArn} {
			equal(t, *call[gamelift.DescribeAliasOutput](h, &gamelift.DescribeAliasInput{AliasId: id}).Alias, *made)
			resolved := call[gamelift.ResolveAliasOutput](h, &gamelift.ResolveAliasInput{AliasId: id})
			if *resolved.FleetId != fleet || !strings.HasSuffix(*resolved.FleetArn, ":fleet/"+fleet) {
				t.Errorf("resolved to %s", *resolved.FleetId)
			}
		}

		// A TERMINAL strategy drops its fleet; its message is the exception's, to the letter.
		routing := terminal("Come back <later> & \"soon\", ñ!")
		routing.FleetId = &fleet
		updated := call[gamelift.UpdateAliasOutput](h, &gamelift.UpdateAliasInput{AliasId: made.AliasId, Name: aws.String("closed"), RoutingStrategy: routing}).Alias
		equal(t, *updated.RoutingStrategy, *terminal(*routing.Message))
		if *updated.Name != "closed" || *updated.Description != "players go here" || updated.LastUpdatedTime.Before(*made.LastUpdatedTime) {
			t.Errorf("got %+v", updated)
		}
		for _, in := range []any{
			&gamelift.ResolveAliasInput{AliasId: made.AliasId},
			&gamelift.CreateGameSessionInput{AliasId: made.AliasId, MaximumPlayerSessionCount: aws.Int32(1)},
			&gamelift.SearchGameSessionsInput{AliasId: made.AliasId},
			&gamelift.DescribeGameSessionsInput{AliasId: made.AliasId},
			&gamelift.DescribeGameSessionDetailsInput{AliasId: made.AliasId},
		} {
			if message := h.refused(in, "TerminalRoutingStrategyException", ""); message != *routing.Message {
				t.Errorf("%T: got message %q", in, message)
			}
		}

		call[gamelift.DeleteAliasOutput](h, &gamelift.DeleteAliasInput{AliasId: made.AliasId})
		h.refused(&gamelift.DescribeAliasInput{AliasId: made.AliasId}, "NotFoundException", *made.AliasId)
		h.refused(&gamelift.UpdateAliasInput{AliasId: made.AliasId}, "NotFoundException", *made.AliasId)
		h.refused(&gamelift.DeleteAliasInput{AliasId: made.AliasId}, "NotFoundException", *made.AliasId)
		h.refused(&gamelift.ResolveAliasInput{AliasId: made.AliasId}, "NotFoundException", *made.AliasId)
	})
}

func TestCreateAliasRefusals(t *testing.T) {
	eachProtocol(t, func(t *testing.T, h *house) {
		h.t = t
		fleet := h.fleet("custom-hall")
		for _, c := range []struct {
			in              gamelift.CreateAliasInput
			exception, part string
		}{
			{gamelift.CreateAliasInput{Name: aws.String("a"), RoutingStrategy: simple("fleet-x")}, "InvalidRequestException", "fleet-x"},
			{gamelift.CreateAliasInput{Name: aws.String("a"), RoutingStrategy: &types.RoutingStrategy{Type: "SIMPLE"}}, "InvalidRequestException", "FleetId"},
			{gamelift.CreateAliasInput{Name: aws.String("a"), RoutingStrategy: &types.RoutingStrategy{Type: "TERMINAL"}}, "InvalidRequestException", "Message"},
			{gamelift.CreateAliasInput{Name: aws.String("a"), RoutingStrategy: &types.RoutingStrategy{Type: "CLEVER"}}, "InvalidRequestException", "routingStrategy.type"},
			{gamelift.CreateAliasInput{Name: aws.String("a"), RoutingStrategy: &types.RoutingStrategy{}}, "InvalidRequestException", ""},
			{gamelift.CreateAliasInput{Name: aws.String("  "), RoutingStrategy: simple(fleet)}, "InvalidRequestException", "'name'"},
			{gamelift.CreateAliasInput{Name: aws.String("a"), RoutingStrategy: simple(fleet), Tags: []types.Tag{{Key: aws.String("aws:k"), Value: aws.String("v")}}}, "TaggingFailedException", "aws:"},
		} {
			h.refused(&c.in, c.exception, c.part)
		}
	})
}

func TestListAliases(t *testing.T) {
	eachProtocol(t, func(t *testing.T, h *house) {
		h.t = t
		fleet := h.fleet("custom-hall")
		for range 2 {
			h.alias("live", fleet)
		}
		call[gamelift.CreateAliasOutput](h, &gamelift.CreateAliasInput{Name: aws.String("closed"), RoutingStrategy: terminal("bye")})
		list := func(in gamelift.ListAliasesInput) int {
			return len(collect(t, func(token *string) ([]types.Alias, *string) {
				in.Limit, in.NextToken = aws.Int32(1), token
				out := call[gamelift.ListAliasesOutput](h, &in)
				return out.Aliases, out.NextToken
			}, func(a types.Alias) string { return *a.AliasId }))
		}
		for _, c := range []struct {
			in   gamelift.ListAliasesInput
			want int
		}{
			{gamelift.ListAliasesInput{}, 3},
			{gamelift.ListAliasesInput{Name: aws.String("live")}, 2},
			{gamelift.ListAliasesInput{RoutingStrategyType: "TERMINAL"}, 1},
			{gamelift.ListAliasesInput{Name: aws.String("live"), RoutingStrategyType: "TERMINAL"}, 0},
		} {
			if got := list(c.in); got != c.want {
				t.Errorf("%v %v: got %d aliases, want %d", aws.ToString(c.in.Name), c.in.RoutingStrategyType, got, c.want)
			}
		}
		first := call[gamelift.ListAliasesOutput](h, &gamelift.ListAliasesInput{Limit: aws.Int32(1)})
		h.refused(&gamelift.ListAliasesInput{Name: aws.String("live"), NextToken: first.NextToken}, "InvalidRequestException", "NextToken")
	})
}
