package simulate_test

import (
	"context"
	"flag"
	"fmt"
	"image/color"
	"math"
	"testing"
	"time"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/font"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"

	"github.com/musterhq/muster/flexmatch"
	"github.com/musterhq/muster/internal/simulate"
)

// With -scale, BenchmarkScale draws what it measures into a PNG file:
//
//	go test ./internal/simulate -run '^$' -bench Scale -benchtime 3s -scale ../../docs/img/flexmatch-scale.png
var scalePlot = flag.String("scale", "", "draw BenchmarkScale into this PNG file")

// fiveOnFive has a rule on skill and one on latency.
const fiveOnFive = `{
  "name": "5v5", "ruleLanguageVersion": "1.0",
  "playerAttributes": [{"name": "skill", "type": "number", "default": 1000}],
  "teams": [{"name": "red", "minPlayers": 5, "maxPlayers": 5}, {"name": "blue", "minPlayers": 5, "maxPlayers": 5}],
  "rules": [
    {"name": "Fair", "type": "distance", "maxDistance": 50,
     "measurements": ["avg(teams[*].players.attributes[skill])"], "referenceValue": "avg(flatten(teams[*].players.attributes[skill]))"},
    {"name": "Near", "type": "latency", "maxLatency": 100}
  ]
}`

var scaleSizes = []int{1_000, 2_000, 5_000, 10_000, 20_000, 50_000, 100_000}

// BenchmarkScale measures what a ticket costs the engine, by how many there
// are: all at once in one pool, and arriving at a thousand a second with a pass
// every 100 ms.
func BenchmarkScale(b *testing.B) {
	rules := parse(b, fiveOnFive)
	points := map[string]plotter.XYs{}
	for _, n := range scaleSizes {
		tickets, err := simulate.Crowd{Rules: rules, Body: []byte(fiveOnFive), Players: n, Rate: 1000, Parties: []float64{1}, Seed: 1}.Tickets()
		if err != nil {
			b.Fatal(err)
		}
		measure := func(name string, cost func() time.Duration) {
			b.Run(fmt.Sprintf("%s/%d", name, n), func(b *testing.B) {
				best := time.Duration(1 << 62)
				for b.Loop() {
					best = min(best, cost())
				}
				each := float64(best.Nanoseconds()) / 1000 / float64(n)
				b.ReportMetric(each, "µs/ticket")
				points[name] = append(points[name], plotter.XY{X: float64(n), Y: each})
			})
		}
		measure("pool", func() time.Duration { return formAll(b, rules, tickets) })
		measure("arriving", func() time.Duration { return arriveAll(b, rules, tickets) })
	}
	if *scalePlot != "" {
		if err := drawScale(*scalePlot, points); err != nil {
			b.Fatal(err)
		}
	}
}

func formAll(b *testing.B, rules *flexmatch.RuleSet, tickets []flexmatch.Ticket) time.Duration {
	since := time.Now()
	matches, err := flexmatch.Form(rules, tickets[len(tickets)-1].Start, tickets, 1)
	took := time.Since(since)
	if err != nil || len(matches) < len(tickets)/10*9/10 {
		b.Fatalf("%d matches of %d tickets: %v", len(matches), len(tickets), err)
	}
	return took
}

func arriveAll(b *testing.B, rules *flexmatch.RuleSet, tickets []flexmatch.Ticket) time.Duration {
	report, err := simulate.Simulation{
		Rules: rules, Tickets: tickets, Seed: 1, Every: 100 * time.Millisecond, Budget: flexmatch.DefaultBudget, Clock: time.Now,
	}.Run(context.Background())
	if err != nil || report.Players.Matched < len(tickets)*9/10 {
		b.Fatalf("%+v: %v", report, err)
	}
	return report.Cost.Engine
}

func drawScale(file string, points map[string]plotter.XYs) error {
	sans := font.Font{Typeface: "Liberation", Variant: "Sans"}
	p := plot.New()
	p.Title.Text = "Engine time for one ticket of 5v5 with a skill and a latency rule"
	p.X.Label.Text, p.Y.Label.Text = "tickets (logarithmic)", "microseconds a ticket"
	p.X.Scale, p.X.Tick.Marker = plot.LogScale{}, sizeTicks()
	p.Title.TextStyle.Font, p.Title.Padding, p.Legend.TextStyle.Font = font.From(sans, 13), 10, font.From(sans, 11)
	for _, axis := range []*plot.Axis{&p.X, &p.Y} {
		axis.Label.TextStyle.Font, axis.Tick.Label.Font = font.From(sans, 11), font.From(sans, 10)
	}
	grid := plotter.NewGrid()
	grid.Vertical.Color, grid.Horizontal.Color = color.Gray{0xe4}, color.Gray{0xe4}
	p.Add(grid)
	highest, micros := 0.0, plot.ConstantTicks{}
	for _, curve := range []struct {
		name, label string
		color       color.Color
	}{
		{"pool", "all at once in one pool", color.NRGBA{0x2a, 0x7f, 0x62, 0xff}},
		{"arriving", "arriving at 1,000 a second", color.NRGBA{0x4a, 0x5a, 0x8a, 0xff}},
	} {
		line, dots, err := plotter.NewLinePoints(points[curve.name])
		if err != nil {
			return err
		}
		line.Color, line.Width, dots.Color, dots.Shape, dots.Radius = curve.color, 2, curve.color, draw.CircleGlyph{}, 3
		p.Add(line, dots)
		p.Legend.Add(curve.label, line, dots)
		for _, point := range points[curve.name] {
			highest = max(highest, point.Y)
		}
	}
	p.Legend.Padding, p.Legend.XOffs, p.Legend.YOffs = 4, -10, 10
	p.X.Max = 1.2 * p.X.Max // room for the last label
	p.Y.Min, p.Y.Max = 0, math.Ceil(1.15*highest)
	for y := 0.0; y <= p.Y.Max; y++ {
		micros = append(micros, plot.Tick{Value: y, Label: fmt.Sprint(y)})
	}
	p.Y.Tick.Marker = micros
	return p.Save(20*vg.Centimeter, 11*vg.Centimeter, file)
}

func sizeTicks() (ticks plot.ConstantTicks) {
	for _, n := range scaleSizes {
		ticks = append(ticks, plot.Tick{Value: float64(n), Label: fmt.Sprintf("%d,000", n/1000)})
	}
	return ticks
}
