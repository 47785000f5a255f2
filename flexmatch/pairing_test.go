package flexmatch_test

import (
	"fmt"
	"testing"

	"github.com/musterhq/muster/flexmatch"
)

// Two lists are compared pair by pair where they are sure to be of one length.
func TestListsThatCannotBePairedAreRefused(t *testing.T) {
	const maps, words = "flatten(teams[*].players.attributes[maps])", "flatten(teams[*].players.attributes[words])"
	for _, c := range []struct {
		measured, reference string
		pairs               bool
	}{
		{"teams[red].players.attributes[low]", "teams[red].players.attributes[high]", true},
		{"teams[*].players.attributes[low]", "teams[*].players.attributes[high]", true},
		{"avg(teams[red,blue].players.attributes[low])", "avg(teams[blue,green].players.attributes[low])", true},
		{"teams[red].players.attributes[low]", "teams[blue].players.attributes[low]", false},
		{"teams[red,blue].players.attributes[low]", "teams[blue,green].players.attributes[low]", false},
		{"flatten(teams[red,blue].players.attributes[low])", "flatten(teams[blue,green].players.attributes[low])", false},
		{"teams[red].players.attributes[maps]", "teams[red].players.attributes[words]", false},
		{"flatten(teams[red].players.attributes[maps])", "flatten(teams[red].players.attributes[words])", false},
		{"set_intersection(" + maps + ")", "set_intersection(" + words + ")", false},
		{"set_intersection(" + maps + ")", "set_intersection(" + maps + ")", true},
	} {
		body := fmt.Sprintf(`{"ruleLanguageVersion": "1.0", "playerAttributes": [
			{"name": "low", "type": "number", "default": 1}, {"name": "high", "type": "number", "default": 1},
			{"name": "maps", "type": "string_list", "default": ["ice", "sand"]}, {"name": "words", "type": "string_list", "default": ["ice"]}],
			"teams": [{"name": "red", "minPlayers": 2, "maxPlayers": 2}, {"name": "blue", "minPlayers": 0, "maxPlayers": 1}, {"name": "green", "minPlayers": 1, "maxPlayers": 1}],
			"rules": [{"name": "R", "type": "comparison", "measurements": %q, "operation": "=", "referenceValue": %q}]}`, c.measured, c.reference)
		rules, _, err := flexmatch.Parse([]byte(body))
		if (err == nil) != c.pairs {
			t.Errorf("%s against %s: %v", c.measured, c.reference, err)
		}
		if err != nil {
			continue
		}
		if m := match(t, rules, 0, many("t", 4)...); len(m) != 1 {
			t.Errorf("%s against %s: %d matches, want 1", c.measured, c.reference, len(m))
		}
	}
}
