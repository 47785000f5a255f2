package main

import (
	"fmt"
	"image/color"
	"math"
	"os"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/font"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/text"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
	"gonum.org/v1/plot/vg/vgimg"

	"github.com/musterhq/muster/internal/simulate"
)

// sans is the typeface of plots.
var sans = font.Font{Typeface: "Liberation", Variant: "Sans"}

var (
	matchedColor = color.NRGBA{0x2a, 0x7f, 0x62, 0xff}
	waitingColor = color.NRGBA{0xe9, 0xb8, 0x4a, 0xff}
	timeoutColor = color.NRGBA{0xc8, 0x4b, 0x3c, 0xff}
	markColor    = color.NRGBA{0x4a, 0x5a, 0x8a, 0xff}
	inkColor     = color.NRGBA{0x30, 0x30, 0x30, 0xff}
	gridColor    = color.NRGBA{0xe4, 0xe4, 0xe4, 0xff}
)

// savePlot draws three panels, one below the other: how long matched players
// waited, which part of all was matched within a wait, and how the crowd stood
// over time.
func savePlot(file string, r *simulate.Report) (err error) {
	reach := r.TimeoutSeconds
	if r.Wait.N > 0 && 4*r.Wait.Greatest < reach {
		reach = 1.25 * r.Wait.Greatest // leave out what is empty
	}
	var rows [][]*plot.Plot
	for _, panel := range []func(*simulate.Report, float64) (*plot.Plot, error){waitPanel, sharePanel, timePanel} {
		p, err := panel(r, reach)
		if err != nil {
			return fmt.Errorf("plot: %w", err)
		}
		rows = append(rows, []*plot.Plot{p})
	}
	const wide, high = 24 * vg.Centimeter, 27 * vg.Centimeter
	img := vgimg.NewWith(vgimg.UseWH(wide, high), vgimg.UseDPI(110))
	canvas := draw.New(img)
	const head = 1.7 * vg.Centimeter
	heading(draw.Crop(canvas, 0, 0, high-head, 0), r)
	tiles := draw.Tiles{Rows: 3, Cols: 1, PadLeft: 8, PadRight: 22, PadBottom: 6, PadY: 16}
	for i, row := range plot.Align(rows, tiles, draw.Crop(canvas, 0, 0, 0, -head)) {
		rows[i][0].Draw(row[0])
	}
	out, err := os.Create(file)
	if err != nil {
		return err
	}
	defer func() {
		if e := out.Close(); err == nil {
			err = e
		}
	}()
	_, err = vgimg.PngCanvas{Canvas: img}.WriteTo(out)
	return err
}

// heading writes the name of the rule set, and the verdict.
func heading(c draw.Canvas, r *simulate.Report) {
	name := r.RuleSet
	if name == "" {
		name = "rule set without a name"
	}
	style := text.Style{Color: inkColor, Font: font.From(sans, 15), Handler: plot.DefaultTextHandler, YAlign: text.YTop}
	c.FillText(style, vg.Point{X: 14, Y: c.Max.Y - 8}, name)
	style.Font.Size = 11
	c.FillText(style, vg.Point{X: 14, Y: c.Max.Y - 29}, r.Verdict)
}

// panel makes an empty plot in the style of all three.
func panel(title, x, y string) *plot.Plot {
	p := plot.New()
	p.Title.Text, p.X.Label.Text, p.Y.Label.Text = title, x, y
	p.Title.TextStyle.Font, p.Title.TextStyle.Color, p.Title.Padding = font.From(sans, 11), inkColor, 6
	for _, axis := range []*plot.Axis{&p.X, &p.Y} {
		axis.LineStyle.Color, axis.Tick.LineStyle.Color = inkColor, inkColor
		axis.Label.TextStyle.Font, axis.Label.Padding = font.From(sans, 10), 3
		axis.Tick.Label.Font, axis.Tick.Marker = font.From(sans, 9), plot.TickerFunc(wholeTicks)
	}
	p.Legend.TextStyle.Font, p.Legend.TextStyle.Color = font.From(sans, 9), color.White
	grid := plotter.NewGrid()
	grid.Vertical.Color, grid.Horizontal.Color = gridColor, gridColor
	p.Add(grid)
	return p
}

// wholeTicks labels an axis with at most about eight round numbers.
func wholeTicks(least, greatest float64) (ticks []plot.Tick) {
	step := 1.0
	for i := 0; (greatest-least)/step > 8; i++ {
		step *= []float64{2, 2.5, 2}[i%3] // 1, 2, 5, 10, …
	}
	for at := math.Ceil(least/step) * step; at <= greatest; at += step {
		ticks = append(ticks, plot.Tick{Value: at, Label: thousands(int(at))})
	}
	return ticks
}

func waitPanel(r *simulate.Report, reach float64) (*plot.Plot, error) {
	p := panel("How long matched players waited", "wait in seconds", "players")
	most := 1.0
	for _, b := range r.Histogram {
		h := float64(b.Players)
		most = max(most, h)
		box, err := plotter.NewPolygon(plotter.XYs{{X: b.FromSeconds, Y: 0}, {X: b.FromSeconds, Y: h}, {X: b.ToSeconds, Y: h}, {X: b.ToSeconds, Y: 0}})
		if err != nil {
			return nil, err
		}
		box.Color, box.LineStyle = matchedColor, draw.LineStyle{Color: color.White, Width: 1}
		p.Add(box)
	}
	p.X.Min, p.X.Max, p.Y.Min, p.Y.Max = 0, reach, 0, 1.12*most
	return p, mark(p, r, reach)
}

// sharePanel draws which part of the players who arrived was matched within a
// wait.
func sharePanel(r *simulate.Report, reach float64) (*plot.Plot, error) {
	p := panel("Matched within a wait, of all players whose fate is settled", "wait in seconds", "% of players")
	settled := r.Players.Matched + r.Players.TimedOut
	steps := plotter.XYs{{X: 0, Y: 0}}
	sum := 0
	for _, b := range r.Histogram {
		sum += b.Players
		steps = append(steps, plotter.XY{X: min(b.ToSeconds, reach), Y: 100 * share(sum, settled)})
	}
	steps = append(steps, plotter.XY{X: reach, Y: 100 * share(sum, settled)})
	line, err := plotter.NewLine(steps)
	if err != nil {
		return nil, err
	}
	line.Color, line.Width = matchedColor, 2
	p.Add(line)
	p.X.Min, p.X.Max, p.Y.Min, p.Y.Max = 0, reach, 0, 112
	p.Y.Tick.Marker = percentTicks
	return p, mark(p, r, reach)
}

var percentTicks = plot.ConstantTicks{{Value: 0, Label: "0"}, {Value: 25, Label: "25"}, {Value: 50, Label: "50"}, {Value: 75, Label: "75"}, {Value: 100, Label: "100"}}

// mark draws a line where an expansion begins, and where tickets time out.
func mark(p *plot.Plot, r *simulate.Report, reach float64) error {
	for _, s := range r.Stages[1:] {
		if s.AfterSeconds <= reach {
			if err := vertical(p, s.AfterSeconds, "expansion", markColor); err != nil {
				return err
			}
		}
	}
	if r.TimeoutSeconds <= reach {
		return vertical(p, r.TimeoutSeconds, "timeout", timeoutColor)
	}
	return nil
}

func vertical(p *plot.Plot, x float64, name string, c color.Color) error {
	line, err := plotter.NewLine(plotter.XYs{{X: x, Y: 0}, {X: x, Y: p.Y.Max}})
	if err != nil {
		return err
	}
	line.Color, line.Width, line.Dashes = c, 1.2, []vg.Length{4, 3}
	label, err := plotter.NewLabels(plotter.XYLabels{XYs: plotter.XYs{{X: x, Y: p.Y.Max}}, Labels: []string{name + " " + span(x)}})
	if err != nil {
		return err
	}
	style := &label.TextStyle[0]
	style.Color, style.Font, style.XAlign, style.YAlign = c, font.From(sans, 8), text.XRight, text.YTop
	label.Offset = vg.Point{X: -3, Y: -2}
	p.Add(line, label)
	return nil
}

// timePanel draws, of all who had arrived by a time, which part was matched,
// waited or had timed out.
func timePanel(r *simulate.Report, _ float64) (*plot.Plot, error) {
	p := panel("What had become of those who had arrived", "seconds since the first player", "% of players")
	layers := []struct {
		name  string
		color color.Color
		upTo  func(simulate.Count) int
	}{
		{"timed out", timeoutColor, func(c simulate.Count) int { return c.Arrived }},
		{"waiting", waitingColor, func(c simulate.Count) int { return c.Matched + c.Waiting }},
		{"matched", matchedColor, func(c simulate.Count) int { return c.Matched }},
	}
	end := max(r.SimulatedSeconds, 1)
	for _, layer := range layers {
		outline := plotter.XYs{{X: 0, Y: 0}}
		for _, m := range r.Timeline {
			outline = append(outline, plotter.XY{X: m.AtSeconds, Y: 100 * share(layer.upTo(m.Count), m.Arrived)})
		}
		outline = append(outline, plotter.XY{X: r.SimulatedSeconds, Y: 0})
		area, err := plotter.NewPolygon(outline)
		if err != nil {
			return nil, err
		}
		area.Color, area.LineStyle.Width = layer.color, 0
		p.Add(area)
		key := *area
		key.LineStyle = draw.LineStyle{Color: color.White, Width: 1}
		p.Legend.Add(layer.name, &key)
	}
	p.Legend.XOffs, p.Legend.YOffs, p.Legend.Padding = -10, 10, 2
	p.X.Min, p.X.Max, p.Y.Min, p.Y.Max = 0, end, 0, 100
	p.Y.Tick.Marker = percentTicks
	return p, nil
}
