package flexmatch_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/musterhq/muster/flexmatch"
	"pgregory.net/rapid"
)

// monsterHunt makes n tickets of whom one in thirty plays the monster and is too
// weak for what any of the others wants, so that a match is never quite there.
func monsterHunt(n int) []flexmatch.Ticket {
	tickets := many("t", n)
	for i := range tickets {
		if i%30 == 29 {
			monster(float64(10 + i%7))(&tickets[i])
		} else {
			hunter(float64(500 + i*37%50))(&tickets[i])
		}
	}
	return tickets
}

func monster(strength float64) with {
	return func(t *flexmatch.Ticket) {
		skill(strength)(t)
		attr("wantsToBeMonster", flexmatch.Number(1))(t)
	}
}

func hunter(desired float64) with { return attr("desiredSkillOfMonster", flexmatch.Number(desired)) }

// leagues makes n tickets for the compound rule set of the guide: one map in
// nine and skills far apart, so that neither branch is ever quite there.
func leagues(n int) []flexmatch.Ticket {
	tickets := many("t", n)
	for i := range tickets {
		rival(i)(&tickets[i])
	}
	return tickets
}

func rival(i int) with {
	return func(t *flexmatch.Ticket) {
		skill(float64(i * 7919 % 400))(t)
		attr("league", flexmatch.Number(float64(i%5)))(t)
		attr("map", flexmatch.String(fmt.Sprint(i%25)))(t)
		attr("mode", flexmatch.String("siege"))(t)
	}
}

func addAll(t testing.TB, engine *flexmatch.Engine, tickets ...flexmatch.Ticket) {
	t.Helper()
	for _, ticket := range tickets {
		if err := engine.Add(ticket); err != nil {
			t.Fatal(err)
		}
	}
}

// settled is an engine that has formed what could be formed.
func settled(t testing.TB, rules *flexmatch.RuleSet, tickets []flexmatch.Ticket, budget int) *flexmatch.Engine {
	t.Helper()
	engine := &flexmatch.Engine{Rules: rules, Seed: 1, Budget: budget}
	addAll(t, engine, tickets...)
	for at, again := at(1), true; again && !at.After(engineTime); {
		engine.Form(at)
		at, again = engine.Next()
	}
	return engine
}

var engineTime = at(5)

func at(seconds int) time.Time { return epoch.Add(time.Duration(seconds) * time.Second) }

// The work of a pass goes by what changed, not by how many wait near it.
func TestWorkGoesByWhatChanged(t *testing.T) {
	const budget = 2000
	for _, c := range []struct {
		rules   string
		waiting func(int) []flexmatch.Ticket
		arrives with
	}{
		{"docs-02-players-vs-monster", monsterHunt, hunter(520)},
		{"docs-02-players-vs-monster", monsterHunt, monster(12)},
		{"docs-10-compound", leagues, rival(40)},
	} {
		for _, n := range []int{100, 400} {
			engine := settled(t, published(t, c.rules), c.waiting(n), budget)
			if left := engine.Len(); left != n {
				t.Fatalf("%s: %d of %d tickets wait", c.rules, left, n)
			}
			before := engine.Stats()
			engine.Form(at(6))
			if engine.Stats() != before {
				t.Errorf("%s, %d waiting: a pass in which nothing changed costs %+v after %+v", c.rules, n, engine.Stats(), before)
			}
			addAll(t, engine, ticket("new", c.arrives, waiting(-6*time.Second)))
			engine.Form(at(7))
			if work := engine.Stats().Placements - before.Placements; work > 2*budget {
				t.Errorf("%s, %d waiting: one arrival costs %d placements, more than two searches", c.rules, n, work)
			}
		}
	}
}

// A newcomer who is what many waited for is matched in the pass after, and with
// those that came first.
func TestScarceNewcomerIsMatchedAtOnce(t *testing.T) {
	engine := settled(t, published(t, "docs-02-players-vs-monster"), monsterHunt(400), 0)
	before := engine.Stats().Placements
	for i := range 3 {
		addAll(t, engine, ticket(fmt.Sprint("new", i), monster(600), waiting(-6*time.Second)))
	}
	matches := engine.Form(at(7))
	var got []string
	for _, m := range matches {
		got = append(got, together(m))
	}
	want := []string{
		"new0 t000 t001 t002 t003 t004",
		"new1 t005 t006 t007 t008 t009",
		"new2 t010 t011 t012 t013 t014",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if work := engine.Stats().Placements - before; work > 4*flexmatch.DefaultBudget {
		t.Errorf("%d placements for three matches", work)
	}
}

// Where roles are scarce or matches take many, more tickets wait than change, so
// that inquiries are made; and yet the engine forms what a fresh one forms.
func TestScarceMatchesIncrementally(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) { liveThrough(t, drawScarceRuleSet(t), 40) })
	rapid.Check(t, func(t *rapid.T) { liveThrough(t, drawHugeRuleSet(t), 40) })
	rapid.Check(t, func(t *rapid.T) { liveThrough(t, drawEitherRuleSet(t), 40) })
}
