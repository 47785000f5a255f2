package flexmatch_test

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/musterhq/muster/flexmatch"
)

const large = `{"ruleLanguageVersion": "1.0", "playerAttributes": [{"name": "skill", "type": "number", "default": 0}],
"algorithm": {"strategy": "balanced", "balancedAttribute": "skill"}, "teams": [%s]}`

// seating gives how many of n players sit in each team while they gather.
func seating(t *testing.T, rules *flexmatch.RuleSet, n int) map[string]int {
	t.Helper()
	engine := flexmatch.Engine{Rules: rules}
	for _, ticket := range many("t", n) {
		if err := engine.Add(ticket); err != nil {
			t.Fatal(err)
		}
	}
	report, ok := engine.ExplainTicket("t000", epoch.Add(time.Minute))
	if !ok {
		t.Fatal("the ticket is not in the pool")
	}
	teams := map[string]int{}
	for _, team := range report.Teams {
		teams[team.Name] = team.Players
	}
	return teams
}

// The first worked example of the documented fill order.
func TestFillOrderOfRedBlueAndGreen(t *testing.T) {
	rules := must(t, `{"ruleLanguageVersion": "1.0", "teams": [{"name": "Red", "minPlayers": 5, "maxPlayers": 10}, {"name": "Blue", "minPlayers": 5, "maxPlayers": 10}, {"name": "Green", "minPlayers": 2, "maxPlayers": 3}]}`)
	for _, c := range []struct {
		players int
		want    map[string]int
		why     string
	}{
		{10, map[string]int{"Red": 5, "Blue": 5, "Green": 0}, "Red and Blue have most open slots below their minimum"},
		{12, map[string]int{"Red": 5, "Blue": 5, "Green": 2}, "then Green is brought to its minimum"},
		{20, map[string]int{"Red": 9, "Blue": 9, "Green": 2}, "four more each to Red and Blue, which have most open slots"},
		{23, map[string]int{"Red": 10, "Blue": 10, "Green": 3}, "the last three fill what is left"},
	} {
		if diff := cmp.Diff(c.want, seating(t, rules, c.players)); diff != "" {
			t.Errorf("%d players: %s:\n%s", c.players, c.why, diff)
		}
	}
}

// The second worked example: ten teams of Hunters of 12 to 15, five Monsters.
func TestFillOrderOfHuntersAndMonsters(t *testing.T) {
	rules := must(t, fmt.Sprintf(large, `{"name": "Hunters", "minPlayers": 12, "maxPlayers": 15, "quantity": 10}, {"name": "Monsters", "minPlayers": 5, "maxPlayers": 5}`))
	for _, c := range []struct {
		players, monsters, fewest, most int
		why                             string
	}{
		{100, 0, 10, 10, "the first hundred: ten to each hunter team"},
		{122, 2, 12, 12, "the next 22: two to every team"},
		{125, 5, 12, 12, "the next three: to the monsters"},
		{155, 5, 15, 15, "the last thirty: to the hunters"},
		{139, 5, 13, 14, "evenly, give or take one"},
	} {
		teams := seating(t, rules, c.players)
		if teams["Monsters"] != c.monsters {
			t.Errorf("%d players: %s: %d monsters, want %d", c.players, c.why, teams["Monsters"], c.monsters)
		}
		delete(teams, "Monsters")
		for name, n := range teams {
			if n < c.fewest || n > c.most {
				t.Errorf("%d players: %s: %s has %d, want %d to %d", c.players, c.why, name, n, c.fewest, c.most)
			}
		}
	}
	formed := match(t, rules, 0, many("t", 139)...)
	if len(formed) != 1 || len(formed[0].Tickets) != 139 {
		t.Errorf("139 players form %d matches", len(formed))
	}
}

func TestLargeMatchIsBalanced(t *testing.T) {
	rules := must(t, fmt.Sprintf(large, `{"name": "red", "minPlayers": 25, "maxPlayers": 25}, {"name": "blue", "minPlayers": 25, "maxPlayers": 25}`))
	tickets := many("t", 50)
	for i := range tickets {
		skill(float64(i * i))(&tickets[i])
	}
	m := match(t, rules, 0, tickets...)
	var averages [2]float64
	for i, team := range m[0].Teams {
		for _, p := range team.Players {
			averages[i] += p.Attributes["skill"].Number / 25
		}
	}
	if gap := averages[0] - averages[1]; gap > 5 || gap < -5 {
		t.Errorf("team averages %v of skills 0 to 2401", averages)
	}
}

const duel = `{"ruleLanguageVersion": "1.0", "playerAttributes": [{"name": "skill", "type": "number", "default": 0}],
"teams": [{"name": "red", "minPlayers": 1, "maxPlayers": 1}, {"name": "blue", "minPlayers": 1, "maxPlayers": 1}]%s}`

const within10 = `, "rules": [{"name": "Near", "type": "distance", "measurements": "max(flatten(teams[*].players.attributes[skill]))", "referenceValue": "min(flatten(teams[*].players.attributes[skill]))", "maxDistance": 10}],
"expansions": [{"target": "rules[Near].maxDistance", "steps": [{"waitTimeSeconds": 10, "value": 50}]}]%s`

func TestOldestTicketsMatchFirst(t *testing.T) {
	rules := must(t, fmt.Sprintf(duel, ""))
	m := match(t, rules, 0, ticket("c"), ticket("b", waiting(time.Second)), ticket("a", waiting(2*time.Second)), ticket("d"))
	if len(m) != 2 || together(m[0]) != "a b" || together(m[1]) != "c d" {
		t.Errorf("%v", m)
	}
}

func TestUnmatchableTicketBlocksNobody(t *testing.T) {
	rules := must(t, fmt.Sprintf(duel, fmt.Sprintf(within10, "")))
	m := match(t, rules, 0, append(many("t", 4), ticket("old", skill(1000), waiting(time.Hour)))...)
	if len(m) != 2 {
		t.Errorf("%d matches beside an unmatchable oldest ticket, want 2", len(m))
	}
}

func TestExpansionFollowsTheNewestTicket(t *testing.T) {
	newest := must(t, fmt.Sprintf(duel, fmt.Sprintf(within10, "")))
	oldest := must(t, fmt.Sprintf(duel, fmt.Sprintf(within10, `, "algorithm": {"expansionAgeSelection": "oldest"}`)))
	pair := []flexmatch.Ticket{ticket("a", waiting(time.Minute)), ticket("b", skill(40))}
	for _, c := range []struct {
		rules *flexmatch.RuleSet
		wait  time.Duration
		want  int
	}{{newest, 0, 0}, {newest, 9 * time.Second, 0}, {newest, 10 * time.Second, 1}, {oldest, 0, 1}} {
		if got := match(t, c.rules, c.wait, pair...); len(got) != c.want {
			t.Errorf("%s, %v: %d matches, want %d", c.rules.Algorithm().ExpansionAge, c.wait, len(got), c.want)
		}
	}
}

func TestPartiesStayTogether(t *testing.T) {
	rules := must(t, `{"ruleLanguageVersion": "1.0", "teams": [{"name": "red", "minPlayers": 3, "maxPlayers": 3}, {"name": "blue", "minPlayers": 3, "maxPlayers": 3}]}`)
	m := match(t, rules, 0, ticket("a", partyOf(2)), ticket("b", partyOf(2)), ticket("c", partyOf(2)), ticket("d"), ticket("e"))
	if len(m) != 1 {
		t.Fatalf("%d matches", len(m))
	}
	if got := together(m[0]); got != "a b d e" {
		t.Errorf("two pairs and two singles fill teams of three: %s", got)
	}
	if m := match(t, rules, 0, ticket("a", partyOf(4)), ticket("b", partyOf(2))); len(m) != 0 {
		t.Error("a party of four is split or squeezed into a team of three")
	}
}

func backfill(region string) with {
	return func(t *flexmatch.Ticket) {
		t.Backfill = &flexmatch.Backfill{GameSession: "game", Region: region}
		for i := range t.Players {
			t.Players[i].Team = []string{"red", "blue"}[i%2]
		}
	}
}

const fourPlayers = `{"ruleLanguageVersion": "1.0", "algorithm": {"backfillPriority": "%s"},
"teams": [{"name": "red", "minPlayers": 1, "maxPlayers": 2}, {"name": "blue", "minPlayers": 1, "maxPlayers": 2}],
"rules": [{"name": "Near", "type": "latency", "maxLatency": 100}]}`

func TestBackfill(t *testing.T) {
	rules := must(t, fmt.Sprintf(fourPlayers, "normal"))
	game := ticket("game", partyOf(3), backfill("us"))
	m := match(t, rules, 0, game, ticket("a", near("us", 50)))
	if len(m) != 1 || m[0].Region != "us" || line(m[0]) != "red: game game-2 | blue: a game-1" {
		t.Errorf("the newcomer takes the open slot: %v", m)
	}
	if m := match(t, rules, 0, game); len(m) != 0 {
		t.Error("a backfill ticket alone is a match")
	}
	if m := match(t, rules, 0, game, ticket("a", near("eu", 50))); len(m) != 0 {
		t.Error("a player of another region joins")
	}
	other := ticket("other", backfill("us"), waiting(time.Second))
	if m := match(t, rules, 0, ticket("game", backfill("us")), other); len(m) != 0 {
		t.Error("two backfill tickets meet")
	}
}

func TestBackfillPriority(t *testing.T) {
	four := many("t", 4, near("us", 50))
	game := func(age time.Duration) flexmatch.Ticket {
		return ticket("game", partyOf(3), backfill("us"), waiting(age))
	}
	for _, c := range []struct {
		priority string
		age      time.Duration // of the backfill ticket; the others are new
		want     string        // the first match
	}{
		{"normal", time.Hour, "game t000"},
		{"normal", -time.Hour, "t000 t001 t002 t003"},
		{"high", -time.Hour, "game t000"},
		{"low", time.Hour, "t000 t001 t002 t003"},
	} {
		rules := must(t, fmt.Sprintf(fourPlayers, c.priority))
		m := match(t, rules, 0, append(slices.Clone(four), game(c.age))...)
		if len(m) == 0 || together(m[0]) != c.want {
			t.Errorf("%s, backfill %v old: the first match is of %v, want %s", c.priority, c.age, m, c.want)
		}
	}
}

func TestRegionIsTheBestForAll(t *testing.T) {
	rules := must(t, fmt.Sprintf(duel, `, "rules": [{"name": "Near", "type": "latency", "maxLatency": 100}]`))
	m := match(t, rules, 0, ticket("a", near("us", 10), near("eu", 60), near("asia", 99)), ticket("b", near("us", 95), near("eu", 70), near("asia", 101)))
	if len(m) != 1 || m[0].Region != "eu" {
		t.Errorf("the greatest latency is least in eu: %v", m)
	}
	for _, ms := range []int{100, 101} {
		if m := match(t, rules, 0, ticket("a", near("us", ms)), ticket("b", near("us", 1))); (len(m) == 1) != (ms == 100) {
			t.Errorf("%d ms against a limit of 100: %d matches", ms, len(m))
		}
	}
}

func TestNextSaysWhenExpansionsComeDue(t *testing.T) {
	engine := flexmatch.Engine{Rules: must(t, fmt.Sprintf(duel, fmt.Sprintf(within10, "")))}
	if _, ok := engine.Next(); ok {
		t.Error("an empty pool has something to wait for")
	}
	for _, ticket := range []flexmatch.Ticket{ticket("a"), ticket("b", skill(30), waiting(-2*time.Second))} {
		if err := engine.Add(ticket); err != nil {
			t.Fatal(err)
		}
	}
	now, formed := epoch, 0
	var times []string
	for range 5 {
		formed += len(engine.Form(now))
		next, ok := engine.Next()
		if !ok {
			break
		}
		times = append(times, next.Sub(epoch).String())
		now = next
	}
	if !slices.Equal(times, []string{"10s", "12s"}) || formed != 1 || engine.Len() != 0 {
		t.Errorf("passes at %v formed %d matches and left %d tickets; want 10s and 12s, 1, 0", times, formed, engine.Len())
	}
}

func TestAddRefuses(t *testing.T) {
	engine := flexmatch.Engine{Rules: must(t, fmt.Sprintf(duel, ""))}
	if err := engine.Add(ticket("a")); err != nil {
		t.Fatal(err)
	}
	if err := engine.Add(ticket("a")); !errors.Is(err, flexmatch.ErrDuplicateTicket) {
		t.Errorf("a second ticket of one ID: %v", err)
	}
	for why, ticket := range map[string]flexmatch.Ticket{
		"an attribute of another type": ticket("b", attr("skill", flexmatch.String("high"))),
		"a number that is none":        ticket("b", skill(math.NaN())),
		"no players":                   {ID: "b", Start: epoch},
		"no start":                     {ID: "b", Players: ticket("b").Players},
		"no ID":                        ticket(""),
		"a player twice":               ticket("b", func(t *flexmatch.Ticket) { t.Players = append(t.Players, t.Players[0]) }),
		"no team in a backfill":        ticket("b", func(t *flexmatch.Ticket) { t.Backfill = &flexmatch.Backfill{} }),
	} {
		var problems flexmatch.Problems
		if err := engine.Add(ticket); !errors.As(err, &problems) {
			t.Errorf("%s: %v", why, err)
		}
	}
	if engine.Len() != 1 {
		t.Errorf("%d tickets, want 1", engine.Len())
	}
}

func TestRemovedTicketIsNeverMatched(t *testing.T) {
	engine := flexmatch.Engine{Rules: must(t, fmt.Sprintf(duel, ""))}
	for _, id := range []string{"a", "b"} {
		if err := engine.Add(ticket(id)); err != nil {
			t.Fatal(err)
		}
	}
	if !engine.Remove("a") || engine.Remove("a") {
		t.Error("Remove does not say whether the ticket was there")
	}
	if m := engine.Form(epoch); len(m) != 0 {
		t.Errorf("%v", m)
	}
	if err := engine.Add(ticket("a")); err != nil {
		t.Fatal(err)
	}
	if m := engine.Form(epoch); len(m) != 1 {
		t.Errorf("%d matches once the ticket is back, want 1", len(m))
	}
}

// A budget that runs out leaves the rest of the pool to later passes, and loses
// no match.
func TestPassBudgetIsTakenUpAgain(t *testing.T) {
	rules := must(t, fmt.Sprintf(duel, `, "rules": [{"name": "Apart", "type": "comparison", "measurements": "stddev(flatten(teams[*].players.attributes[skill]))", "operation": "=", "referenceValue": 1}]`))
	engine := flexmatch.Engine{Rules: rules, Budget: 4}
	tickets := many("t", 300)
	skill(2)(&tickets[298])
	for _, ticket := range tickets {
		if err := engine.Add(ticket); err != nil {
			t.Fatal(err)
		}
	}
	passes, formed := 0, 0
	for at, due := epoch, true; due && passes < 1000; passes++ {
		formed += len(engine.Form(at))
		at, due = engine.Next()
	}
	if passes < 2 || passes == 1000 || formed != 1 {
		t.Errorf("%d passes formed %d matches; want several passes and the one match of the last two tickets", passes, formed)
	}
}

// The batch is the oldest tickets; a team that takes only few of them is looked
// for farther.
func TestRareTicketIsFoundBeyondTheBatch(t *testing.T) {
	engine := flexmatch.Engine{Rules: published(t, "docs-02-players-vs-monster"), Batch: 10}
	for _, ticket := range append(many("t", 50), ticket("m", attr("wantsToBeMonster", flexmatch.Number(1)), waiting(-time.Minute))) {
		if err := engine.Add(ticket); err != nil {
			t.Fatal(err)
		}
	}
	if m := engine.Form(epoch.Add(time.Hour)); len(m) != 1 {
		t.Errorf("%d matches, want 1", len(m))
	}
}

// A pool in which nothing goes does not use up the pass in which others arrive.
func TestStuckPoolKeepsNobodyWaiting(t *testing.T) {
	engine := flexmatch.Engine{Rules: published(t, "simulator-radiantdire-classic-1")}
	add := func(tickets []flexmatch.Ticket) {
		for _, ticket := range tickets {
			if err := engine.Add(ticket); err != nil {
				t.Fatal(err)
			}
		}
	}
	add(many("stuck", 500, near("us", 60), attr("GameMode", flexmatch.StringList("Survival"))))
	engine.Form(epoch.Add(time.Second))
	add(many("new", 8, near("us", 60)))
	if m := engine.Form(epoch.Add(2 * time.Second)); len(m) != 1 {
		t.Errorf("%d matches in the first pass after eight arrived who go together, want 1", len(m))
	}
}

// An old ticket reaches farther than a new one, so a newcomer concerns tickets
// beyond its own reach.
func TestNewcomerWakesOldTicketsFarAway(t *testing.T) {
	body := fmt.Sprintf(duel, `, "rules": [{"name": "Near", "type": "batchDistance", "batchAttribute": "skill", "maxDistance": 1}],
		"expansions": [{"target": "rules[Near].maxDistance", "steps": [{"waitTimeSeconds": 10, "value": 10}]}], "algorithm": {"expansionAgeSelection": "oldest"}`)
	engine := flexmatch.Engine{Rules: must(t, body)}
	if err := engine.Add(ticket("old", skill(0))); err != nil {
		t.Fatal(err)
	}
	engine.Form(epoch.Add(20 * time.Second))
	if err := engine.Add(ticket("new", skill(9), waiting(-20*time.Second))); err != nil {
		t.Fatal(err)
	}
	if m := engine.Form(epoch.Add(21 * time.Second)); len(m) != 1 {
		t.Errorf("%d matches, want 1", len(m))
	}
}

// A rule that measures against a team nobody is in asks nothing of the others.
func TestRuleOnAnEmptyTeamIsVoid(t *testing.T) {
	rules := must(t, `{"ruleLanguageVersion": "1.0", "playerAttributes": [{"name": "skill", "type": "number"}],
		"teams": [{"name": "judges", "minPlayers": 0, "maxPlayers": 1}, {"name": "red", "minPlayers": 1, "maxPlayers": 1}, {"name": "blue", "minPlayers": 1, "maxPlayers": 1}],
		"rules": [{"name": "LikeTheJudge", "type": "distance", "measurements": "flatten(teams[*].players.attributes[skill])", "referenceValue": "avg(teams[judges].players.attributes[skill])", "maxDistance": 1}]}`)
	m := match(t, rules, 0, ticket("a", skill(0)), ticket("b", skill(100)))
	if len(m) != 1 {
		t.Fatalf("%d matches, want 1", len(m))
	}
	if got := sizes(m[0]); got[0] != 0 {
		t.Errorf("%v players, want nobody among the judges", got)
	}
}
