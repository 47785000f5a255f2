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
	engine := flexmatch.Engine{Rules: rules, Seed: 1}
	last := tickets[len(tickets)-1].Start
	at := 0
	for now := tickets[0].Start; now.Before(last.Add(time.Second)); now = now.Add(100 * time.Millisecond) {
		for ; at < len(tickets) && !tickets[at].Start.After(now); at++ {
			if err := engine.Add(tickets[at]); err != nil {
				t.Fatal(err)
			}
		}
		for _, m := range engine.Form(now) {
			for _, ticket := range m.Tickets {
				waits = append(waits, now.Sub(ticket.Start))
			}
		}
	}
	return waits
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
