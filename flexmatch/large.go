package flexmatch

import (
	"cmp"
	"math"
	"slices"
	"strings"
)

// runLarge searches around the anchor of a large match, region by region:
// tickets whose fastest region it is, then tickets that accept it. Within a
// region those nearest to the anchor in the balanced attribute come first.
//
// Source: FlexMatch developer guide, "Design large matches".
func (s *search) runLarge() {
	s.gather(s.batch())
	s.seal()
	all := slices.Clone(s.candidates)
	for _, g := range s.regionGroups(all) {
		if !s.enough(g.tickets, s.pairStage, s.certain()) {
			continue
		}
		s.pinned = g.region
		s.candidates = append(s.candidates[:0], g.tickets...)
		s.byLikeness(s.plan.balanced)
		s.attempt(s.budget)
		if s.best.players > 0 {
			return
		}
	}
}

// regionGroup is a region, as a set of one, and the tickets to try there.
type regionGroup struct {
	region  regions
	tickets []*entry
}

// regionGroups gives the groups in the order to try them. Without latency rules
// there is one group, of all.
func (s *search) regionGroups(all []*entry) (groups []regionGroup) {
	if !s.latency {
		return []regionGroup{{s.pinned, all}}
	}
	accepted := s.accepted(all)
	if s.rs.algorithm.Batching == "fastestRegion" {
		return append(s.fastest(accepted), accepted...)
	}
	return byPopulation(accepted)
}

// accepted gives the regions that suit the anchor, its fastest first.
func (s *search) accepted(all []*entry) (groups []regionGroup) {
	if !s.latency {
		return []regionGroup{{s.pinned, all}}
	}
	level := s.plan.level[s.anchorStage]
	for _, l := range s.byLatency(s.anchor) {
		if !s.anchor.masks[level].has(l.region) {
			continue
		}
		g := regionGroup{}
		g.region.set(l.region)
		for _, t := range all {
			if t.masks[level].has(l.region) {
				g.tickets = append(g.tickets, t)
			}
		}
		groups = append(groups, g)
	}
	return groups
}

// byLatency gives a ticket's regions, fastest first.
func (s *search) byLatency(t *entry) []latency {
	sorted := slices.Clone(t.latencies)
	names := s.e.atlas.names
	slices.SortFunc(sorted, func(a, b latency) int {
		return cmp.Or(cmp.Compare(a.avg, b.avg), strings.Compare(names[a.region], names[b.region]))
	})
	return sorted
}

// fastest narrows the anchor's fastest region to the tickets whose fastest
// acceptable region it is too.
func (s *search) fastest(accepted []regionGroup) []regionGroup {
	if len(accepted) == 0 {
		return nil
	}
	level := s.plan.level[s.anchorStage]
	g := regionGroup{region: accepted[0].region}
	for _, t := range accepted[0].tickets {
		for _, l := range s.byLatency(t) {
			if t.masks[level].has(l.region) {
				if g.region.has(l.region) {
					g.tickets = append(g.tickets, t)
				}
				break
			}
		}
	}
	return []regionGroup{g}
}

// byPopulation puts the regions that most players accept first.
func byPopulation(groups []regionGroup) []regionGroup {
	population := func(g regionGroup) (n int) {
		for _, t := range g.tickets {
			n += t.players()
		}
		return n
	}
	slices.SortStableFunc(groups, func(a, b regionGroup) int { return population(b) - population(a) })
	return groups
}

// maxSwaps bounds the work of balancing one match.
const maxSwaps = 64

// balance swaps tickets of equal size between the strongest and the weakest
// team of the match that was found, as long as that brings the two closer.
func (s *search) balance() {
	b := balancer{s: s, sums: make([]float64, len(s.rs.teams)), sizes: make([]int, len(s.rs.teams))}
	for i := range s.best.frames {
		f := &s.best.frames[i]
		for p := range f.t.ticket.Players {
			team := f.team
			if team < 0 {
				team = f.t.teams[p]
			}
			b.sums[team] += f.t.number(s.rs, s.plan.balanced, p)
			b.sizes[team]++
		}
	}
	for range maxSwaps {
		if !b.swap() {
			return
		}
	}
}

type balancer struct {
	s     *search
	sums  []float64 // by team, of the balanced attribute
	sizes []int
}

// extremes gives the teams of the greatest and of the least average.
func (b *balancer) extremes() (strong, weak int) {
	strong, weak = -1, -1
	for t, n := range b.sizes {
		if n == 0 {
			continue
		}
		average := b.sums[t] / float64(n)
		if strong < 0 || average > b.sums[strong]/float64(b.sizes[strong]) {
			strong = t
		}
		if weak < 0 || average < b.sums[weak]/float64(b.sizes[weak]) {
			weak = t
		}
	}
	return strong, weak
}

// swap makes the one swap that brings the strongest and the weakest team
// closest, and says whether there was one.
func (b *balancer) swap() bool {
	strong, weak := b.extremes()
	gap := b.gap(strong, weak, 0)
	var from, to *frame
	best, moved := gap, 0.0
	frames := b.s.best.frames
	for i := range frames {
		x := &frames[i]
		if x.team != strong {
			continue
		}
		for j := range frames {
			y := &frames[j]
			if y.team != weak || x.t.players() != y.t.players() {
				continue
			}
			by := b.total(x.t) - b.total(y.t)
			if g := b.gap(strong, weak, by); by > 0 && g < best-slack*max(1, gap) {
				best, from, to, moved = g, x, y, by
			}
		}
	}
	if from == nil {
		return false
	}
	from.team, to.team = weak, strong
	b.sums[strong] -= moved
	b.sums[weak] += moved
	return true
}

// gap is how far apart two teams are once so much has moved between them.
func (b *balancer) gap(strong, weak int, moved float64) float64 {
	return math.Abs((b.sums[strong]-moved)/float64(b.sizes[strong]) - (b.sums[weak]+moved)/float64(b.sizes[weak]))
}

func (b *balancer) total(t *entry) (sum float64) {
	for p := range t.players() {
		sum += t.number(b.s.rs, b.s.plan.balanced, p)
	}
	return sum
}
