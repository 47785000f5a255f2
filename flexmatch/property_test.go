package flexmatch_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/musterhq/muster/flexmatch"
	"pgregory.net/rapid"
)

func form(t *rapid.T, rules *flexmatch.RuleSet, now time.Time, tickets []flexmatch.Ticket, seed uint64) []flexmatch.Match {
	matches, err := flexmatch.Form(rules, now, tickets, seed)
	if err != nil {
		t.Fatal(err)
	}
	return matches
}

// remaining gives the tickets that are in no match.
func remaining(t *rapid.T, tickets []flexmatch.Ticket, matches []flexmatch.Match) []flexmatch.Ticket {
	in := map[string]bool{}
	for _, m := range matches {
		for _, ticket := range m.Tickets {
			if in[ticket.ID] {
				t.Fatalf("ticket %s is matched twice", ticket.ID)
			}
			in[ticket.ID] = true
		}
	}
	return slices.DeleteFunc(slices.Clone(tickets), func(ticket flexmatch.Ticket) bool { return in[ticket.ID] })
}

// show writes a match on few lines.
func show(m flexmatch.Match) string {
	var b strings.Builder
	for _, team := range m.Teams {
		fmt.Fprintf(&b, "%s:", team.Name)
		for _, p := range team.Players {
			fmt.Fprintf(&b, " %s", p.ID)
		}
		b.WriteString("\n")
	}
	for _, ticket := range m.Tickets {
		fmt.Fprintf(&b, "%s, %v old, backfill %v\n", ticket.ID, epoch.Sub(ticket.Start), ticket.Backfill)
		for _, p := range ticket.Players {
			a := p.Attributes
			fmt.Fprintf(&b, "  %s skill %v mode %s maps %v latency %v team %q\n", p.ID, a["skill"].Number, a["mode"].String, a["maps"].Strings, p.Latency, p.Team)
		}
	}
	return b.String()
}

// Every match satisfies every rule by the obvious evaluator, keeps parties
// together and team sizes in bounds, and no ticket is matched twice.
func TestMatchesAreValid(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		body := drawRuleSet(t)
		rules, o := readings(t, body)
		tickets := drawTickets(t, rules, 12)
		matches := form(t, rules, epoch, tickets, 1)
		remaining(t, tickets, matches)
		for _, m := range matches {
			if wrong := o.judge(m, epoch); wrong != "" {
				t.Fatalf("%s\n%s\n%s", wrong, body, show(m))
			}
		}
	})
}

// The reports on a match say of each rule what the obvious evaluator says.
func TestExplanationsAreTrue(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		body := drawRuleSet(t)
		rules, o := readings(t, body)
		for _, m := range form(t, rules, epoch, drawTickets(t, rules, 12), 1) {
			read, _, _ := o.at(m.Age)
			truth, parts := o.truths(read, m)
			for _, report := range rules.ExplainMatch(m).Rules {
				if report.Passed != truth[report.Rule] || report.Part != parts[report.Rule] {
					t.Fatalf("%s, and in truth %v, a part: %v\n%s\n%s", report, truth[report.Rule], parts[report.Rule], body, show(m))
				}
				if report.Numeric && report.Passed != (report.Margin >= 0) && report.Margin != 0 {
					t.Fatalf("the margin has the wrong sign: %s\n%s", report, body)
				}
			}
		}
	})
}

// When the engine is done, no match is left among the tickets that remain.
func TestNoMatchIsLeftBehind(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		body := drawRuleSet(t)
		rules, o := readings(t, body)
		tickets := drawTickets(t, rules, 5)
		left := remaining(t, tickets, form(t, rules, epoch, tickets, 1))
		if m := bruteForce(o, rules, left, epoch); m != nil {
			t.Fatalf("missed\n%s\n%s", body, show(*m))
		}
	})
}

// bruteForce tries every set of tickets in every way on the teams, and gives
// the first valid match or nil.
func bruteForce(o *oracle, rules *flexmatch.RuleSet, tickets []flexmatch.Ticket, now time.Time) *flexmatch.Match {
	m := flexmatch.Match{}
	for _, name := range rules.TeamNames() {
		m.Teams = append(m.Teams, flexmatch.MatchTeam{Name: name})
	}
	var try func(i int) bool
	seat := func(ticket flexmatch.Ticket, i int, in func(p flexmatch.Player) int) bool {
		saved := slices.Clone(m.Teams)
		for _, p := range ticket.Players {
			team := in(p)
			m.Teams[team].Players = append(slices.Clone(m.Teams[team].Players), p)
		}
		m.Tickets = append(m.Tickets, ticket)
		if try(i + 1) {
			return true
		}
		m.Teams, m.Tickets = saved, m.Tickets[:len(m.Tickets)-1]
		return false
	}
	try = func(i int) bool {
		if i == len(tickets) {
			return len(m.Tickets) > 0 && someRegion(o, &m, now)
		}
		if try(i + 1) {
			return true
		}
		if tickets[i].Backfill != nil {
			return seat(tickets[i], i, func(p flexmatch.Player) int { return slices.Index(rules.TeamNames(), p.Team) })
		}
		for team := range m.Teams {
			if seat(tickets[i], i, func(flexmatch.Player) int { return team }) {
				return true
			}
		}
		return false
	}
	if try(0) {
		return &m
	}
	return nil
}

func someRegion(o *oracle, m *flexmatch.Match, now time.Time) bool {
	for _, m.Region = range append(allRegions(*m), "") {
		if o.judge(*m, now) == "" {
			return true
		}
	}
	return false
}

// The order in which tickets come in does not matter, and the same seed gives
// the same matches.
func TestInputOrderDoesNotMatter(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		rules, _ := readings(t, drawRuleSet(t))
		tickets := drawTickets(t, rules, 12)
		seed := rapid.Uint64().Draw(t, "seed")
		shuffled := rapid.Permutation(tickets).Draw(t, "shuffled")
		if diff := cmp.Diff(form(t, rules, epoch, tickets, seed), form(t, rules, epoch, shuffled, seed)); diff != "" {
			t.Fatal(diff)
		}
	})
}

// An engine that lived through arrivals, departures and expansions forms what a
// fresh one forms from the same pool.
func TestIncrementalFormsWhatFreshForms(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) { liveThrough(t, drawRuleSet(t), 16) })
}

// liveThrough takes an engine through so many steps at the most, and compares it
// with a fresh one at each pass.
func liveThrough(t *rapid.T, body string, steps int) {
	rules, _ := readings(t, body)
	engine := flexmatch.Engine{Rules: rules, Seed: 7}
	pool := map[string]flexmatch.Ticket{}
	now := epoch
	for id := range rapid.IntRange(1, steps).Draw(t, "steps") {
		switch pick(t, "step", "add", "add", "add", "remove", "form", "form") {
		case "add":
			ticket := drawTicket(t, id, rules.TeamNames())
			ticket.Start = ticket.Start.Add(now.Sub(epoch))
			pool[ticket.ID] = ticket
			if err := engine.Add(ticket); err != nil {
				t.Fatal(err)
			}
		case "remove":
			gone := fmt.Sprintf("t%d", rapid.IntRange(0, id).Draw(t, "gone"))
			if _, there := pool[gone]; engine.Remove(gone) != there {
				t.Fatalf("Remove(%s), there: %v", gone, there)
			}
			delete(pool, gone)
		case "form":
			now = now.Add(time.Duration(rapid.IntRange(0, 12).Draw(t, "later")) * time.Second)
			sameAsFresh(t, &engine, rules, pool, now, body)
		}
	}
}

func sameAsFresh(t *rapid.T, engine *flexmatch.Engine, rules *flexmatch.RuleSet, pool map[string]flexmatch.Ticket, now time.Time, body string) {
	fresh := flexmatch.Engine{Rules: rules, Seed: 7}
	for _, ticket := range pool {
		if err := fresh.Add(ticket); err != nil {
			t.Fatal(err)
		}
	}
	got, want := engine.Form(now), fresh.Form(now)
	for _, matches := range [][]flexmatch.Match{got, want} {
		for i := range matches {
			matches[i].Metrics = nil // count what was searched, which differs
		}
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Fatalf("incremental against fresh:\n%s\n%s", diff, body)
	}
	for _, m := range got {
		for _, ticket := range m.Tickets {
			delete(pool, ticket.ID)
		}
	}
	if engine.Len() != len(pool) {
		t.Fatalf("%d tickets in the engine, want %d", engine.Len(), len(pool))
	}
}

// A population read back is the one that was written.
func TestPopulationsAreReadBack(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		tickets := drawTickets(t, parsed(t, drawRuleSet(t)), 5)
		data, err := flexmatch.FormatPopulation(tickets)
		if err != nil {
			t.Fatal(err)
		}
		back, err := flexmatch.ParsePopulation(data)
		if err != nil {
			t.Fatalf("%v\n%s", err, data)
		}
		if diff := cmp.Diff(tickets, back, cmpopts.EquateEmpty()); diff != "" {
			t.Fatal(diff)
		}
	})
}
