package simulate

import (
	"time"

	"github.com/musterhq/muster/flexmatch"
)

// Report says what became of a crowd. Its JSON form is what the command prints:
// times are in seconds, latencies in milliseconds, and a part of a whole is a
// number from 0 to 1.
type Report struct {
	RuleSet string // the name in the body
	Verdict string // in one sentence whether the rule set works
	// Findings are what else there is to know, the gravest first.
	Findings []string

	// PartyEvaluation is how the rule set was read, individual or aggregate.
	PartyEvaluation flexmatch.PartyEvaluation

	Seed             uint64
	TimeoutSeconds   float64
	SimulatedSeconds float64 // from the first arrival to the end

	Tickets, Players Count
	Matches          int

	// Wait is how long matched players waited, and Histogram the same in bars of
	// equal width.
	Wait      Spread
	Histogram []Bar
	// Stages are the ages at which expansions change something, beginning with the
	// rule set as written, each with the matches that formed by it.
	Stages []Stage

	Teams   []Team
	Regions []Region
	// Latency is that of each matched player to the region of the match.
	Latency Spread
	// Rules says what rules measured in matches, Attributes how far apart players
	// of a match are in their numbers.
	Rules      []Rule
	Attributes []Attribute

	// Unmatched says why tickets timed out or, when none did, why they still wait
	// at the end; the most frequent reason first. Of many tickets some are asked,
	// evenly over time: Asked says how many.
	Unmatched []Reason
	Asked     int

	// Timeline is how the crowd stood at times that are evenly apart.
	Timeline []Moment

	// Cost is what the engine took, in real time. It is no part of the JSON form,
	// which is the same for the same arguments.
	Cost Cost `json:"-"`
}

// Count says how many arrived, and what became of them: each that arrived is
// matched, timed out or still waiting at the end.
type Count struct{ Arrived, Matched, TimedOut, Waiting int }

// Spread is the distribution of some numbers. All are zero when there are none.
type Spread struct {
	N                                   int
	Mean, Least, P5, P50, P90, P95, P99 float64
	Greatest                            float64
}

// Bar counts players who waited so long: From and more, less than To.
type Bar struct {
	FromSeconds, ToSeconds float64
	Players                int
}

// Stage is an age at which expansions change something.
type Stage struct {
	AfterSeconds float64
	Changes      []string
	// Matches is how many matches formed with what this stage allows, before the
	// next.
	Matches int
}

// Team says how full a team was over all matches.
type Team struct {
	Name            string
	Fewest, Most    int // as the rule set is written
	Players         Spread
	Least, Greatest float64 // the part of matches in which it was at Fewest or below, and at Most
}

// Region counts the matches in a region. The empty one is that of matches whose
// players have none in common.
type Region struct {
	Name    string
	Matches int
}

// Rule is what one rule measured in matches and while they were looked for.
type Rule struct {
	Name, Type string
	Part       bool // it counts only in a compound rule
	// Held is the part of matches in which the rule held: all, but for parts.
	Held float64
	// Measured is what came nearest to failing, and Margin how far that was inside
	// the limit; N is 0 for rules that measure no numbers.
	Measured, Margin Spread
	// Passed and Failed count evaluations in the searches that led to matches and
	// around tickets that were not matched.
	Passed, Failed int
}

// Attribute is how far apart the players of a match are in a number.
type Attribute struct {
	Name string
	// Crowd is the attribute over all players who arrived.
	Crowd Spread
	// Within is the greatest minus the least in a match, Teams the same of the
	// averages of its teams; empty teams do not count.
	Within, Teams Spread
}

// Reason is why tickets are not matched.
type Reason struct {
	What    string
	Rule    string `json:",omitempty"` // that keeps them apart, if one does
	Tickets int    // of those asked
	Share   float64
	Advice  string
	// Example explains one of the tickets, line by line.
	Example []string
}

// Moment is how players stood at a time: of those who had Arrived, how many
// were matched, timed out or waiting.
type Moment struct {
	AtSeconds float64
	Count
}

func seconds(d time.Duration) float64 { return trim(d.Seconds()) }

// Cost is what the engine took, in real time; it differs from run to run.
type Cost struct {
	Engine  time.Duration // adding tickets and forming matches
	Passes  int
	Tickets int
}
