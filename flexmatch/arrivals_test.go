package flexmatch_test

import (
	"slices"
	"testing"
	"time"

	"github.com/musterhq/muster/flexmatch"
)

// arrivals lets tickets, in order of their start, into an engine at that time,
// with a pass every 100 ms, and gives how long each waited that was matched.
func arrivals(t testing.TB, rules *flexmatch.RuleSet, tickets []flexmatch.Ticket) (waits []time.Duration) {
	eachPass(t, rules, tickets, func(now time.Time, matches []flexmatch.Match) {
		for _, m := range matches {
			for _, ticket := range m.Tickets {
				waits = append(waits, now.Sub(ticket.Start))
			}
		}
	})
	return waits
}

// eachPass calls f after each pass of arrivals.
func eachPass(t testing.TB, rules *flexmatch.RuleSet, tickets []flexmatch.Ticket, f func(time.Time, []flexmatch.Match)) {
	engine := flexmatch.Engine{Rules: rules, Seed: 1}
	last := tickets[len(tickets)-1].Start
	at := 0
	for now := tickets[0].Start; now.Before(last.Add(time.Second)); now = now.Add(100 * time.Millisecond) {
		for ; at < len(tickets) && !tickets[at].Start.After(now); at++ {
			if err := engine.Add(tickets[at]); err != nil {
				t.Fatal(err)
			}
		}
		f(now, engine.Form(now))
	}
}

func percentile(waits []time.Duration, p int) time.Duration {
	slices.Sort(waits)
	return waits[min(len(waits)-1, len(waits)*p/100)]
}

// At 1,000 tickets a second a match is there for nearly everyone, and 99 of 100
// wait less than a second of simulated time for it.
func TestArrivalsAreMatchedWithinASecond(t *testing.T) {
	tickets := crowd(10_000)
	for _, name := range []string{"1v1", "5v5-teams"} {
		waits := arrivals(t, must(t, measured[name]), tickets)
		if p99 := percentile(waits, 99); p99 >= time.Second || len(waits) < 9_800 {
			t.Errorf("%s: p99 %v, %d of %d matched", name, p99, len(waits), len(tickets))
		}
	}
}

// With the rule on the spread of skills one in eighty waits for longer than a
// second. After no pass is there a match among those who wait, so nobody waits
// who could play.
func TestNobodyWaitsWhoHasAMatch(t *testing.T) {
	tickets := crowd(20_000)
	pool := map[string]flexmatch.Ticket{}
	at, long := 0, 0
	eachPass(t, must(t, measured["5v5-spread"]), tickets, func(now time.Time, matches []flexmatch.Match) {
		for ; at < len(tickets) && !tickets[at].Start.After(now); at++ {
			pool[tickets[at].ID] = tickets[at]
		}
		for _, m := range matches {
			for _, ticket := range m.Tickets {
				delete(pool, ticket.ID)
				if now.Sub(ticket.Start) > time.Second {
					long++
				}
			}
		}
		if missed := tenWithin(pool, 100, 100); missed != nil && !t.Failed() {
			t.Errorf("%v after the start, a match of %v is left", now.Sub(epoch), missed)
		}
	})
	if long == 0 {
		t.Error("nobody waits for more than a second: the test shows nothing")
	}
}

// tenWithin gives the skills of ten tickets, each of one player, that are no
// farther apart than spread and within a latency of one region, or nil. Ten such
// tickets are a match of 5v5-spread, and every match is ten such.
func tenWithin(pool map[string]flexmatch.Ticket, spread float64, latency int) []float64 {
	skills := map[string][]float64{} // by region
	for _, ticket := range pool {
		p := ticket.Players[0]
		for region, ms := range p.Latency {
			if ms <= latency {
				skills[region] = append(skills[region], p.Attributes["skill"].Number)
			}
		}
	}
	for _, line := range skills {
		slices.Sort(line)
		for i := 0; i+10 <= len(line); i++ {
			if line[i+9]-line[i] <= spread {
				return line[i : i+10]
			}
		}
	}
	return nil
}
