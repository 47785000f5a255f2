package servertest_test

import (
	"testing"
	"time"

	awsgamelift "github.com/aws/aws-sdk-go-v2/service/gamelift"
	"github.com/aws/aws-sdk-go-v2/service/gamelift/types"
	"go.uber.org/goleak"

	"github.com/musterhq/muster"
	"github.com/musterhq/muster/mustertest"
	"github.com/musterhq/muster/server/servertest"
)

func TestMain(m *testing.M) {
	goleak.VerifyTestMain(m,
		// Connections that the HTTP client of the AWS SDK keeps for later.
		goleak.IgnoreAnyFunction("net/http.(*persistConn).readLoop"),
		goleak.IgnoreAnyFunction("net/http.(*persistConn).writeLoop"))
}

// TestConformance runs the suite of all providers on the one for GameLift,
// against a whole server: the AWS API on one side, the websocket of the server
// SDK on the other.
func TestConformance(t *testing.T) {
	mustertest.Run(t, func(t *testing.T) mustertest.Fixture {
		s := servertest.New(t)
		fleet := s.NewFleet(t)
		return mustertest.Fixture{
			Provider: s.Client(),
			FleetID:  fleet.ID,
			NewHost: func(t *testing.T, o mustertest.HostOptions) muster.Host {
				host := fleet.NewHost(t, 7777)
				host.KeepEmptySession = o.KeepEmptySession
				host.HeartbeatInterval = 50 * time.Millisecond
				if err := host.Init(t.Context()); err != nil {
					t.Fatal(err)
				}
				return host
			},
			Advance: func(d time.Duration) { s.Advance(t, d) },
			DenyJoins: func(t *testing.T, id string) {
				api := awsgamelift.NewFromConfig(s.Config())
				_, err := api.UpdateGameSession(t.Context(), &awsgamelift.UpdateGameSessionInput{
					GameSessionId: &id, PlayerSessionCreationPolicy: types.PlayerSessionCreationPolicyDenyAll,
				})
				if err != nil {
					t.Fatal(err)
				}
			},
		}
	})
}
