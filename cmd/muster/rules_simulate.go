package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/musterhq/muster"
	"github.com/musterhq/muster/flexmatch"
	"github.com/musterhq/muster/internal/simulate"
)

type rulesSimulate struct {
	format
	ruleSetFile
	Players         *int          `help:"How many players arrive; by default enough for twenty matches, 1000 at least."`
	Rate            *float64      `help:"How many players arrive in a second, on average; by default a hundredth of them."`
	Duration        time.Duration `help:"How long is simulated; by default until everybody is matched or timed out."`
	Seed            uint64        `help:"The same seed gives the same players and the same matches." default:"1"`
	Timeout         time.Duration `help:"How long a ticket waits; by default a minute, or half a minute after the last expansion."`
	PartySizes      string        `help:"How often tickets have how many players, such as 1:75,2:15,4:10." placeholder:"SIZE:WEIGHT,…"`
	Every           time.Duration `help:"How often the matchmaker looks; 0s at every arrival." default:"1s"`
	Budget          int           `help:"How many placements the matchmaker tries around one ticket." default:"1000"`
	PartyEvaluation string        `help:"Whether rules look at each player of a party, or take a party for one player." enum:"individual,aggregate" default:"individual"`
	Population      string        `help:"Let the tickets of this file arrive, instead of made-up ones." placeholder:"FILE"`
	SavePopulation  string        `help:"Write the tickets to this file." placeholder:"FILE"`
	Plot            string        `help:"Draw the outcome into this PNG file." placeholder:"FILE"`
}

// Help implements kong.HelpProvider.
func (rulesSimulate) Help() string {
	return `Examples:
  muster rules simulate rules.json
  muster rules simulate rules.json --players 5000 --rate 20 --plot waits.png
  muster rules simulate rules.json --save-population crowd.json
  muster rules simulate other.json --population crowd.json

The figures are those of simulated time, and the same every time. What the
engine took in real time goes to standard error.`
}

func (c rulesSimulate) Run(ctx context.Context, o *output) error {
	rules, _, body, err := c.rules()
	if err != nil {
		return err
	}
	tickets, err := c.tickets(rules, body)
	if err != nil {
		return err
	}
	if c.SavePopulation != "" {
		if err := savePopulation(c.SavePopulation, tickets); err != nil {
			return err
		}
	}
	report, err := simulate.Simulation{
		Rules: rules.Evaluating(flexmatch.PartyEvaluation(c.PartyEvaluation)), Tickets: tickets, Timeout: c.Timeout, Every: c.Every, Duration: c.Duration,
		Seed: c.Seed, Budget: c.Budget, Clock: time.Now,
	}.Run(ctx)
	if errors.Is(err, simulate.ErrTickets) {
		return &refusedPopulation{c.Population, err}
	}
	if err != nil {
		return err
	}
	if c.Plot != "" {
		if err := savePlot(c.Plot, report); err != nil {
			return err
		}
	}
	return c.report(o, report)
}

func (c rulesSimulate) report(o *output, report *simulate.Report) error {
	speed := float64(report.Cost.Tickets) / max(report.Cost.Engine.Seconds(), 1e-9)
	fmt.Fprintf(o.err, "engine: %s tickets in %d passes took %v, %s tickets/s\n", thousands(report.Cost.Tickets), report.Cost.Passes, round(report.Cost.Engine), thousands(int(speed)))
	switch {
	case c.Plot == "":
		o.next("muster rules simulate %s --plot waits.png", c.File)
	case len(report.Unmatched) > 0:
		o.next("change the rule set, and: muster rules simulate %s", c.File)
	}
	if c.Output == "json" {
		return printDocument(o, report)
	}
	return writeReport(o.out, report)
}

// Limits of a ticket's time.
//
// Source: GameLift service API, CreateMatchmakingConfiguration.
const (
	leastTimeout = time.Second
	mostTimeout  = 43_200 * time.Second
)

// Validate says which flag makes no sense. kong calls it.
func (c rulesSimulate) Validate() error {
	switch {
	case c.Players != nil && *c.Players < 1:
		return fmt.Errorf("--players %d: a simulation needs a player at least", *c.Players)
	case c.Rate != nil && !(*c.Rate > 0):
		return fmt.Errorf("--rate %v: say how many players arrive in a second, such as 10", *c.Rate)
	case c.Duration < 0:
		return fmt.Errorf("--duration %v: say how long to simulate, such as 10m", c.Duration)
	case c.Timeout != 0 && (c.Timeout < leastTimeout || c.Timeout > mostTimeout):
		return fmt.Errorf("--timeout %v: a ticket waits %v to %v", c.Timeout, leastTimeout, mostTimeout)
	case c.Every < 0:
		return fmt.Errorf("--every %v: say a time such as 100ms, or 0s", c.Every)
	case c.Budget < 1:
		return fmt.Errorf("--budget %d: say 1 or more", c.Budget)
	case c.Population != "" && (c.Players != nil || c.PartySizes != ""):
		return errors.New("--population says who arrives: leave out --players and --party-sizes")
	}
	_, err := parsePartySizes(c.PartySizes)
	return err
}

// tickets reads the population, or makes one up.
func (c rulesSimulate) tickets(rules *flexmatch.RuleSet, body []byte) ([]flexmatch.Ticket, error) {
	if c.Population != "" {
		return c.recorded()
	}
	parties, err := parsePartySizes(c.PartySizes)
	if err != nil {
		return nil, err
	}
	_, most := rules.Players()
	players := max(1000, 20*most)
	rate := float64(players) / 100
	if c.Players != nil {
		players = *c.Players
	}
	if c.Rate != nil {
		rate = *c.Rate
	}
	if c.Players == nil && c.Duration > 0 {
		players = 0 // as many as arrive
	}
	return simulate.Crowd{Rules: rules, Body: body, Players: players, Rate: rate, Duration: c.Duration, Parties: parties, Seed: c.Seed}.Tickets()
}

// recorded reads the tickets of a file. When none says when it arrived, they
// arrive in the order of the file at the rate of the flag.
func (c rulesSimulate) recorded() ([]flexmatch.Ticket, error) {
	data, err := readFile(c.Population)
	if err != nil {
		return nil, err
	}
	tickets, err := flexmatch.ParsePopulation(data)
	if err != nil {
		return nil, &refusedPopulation{c.Population, err}
	}
	undated := 0
	for _, t := range tickets {
		if t.Start.IsZero() {
			undated++
		}
	}
	switch {
	case undated == 0:
		if c.Rate != nil {
			return nil, errors.New("--rate: the tickets of --population say when they arrive; leave it out")
		}
		return tickets, nil
	case undated < len(tickets):
		return nil, &refusedPopulation{c.Population, fmt.Errorf("%d of %d tickets have no StartTime; give it to all or to none", undated, len(tickets))}
	}
	rate := 10.0
	if c.Rate != nil {
		rate = *c.Rate
	}
	simulate.Arrive(tickets, rate, c.Seed)
	return tickets, nil
}

// parsePartySizes reads weights such as 1:75,2:15. Nothing gives nil.
func parsePartySizes(text string) ([]float64, error) {
	if text == "" {
		return nil, nil
	}
	var weights []float64
	for _, part := range strings.Split(text, ",") {
		size, weight, found := strings.Cut(strings.TrimSpace(part), ":")
		n, err := strconv.Atoi(size)
		w, err2 := strconv.ParseFloat(weight, 64)
		if !found || err != nil || err2 != nil || n < 1 || n > simulate.MaxParty || !(w >= 0) {
			return nil, fmt.Errorf("--party-sizes: %q is no size and weight; write such as 1:75,2:15,4:10, with sizes from 1 to %d", part, simulate.MaxParty)
		}
		for len(weights) < n {
			weights = append(weights, 0)
		}
		weights[n-1] += w
	}
	return weights, nil
}

func savePopulation(file string, tickets []flexmatch.Ticket) error {
	data, err := flexmatch.FormatPopulation(tickets)
	if err != nil {
		return err
	}
	return os.WriteFile(file, data, 0o644)
}

// refusedPopulation is the error of tickets that cannot be simulated.
type refusedPopulation struct {
	file string
	err  error
}

func (e *refusedPopulation) Error() string {
	if e.file == "" {
		return e.err.Error()
	}
	return e.file + ": " + e.err.Error()
}

// Is makes it an invalid request, for the exit code.
func (e *refusedPopulation) Is(target error) bool { return target == muster.ErrInvalidRequest }

func (e *refusedPopulation) Unwrap() error { return e.err }
