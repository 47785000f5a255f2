package flexmatch

import "math"

// region chooses the region of a match: among those that every ticket which has
// latencies reports, and that satisfy every standing latency rule, the one with
// the lowest greatest latency, then the lowest mean, then the first by name. It
// is -1 when there is none.
func (s *search) region(f *frame) int {
	best, bestMost, bestSum := -1, math.Inf(1), math.Inf(1)
	speaker := s.speaker()
	if speaker == nil {
		return -1
	}
	for _, l := range speaker.latencies {
		if s.latency && !f.mask.has(l.region) || !s.latencyHolds(f, l.region) {
			continue
		}
		most, sum, ok := s.latencies(l.region)
		better := most < bestMost || most == bestMost && (sum < bestSum || sum == bestSum && best >= 0 && s.e.atlas.names[l.region] < s.e.atlas.names[best])
		if ok && (best < 0 || better) {
			best, bestMost, bestSum = int(l.region), most, sum
		}
	}
	return best
}

// speaker gives a ticket that reports latencies, or nil.
func (s *search) speaker() *entry {
	for _, t := range s.seats.tickets {
		if len(t.latencies) > 0 {
			return t
		}
	}
	return nil
}

func (s *search) latencyHolds(f *frame, region uint8) bool {
	for _, i := range s.plan.latencyRules {
		if o, ok := s.b.latencyIn(s.rs.stages[f.stage].rules[i], region); !ok || !o.pass {
			return false
		}
	}
	return true
}

// latencies gives the greatest average latency of a ticket and the sum of all,
// and false when a ticket that has latencies has none to the region.
func (s *search) latencies(region uint8) (most, sum float64, ok bool) {
	for _, t := range s.seats.tickets {
		if len(t.latencies) == 0 {
			continue
		}
		ms, _, ok := t.latencyIn(region, aggregateAvg)
		if !ok {
			return 0, 0, false
		}
		most, sum = max(most, ms), sum+ms
	}
	return most, sum, true
}
