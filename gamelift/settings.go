package gamelift

import (
	"cmp"
	"fmt"
	"os"

	"github.com/google/uuid"

	"github.com/musterhq/muster"
	"github.com/musterhq/muster/internal/sdkwire"
)

// The variables with which a service points a game server at itself. They beat
// a [Host]'s fields.
// Source: GameLift server SDK reference, InitSDK.
const (
	EnvWebSocketURL = "GAMELIFT_SDK_WEBSOCKET_URL"
	EnvAuthToken    = "GAMELIFT_SDK_AUTH_TOKEN"
	EnvProcessID    = "GAMELIFT_SDK_PROCESS_ID"
	EnvHostID       = "GAMELIFT_SDK_HOST_ID"
	EnvFleetID      = "GAMELIFT_SDK_FLEET_ID"
)

// managedProcess stands in the process id's variable on fleets whose processes
// name themselves.
const managedProcess = "ManagedResource"

const (
	// sdkVersion is the version of the server SDK whose protocol the host
	// speaks; services choose by it what they may send.
	sdkVersion  = "5.6.0"
	sdkLanguage = "Go"
	sdkTool     = "muster"
)

// settings are a host's fields with the environment applied.
type settings struct {
	endpoint string
	query    sdkwire.Query
}

func (h *Host) settings() (settings, error) {
	lookup := h.LookupEnv
	if lookup == nil {
		lookup = os.LookupEnv
	}
	env := func(name, field string) string {
		value, _ := lookup(name)
		return cmp.Or(value, field)
	}
	s := settings{
		endpoint: env(EnvWebSocketURL, h.WebSocketURL),
		query: sdkwire.Query{
			ProcessID:        env(EnvProcessID, h.ProcessID),
			SDKVersion:       sdkVersion,
			SDKLanguage:      sdkLanguage,
			ComputeID:        env(EnvHostID, h.HostID),
			FleetID:          env(EnvFleetID, h.FleetID),
			IdempotencyToken: uuid.NewString(),
			AuthToken:        env(EnvAuthToken, h.AuthToken),
		},
	}
	if s.query.ProcessID == "" || s.query.ProcessID == managedProcess {
		s.query.ProcessID = uuid.NewString()
	}
	return s, s.check()
}

func (s settings) check() error {
	for _, required := range []struct{ value, field, variable string }{
		{s.endpoint, "WebSocketURL", EnvWebSocketURL},
		{s.query.AuthToken, "AuthToken", EnvAuthToken},
		{s.query.ComputeID, "HostID", EnvHostID},
		{s.query.FleetID, "FleetID", EnvFleetID},
	} {
		if required.value == "" {
			return fmt.Errorf("%w: %s is required: set the host's field or %s", muster.ErrInvalidRequest, required.field, required.variable)
		}
	}
	if _, err := s.query.URL(s.endpoint); err != nil {
		return fmt.Errorf("%w: %w", muster.ErrInvalidRequest, err)
	}
	return nil
}
