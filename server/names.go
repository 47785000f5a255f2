package server

import (
	"fmt"
	"net/url"
	"regexp"

	"github.com/musterhq/muster/internal/world"
)

// The server SDKs refuse ARNs with other Regions and accounts. Source:
// GameLift server SDK for Go, validation of game session ARNs.
var (
	regionForm  = regexp.MustCompile(`^[a-z]{2}-[a-z]+-\d$`)
	accountForm = regexp.MustCompile(`^\d{12}$`)
)

// checkEndpoint refuses what server SDKs could not connect to.
// Source: GameLift service API, GameLiftServiceSdkEndpoint.
func checkEndpoint(endpoint string) error {
	if endpoint == "" {
		return nil
	}
	if len(endpoint) > 128 {
		return fmt.Errorf("the SDK endpoint has %d characters, game servers take 128", len(endpoint))
	}
	if u, err := url.Parse(endpoint); err != nil || u.Scheme != "ws" && u.Scheme != "wss" || u.Host == "" {
		return fmt.Errorf("the SDK endpoint %q is no websocket's: write ws://HOST:PORT or wss://HOST:PORT", endpoint)
	}
	return nil
}

func checkNames(s world.Settings) error {
	if !regionForm.MatchString(s.Region) {
		return fmt.Errorf("region %q: game servers take only the form of AWS's own, such as us-east-1", s.Region)
	}
	if !accountForm.MatchString(s.Account) {
		return fmt.Errorf("account %q: it has 12 digits", s.Account)
	}
	return nil
}
