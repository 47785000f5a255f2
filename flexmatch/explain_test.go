package flexmatch_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/musterhq/muster/flexmatch"
)

// pooled makes an engine with tickets, after a pass at the epoch.
func pooled(t *testing.T, rules *flexmatch.RuleSet, tickets ...flexmatch.Ticket) *flexmatch.Engine {
	t.Helper()
	engine := &flexmatch.Engine{Rules: rules}
	for _, ticket := range tickets {
		if err := engine.Add(ticket); err != nil {
			t.Fatal(err)
		}
	}
	engine.Form(epoch)
	return engine
}

func explained(t *testing.T, engine *flexmatch.Engine, id string) flexmatch.TicketReport {
	t.Helper()
	report, ok := engine.ExplainTicket(id, epoch)
	if !ok {
		t.Fatalf("%s is not in the pool", id)
	}
	return report
}

func TestReportSaysWhatNeverMatches(t *testing.T) {
	rules := must(t, fmt.Sprintf(fourPlayers, "normal"))
	engine := pooled(t, rules, ticket("far"), ticket("crowd", near("us", 20), partyOf(3)))
	for id, why := range map[string]string{"far": "latencies", "crowd": "no team holds more than 2"} {
		if report := explained(t, engine, id); len(report.Never) != 1 || !strings.Contains(report.Never[0].What, why) {
			t.Errorf("%s: %v, want a word on %q", id, report.Never, why)
		}
	}
	if _, ok := engine.ExplainTicket("nobody", epoch); ok {
		t.Error("a ticket that is not there is explained")
	}
}

func TestReportSaysWhoDoesNotFitAndWhy(t *testing.T) {
	engine := pooled(t, must(t, fmt.Sprintf(fourPlayers, "normal")),
		ticket("a", near("us", 20)), ticket("b", near("eu", 20)), ticket("game", backfill("asia")), ticket("other", backfill("asia"), near("asia", 20)))
	report := explained(t, engine, "game")
	reasons := map[string]string{}
	for _, c := range report.Candidates {
		reasons[c.Ticket] = c.String()
	}
	for id, want := range map[string]string{
		"a":     "a does not fit: Near (latency) fails: no region in common",
		"other": "other does not fit: two backfill tickets never meet in a match",
	} {
		if reasons[id] != want {
			t.Errorf("%q, want %q", reasons[id], want)
		}
	}
	if report.Ready || len(report.Teams) != 2 || report.Teams[1].String() != "blue 0 of 1 to 2, 1 short" {
		t.Errorf("ready %v, teams %v", report.Ready, report.Teams)
	}
}

func TestReportForeseesAMatch(t *testing.T) {
	engine := &flexmatch.Engine{Rules: must(t, fmt.Sprintf(duel, ""))}
	for _, id := range []string{"a", "b"} {
		if err := engine.Add(ticket(id)); err != nil {
			t.Fatal(err)
		}
	}
	if report := explained(t, engine, "a"); !report.Ready {
		t.Errorf("%v", report)
	}
	if m := engine.Form(epoch); len(m) != 1 {
		t.Error("explaining took something away")
	}
}

func TestMetricsFollowTheRules(t *testing.T) {
	rules := must(t, fmt.Sprintf(duel, fmt.Sprintf(within10, "")))
	engine := pooled(t, rules, ticket("a"), ticket("b", skill(15)))
	metrics, ok := engine.Metrics("a")
	if !ok || len(metrics) != 1 || metrics[0].Rule != "Near" || metrics[0].Failed == 0 {
		t.Errorf("a ticket that was searched around in vain: %v", metrics)
	}
	m := engine.Form(epoch.Add(time.Minute))
	if len(m) != 1 || m[0].Metrics[0].Passed == 0 {
		t.Errorf("a match: %v", m)
	}
	report := rules.ExplainMatch(m[0])
	if report.Age != time.Minute || report.Rules[0].String() != "Near (distance) holds: 15 against 50, margin 35" {
		t.Errorf("%v", report)
	}
}

func TestAccessorsGiveCopies(t *testing.T) {
	rules := published(t, "docs-03-three-team-game")
	rules.Attributes()[1].Default.Strings[0] = "knight"
	rules.Teams()[0].Name, rules.TeamNames()[0], rules.Rules()[0].Name = "changed", "changed", "changed"
	if got := rules.Attributes()[1].Default.Strings[0]; got != "peasant" {
		t.Errorf("the default of a rule set can be changed from outside: %s", got)
	}
	if rules.Teams()[0].Name != "trio" || rules.TeamNames()[0] != "trio_1" || rules.Rules()[0].Name != "FairTeamSkill" {
		t.Error("a rule set can be changed from outside")
	}
}
