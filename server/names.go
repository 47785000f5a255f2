package server

import (
	"fmt"
	"regexp"

	"github.com/musterhq/muster/internal/world"
)

// The server SDKs refuse ARNs with other Regions and accounts. Source:
// GameLift server SDK for Go, validation of game session ARNs.
var (
	regionForm  = regexp.MustCompile(`^[a-z]{2}-[a-z]+-\d$`)
	accountForm = regexp.MustCompile(`^\d{12}$`)
)

func checkNames(s world.Settings) error {
	if !regionForm.MatchString(s.Region) {
		return fmt.Errorf("region %q: game servers take only the form of AWS's own, such as us-east-1", s.Region)
	}
	if !accountForm.MatchString(s.Account) {
		return fmt.Errorf("account %q: it has 12 digits", s.Account)
	}
	return nil
}
