package simulate

import (
	"cmp"
	"math"
	"slices"
	"strconv"

	"github.com/musterhq/muster/flexmatch"
)

// mostReports bounds how many matches are explained: enough for any percentile.
const mostReports = 5000

// quality says how good the company was that matched players are in.
func (r *run) quality(out *Report) {
	r.teamsAndRegions(out)
	r.rules(out)
	for _, spec := range r.Rules.Attributes() {
		if spec.Type == flexmatch.NumberType {
			out.Attributes = append(out.Attributes, r.attribute(spec))
		}
	}
}

func (r *run) teamsAndRegions(out *Report) {
	names := r.Rules.TeamNames()
	sizes := make([][]float64, len(names))
	regions := map[string]int{}
	var latency []float64
	for _, m := range r.matches {
		regions[m.Region]++
		for t, team := range m.Teams {
			sizes[t] = append(sizes[t], float64(len(team.Players)))
			for _, p := range team.Players {
				if ms, ok := p.Latency[m.Region]; ok {
					latency = append(latency, float64(ms))
				}
			}
		}
	}
	out.Latency = spreadOf(latency)
	for name, n := range regions {
		out.Regions = append(out.Regions, Region{name, n})
	}
	slices.SortFunc(out.Regions, func(a, b Region) int { return cmp.Or(b.Matches-a.Matches, cmp.Compare(a.Name, b.Name)) })
	t := 0
	for _, spec := range r.Rules.Teams() {
		for range max(1, spec.Quantity) {
			out.Teams = append(out.Teams, teamOf(names[t], spec, sizes[t]))
			t++
		}
	}
}

func teamOf(name string, spec flexmatch.TeamSpec, sizes []float64) Team {
	least, greatest := 0, 0
	for _, size := range sizes {
		if int(size) <= spec.MinPlayers {
			least++
		}
		if int(size) >= spec.MaxPlayers {
			greatest++
		}
	}
	return Team{name, spec.MinPlayers, spec.MaxPlayers, spreadOf(sizes), part(least, len(sizes)), part(greatest, len(sizes))}
}

// rules explains matches, evenly over time when they are many.
func (r *run) rules(out *Report) {
	every := max(1, (len(r.matches)+mostReports-1)/mostReports)
	measured, margins := map[string][]float64{}, map[string][]float64{}
	held, reports := map[string]int{}, 0
	parts := map[string]bool{}
	for i := 0; i < len(r.matches); i += every {
		reports++
		for _, rule := range r.Rules.ExplainMatch(r.matches[i]).Rules {
			parts[rule.Rule] = rule.Part
			if rule.Passed {
				held[rule.Rule]++
			}
			f, err := strconv.ParseFloat(rule.Measured, 64)
			if rule.Numeric && err == nil && !math.IsInf(rule.Margin, 0) {
				measured[rule.Rule] = append(measured[rule.Rule], f)
				margins[rule.Rule] = append(margins[rule.Rule], trim(rule.Margin)+0) // no negative zero
			}
		}
	}
	for _, spec := range r.Rules.Rules() {
		count, evaluated := r.counts[spec.Name]
		if !evaluated {
			continue // a sort
		}
		out.Rules = append(out.Rules, Rule{
			Name: spec.Name, Type: spec.Type, Part: parts[spec.Name], Held: part(held[spec.Name], reports),
			Measured: spreadOf(measured[spec.Name]), Margin: spreadOf(margins[spec.Name]),
			Passed: count.Passed, Failed: count.Failed,
		})
	}
}

func (r *run) attribute(spec flexmatch.AttributeSpec) Attribute {
	var crowd, within, teams []float64
	for i := range r.records[:r.arrived] {
		for _, p := range r.records[i].ticket.Players {
			if f, ok := valueOf(p, spec); ok {
				crowd = append(crowd, f)
			}
		}
	}
	for _, m := range r.matches {
		var all, averages []float64
		for _, team := range m.Teams {
			sum, n := 0.0, 0
			for _, p := range team.Players {
				if f, ok := valueOf(p, spec); ok {
					all, sum, n = append(all, f), sum+f, n+1
				}
			}
			if n > 0 {
				averages = append(averages, sum/float64(n))
			}
		}
		within, teams = appendRange(within, all), appendRange(teams, averages)
	}
	return Attribute{spec.Name, spreadOf(crowd), spreadOf(within), spreadOf(teams)}
}

func valueOf(p flexmatch.Player, spec flexmatch.AttributeSpec) (float64, bool) {
	if a, ok := p.Attributes[spec.Name]; ok {
		return a.Number, true
	}
	if spec.Default != nil {
		return spec.Default.Number, true
	}
	return 0, false
}

// appendRange appends how far apart the greatest and the least number are.
func appendRange(to, numbers []float64) []float64 {
	if len(numbers) == 0 {
		return to
	}
	return append(to, trim(slices.Max(numbers)-slices.Min(numbers)))
}
