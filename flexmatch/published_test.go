package flexmatch_test

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/musterhq/muster/flexmatch"
)

// The rule sets that AWS and its samples published, each with what it promises
// in words and a pool that shows it.

// published reads one of them.
func published(t testing.TB, name string) *flexmatch.RuleSet {
	t.Helper()
	body, err := os.ReadFile(filepath.Join("testdata", "rulesets", name+".json"))
	if err != nil {
		t.Fatal(err)
	}
	return must(t, string(body))
}

func TestEveryPublishedRuleSetIsShown(t *testing.T) {
	files, err := filepath.Glob("testdata/rulesets/*.json")
	if err != nil || len(files) == 0 {
		t.Fatalf("no rule sets: %v", err)
	}
	source, err := os.ReadFile("published_test.go")
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		name := strings.TrimSuffix(filepath.Base(file), ".json")
		if published(t, name); !strings.Contains(string(source), `"`+name+`"`) {
			t.Errorf("no test shows what %s promises", name)
		}
	}
}

// expect fails unless as many matches formed as said.
func expect(t *testing.T, promise string, matches []flexmatch.Match, n int) {
	t.Helper()
	if len(matches) != n {
		t.Errorf("%s: %d matches, want %d", promise, len(matches), n)
	}
}

func TestAliensVsCowboys(t *testing.T) {
	rules := published(t, "docs-01-aliens-vs-cowboys")
	seven := many("t", 9)
	m := match(t, rules, 0, seven...)
	expect(t, "nine players make one match", m, 1)
	if got := sizes(m[0]); got[0] != 4 || got[1] != 4 {
		t.Errorf("teams are of equal size, four each: %v", got)
	}
	full := match(t, rules, 0, many("t", 16)...)
	if got := sizes(full[0]); got[0] != 8 || got[1] != 8 {
		t.Errorf("teams fill up to eight: %v", got)
	}
	party := append(many("a", 4), ticket("z", skill(310), partyOf(4)))
	expect(t, "a strong party does not play against beginners", match(t, rules, 0, party...), 0)
	party[4] = ticket("z", skill(110), partyOf(4))
	expect(t, "nor does a party 50 from the average", match(t, rules, 4*time.Second, party...), 0)
	expect(t, "but after five seconds 50 is allowed", match(t, rules, 6*time.Second, party...), 1)
}

func TestPlayersVsMonster(t *testing.T) {
	rules := published(t, "docs-02-players-vs-monster")
	monster := func(strength float64) flexmatch.Ticket {
		return ticket("m", attr("wantsToBeMonster", flexmatch.Number(1)), skill(strength))
	}
	demanding := many("p", 5, attr("desiredSkillOfMonster", flexmatch.Number(40)))
	m := match(t, rules, 0, append(slices.Clone(demanding), monster(50))...)
	expect(t, "five players and a monster make a match", m, 1)
	if got := line(m[0]); got != "players: p000 p001 p002 p003 p004 | monster: m" {
		t.Errorf("only who wants to be the monster is: %s", got)
	}
	expect(t, "a monster weaker than the players ask for is refused", match(t, rules, 0, append(slices.Clone(demanding), monster(39))...), 0)
	expect(t, "six players without a monster make none", match(t, rules, 0, many("p", 6)...), 0)
	three := append(slices.Clone(demanding[:3]), monster(50))
	expect(t, "three players are too few at first", match(t, rules, 59*time.Second, three...), 0)
	expect(t, "and enough after a minute", match(t, rules, 61*time.Second, three...), 1)
}

func TestThreeTeamGame(t *testing.T) {
	rules := published(t, "docs-03-three-team-game")
	m := match(t, rules, 0, many("t", 10, near("us", 40))...)
	expect(t, "ten players make a match", m, 1)
	got := sizes(m[0])
	slices.Sort(got)
	if !slices.Equal(got, []int{3, 3, 4}) {
		t.Errorf("team sizes are within one of each other: %v", got)
	}
	medics := many("t", 9, near("us", 40), attr("character", flexmatch.StringList("medic")))
	expect(t, "nine medics are more than five", match(t, rules, 0, medics...), 0)
	mixed := append(slices.Clone(medics[:5]), many("u", 4, near("us", 40))...)
	expect(t, "five medics are allowed", match(t, rules, 0, mixed...), 1)
	slow := many("t", 9, near("us", 120))
	expect(t, "120 ms is too slow", match(t, rules, 19*time.Second, slow...), 0)
	expect(t, "until twenty seconds have passed", match(t, rules, 21*time.Second, slow...), 1)
}

func TestMultiMapGame(t *testing.T) {
	rules := published(t, "docs-04-multi-map-game")
	likes := func(m map[string]float64) with { return attr("mapPreference", flexmatch.StringNumberMap(m)) }
	anchor := ticket("anchor", likes(map[string]float64{"lava": 9, "ice": 1}), waiting(time.Minute))
	tickets := append([]flexmatch.Ticket{anchor}, many("cold", 5, likes(map[string]float64{"ice": 9}), waiting(30*time.Second))...)
	tickets = append(tickets, many("hot", 5, likes(map[string]float64{"lava": 5}))...)
	m := match(t, rules, 0, tickets...)
	expect(t, "eleven players make one match", m, 1)
	if got := together(m[0]); got != "anchor hot000 hot001 hot002 hot003 hot004" {
		t.Errorf("players who like the anchor's favourite map come first, though others waited longer: %s", got)
	}
	apart := append(many("a", 3, attr("acceptableMaps", flexmatch.StringList("lava"))), many("b", 3, attr("acceptableMaps", flexmatch.StringList("ice")))...)
	expect(t, "without a map in common there is no match", match(t, rules, 0, apart...), 0)
	modes := append(many("a", 3, attr("gameMode", flexmatch.StringList("coop"))), many("b", 3, attr("gameMode", flexmatch.StringList("deathmatch")))...)
	expect(t, "nor without a mode in common", match(t, rules, 0, modes...), 0)
}

func TestPreferredCharacters(t *testing.T) {
	rules := published(t, "docs-05-preferred-characters")
	plays := func(own string, against ...string) []with {
		return []with{attr("myCharacter", flexmatch.StringList(own)), attr("preferredOpponents", flexmatch.StringList(against...))}
	}
	five := append(many("a", 4, plays("knight", "knight", "mage")...), ticket("b", plays("mage", "knight", "mage")...))
	expect(t, "everybody's character is on everybody's list", match(t, rules, 0, five...), 1)
	five[4] = ticket("b", plays("ogre", "knight", "mage")...)
	expect(t, "an ogre that nobody wants to meet waits", match(t, rules, 14*time.Second, five...), 0)
	expect(t, "for fifteen seconds", match(t, rules, 16*time.Second, five...), 1)
	five[4] = ticket("b")
	expect(t, "attributes without default must be given", match(t, rules, time.Hour, five...), 0)
}

func TestCompareAttributes(t *testing.T) {
	rules := published(t, "docs-06-compare-attributes")
	character := func(f float64) with { return attr("character", flexmatch.Number(f)) }
	m := match(t, rules, 0, ticket("a", character(1)), ticket("b", character(2)))
	expect(t, "two characters in one mode and on one map match", m, 1)
	if got := []string{m[0].Teams[0].Name, m[0].Teams[1].Name}; !slices.Equal(got, []string{"player_1", "player_2"}) {
		t.Errorf("the copies of a team are numbered: %v", got)
	}
	expect(t, "one character twice does not", match(t, rules, 0, ticket("a", character(1)), ticket("b", character(1))), 0)
	expect(t, "two modes do not", match(t, rules, 0, ticket("a", character(1)), ticket("b", character(2), attr("gameMode", flexmatch.String("real-time")))), 0)
	expect(t, "two maps do not", match(t, rules, 0, ticket("a", character(1)), ticket("b", character(2), attr("gameMap", flexmatch.Number(2)))), 0)
}

func TestFreeForAllLarge(t *testing.T) {
	rules := published(t, "docs-07-free-for-all-large")
	expect(t, "174 players are too few", match(t, rules, 0, many("t", 174, skill(1), near("us", 90))...), 0)
	expect(t, "175 are enough", match(t, rules, 0, many("t", 175, skill(1), near("us", 90))...), 1)
	expect(t, "after 15 s so are 100", match(t, rules, 16*time.Second, many("t", 100, skill(1), near("us", 90))...), 1)
	expect(t, "180 ms is too slow", match(t, rules, 0, many("t", 180, skill(1), near("us", 180))...), 0)
	expect(t, "until 12 s have passed", match(t, rules, 13*time.Second, many("t", 180, skill(1), near("us", 180))...), 1)
	two := match(t, rules, 0, append(many("a", 180, skill(1), near("us", 50)), many("b", 180, skill(1), near("eu", 50))...)...)
	expect(t, "two continents make two matches", two, 2)
}

func TestMonsterHunters(t *testing.T) {
	rules := published(t, "docs-08-monster-hunters")
	m := match(t, rules, 0, many("t", 125, near("us", 90))...)
	expect(t, "125 players make a match", m, 1)
	if got := sizes(m[0]); got[0] != 5 || slices.Max(got[1:]) != 12 {
		t.Errorf("five monsters and twelve hunters a team: %v", got)
	}
	expect(t, "85 do not at first", match(t, rules, 0, many("t", 85, near("us", 90))...), 0)
	expect(t, "but after 20 s, at eight hunters a team", match(t, rules, 21*time.Second, many("t", 85, near("us", 90))...), 1)
}

func TestLargeBatchDistance(t *testing.T) {
	rules := published(t, "docs-09-large-batchdistance")
	plays := func(league, strength float64, where string) []with {
		return []with{attr("league", flexmatch.Number(league)), skill(strength), attr("map", flexmatch.String(where)), attr("mode", flexmatch.String("war"))}
	}
	halves := func(a, b []with) []flexmatch.Ticket { return append(many("a", 100, a...), many("b", 100, b...)...) }
	expect(t, "200 alike make a match", match(t, rules, 0, halves(plays(1, 10, "ice"), plays(3, 20, "ice"))...), 1)
	expect(t, "not on two maps", match(t, rules, 0, halves(plays(1, 10, "ice"), plays(1, 10, "lava"))...), 0)
	expect(t, "not three leagues apart", match(t, rules, 0, halves(plays(1, 10, "ice"), plays(4, 10, "ice"))...), 0)
	apart := halves(plays(1, 10, "ice"), plays(1, 50, "ice"))
	expect(t, "not 40 of skill apart", match(t, rules, 19*time.Second, apart...), 0)
	expect(t, "until 20 s have passed", match(t, rules, 21*time.Second, apart...), 1)
}

func TestCompound(t *testing.T) {
	rules := published(t, "docs-10-compound")
	plays := func(league, strength float64, where, mode string) []with {
		return []with{attr("league", flexmatch.Number(league)), skill(strength), attr("map", flexmatch.String(where)), attr("mode", flexmatch.String(mode))}
	}
	halves := func(a, b []with) []flexmatch.Ticket { return append(many("a", 10, a...), many("b", 10, b...)...) }
	expect(t, "one map and mode will do, however unequal", match(t, rules, 0, halves(plays(1, 1, "ice", "war"), plays(9, 99, "ice", "war"))...), 1)
	expect(t, "equals will do, on whatever maps", match(t, rules, 0, halves(plays(1, 1, "ice", "war"), plays(1, 9, "sea", "war"))...), 1)
	mixed := halves(plays(1, 1, "ice", "war"), plays(1, 19, "sea", "war"))
	expect(t, "neither is not enough", match(t, rules, 9*time.Second, mixed...), 0)
	expect(t, "a part of a compound expands", match(t, rules, 11*time.Second, mixed...), 1)
}

func TestBlockList(t *testing.T) {
	rules := published(t, "docs-11-block-list")
	ten := many("t", 10)
	expect(t, "ten strangers match", match(t, rules, 0, ten...), 1)
	attr("BlockList", flexmatch.StringList("t007"))(&ten[2])
	expect(t, "who is blocked keeps nine from playing", match(t, rules, 0, ten...), 0)
	m := match(t, rules, 0, append(ten, ticket("u"))...)
	expect(t, "with an eleventh the others play", m, 1)
	if ids := together(m[0]); strings.Contains(ids, "t002") && strings.Contains(ids, "t007") {
		t.Errorf("the two are in one match: %s", ids)
	}
}

func TestPixelrush(t *testing.T) {
	expect(t, "one racer starts at once", match(t, published(t, "pixelrush-race-1"), 0, ticket("a")), 1)
	for name, n := range map[string]int{"pixelrush-race-2": 2, "pixelrush-race-3": 3, "pixelrush-race-4": 4} {
		rules := published(t, name)
		level := func(f float64) with { return attr("level", flexmatch.Number(f)) }
		equals := many("t", n, level(5))
		expect(t, name+": equals race", match(t, rules, 0, equals...), 1)
		level(50)(&equals[0])
		expect(t, name+": a champion waits", match(t, rules, 9*time.Second, equals...), 0)
		expect(t, name+": ten seconds, until levels may be 100 apart", match(t, rules, 11*time.Second, equals...), 1)
		attr("trackId", flexmatch.String("track-2"))(&equals[0])
		expect(t, name+": two tracks never meet", match(t, rules, 44*time.Second, equals...), 0)
		expect(t, name+": and after 45 s each races alone or among its like", match(t, rules, 46*time.Second, equals...), 2)
	}
}

func TestPlainRuleSets(t *testing.T) {
	for name, n := range map[string]int{"plugin-unity-scenario": 4, "testing-toolkit-simple-2p": 2} {
		rules := published(t, name)
		expect(t, name+": one too few wait", match(t, rules, time.Hour, many("t", n-1)...), 0)
		expect(t, name+": enough play", match(t, rules, 0, many("t", n)...), 1)
		expect(t, name+": a party plays together", match(t, rules, 0, ticket("t", partyOf(n))), 1)
	}
}

func TestAnywhereSample(t *testing.T) {
	rules := published(t, "anywhere-sample")
	score := func(f float64) with { return attr("score", flexmatch.Number(f)) }
	duel := []flexmatch.Ticket{ticket("a", score(1000)), ticket("b", score(1400))}
	expect(t, "each is 200 from the average: too far", match(t, rules, 9*time.Second, duel...), 0)
	expect(t, "not after 10 s", match(t, rules, 11*time.Second, duel...), 1)
}

func TestRadiantDire(t *testing.T) {
	rules := published(t, "simulator-radiantdire-classic-1")
	ten := many("t", 10, near("us", 60))
	m := match(t, rules, 0, ten...)
	expect(t, "ten of the classic mode match", m, 1)
	if got := sizes(m[0]); got[0] != 5 || got[1] != 5 {
		t.Errorf("teams are equal: %v", got)
	}
	for i := range 3 {
		attr("GameMode", flexmatch.StringList("Survival"))(&ten[i])
	}
	expect(t, "seven who want the classic mode are too few", match(t, rules, time.Hour, ten...), 0)
	slow := many("t", 8, near("us", 110))
	expect(t, "110 ms is too slow", match(t, rules, 29*time.Second, slow...), 0)
	slow[0].Start = slow[0].Start.Add(-2 * time.Second)
	expect(t, "until the oldest has waited 30 s", match(t, rules, 29*time.Second, slow...), 1)
}

func TestUltraFrogRoyale(t *testing.T) {
	rules := published(t, "ultrafrogroyale-large")
	wait := []struct {
		after   time.Duration
		players int
	}{{0, 50}, {10 * time.Second, 40}, {15 * time.Second, 25}, {20 * time.Second, 10}, {25 * time.Second, 3}}
	for _, w := range wait {
		frogs := func(n int) []flexmatch.Ticket { return many("t", n, skill(1), near("us", 200)) }
		expect(t, "one frog too few waits", match(t, rules, w.after+time.Second, frogs(w.players-1)...), 0)
		expect(t, "enough frogs play", match(t, rules, w.after+time.Second, frogs(w.players)...), 1)
	}
}
