package flexmatch_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/musterhq/muster/flexmatch"
)

// published reads a rule set that AWS or one of its samples published.
func published(t testing.TB, name string) *flexmatch.RuleSet {
	t.Helper()
	body, err := os.ReadFile(filepath.Join("testdata", "rulesets", name+".json"))
	if err != nil {
		t.Fatal(err)
	}
	rules, _, err := flexmatch.Parse(body)
	if err != nil {
		t.Fatalf("%s is refused: %v", name, err)
	}
	return rules
}

func TestPublishedRuleSetsParse(t *testing.T) {
	files, err := filepath.Glob("testdata/rulesets/*.json")
	if err != nil || len(files) != 20 {
		t.Fatalf("%d published rule sets, want 20 (%v)", len(files), err)
	}
	for _, file := range files {
		published(t, filepath.Base(file[:len(file)-len(".json")]))
	}
}
