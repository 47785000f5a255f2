package servertest_test

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"

	awsgamelift "github.com/aws/aws-sdk-go-v2/service/gamelift"

	"github.com/musterhq/muster"
	"github.com/musterhq/muster/server/servertest"
)

// TestMetrics looks at what /metrics counts of a game session with one player,
// from the reservation on.
func TestMetrics(t *testing.T) {
	s := servertest.New(t)
	fleet := s.NewFleet(t)
	host := fleet.NewHost(t, 7777)
	if err := errors.Join(host.Init(t.Context()), host.NotifyProcessReady(t.Context())); err != nil {
		t.Fatal(err)
	}
	at := fmt.Sprintf(`{fleet=%q,location=%q`, fleet.ID, fleet.Location)
	wantMetrics(t, s, "muster_server_processes"+at+`,status="idle"} 1`, "muster_player_slots_free"+at+"} 0", "muster_gate_connections 1")

	c := &crowd{api: awsgamelift.NewFromConfig(s.Config()), host: host}
	c.open(t, fleet.ID, 3)
	player := "ann"
	made, err := c.api.CreatePlayerSession(t.Context(), &awsgamelift.CreatePlayerSessionInput{GameSessionId: &c.session, PlayerId: &player})
	if err != nil {
		t.Fatal(err)
	}
	wantMetrics(t, s, "muster_server_processes"+at+`,status="hosting"} 1`, "muster_game_sessions"+at+`,status="active"} 1`,
		"muster_player_sessions"+at+`,status="reserved"} 1`, "muster_player_sessions"+at+`,status="active"} 0`, "muster_player_slots_free"+at+"} 2")

	connection := muster.PlayerConnectionConfig{ConnectionID: 1, PlayerSessionID: *made.PlayerSession.PlayerSessionId}
	if err := host.ValidatePlayerJoinSession(t.Context(), connection); err != nil {
		t.Fatal(err)
	}
	wantMetrics(t, s, "muster_player_sessions"+at+`,status="reserved"} 0`, "muster_player_sessions"+at+`,status="active"} 1`,
		"muster_player_slots_free"+at+"} 2", `muster_api_request_duration_seconds_count{code="ok",operation="CreatePlayerSession",protocol="cbor"} 1`)
}

// wantMetrics wants each of the lines on /metrics.
func wantMetrics(t *testing.T, s *servertest.Server, lines ...string) {
	t.Helper()
	answer, err := http.Get(s.URL + "/metrics")
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	body, err := io.ReadAll(answer.Body)
	if err != nil {
		t.Fatal(err)
	}
	for _, line := range lines {
		if !strings.Contains("\n"+string(body), "\n"+line+"\n") {
			t.Errorf("/metrics has no line %s", line)
		}
	}
	if t.Failed() {
		t.Logf("%s", body)
	}
}
