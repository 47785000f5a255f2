package simulate

import (
	"cmp"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"time"

	"github.com/musterhq/muster/flexmatch"
)

// Epoch is when the first moment of a made-up crowd is.
var Epoch = time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)

// MaxParty is the most players of a ticket.
//
// Source: GameLift service API, StartMatchmaking.
const MaxParty = 10

// Crowd makes up players for a rule set.
type Crowd struct {
	Rules *flexmatch.RuleSet
	// Body is the text of the rule set. What its rules compare an attribute with
	// tells which values are of interest.
	Body []byte
	// Players is how many there are at the most. Zero means that Duration alone
	// ends the crowd.
	Players int
	// Rate is how many players arrive in a second, on average; arrivals are a
	// Poisson process.
	Rate float64
	// Duration is how long players arrive. Zero means until Players have.
	Duration time.Duration
	// Parties is how often, relative to the others, a ticket has 1, 2, 3 …
	// players. Nil means mostly single players, see UsualParties.
	Parties []float64
	Seed    uint64
}

// Tickets gives the crowd in order of arrival. An error says which field makes
// no sense.
func (c Crowd) Tickets() ([]flexmatch.Ticket, error) {
	parties, err := c.check()
	if err != nil {
		return nil, err
	}
	// Times, parties and players each have a source of their own, so that a
	// change of the rate or of the parties leaves the others as they were.
	times := rand.New(rand.NewPCG(c.Seed, 1))
	sizes := rand.New(rand.NewPCG(c.Seed, 2))
	people := &people{rand.New(rand.NewPCG(c.Seed, 3)), makersOf(c.Rules, c.Body), 0}
	perTicket := mean(parties)
	var tickets []flexmatch.Ticket
	for players, at := 0, 0.0; c.Players == 0 || players < c.Players; {
		at += times.ExpFloat64() * perTicket / c.Rate
		if c.Duration > 0 && at >= c.Duration.Seconds() {
			break
		}
		size := 1 + pick(sizes, parties)
		if c.Players > 0 {
			size = min(size, c.Players-players)
		}
		players += size
		tickets = append(tickets, flexmatch.Ticket{
			ID:      fmt.Sprintf("t%06d", len(tickets)+1),
			Start:   after(at),
			Players: people.party(size),
		})
	}
	return tickets, nil
}

// Arrive gives tickets, in their order, a Start each: rate players arrive in a
// second on average, from Epoch on, as a Poisson process.
func Arrive(tickets []flexmatch.Ticket, rate float64, seed uint64) {
	times := rand.New(rand.NewPCG(seed, 1))
	at := 0.0
	for i := range tickets {
		tickets[i].Start = after(at)
		at += times.ExpFloat64() * float64(len(tickets[i].Players)) / rate
	}
}

// after gives the instant so many seconds after the Epoch.
func after(seconds float64) time.Time {
	return Epoch.Add(time.Duration(seconds * float64(time.Second))).Truncate(time.Microsecond)
}

// mostPlayers bounds a crowd by what memory holds.
const mostPlayers = 10_000_000

func (c Crowd) check() (parties []float64, err error) {
	switch {
	case c.Players < 0 || c.Players > mostPlayers:
		return nil, fmt.Errorf("%d players cannot be simulated: say 1 to %d", c.Players, mostPlayers)
	case !(c.Rate > 0) || math.IsInf(c.Rate, 1):
		return nil, fmt.Errorf("players cannot arrive at %v a second: say a number above 0", c.Rate)
	case c.Duration < 0:
		return nil, fmt.Errorf("players cannot arrive for %v: say a time above 0", c.Duration)
	case c.Players == 0 && c.Duration == 0:
		return nil, errors.New("nothing ends the crowd: say how many players there are, or for how long they arrive")
	case c.Players == 0 && c.Rate*c.Duration.Seconds() > mostPlayers:
		return nil, fmt.Errorf("%v players a second for %v are more than %d: say less", c.Rate, c.Duration, mostPlayers)
	}
	if c.Parties == nil {
		return UsualParties(c.Rules), nil
	}
	total := 0.0
	for _, weight := range c.Parties {
		if weight < 0 || math.IsNaN(weight) || math.IsInf(weight, 1) {
			return nil, fmt.Errorf("a party size cannot have the weight %v: say 0 or more", weight)
		}
		total += weight
	}
	if total == 0 || len(c.Parties) > MaxParty {
		return nil, fmt.Errorf("give sizes from 1 to %d a weight, and one of them more than 0", MaxParty)
	}
	return c.Parties, nil
}

// UsualParties gives the weights of party sizes in a crowd that says nothing of
// them: three quarters of the tickets are single players, the others up to four
// friends, as far as a team of the rule set holds them.
func UsualParties(rules *flexmatch.RuleSet) []float64 {
	usual := []float64{75, 15, 6, 4}
	widest := 0
	for _, team := range rules.Teams() {
		widest = max(widest, team.MaxPlayers)
	}
	return usual[:max(1, min(len(usual), widest))]
}

// mean gives the mean party size of weights.
func mean(weights []float64) float64 {
	sum, total := 0.0, 0.0
	for i, weight := range weights {
		sum += float64(i+1) * weight
		total += weight
	}
	return sum / total
}

// pick draws an index by weight.
func pick(r *rand.Rand, weights []float64) int {
	total := 0.0
	for _, weight := range weights {
		total += weight
	}
	at := r.Float64() * total
	last := 0
	for i, weight := range weights {
		if weight == 0 {
			continue
		}
		if at -= weight; at < 0 {
			return i
		}
		last = i
	}
	return last
}

// people makes players, one party after the other.
type people struct {
	r      *rand.Rand
	makers []*maker
	made   int
}

// party makes friends: they live near each other, want the same and are about
// as good as their leader.
func (p *people) party(size int) []flexmatch.Player {
	players := make([]flexmatch.Player, size)
	home := homeOf(p.r)
	first := p.made
	for i := range players {
		p.made++
		players[i] = flexmatch.Player{ID: playerID(p.made), Latency: home.latency(p.r)}
	}
	for _, m := range p.makers {
		values := m.party(p.r, size, first)
		for i := range players {
			if players[i].Attributes == nil {
				players[i].Attributes = make(map[string]flexmatch.Attribute, len(p.makers))
			}
			players[i].Attributes[m.name] = values[i]
		}
	}
	return players
}

func playerID(n int) string { return fmt.Sprintf("p%06d", n) }

// Order compares tickets by arrival: by start, then by ID.
func Order(a, b flexmatch.Ticket) int {
	return cmp.Or(a.Start.Compare(b.Start), cmp.Compare(a.ID, b.ID))
}
