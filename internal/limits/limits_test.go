package limits_test

import (
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/gamelift"
	"github.com/aws/aws-sdk-go-v2/service/gamelift/types"

	"github.com/musterhq/muster/internal/limits"
)

const fleetPattern = `^[a-z]*fleet-[a-zA-Z0-9\-]+$|^arn:.*:[a-z]*fleet\/[a-z]*fleet-[a-zA-Z0-9\-]+$`

func TestMessages(t *testing.T) {
	ok := aws.Int32(4)
	for _, test := range []struct {
		op   string
		in   any
		want string // empty if nothing is wrong
	}{
		{"CreateGameSession", &gamelift.CreateGameSessionInput{FleetId: aws.String("fleet-1"), MaximumPlayerSessionCount: ok}, ""},
		{
			"CreateGameSession", &gamelift.CreateGameSessionInput{FleetId: aws.String("fleet-1")},
			"1 validation error detected: Value null at 'maximumPlayerSessionCount' failed to satisfy constraint: Member must not be null",
		},
		{
			"CreateGameSession",
			gamelift.CreateGameSessionInput{FleetId: aws.String("x y"), MaximumPlayerSessionCount: ok},
			"1 validation error detected: Value 'x y' at 'fleetId' failed to satisfy constraint: Member must satisfy regular expression pattern: " + fleetPattern,
		},
		{
			"CreateGameSession", &gamelift.CreateGameSessionInput{MaximumPlayerSessionCount: aws.Int32(-1), IdempotencyToken: aws.String(strings.Repeat("t", 49))},
			"2 validation errors detected: Value '-1' at 'maximumPlayerSessionCount' failed to satisfy constraint: Member must have value greater than or equal to 0; " +
				"Value '" + strings.Repeat("t", 49) + "' at 'idempotencyToken' failed to satisfy constraint: Member must have length less than or equal to 48",
		},
		{
			"CreateGameSession", &gamelift.CreateGameSessionInput{MaximumPlayerSessionCount: ok, GameProperties: []types.GameProperty{
				{Key: aws.String(strings.Repeat("k", 33)), Value: aws.String("")}, {Key: aws.String("k")},
			}},
			"2 validation errors detected: Value '" + strings.Repeat("k", 33) + "' at 'gameProperties.1.member.key' failed to satisfy constraint: Member must have length less than or equal to 32; " +
				"Value null at 'gameProperties.2.member.value' failed to satisfy constraint: Member must not be null",
		},
		{
			"CreateGameSession", &gamelift.CreateGameSessionInput{MaximumPlayerSessionCount: ok, GameProperties: make([]types.GameProperty, 17)},
			"1 validation error detected: Value '[17 elements]' at 'gameProperties' failed to satisfy constraint: Member must have length less than or equal to 16",
		},
		{
			"ListLocations", &gamelift.ListLocationsInput{Filters: []types.LocationFilter{"AWS", "MOON"}},
			"1 validation error detected: Value 'MOON' at 'filters.2.member' failed to satisfy constraint: Member must satisfy enum value set: [AWS, CUSTOM]",
		},
		{
			"ListLocations", &gamelift.ListLocationsInput{Filters: []types.LocationFilter{""}},
			"1 validation error detected: Value '' at 'filters.1.member' failed to satisfy constraint: Member must satisfy enum value set: [AWS, CUSTOM]",
		},
		{
			"SearchGameSessions", &gamelift.SearchGameSessionsInput{Limit: aws.Int32(0)},
			"1 validation error detected: Value '0' at 'limit' failed to satisfy constraint: Member must have value greater than or equal to 1",
		},
		{
			"DescribeFleetLocationAttributes", &gamelift.DescribeFleetLocationAttributesInput{FleetId: aws.String("fleet-1"), Locations: []string{}},
			"1 validation error detected: Value '[]' at 'locations' failed to satisfy constraint: Member must have length greater than or equal to 1",
		},
		{
			"TerminateGameSession", &gamelift.TerminateGameSessionInput{GameSessionId: aws.String("g")},
			"1 validation error detected: Value null at 'terminationMode' failed to satisfy constraint: Member must not be null",
		},
		{
			"CreatePlayerSessions", &gamelift.CreatePlayerSessionsInput{GameSessionId: aws.String("g"), PlayerIds: []string{"p"}, PlayerDataMap: map[string]string{"p": "", "q": "ok"}},
			"1 validation error detected: Value '' at 'playerDataMap.value' failed to satisfy constraint: Member must have length greater than or equal to 1",
		},
		{
			"DeleteAlias", (&gamelift.DeleteAliasInput{AliasId: aws.String(strings.Repeat("日", 500))}),
			"1 validation error detected: Value '" + strings.Repeat("日", 128) + "...' at 'aliasId' failed to satisfy constraint: Member must satisfy regular expression pattern: ^alias-\\S+$|^arn:.*:alias\\/alias-\\S+$",
		},
	} {
		got := ""
		if err := limits.Check(test.op, test.in); err != nil {
			got = err.Error()
		}
		if got != test.want {
			t.Errorf("%s\ngot  %s\nwant %s", test.op, got, test.want)
		}
	}
}

// TestPersonalValuesStayOut gives values that AWS calls sensitive.
func TestPersonalValuesStayOut(t *testing.T) {
	const secret = "4711"
	long := strings.Repeat(secret, 300)
	players := make([]string, 26)
	for i := range players {
		players[i] = secret
	}
	for op, in := range map[string]any{
		"CreatePlayerSession":     &gamelift.CreatePlayerSessionInput{GameSessionId: aws.String("g"), PlayerId: aws.String(long)},
		"CreatePlayerSessions":    &gamelift.CreatePlayerSessionsInput{GameSessionId: aws.String("g"), PlayerIds: players},
		"RegisterCompute":         &gamelift.RegisterComputeInput{FleetId: aws.String("fleet-1"), ComputeName: aws.String("c"), IpAddress: aws.String(secret + "x")},
		"UpdateFleetPortSettings": &gamelift.UpdateFleetPortSettingsInput{FleetId: aws.String("fleet-1"), InboundPermissionAuthorizations: []types.IpPermission{{FromPort: aws.Int32(471100), ToPort: aws.Int32(1), IpRange: aws.String("1"), Protocol: "TCP"}}},
	} {
		err := limits.Check(op, in)
		if err == nil || strings.Contains(err.Error(), secret) || !strings.Contains(err.Error(), "detected: Value at '") {
			t.Errorf("%s: %v", op, err)
		}
	}
}

func TestViolationsAreBounded(t *testing.T) {
	in := &gamelift.DescribeGameSessionQueuesInput{Names: make([]string, 60000), Limit: aws.Int32(0)}
	err := limits.Check("DescribeGameSessionQueues", in)
	if err == nil || !strings.HasPrefix(err.Error(), "20 validation errors detected: ") || len(err.Error()) > 10000 {
		t.Errorf("%.200s", err)
	}
}

func BenchmarkCheck(b *testing.B) {
	session := aws.String("arn:aws:gamelift:us-west-2::gamesession/fleet-8a8e55eb-c8b8-4a32-bd0e-2a2b2c1d0a3f/custom-here/6aa3a161-0f8e-4f2e-9a44-0f6f6a3f3b5e")
	for op, in := range map[string]any{
		"CreatePlayerSession": &gamelift.CreatePlayerSessionInput{GameSessionId: session, PlayerId: aws.String("player-1"), PlayerData: aws.String(`{"team":"red"}`)},
		"CreateGameSession": &gamelift.CreateGameSessionInput{
			FleetId: aws.String("fleet-8a8e55eb-c8b8-4a32-bd0e-2a2b2c1d0a3f"), MaximumPlayerSessionCount: aws.Int32(4),
			GameProperties: []types.GameProperty{{Key: aws.String("map"), Value: aws.String("dust")}}, IdempotencyToken: aws.String("abc"), Location: aws.String("custom-here"),
		},
	} {
		b.Run(op, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if err := limits.Check(op, in); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
