package flexmatch_test

import (
	"flag"
	"fmt"
	"math"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/musterhq/muster/flexmatch"
)

// With -cost, TestCostPlot measures the cost of a ticket in pools of growing
// size and draws it, for the documentation.
var cost = flag.String("cost", "", "draw the cost of a ticket by the size of the pool to this SVG file")

func TestCostPlot(t *testing.T) {
	sizes := []int{1_000, 2_000, 5_000, 10_000, 20_000, 50_000, 100_000}
	if *cost == "" {
		sizes = sizes[:1] // that drawing works is tested; measuring takes a minute
	}
	lines := map[string][]float64{}
	for _, name := range []string{"1v1", "5v5-teams", "5v5-spread", "100v100"} {
		rules := must(t, measured[name])
		for _, n := range sizes {
			lines[name] = append(lines[name], perTicket(t, rules, n))
		}
	}
	svg := draw(sizes, lines, []string{"1v1", "5v5-teams", "5v5-spread", "100v100"})
	if strings.Count(svg, "<polyline") != len(lines) {
		t.Errorf("the plot does not have %d lines", len(lines))
	}
	if *cost == "" {
		return
	}
	if err := os.WriteFile(*cost, []byte(svg), 0o644); err != nil {
		t.Fatal(err)
	}
}

// perTicket gives the best of three runs, in microseconds a ticket.
func perTicket(t *testing.T, rules *flexmatch.RuleSet, n int) float64 {
	tickets := crowd(n)
	best := math.Inf(1)
	for range 3 {
		start := time.Now()
		if _, err := flexmatch.Form(rules, epoch.Add(time.Hour), tickets, 1); err != nil {
			t.Fatal(err)
		}
		best = min(best, float64(time.Since(start).Nanoseconds())/1000/float64(n))
	}
	t.Logf("%d tickets: %.2f µs each", n, best)
	return best
}

// draw writes a chart of lines over sizes on a logarithmic axis.
func draw(sizes []int, lines map[string][]float64, names []string) string {
	const width, height, left, bottom = 640.0, 320.0, 50.0, 40.0
	top := 1.0
	for _, line := range lines {
		for _, y := range line {
			top = max(top, math.Ceil(y))
		}
	}
	x := func(n int) float64 {
		return left + (width-left-100)*(math.Log10(float64(n))-3)/2
	}
	y := func(v float64) float64 { return height - bottom - (height-bottom-20)*v/top }
	var b strings.Builder
	fmt.Fprintf(&b, `<svg xmlns="http://www.w3.org/2000/svg" width="%.0f" height="%.0f" font-family="sans-serif" font-size="12"><rect width="100%%" height="100%%" fill="white"/>`+"\n", width, height)
	for _, n := range sizes {
		fmt.Fprintf(&b, `<line x1="%.1f" x2="%.1f" y1="20" y2="%.1f" stroke="#ddd"/><text x="%.1f" y="%.1f" text-anchor="middle">%d</text>`+"\n", x(n), x(n), height-bottom, x(n), height-bottom+16, n)
	}
	for i := range 5 {
		v := top * float64(i) / 4
		fmt.Fprintf(&b, `<line x1="%.1f" x2="%.1f" y1="%.1f" y2="%.1f" stroke="#ddd"/><text x="%.1f" y="%.1f" text-anchor="end">%.1f</text>`+"\n", left, width-100, y(v), y(v), left-6, y(v)+4, v)
	}
	for i, name := range names {
		color := []string{"#1b6ca8", "#c0392b", "#27803b", "#8e44ad"}[i]
		var points []string
		for j, v := range lines[name] {
			points = append(points, fmt.Sprintf("%.1f,%.1f", x(sizes[j]), y(v)))
		}
		last := len(lines[name]) - 1
		fmt.Fprintf(&b, `<polyline points="%s" fill="none" stroke="%s" stroke-width="2"/><text x="%.1f" y="%.1f" fill="%s">%s</text>`+"\n", strings.Join(points, " "), color, x(sizes[last])+6, y(lines[name][last])+4, color, name)
	}
	fmt.Fprintf(&b, `<text x="%.1f" y="14">microseconds a ticket, by the number of tickets in the pool</text></svg>`+"\n", left)
	return b.String()
}
