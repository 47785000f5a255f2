package simulate_test

import (
	"context"
	"errors"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/musterhq/muster/flexmatch"
	"github.com/musterhq/muster/internal/simulate"
)

// duel is a rule set that opens in steps: skills 10 apart, 50 after 10 s,
// 1000 after 20 s.
const duel = `{
  "name": "duel", "ruleLanguageVersion": "1.0", // with a comment
  "playerAttributes": [{"name": "skill", "type": "number", "default": 100}],
  "teams": [{"name": "red", "minPlayers": 1, "maxPlayers": 1}, {"name": "blue", "minPlayers": 1, "maxPlayers": 1}],
  "rules": [{"name": "Fair", "type": "distance", "maxDistance": 10,
    "measurements": ["max(flatten(teams[*].players.attributes[skill]))"],
    "referenceValue": "min(flatten(teams[*].players.attributes[skill]))"}],
  "expansions": [{"target": "rules[Fair].maxDistance", "steps": [{"waitTimeSeconds": 10, "value": 50}, {"waitTimeSeconds": 20, "value": 1000}]}]
}`

func parse(t testing.TB, body string) *flexmatch.RuleSet {
	t.Helper()
	rules, _, err := flexmatch.Parse([]byte(body))
	if err != nil {
		t.Fatal(err)
	}
	return rules
}

// published gives the rule sets that AWS and its samples published, by name.
func published(t testing.TB) map[string]string {
	t.Helper()
	files, err := filepath.Glob(filepath.Join("..", "..", "flexmatch", "testdata", "rulesets", "*.json"))
	if err != nil || len(files) == 0 {
		t.Fatalf("no rule sets: %v", err)
	}
	bodies := map[string]string{}
	for _, file := range files {
		body, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		bodies[strings.TrimSuffix(filepath.Base(file), ".json")] = string(body)
	}
	return bodies
}

// single makes a ticket of one player, so many seconds after the Epoch.
func single(id string, at, skill float64) flexmatch.Ticket {
	return flexmatch.Ticket{ID: id, Start: simulate.Epoch.Add(time.Duration(at * float64(time.Second))), Players: []flexmatch.Player{{
		ID: id, Attributes: map[string]flexmatch.Attribute{"skill": flexmatch.Number(skill)},
	}}}
}

func simulated(t testing.TB, s simulate.Simulation) *simulate.Report {
	t.Helper()
	report, err := s.Run(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	return report
}

func TestWaitsAreThoseOfTheRules(t *testing.T) {
	report := simulated(t, simulate.Simulation{Rules: parse(t, duel), Tickets: []flexmatch.Ticket{
		single("near-1", 0, 100), single("near-2", 1, 105), // match when the second comes
		single("far-1", 2, 200), single("far-2", 3, 240), // 10 s after the second came
		single("never", 4, 5000), // times out
	}})
	if want := (simulate.Count{Arrived: 5, Matched: 4, TimedOut: 1}); report.Tickets != want {
		t.Errorf("tickets %+v, want %+v", report.Tickets, want)
	}
	if got := report.Wait; got.Least != 0 || got.P50 != 1 || got.Greatest != 11 {
		t.Errorf("waits 0, 1, 10 and 11: %+v", got)
	}
	if report.Matches != 2 || report.Stages[0].Matches != 1 || report.Stages[1].Matches != 1 || report.Stages[2].Matches != 0 {
		t.Errorf("one match as written, one with the first step: %+v", report.Stages)
	}
	if report.SimulatedSeconds != 64 {
		t.Errorf("the last ticket leaves a minute after it came, at 64 s: %v", report.SimulatedSeconds)
	}
	if len(report.Unmatched) != 1 || report.Unmatched[0].Tickets != 1 {
		t.Errorf("one reason of one ticket: %+v", report.Unmatched)
	}
}

func TestTimeoutComesBeforeAMatch(t *testing.T) {
	tickets := []flexmatch.Ticket{single("a", 0, 100), single("b", 5, 100)}
	late := simulated(t, simulate.Simulation{Rules: parse(t, duel), Tickets: tickets, Timeout: 5 * time.Second})
	if late.Tickets.TimedOut != 2 {
		t.Errorf("a ticket exactly at its limit times out: %+v", late.Tickets)
	}
	early := simulated(t, simulate.Simulation{Rules: parse(t, duel), Tickets: tickets, Timeout: 5001 * time.Millisecond})
	if early.Tickets.Matched != 2 {
		t.Errorf("a millisecond before it is matched: %+v", early.Tickets)
	}
}

func TestPassesAreApart(t *testing.T) {
	tickets := []flexmatch.Ticket{single("a", 0, 100), single("b", 0.2, 100), single("c", 0.3, 100), single("d", 0.4, 100)}
	report := simulated(t, simulate.Simulation{Rules: parse(t, duel), Tickets: tickets, Every: time.Second})
	if got := report.Wait; report.Matches != 2 || got.Least != 0.6 || got.Greatest != 1 {
		t.Errorf("all are matched in the pass at 1 s: %d matches, %+v", report.Matches, got)
	}
}

func TestDurationLeavesPlayersWaiting(t *testing.T) {
	report := simulated(t, simulate.Simulation{Rules: parse(t, duel), Duration: 3 * time.Second, Tickets: []flexmatch.Ticket{
		single("a", 0, 0), single("b", 1, 500), single("later", 3.5, 0),
	}})
	if want := (simulate.Count{Arrived: 2, Waiting: 2}); report.Tickets != want || report.SimulatedSeconds != 3 {
		t.Errorf("after 3 s two wait and the third never came: %+v, %v s", report.Tickets, report.SimulatedSeconds)
	}
	if len(report.Unmatched) == 0 || report.Unmatched[0].Rule != "Fair" {
		t.Errorf("who waits is asked why: %+v", report.Unmatched)
	}
}

func TestAdviceIsEnough(t *testing.T) {
	strict := strings.ReplaceAll(strings.ReplaceAll(duel, `"value": 50`, `"value": 20`), `"value": 1000`, `"value": 30`)
	tickets := []flexmatch.Ticket{single("a", 0, 100), single("b", 1, 180)}
	report := simulated(t, simulate.Simulation{Rules: parse(t, strict), Tickets: tickets})
	want := "where rules[Fair].maxDistance is 30 make it 80"
	if len(report.Unmatched) == 0 || !strings.HasPrefix(report.Unmatched[0].Advice, want) {
		t.Fatalf("want the advice %q: %+v", want, report.Unmatched)
	}
	eased := strings.ReplaceAll(strict, `"value": 30`, `"value": 80`)
	if report := simulated(t, simulate.Simulation{Rules: parse(t, eased), Tickets: tickets}); report.Matches != 1 {
		t.Errorf("with what was advised the two match: %+v", report.Tickets)
	}
}

func TestReasons(t *testing.T) {
	pairs := `{"ruleLanguageVersion": "1.0", "teams": [{"name": "red", "minPlayers": 2, "maxPlayers": 2}, {"name": "blue", "minPlayers": 2, "maxPlayers": 2}]}`
	party := func(id string, n int) flexmatch.Ticket {
		t := single(id, 0, 0)
		for i := 1; i < n; i++ {
			t.Players = append(t.Players, flexmatch.Player{ID: fmt.Sprint(id, i)})
		}
		return t
	}
	needs := `{"ruleLanguageVersion": "1.0", "playerAttributes": [{"name": "rank", "type": "number"}],
		"teams": [{"name": "all", "minPlayers": 2, "maxPlayers": 2}]}`
	for _, c := range []struct {
		why, body string
		tickets   []flexmatch.Ticket
		want      string
	}{
		{"a party of three in teams of two", pairs, []flexmatch.Ticket{party("a", 3)}, "no team holds more than 2"},
		{"an attribute left out", needs, []flexmatch.Ticket{single("a", 0, 0)}, "rank: the attribute is missing"},
		{"nobody else", pairs, []flexmatch.Ticket{single("a", 0, 0)}, "the crowd ended"},
		{"skills apart", duel, []flexmatch.Ticket{single("a", 0, 0), single("b", 0, 9000)}, "rule Fair keeps the others"},
	} {
		report := simulated(t, simulate.Simulation{Rules: parse(t, c.body), Tickets: c.tickets})
		if len(report.Unmatched) == 0 || !strings.Contains(report.Unmatched[0].What, c.want) {
			t.Errorf("%s: want %q, got %+v", c.why, c.want, report.Unmatched)
		}
	}
}

func TestTicketsThatCannotBeSimulated(t *testing.T) {
	rules := parse(t, duel)
	wrong := single("wrong", 0, 0)
	wrong.Players[0].Attributes["skill"] = flexmatch.String("high")
	for why, tickets := range map[string][]flexmatch.Ticket{
		"there are none":        nil,
		`two tickets have`:      {single("a", 0, 0), single("a", 1, 0)},
		`declares a number`:     {wrong},
		"the ticket has no ID":  {single("", 0, 0)},
		"ticket has no players": {{ID: "a", Start: simulate.Epoch}},
	} {
		_, err := simulate.Simulation{Rules: rules, Tickets: tickets}.Run(context.Background())
		if !errors.Is(err, simulate.ErrTickets) || !strings.Contains(err.Error(), why) {
			t.Errorf("want %q: %v", why, err)
		}
	}
}

func TestRunEndsWithItsContext(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	_, err := simulate.Simulation{Rules: parse(t, duel), Tickets: []flexmatch.Ticket{single("a", 0, 0)}}.Run(ctx)
	if !errors.Is(err, context.Canceled) {
		t.Errorf("want the context's error: %v", err)
	}
}

// Whatever the crowd, each player is accounted for once, the parts of the
// report agree, and the same arguments give the same report.
func TestReportAddsUp(t *testing.T) {
	bodies := published(t)
	small := slices.DeleteFunc(sortedKeys(bodies), func(name string) bool {
		rules := parse(t, bodies[name])
		_, most := rules.Players()
		return most > 20
	})
	rapid.Check(t, func(t *rapid.T) {
		body := bodies[rapid.SampledFrom(small).Draw(t, "rule set")]
		rules, _, _ := flexmatch.Parse([]byte(body))
		seed := rapid.Uint64().Draw(t, "seed")
		tickets, err := simulate.Crowd{
			Rules: rules, Body: []byte(body), Seed: seed,
			Players: rapid.IntRange(1, 120).Draw(t, "players"), Rate: rapid.Float64Range(0.2, 50).Draw(t, "rate"),
		}.Tickets()
		if err != nil {
			t.Fatal(err)
		}
		s := simulate.Simulation{
			Rules: rules, Tickets: tickets, Seed: seed,
			Every:    time.Duration(rapid.IntRange(0, 2000).Draw(t, "every")) * time.Millisecond,
			Duration: time.Duration(rapid.SampledFrom([]int{0, 1, 30}).Draw(t, "duration")) * time.Second,
		}
		report, err := s.Run(context.Background())
		if err != nil {
			t.Fatal(err)
		}
		for _, c := range []simulate.Count{report.Players, report.Tickets, report.Timeline[len(report.Timeline)-1].Count} {
			if c.Matched+c.TimedOut+c.Waiting != c.Arrived {
				t.Fatalf("%+v does not add up", c)
			}
		}
		if last := report.Timeline[len(report.Timeline)-1]; last.Count != report.Players {
			t.Fatalf("the timeline ends with %+v, the report with %+v", last.Count, report.Players)
		}
		if s.Duration == 0 && (report.Players.Waiting != 0 || report.Tickets.Arrived != len(tickets)) {
			t.Fatalf("without a duration all come, and nobody waits at the end: %+v", report.Players)
		}
		sums := map[string]int{}
		for _, b := range report.Histogram {
			sums["bars"] += b.Players
		}
		for _, stage := range report.Stages {
			sums["stages"] += stage.Matches
		}
		for _, region := range report.Regions {
			sums["regions"] += region.Matches
		}
		want := map[string]int{"bars": report.Players.Matched, "stages": report.Matches, "regions": report.Matches}
		for what, n := range want {
			if sums[what] != n {
				t.Fatalf("%s sum up to %d, not %d", what, sums[what], n)
			}
		}
		if report.Wait.N != report.Players.Matched || report.Wait.Greatest > report.TimeoutSeconds {
			t.Fatalf("waits %+v of %+v with a timeout of %v", report.Wait, report.Players, report.TimeoutSeconds)
		}
		again, err := s.Run(context.Background())
		if err != nil || !reflect.DeepEqual(report, again) {
			t.Fatalf("the same arguments give another report: %v\n%+v\n%+v", err, report, again)
		}
	})
}

func sortedKeys[V any](m map[string]V) (keys []string) {
	for key := range m {
		keys = append(keys, key)
	}
	slices.Sort(keys)
	return keys
}

// What is made up suits the rule set: no ticket is refused, and none is of a
// kind that can never be matched.
func TestCrowdsSuitTheirRuleSets(t *testing.T) {
	for name, body := range published(t) {
		rules := parse(t, body)
		tickets, err := simulate.Crowd{Rules: rules, Body: []byte(body), Players: 500, Rate: 10, Seed: 7}.Tickets()
		if err != nil {
			t.Fatal(err)
		}
		players := 0
		for _, ticket := range tickets {
			players += len(ticket.Players)
			if warnings, err := rules.Check(ticket); err != nil || len(warnings) > 0 {
				t.Errorf("%s: ticket %s: %v %v", name, ticket.ID, warnings, err)
			}
		}
		if players != 500 {
			t.Errorf("%s: %d players, want 500", name, players)
		}
		if !slices.IsSortedFunc(tickets, simulate.Order) {
			t.Errorf("%s: the tickets are not in order of arrival", name)
		}
	}
}

func TestCrowdHasTheRateAndPartiesItIsToldTo(t *testing.T) {
	rules := parse(t, `{"ruleLanguageVersion": "1.0", "teams": [{"name": "all", "minPlayers": 4, "maxPlayers": 8}]}`)
	const rate = 25.0
	tickets, err := simulate.Crowd{Rules: rules, Rate: rate, Duration: 1000 * time.Second, Parties: []float64{50, 30, 0, 20}, Seed: 3}.Tickets()
	if err != nil {
		t.Fatal(err)
	}
	sizes := make([]int, 5)
	players := 0
	for _, ticket := range tickets {
		sizes[len(ticket.Players)]++
		players += len(ticket.Players)
	}
	// Five deviations of a Poisson process, and of a binomial draw, on either side.
	if off := math.Abs(float64(players) - 1000*rate); off > 5*math.Sqrt(1000*rate*4) {
		t.Errorf("%d players arrived in 1000 s, want about %v", players, 1000*rate)
	}
	for size, want := range map[int]float64{1: 0.5, 2: 0.3, 3: 0, 4: 0.2} {
		if got := float64(sizes[size]) / float64(len(tickets)); math.Abs(got-want) > 0.02 {
			t.Errorf("parties of %d: a part of %.3f, want %v", size, got, want)
		}
	}
	if last := tickets[len(tickets)-1].Start.Sub(simulate.Epoch); last > 1000*time.Second || last < 990*time.Second {
		t.Errorf("the last arrives after %v, want nearly 1000 s", last)
	}
}

// The same seed gives the same crowd; another rate changes only when it comes.
func TestSeedDecidesOnTheCrowd(t *testing.T) {
	body := published(t)["docs-04-multi-map-game"]
	crowd := simulate.Crowd{Rules: parse(t, body), Body: []byte(body), Players: 200, Rate: 10, Seed: 1}
	one, err := crowd.Tickets()
	two, err2 := crowd.Tickets()
	if err != nil || err2 != nil || !reflect.DeepEqual(one, two) {
		t.Fatalf("the same seed gives another crowd: %v %v", err, err2)
	}
	crowd.Rate = 20
	faster, err := crowd.Tickets()
	if err != nil {
		t.Fatal(err)
	}
	for i := range one {
		if !reflect.DeepEqual(one[i].Players, faster[i].Players) {
			t.Fatalf("at another rate ticket %d is of other players", i)
		}
	}
	crowd.Seed = 2
	other, err := crowd.Tickets()
	if err != nil || reflect.DeepEqual(faster, other) {
		t.Errorf("another seed gives the same crowd: %v", err)
	}
}

func TestCrowdRefusesWhatMakesNoSense(t *testing.T) {
	rules := parse(t, duel)
	for why, crowd := range map[string]simulate.Crowd{
		"-1 players":      {Players: -1, Rate: 1},
		"0 a second":      {Players: 1},
		"NaN a second":    {Players: 1, Rate: math.NaN()},
		"+Inf a second":   {Players: 1, Rate: math.Inf(1)},
		"nothing ends":    {Rate: 1},
		"arrive for -1s":  {Rate: 1, Duration: -time.Second},
		"are more than":   {Rate: 1e9, Duration: time.Hour},
		"the weight -1":   {Players: 1, Rate: 1, Parties: []float64{-1}},
		"sizes from 1 to": {Players: 1, Rate: 1, Parties: []float64{0, 0}},
	} {
		crowd.Rules = rules
		if tickets, err := crowd.Tickets(); err == nil || !strings.Contains(err.Error(), why) {
			t.Errorf("want %q, got %v and %d tickets", why, err, len(tickets))
		}
	}
}
