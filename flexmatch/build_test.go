package flexmatch_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/musterhq/muster/flexmatch"
)

// Tests write tickets by their differences from a plain one: a single player,
// alone, who has been waiting since the epoch.

type with func(*flexmatch.Ticket)

// ticket makes a ticket of one player whose ID is the ticket's.
func ticket(id string, changes ...with) flexmatch.Ticket {
	t := flexmatch.Ticket{ID: id, Start: epoch, Players: []flexmatch.Player{{ID: id}}}
	for _, change := range changes {
		change(&t)
	}
	return t
}

// party gives the ticket n players, each like the first.
func partyOf(n int) with {
	return func(t *flexmatch.Ticket) {
		first := t.Players[0]
		for i := 1; i < n; i++ {
			p := first
			p.ID = fmt.Sprintf("%s-%d", t.ID, i)
			t.Players = append(t.Players, p)
		}
	}
}

func attr(name string, a flexmatch.Attribute) with {
	return func(t *flexmatch.Ticket) {
		for i := range t.Players {
			if t.Players[i].Attributes == nil {
				t.Players[i].Attributes = map[string]flexmatch.Attribute{}
			}
			t.Players[i].Attributes[name] = a
		}
	}
}

func skill(f float64) with { return attr("skill", flexmatch.Number(f)) }

func near(region string, ms int) with {
	return func(t *flexmatch.Ticket) {
		for i := range t.Players {
			latency := map[string]int{region: ms}
			for name, old := range t.Players[i].Latency {
				latency[name] = old
			}
			t.Players[i].Latency = latency
		}
	}
}

// waiting makes the ticket start before the epoch.
func waiting(age time.Duration) with {
	return func(t *flexmatch.Ticket) { t.Start = epoch.Add(-age) }
}

// many makes n tickets named by prefix and number, a millisecond apart.
func many(prefix string, n int, changes ...with) []flexmatch.Ticket {
	tickets := make([]flexmatch.Ticket, n)
	for i := range tickets {
		tickets[i] = ticket(fmt.Sprintf("%s%03d", prefix, i), changes...)
		tickets[i].Start = tickets[i].Start.Add(time.Duration(i) * time.Millisecond)
	}
	return tickets
}

func must(t testing.TB, body string) *flexmatch.RuleSet {
	t.Helper()
	rules, _, err := flexmatch.Parse([]byte(body))
	if err != nil {
		t.Fatal(err)
	}
	return rules
}

// match forms matches at the epoch plus a wait.
func match(t testing.TB, rules *flexmatch.RuleSet, wait time.Duration, tickets ...flexmatch.Ticket) []flexmatch.Match {
	t.Helper()
	matches, err := flexmatch.Form(rules, epoch.Add(wait), tickets, 1)
	if err != nil {
		t.Fatal(err)
	}
	return matches
}

// sizes gives the players of each team.
func sizes(m flexmatch.Match) (n []int) {
	for _, team := range m.Teams {
		n = append(n, len(team.Players))
	}
	return n
}

// line writes the teams of a match as "red: a b | blue: c d", names sorted.
func line(m flexmatch.Match) string {
	var teams []string
	for _, team := range m.Teams {
		var ids []string
		for _, p := range team.Players {
			ids = append(ids, p.ID)
		}
		slices.Sort(ids)
		teams = append(teams, team.Name+": "+strings.Join(ids, " "))
	}
	return strings.Join(teams, " | ")
}

// together gives the tickets of a match, sorted.
func together(m flexmatch.Match) string {
	var ids []string
	for _, ticket := range m.Tickets {
		ids = append(ids, ticket.ID)
	}
	slices.Sort(ids)
	return strings.Join(ids, " ")
}
