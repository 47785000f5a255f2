package simulate_test

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/musterhq/muster/flexmatch"
	"github.com/musterhq/muster/internal/simulate"
)

// people makes up players for a rule set.
func people(t *testing.T, body string, n int) (players []flexmatch.Player) {
	t.Helper()
	tickets, err := simulate.Crowd{Rules: parse(t, body), Body: []byte(body), Players: n, Rate: 10, Seed: 5}.Tickets()
	if err != nil {
		t.Fatal(err)
	}
	for _, ticket := range tickets {
		players = append(players, ticket.Players...)
	}
	return players
}

// words counts the strings of an attribute, also those in lists and keys.
func words(players []flexmatch.Player, name string) map[string]int {
	count := map[string]int{}
	for _, p := range players {
		a := p.Attributes[name]
		switch a.Type {
		case flexmatch.StringType:
			count[a.String]++
		case flexmatch.StringListType:
			for _, word := range a.Strings {
				count[word]++
			}
		case flexmatch.StringNumberMapType:
			for word := range a.Map {
				count[word]++
			}
		}
	}
	return count
}

func numbers(players []flexmatch.Player, name string) (list []float64) {
	for _, p := range players {
		list = append(list, p.Attributes[name].Number)
	}
	slices.Sort(list)
	return list
}

func TestTeamsFindWhoTheyAskFor(t *testing.T) {
	players := people(t, published(t)["docs-02-players-vs-monster"], 1200)
	monsters := 0
	for _, f := range numbers(players, "wantsToBeMonster") {
		if f != 0 && f != 1 {
			t.Fatalf("a player has %v, and teams ask for 0 and 1", f)
		}
		monsters += int(f)
	}
	if monsters < 190 || monsters > 210 {
		t.Errorf("one player in six is wanted as a monster, and %d of 1200 are", monsters)
	}
}

func TestWordsAreThoseOfTheRules(t *testing.T) {
	bodies := published(t)
	for _, c := range []struct {
		set, attribute string
		want           []string
	}{
		{"docs-03-three-team-game", "character", []string{"medic", "peasant"}},
		{"docs-04-multi-map-game", "gameMode", []string{"deathmatch", "coop"}},
		{"docs-04-multi-map-game", "mapPreference", []string{"defaultMap"}},
		{"pixelrush-race-2", "trackId", []string{"track-1", "track-2"}},
		{"simulator-radiantdire-classic-1", "GameMode", []string{"Classic"}},
	} {
		got := words(people(t, bodies[c.set], 500), c.attribute)
		for _, word := range c.want {
			if got[word] == 0 {
				t.Errorf("%s: nobody has %q as %s: %v", c.set, word, c.attribute, got)
			}
		}
		if len(got) < 3 {
			t.Errorf("%s: %s has too few words to tell players apart: %v", c.set, c.attribute, got)
		}
	}
}

func TestComparedListsShareTheirWords(t *testing.T) {
	players := people(t, published(t)["docs-05-preferred-characters"], 500)
	own, wanted := words(players, "myCharacter"), words(players, "preferredOpponents")
	for word := range own {
		if wanted[word] == 0 {
			t.Errorf("nobody wants to meet %q, and %d play it", word, own[word])
		}
	}
}

func TestBlockListsNamePlayers(t *testing.T) {
	players := people(t, published(t)["docs-11-block-list"], 300)
	known := map[string]bool{}
	blocked := 0
	for _, p := range players {
		for _, id := range p.Attributes["BlockList"].Strings {
			blocked++
			if !known[id] {
				t.Errorf("player %s blocks %s, who has not come yet", p.ID, id)
			}
			if id == p.ID {
				t.Errorf("player %s blocks himself", p.ID)
			}
		}
		known[p.ID] = true
	}
	if blocked < 100 {
		t.Errorf("%d are blocked: too few to be seen", blocked)
	}
}

func TestMostPlayersHaveTheWordThatIsNeeded(t *testing.T) {
	got := words(people(t, published(t)["simulator-radiantdire-classic-1"], 1000), "GameMode")["Classic"]
	if got < 700 || got > 900 { // 8 of 12 players need it
		t.Errorf("%d of 1000 have the mode, want about 800", got)
	}
	if got := words(people(t, published(t)["docs-03-three-team-game"], 1000), "character")["medic"]; got < 150 || got > 350 {
		t.Errorf("%d of 1000 are medics, want about 250: 5 of 15 may be", got)
	}
}

// The numbers are about as far apart as the rules tell people apart.
func TestNumbersHaveTheScaleOfTheRules(t *testing.T) {
	body := func(distance string) string {
		return fmt.Sprintf(`{"ruleLanguageVersion": "1.0", "playerAttributes": [{"name": "skill", "type": "number", "default": 1000}],
			"teams": [{"name": "all", "minPlayers": 2, "maxPlayers": 2}],
			"rules": [{"name": "Fair", "type": "distance", "measurements": ["teams[all].players.attributes[skill]"],
			/* the average */ "referenceValue": "avg(teams[all].players.attributes[skill])", "maxDistance": %s}]}`, distance)
	}
	for text, scale := range map[string]float64{"100": 100, `"20"`: 20, "0.5": 0.5} {
		list := numbers(people(t, body(text), 2000), "skill")
		middle, wide := list[1000], (list[1680]-list[320])/2 // one deviation of a normal distribution
		if math.Abs(middle-1000) > scale/4 || wide < scale*0.8 || wide > scale*1.2 {
			t.Errorf("distance %s: numbers around %v, deviation %v", text, middle, wide)
		}
		whole := !slices.ContainsFunc(list, func(f float64) bool { return f != math.Trunc(f) })
		if whole != !strings.Contains(text, ".") {
			t.Errorf("distance %s: are the numbers whole? %v", text, whole)
		}
	}
}

func TestConstantsAreMetByMost(t *testing.T) {
	for operation, above := range map[string]bool{">=": true, "<": false} {
		list := numbers(people(t, fmt.Sprintf(`{"ruleLanguageVersion": "1.0", "playerAttributes": [{"name": "level", "type": "number"}],
			"teams": [{"name": "all", "minPlayers": 2, "maxPlayers": 2}],
			"rules": [{"name": "Level", "type": "comparison", "operation": %q, "referenceValue": 40,
			"measurements": ["teams[all].players.attributes[level]"]}]}`, operation), 1000), "level")
		meet := 0
		for _, f := range list {
			if f >= 40 == above {
				meet++
			}
		}
		if meet < 700 || meet > 970 {
			t.Errorf("%s 40: %d of 1000 meet it", operation, meet)
		}
	}
}

func TestLatenciesAreThoseOfPlaces(t *testing.T) {
	near := map[string]int{}
	for _, p := range people(t, duel, 1000) {
		best, ms := "", math.MaxInt
		for _, region := range sortedKeys(p.Latency) {
			if p.Latency[region] < ms {
				best, ms = region, p.Latency[region]
			}
		}
		near[best]++
		if ms < 1 || ms > 300 {
			t.Errorf("player %s is %d ms from the nearest region", p.ID, ms)
		}
	}
	if len(near) != 6 || near["us-east-1"] < 200 || near["sa-east-1"] > 100 {
		t.Errorf("players live unevenly around six regions: %v", near)
	}
}

// Where players must be near a constant, the crowd is around it.
func TestNumbersLieAroundWhatTeamsAskFor(t *testing.T) {
	list := numbers(people(t, `{"ruleLanguageVersion": "1.0", "playerAttributes": [{"name": "skill", "type": "number"}],
		"teams": [{"name": "red", "minPlayers": 2, "maxPlayers": 2}, {"name": "blue", "minPlayers": 2, "maxPlayers": 2}],
		"rules": [{"name": "Middling", "type": "distance", "measurements": "teams[red].players.attributes[skill]", "referenceValue": 12, "maxDistance": 4}]}`, 500), "skill")
	if median := list[len(list)/2]; math.Abs(median-12) > 1 {
		t.Errorf("half the players have up to %v, want about 12", median)
	}
}
