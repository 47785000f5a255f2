package simulate

import (
	"cmp"
	"math"
	"slices"
	"time"

	"github.com/musterhq/muster/flexmatch"
)

// spreadOf gives the distribution of numbers, which it sorts. A percentile is
// the least number that so many are not above.
func spreadOf(numbers []float64) (s Spread) {
	if len(numbers) == 0 {
		return s
	}
	slices.Sort(numbers)
	sum := 0.0
	for _, f := range numbers {
		sum += f
	}
	at := func(p int) float64 { return numbers[max(0, (len(numbers)*p+99)/100-1)] }
	return Spread{
		N: len(numbers), Mean: trim(sum / float64(len(numbers))),
		Least: numbers[0], P5: at(5), P50: at(50), P90: at(90), P95: at(95), P99: at(99), Greatest: numbers[len(numbers)-1],
	}
}

// part gives n of total as a number from 0 to 1.
func part(n, total int) float64 {
	if total == 0 {
		return 0
	}
	return trim(float64(n) / float64(total))
}

func (c *Count) add(f fate, n int) {
	c.Arrived += n
	switch f {
	case matched:
		c.Matched += n
	case timedOut:
		c.TimedOut += n
	default:
		c.Waiting += n
	}
}

// evaluations counts, by rule.
type evaluations map[string]flexmatch.RuleMetrics

func (e evaluations) add(metrics []flexmatch.RuleMetrics) {
	for _, m := range metrics {
		sum := e[m.Rule]
		e[m.Rule] = flexmatch.RuleMetrics{Rule: m.Rule, Passed: sum.Passed + m.Passed, Failed: sum.Failed + m.Failed}
	}
}

// report counts what the records hold.
func (r *run) report() *Report {
	r.cost.Tickets = r.arrived
	out := &Report{
		RuleSet: r.Rules.Name(), PartyEvaluation: r.Rules.Parties(), Seed: r.Seed, TimeoutSeconds: seconds(r.Timeout), SimulatedSeconds: seconds(r.now),
		Matches: len(r.matches), Stages: r.stages(), Timeline: r.timeline(),
		Unmatched: r.reasons.ranked(), Asked: len(r.reasons.kept), Cost: r.cost,
	}
	var waits []float64
	for i := range r.records[:r.arrived] {
		rec := &r.records[i]
		out.Tickets.add(rec.fate, 1)
		out.Players.add(rec.fate, rec.players())
		if rec.fate == matched {
			for range rec.players() {
				waits = append(waits, seconds(rec.end-r.arrival(i)))
			}
		}
	}
	out.Wait = spreadOf(waits)
	out.Histogram = histogram(waits)
	r.quality(out)
	out.Verdict, out.Findings = judge(out)
	return out
}

// widths are those that bars of a histogram have, and steps of a timeline.
var widths = []float64{0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 30, 60, 120, 300, 600, 1200, 1800, 3600, 7200}

// widthFor gives the width by which n bars at the most reach a given length.
func widthFor(length float64, n int) float64 {
	for _, width := range widths {
		if length < width*float64(n) {
			return width
		}
	}
	return math.Ceil(length/float64(n)/3600) * 3600
}

// histogram puts sorted waits into at most 24 bars.
func histogram(waits []float64) []Bar {
	if len(waits) == 0 {
		return nil
	}
	width := widthFor(waits[len(waits)-1], 24)
	bars := make([]Bar, 1+int(waits[len(waits)-1]/width))
	for i := range bars {
		bars[i] = Bar{FromSeconds: trim(float64(i) * width), ToSeconds: trim(float64(i+1) * width)}
	}
	for _, wait := range waits {
		bars[min(len(bars)-1, int(wait/width))].Players++
	}
	return bars
}

func (r *run) stages() []Stage {
	stages := []Stage{{}}
	for _, moment := range r.Rules.Describe().Timeline {
		s := Stage{AfterSeconds: seconds(moment.After)}
		for _, change := range moment.Changes {
			s.Changes = append(s.Changes, change.String())
		}
		stages = append(stages, s)
	}
	for _, m := range r.matches {
		at := len(stages) - 1
		for stages[at].AfterSeconds > m.Age.Seconds() {
			at--
		}
		stages[at].Matches++
	}
	return stages
}

// timeline counts players at about a hundred moments.
func (r *run) timeline() (moments []Moment) {
	step := time.Duration(widthFor(r.now.Seconds(), 100) * float64(time.Second))
	ends := make([]int, r.arrived) // records in the order in which they ended
	for i := range ends {
		ends[i] = i
	}
	slices.SortStableFunc(ends, func(a, b int) int { return cmp.Compare(r.records[a].end, r.records[b].end) })
	var c Count
	next, ended := 0, 0
	for at := time.Duration(0); ; at = min(at+step, r.now) {
		for ; next < r.arrived && r.arrival(next) <= at; next++ {
			c.Arrived += r.records[next].players()
		}
		for ; ended < len(ends) && r.records[ends[ended]].end <= at; ended++ {
			rec := &r.records[ends[ended]]
			switch rec.fate {
			case matched:
				c.Matched += rec.players()
			case timedOut:
				c.TimedOut += rec.players()
			}
		}
		c.Waiting = c.Arrived - c.Matched - c.TimedOut
		moments = append(moments, Moment{seconds(at), c})
		if at == r.now {
			return moments
		}
	}
}
