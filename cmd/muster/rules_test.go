package main

import (
	"bytes"
	"context"
	"encoding/json"
	"flag"
	"image/png"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/musterhq/muster/internal/simulate"
)

// With -rewrite, the golden files of the scripts become what is printed.
var rewrite = flag.Bool("rewrite", false, "rewrite the golden files of the rules scripts")

// ruleSets is where the rule sets are that AWS and its samples published.
var ruleSets = filepath.Join("..", "..", "flexmatch", "testdata", "rulesets")

// TestRules runs the commands on rule sets as a person would. Scripts find the
// published rule sets in the folder published.
func TestRules(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir:           filepath.Join("testdata", "rules"),
		UpdateScripts: *rewrite,
		Setup: func(e *testscript.Env) error {
			dir, err := filepath.Abs(ruleSets)
			if err != nil {
				return err
			}
			return os.Symlink(dir, filepath.Join(e.WorkDir, "published"))
		},
	})
}

// crowds says for each published rule set which crowd to let in, how many
// matches form at least, and which part of the players is matched at least.
var crowds = map[string]struct {
	args    string
	matches int
	matched float64
}{
	"anywhere-sample":                 {"", 490, 0.98},
	"docs-01-aliens-vs-cowboys":       {"", 60, 0.98},
	"docs-02-players-vs-monster":      {"", 150, 0.95},
	"docs-03-three-team-game":         {"", 60, 0.95},
	"docs-04-multi-map-game":          {"", 150, 0.95},
	"docs-05-preferred-characters":    {"--players 300", 50, 0.95},
	"docs-06-compare-attributes":      {"", 480, 0.95},
	"docs-07-free-for-all-large":      {"--players 600 --rate 20 --budget 300", 2, 0.7},
	"docs-08-monster-hunters":         {"--players 600 --rate 20 --budget 300", 2, 0.7},
	"docs-09-large-batchdistance":     {"--players 800 --rate 100 --party-sizes 1:1 --budget 400", 1, 0.2},
	"docs-10-compound":                {"--players 100 --rate 5 --budget 200", 2, 0.4},
	"docs-11-block-list":              {"", 95, 0.98},
	"pixelrush-race-1":                {"", 1000, 1},
	"pixelrush-race-2":                {"", 450, 0.98},
	"pixelrush-race-3":                {"", 300, 0.98},
	"pixelrush-race-4":                {"", 240, 0.98},
	"plugin-unity-scenario":           {"", 245, 0.98},
	"simulator-radiantdire-classic-1": {"--players 300", 20, 0.9},
	"testing-toolkit-simple-2p":       {"", 490, 0.98},
	"ultrafrogroyale-large":           {"--players 400", 5, 0.95},
}

// Every published rule set works for a crowd that suits it: the report says so,
// and how.
func TestPublishedRuleSetsWork(t *testing.T) {
	files, err := filepath.Glob(filepath.Join(ruleSets, "*.json"))
	if err != nil || len(files) == 0 {
		t.Fatalf("no rule sets: %v", err)
	}
	for _, file := range files {
		name := strings.TrimSuffix(filepath.Base(file), ".json")
		t.Run(name, func(t *testing.T) {
			crowd, known := crowds[name]
			if !known {
				t.Fatal("say in crowds what is to be expected")
			}
			report := simulation(t, file, strings.Fields(crowd.args)...)
			p := report.Players
			if p.Matched+p.TimedOut != p.Arrived || p.Waiting != 0 {
				t.Errorf("players are not accounted for: %+v", p)
			}
			if got := float64(p.Matched) / float64(p.Arrived); got < crowd.matched || report.Matches < crowd.matches {
				t.Errorf("%d matches, %.2f of the players matched; want %d and %v at least. %s", report.Matches, got, crowd.matches, crowd.matched, report.Verdict)
			}
			if p.TimedOut > 0 && len(report.Unmatched) == 0 {
				t.Error("nothing says why players timed out")
			}
			for _, reason := range report.Unmatched {
				if reason.Advice == "" || len(reason.Example) < 2 {
					t.Errorf("a reason without advice or example: %+v", reason)
				}
			}
		})
	}
}

// command runs a command line in this process.
func command(t *testing.T, args ...string) (stdout, stderr string, code int) {
	t.Helper()
	var out, err bytes.Buffer
	code = run(context.Background(), args, &out, &err)
	return out.String(), err.String(), code
}

func simulation(t *testing.T, file string, flags ...string) (report simulate.Report) {
	t.Helper()
	out, problem, code := command(t, append([]string{"rules", "simulate", file, "--output", "json"}, flags...)...)
	if code != 0 {
		t.Fatal(problem)
	}
	if err := json.Unmarshal([]byte(out), &report); err != nil {
		t.Fatal(err)
	}
	return report
}

// A plot of any outcome can be drawn: of all matched, some, and none.
func TestPlots(t *testing.T) {
	for name, flags := range map[string][]string{
		"all":  {filepath.Join(ruleSets, "pixelrush-race-4.json")},
		"some": {filepath.Join(ruleSets, "docs-03-three-team-game.json"), "--players", "100", "--rate", "1"},
		"none": {filepath.Join(ruleSets, "docs-01-aliens-vs-cowboys.json"), "--players", "1"},
	} {
		file := filepath.Join(t.TempDir(), name+".png")
		_, problem, code := command(t, append([]string{"rules", "simulate", "--plot", file}, flags...)...)
		if code != 0 {
			t.Errorf("%s: %s", name, problem)
			continue
		}
		in, err := os.Open(file)
		if err != nil {
			t.Fatal(err)
		}
		img, err := png.Decode(in)
		in.Close()
		if err != nil {
			t.Fatal(err)
		}
		colors := map[[3]uint32]bool{}
		for y := range img.Bounds().Dy() {
			r, g, b, _ := img.At(img.Bounds().Dx()/2, y).RGBA()
			colors[[3]uint32{r, g, b}] = true
		}
		if img.Bounds().Dx() < 800 || len(colors) < 3 {
			t.Errorf("%s: %v with %d colours down the middle is no plot", name, img.Bounds(), len(colors))
		}
	}
}

// What docs/RULES.md shows of the published rule sets is what is printed; with
// -rewrite it becomes that.
func TestRulesDocs(t *testing.T) {
	t.Chdir(filepath.Join("..", ".."))
	file := filepath.Join("docs", "RULES.md")
	page, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	shown := regexp.MustCompile(`(?m)^    \$ muster (rules .*flexmatch/testdata/rulesets/.*)\n((?:(?:    .*)?\n)+)`)
	examples := 0
	now := shown.ReplaceAllFunc(page, func(block []byte) []byte {
		part := shown.FindSubmatch(block)
		args := strings.Fields(string(part[1]))
		examples++
		for i, arg := range args {
			if arg == "--plot" {
				args[i+1] = filepath.Join(t.TempDir(), "plot.png")
			}
		}
		printed, problem, code := command(t, args...)
		switch {
		case args[1] == "validate" && code == exitRefused:
			printed += problem
		case code != 0:
			t.Fatal(problem)
		}
		indented := regexp.MustCompile(`(?m)^(.)`).ReplaceAllString(printed, "    $1")
		return []byte("    $ muster " + string(part[1]) + "\n" + indented + "\n")
	})
	switch {
	case examples < 2:
		t.Errorf("%s shows %d examples that can be run", file, examples)
	case bytes.Equal(page, now):
	case *rewrite:
		if err := os.WriteFile(file, now, 0o644); err != nil {
			t.Fatal(err)
		}
	default:
		t.Errorf("%s shows what is not printed; run the test with -rewrite", file)
	}
}
