package flexmatch_test

import (
	"flag"
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/musterhq/muster/flexmatch"
)

var rewrite = flag.Bool("rewrite", false, "write what the package says into the golden files")

// A golden file holds cases one after the other:
//
//	== title
//	the body, any number of lines
//	-- what the package says, any number of lines
type goldenCase struct{ title, input, want string }

func readGolden(t *testing.T, file string) (cases []goldenCase) {
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	for _, part := range strings.Split("\n"+string(text), "\n== ")[1:] {
		title, rest, _ := strings.Cut(part, "\n")
		input, want, _ := strings.Cut(rest, "\n--")
		cases = append(cases, goldenCase{title, input, strings.TrimSpace(want)})
	}
	return cases
}

// testGolden compares what say says of each input with the file, or rewrites
// the file.
func testGolden(t *testing.T, file string, least int, say func(input string) string) {
	cases := readGolden(t, file)
	if len(cases) < least {
		t.Errorf("%s has %d cases, want %d at least", file, len(cases), least)
	}
	var b strings.Builder
	for _, c := range cases {
		got := strings.TrimSpace(say(c.input))
		fmt.Fprintf(&b, "== %s\n%s\n-- %s\n", c.title, c.input, got)
		if *rewrite {
			continue
		}
		t.Run(c.title, func(t *testing.T) {
			if got == "" {
				t.Error("nothing is wrong with it")
			}
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
	if *rewrite {
		if err := os.WriteFile(file, []byte(b.String()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

// Wrong rule sets, with what Parse says of them.
func TestBadRuleSets(t *testing.T) {
	testGolden(t, "testdata/bad-rulesets.txt", 60, func(body string) string {
		rules, _, err := flexmatch.Parse([]byte(body))
		if err == nil || rules != nil {
			return ""
		}
		return err.Error()
	})
}

// Doubtful rule sets, which are let through with a warning.
func TestDoubtfulRuleSets(t *testing.T) {
	testGolden(t, "testdata/doubtful-rulesets.txt", 15, func(body string) string {
		_, warnings, err := flexmatch.Parse([]byte(body))
		if err != nil {
			return "refused: " + err.Error()
		}
		return flexmatch.Problems(warnings).Error()
	})
}

const ticketRules = `{"ruleLanguageVersion": "1.0",
"playerAttributes": [{"name": "skill", "type": "number"}, {"name": "maps", "type": "string_list", "default": []}, {"name": "mode", "type": "string", "default": "duel"}, {"name": "taste", "type": "string_number_map", "default": {}}],
"teams": [{"name": "red", "minPlayers": 1, "maxPlayers": 2}, {"name": "blue", "minPlayers": 1, "maxPlayers": 2}],
"rules": [{"name": "Near", "type": "latency", "maxLatency": 100}]}`

// Wrong tickets, with what Check says of them.
func TestBadTickets(t *testing.T) {
	rules, _, err := flexmatch.Parse([]byte(ticketRules))
	if err != nil {
		t.Fatal(err)
	}
	testGolden(t, "testdata/bad-tickets.txt", 25, func(input string) string {
		tickets, err := flexmatch.ParsePopulation([]byte(`{"Tickets": [` + input + `]}`))
		if err != nil {
			return "unreadable: " + err.Error()
		}
		warnings, err := rules.Check(tickets[0])
		if err != nil {
			return "refused: " + err.Error()
		}
		return "warned: " + flexmatch.Problems(warnings).Error()
	})
}
