package flexmatch_test

import (
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"testing"
	"time"

	"github.com/musterhq/muster/flexmatch"
)

// With -population, the benchmarks of 5v5 write the pool of 10,000 tickets that
// they form matches from to a file, for other engines.
var population = flag.String("population", "", "write the pool of the 5v5 benchmarks to this file")

const head = `{"ruleLanguageVersion": "1.0", "playerAttributes": [{"name": "skill", "type": "number", "default": 1000}], `

// The rule sets that are measured. Each of the 5v5 sets has one rule on skill
// and one on latency.
var measured = map[string]string{
	"1v1": head + `"teams": [{"name": "red", "minPlayers": 1, "maxPlayers": 1}, {"name": "blue", "minPlayers": 1, "maxPlayers": 1}]}`,
	// the average of each team is near that of all players
	"5v5-teams": fiveOnFive("avg(teams[*].players.attributes[skill])", "avg(flatten(teams[*].players.attributes[skill]))", 10),
	// the best and the weakest player are not far apart
	"5v5-spread": fiveOnFive("max(flatten(teams[*].players.attributes[skill]))", "min(flatten(teams[*].players.attributes[skill]))", 100),
	// every player is near the average of all
	"5v5-players": fiveOnFive("flatten(teams[*].players.attributes[skill])", "avg(flatten(teams[*].players.attributes[skill]))", 100),
	"100v100": head + `"algorithm": {"strategy": "balanced", "balancedAttribute": "skill"},
		"teams": [{"name": "red", "minPlayers": 100, "maxPlayers": 100}, {"name": "blue", "minPlayers": 100, "maxPlayers": 100}],
		"rules": [{"name": "Near", "type": "latency", "maxLatency": 100}]}`,
}

func fiveOnFive(measurement, reference string, limit int) string {
	return fmt.Sprintf(head+`"teams": [{"name": "red", "minPlayers": 5, "maxPlayers": 5}, {"name": "blue", "minPlayers": 5, "maxPlayers": 5}],
		"rules": [{"name": "Fair", "type": "distance", "measurements": [%q], "referenceValue": %q, "maxDistance": %d},
		{"name": "Near", "type": "latency", "maxLatency": 100}]}`, measurement, reference, limit)
}

// crowd makes n single players, a millisecond apart: skill is normal around
// 1000 with a deviation of 200, home one of five regions, and a region is 50 ms
// farther for each one between, give or take 20.
func crowd(n int) []flexmatch.Ticket {
	r := rand.New(rand.NewPCG(1, 2))
	regions := []string{"us-west-2", "us-east-1", "eu-west-1", "ap-south-1", "ap-northeast-1"}
	tickets := make([]flexmatch.Ticket, n)
	for i := range tickets {
		home := r.IntN(len(regions))
		latency := map[string]int{}
		for j, region := range regions {
			latency[region] = 20 + 50*max(j-home, home-j) + r.IntN(40)
		}
		id := fmt.Sprintf("t%06d", i)
		tickets[i] = flexmatch.Ticket{ID: id, Start: epoch.Add(time.Duration(i) * time.Millisecond), Players: []flexmatch.Player{{
			ID: id, Latency: latency,
			Attributes: map[string]flexmatch.Attribute{"skill": flexmatch.Number(float64(int(1000 + 200*r.NormFloat64())))},
		}}}
	}
	return tickets
}

// BenchmarkForm measures a pool from its first ticket to its last match: the
// tickets are added to a fresh engine and all matches are formed.
func BenchmarkForm(b *testing.B) {
	for _, name := range []string{"1v1", "5v5-teams", "5v5-spread", "5v5-players", "100v100"} {
		rules := must(b, measured[name])
		for _, n := range []int{1_000, 10_000, 100_000} {
			tickets := crowd(n)
			if *population != "" && n == 10_000 {
				write(b, *population, tickets)
			}
			b.Run(fmt.Sprintf("%s/%d", name, n), func(b *testing.B) { benchmarkForm(b, rules, tickets) })
		}
	}
}

func benchmarkForm(b *testing.B, rules *flexmatch.RuleSet, tickets []flexmatch.Ticket) {
	b.ReportAllocs()
	formed := 0
	for b.Loop() {
		matches, err := flexmatch.Form(rules, epoch.Add(time.Hour), tickets, 1)
		if err != nil {
			b.Fatal(err)
		}
		formed = len(matches)
	}
	b.ReportMetric(float64(formed), "matches")
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(len(tickets)), "ns/ticket")
}

// BenchmarkPass measures what forming costs once the tickets are in: allocations
// are those of a match.
func BenchmarkPass(b *testing.B) {
	rules := must(b, measured["5v5-teams"])
	tickets := crowd(10_000)
	b.ReportAllocs()
	formed := 0
	for b.Loop() {
		b.StopTimer()
		engine := flexmatch.Engine{Rules: rules, Seed: 1}
		for _, ticket := range tickets {
			if err := engine.Add(ticket); err != nil {
				b.Fatal(err)
			}
		}
		b.StartTimer()
		formed += len(engine.Form(epoch.Add(time.Hour)))
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(formed), "ns/match")
}

// BenchmarkArrivals measures a minute of 1,000 tickets a second with a pass
// every 100 ms, and reports in simulated time how long tickets waited.
func BenchmarkArrivals(b *testing.B) {
	for _, name := range []string{"1v1", "5v5-teams", "5v5-spread"} {
		rules := must(b, measured[name])
		tickets := crowd(60_000)
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			var waits []time.Duration
			for b.Loop() {
				waits = arrivals(b, rules, tickets)
			}
			b.ReportMetric(float64(percentile(waits, 50).Milliseconds()), "p50-ms-waited")
			b.ReportMetric(float64(percentile(waits, 99).Milliseconds()), "p99-ms-waited")
			b.ReportMetric(100*float64(len(waits))/float64(len(tickets)), "%matched")
		})
	}
}

// BenchmarkScarce measures rule sets under which a match is almost there, for a
// minute of ten tickets a second with a pass every second: a role whom nobody
// wants who can take it, and two kinds of company of which neither is complete.
func BenchmarkScarce(b *testing.B) {
	for _, c := range []struct {
		rules string
		crowd func(int) []flexmatch.Ticket
	}{{"docs-02-players-vs-monster", monsterHunt}, {"docs-10-compound", leagues}} {
		rules, tickets := published(b, c.rules), c.crowd(600)
		for i := range tickets {
			tickets[i].Start = at(0).Add(time.Duration(i) * time.Second / 10)
		}
		b.Run(c.rules, func(b *testing.B) {
			placements := 0
			for b.Loop() {
				engine := flexmatch.Engine{Rules: rules, Seed: 1}
				for second := range 60 {
					addAll(b, &engine, tickets[10*second:10*second+10]...)
					engine.Form(at(second + 1))
				}
				placements = engine.Stats().Placements
			}
			b.ReportMetric(float64(b.Elapsed().Milliseconds())/float64(b.N)/60, "ms/pass")
			b.ReportMetric(float64(placements)/600, "placements/ticket")
		})
	}
}

func write(b *testing.B, file string, tickets []flexmatch.Ticket) {
	data, err := flexmatch.FormatPopulation(tickets)
	if err == nil {
		err = os.WriteFile(file, data, 0o644)
	}
	if err != nil {
		b.Fatal(err)
	}
}
