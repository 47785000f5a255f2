package main

import (
	"fmt"
	"io"
	"math"
	"strconv"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/musterhq/muster/internal/simulate"
)

// width is how wide a report is, in characters.
const width = 100

// writeReport writes what a simulation found, the most important first.
func writeReport(to io.Writer, r *simulate.Report) error {
	w := &reportWriter{w: to}
	w.verdict(r)
	w.waits(r)
	w.stages(r)
	w.quality(r)
	w.teams(r)
	w.rules(r)
	w.unmatched(r)
	return w.err
}

// reportWriter keeps the first error, so that writing reads as a list.
type reportWriter struct {
	w   io.Writer
	err error
}

func (w *reportWriter) printf(format string, args ...any) {
	if w.err == nil {
		_, w.err = fmt.Fprintf(w.w, format, args...)
	}
}

// table writes rows of cells under a title, in columns, those of numbers to
// the right.
func (w *reportWriter) table(title string, rows [][]string) {
	if len(rows) < 2 {
		return
	}
	w.printf("\n%s\n", title)
	var b strings.Builder
	t := tabwriter.NewWriter(&b, 0, 0, 2, ' ', 0)
	for _, row := range rows {
		fmt.Fprintln(t, "  "+strings.Join(row, "\t"))
	}
	t.Flush()
	for _, line := range strings.SplitAfter(b.String(), "\n") {
		w.printf("%s", strings.TrimRight(line, " \n")+strings.Repeat("\n", strings.Count(line, "\n")))
	}
}

func (w *reportWriter) verdict(r *simulate.Report) {
	if r.RuleSet != "" {
		w.printf("%s\n", r.RuleSet)
	}
	w.printf("%s\n\n", wrap(r.Verdict, width, ""))
	p := r.Players
	w.printf("  %s arrived in %s; the matchmaker made %s in %s\n",
		plural(p.Arrived, "player", "s"), plural(r.Tickets.Arrived, "ticket", "s"), plural(r.Matches, "match", "es"), span(r.SimulatedSeconds))
	for _, line := range []struct {
		what string
		n    int
	}{{"matched", p.Matched}, {"timed out", p.TimedOut}, {"still waiting", p.Waiting}} {
		if line.n > 0 || line.what == "matched" {
			w.printf("  %-13s %s %7s  %s\n", line.what, bar(line.n, p.Arrived, 40), thousands(line.n), simulate.Percent(share(line.n, p.Arrived)))
		}
	}
	for i, finding := range r.Findings {
		if i == 0 {
			w.printf("\n")
		}
		w.printf("  * %s\n", wrap(finding, width-4, "    "))
	}
}

func (w *reportWriter) waits(r *simulate.Report) {
	if r.Wait.N == 0 {
		return
	}
	w.printf("\nHow long matched players waited\n")
	most := 0
	for _, b := range r.Histogram {
		most = max(most, b.Players)
	}
	for i, b := range r.Histogram {
		mark := ""
		for _, s := range r.Stages[1:] {
			if s.AfterSeconds >= b.FromSeconds && s.AfterSeconds < b.ToSeconds {
				mark = "  < " + span(s.AfterSeconds) + ": expansion"
			}
		}
		label := fmt.Sprintf("%s - %s", span(b.FromSeconds), span(b.ToSeconds))
		if i == 0 {
			label = "under " + span(b.ToSeconds)
		}
		w.printf("%s\n", strings.TrimRight(fmt.Sprintf("  %15s %s %7s%s", label, bar(b.Players, most, 50), thousands(b.Players), mark), " "))
	}
	s := r.Wait
	w.printf("  half within %s, 90 %% within %s, 99 %% within %s, all within %s; %s on average\n",
		span(s.P50), span(s.P90), span(s.P99), span(s.Greatest), span(s.Mean))
	w.printf("  tickets time out after %s\n", span(r.TimeoutSeconds))
}

func (w *reportWriter) stages(r *simulate.Report) {
	if len(r.Stages) < 2 || r.Matches == 0 {
		return
	}
	rows := [][]string{{"FROM", "MATCHES", "", "WHAT CHANGES"}}
	for _, s := range r.Stages {
		changes := s.Changes
		if len(changes) == 0 {
			changes = []string{"the rule set as written"}
		}
		for i, change := range changes {
			row := []string{"", "", "", change}
			if i == 0 {
				row = []string{span(s.AfterSeconds), thousands(s.Matches), simulate.Percent(share(s.Matches, r.Matches)), change}
			}
			rows = append(rows, row)
		}
	}
	w.table("What matches needed", rows)
}

func (w *reportWriter) quality(r *simulate.Report) {
	if r.Matches == 0 {
		return
	}
	rows := [][]string{{"IN A MATCH", "HALF WITHIN", "90 %", "WORST", "THE CROWD"}}
	add := func(what string, s simulate.Spread, unit, crowd string) {
		if s.N > 0 {
			rows = append(rows, []string{what, short(s.P50) + unit, short(s.P90) + unit, short(s.Greatest) + unit, crowd})
		}
	}
	add("latency", r.Latency, " ms", "")
	for _, a := range r.Attributes {
		add(a.Name+", between players", a.Within, "", rangeOf(a.Crowd))
		if len(r.Teams) > 1 {
			add(a.Name+", between team averages", a.Teams, "", "")
		}
	}
	w.table("How good matches are", rows)
	if r.Latency.N == 0 {
		return
	}
	var regions []string
	for _, region := range r.Regions {
		name := region.Name
		if name == "" {
			name = "no region in common"
		}
		regions = append(regions, fmt.Sprintf("%s %s", name, simulate.Percent(share(region.Matches, r.Matches))))
	}
	w.printf("  %s\n", wrap("matches by region: "+strings.Join(regions, ", "), width-2, "    "))
}

// mostTeams is how many teams are listed; the copies of one are much alike.
const mostTeams = 6

func (w *reportWriter) teams(r *simulate.Report) {
	if r.Matches == 0 {
		return
	}
	rows := [][]string{{"TEAM", "MAY HAVE", "HAS", "FEWEST", "FULL"}}
	for i, t := range r.Teams {
		if i == mostTeams && len(r.Teams) > mostTeams+1 {
			rows = append(rows, []string{fmt.Sprintf("and %d more", len(r.Teams)-mostTeams)})
			break
		}
		allowed := fmt.Sprintf("%d to %d", t.Fewest, t.Most)
		if t.Fewest == t.Most {
			allowed = strconv.Itoa(t.Fewest)
		}
		rows = append(rows, []string{t.Name, allowed, short(t.Players.Mean) + " on average", "in " + simulate.Percent(t.Least), "in " + simulate.Percent(t.Greatest)})
	}
	w.table("How full teams are", rows)
}

func (w *reportWriter) rules(r *simulate.Report) {
	rows := [][]string{{"RULE", "TYPE", "HELD", "FAILED", "", "MEASURED", "LEAST MARGIN"}}
	for _, rule := range r.Rules {
		evaluated := rule.Passed + rule.Failed
		row := []string{rule.Name, rule.Type, thousands(rule.Passed), thousands(rule.Failed), simulate.Percent(share(rule.Failed, evaluated))}
		if evaluated == 0 {
			row = []string{rule.Name, rule.Type, "-", "-", "never asked"}
			if rule.Part {
				row[4] = "a part, holds in " + simulate.Percent(rule.Held)
			}
		}
		if rule.Measured.N > 0 {
			row = append(row, rangeOf(rule.Measured), short(rule.Margin.Least))
		}
		rows = append(rows, row)
	}
	w.table("How often rules failed while matches were looked for, and what they measured in matches", rows)
}

func (w *reportWriter) unmatched(r *simulate.Report) {
	if len(r.Unmatched) == 0 {
		return
	}
	all := r.Tickets.TimedOut
	if all == 0 {
		all = r.Tickets.Waiting
	}
	of := plural(all, "ticket", "s")
	if all > r.Asked {
		of = fmt.Sprintf("%s of %s tickets asked", thousands(r.Asked), thousands(all))
	}
	w.printf("\nWhy the others were not matched (%s)\n", of)
	for _, reason := range r.Unmatched {
		w.printf("  %4.0f %%  %s\n", 100*reason.Share, wrap(reason.What, width-9, "          "))
		w.printf("          try: %s\n", wrap(reason.Advice, width-15, "               "))
		for i, line := range reason.Example {
			lead := "     "
			if i == 0 {
				lead = "e.g. "
			}
			w.printf("          %s%s\n", lead, wrap(line, width-15, "                 "))
		}
	}
}

// bar draws n of most as blocks, at most so many wide, and pads it.
func bar(n, most, wide int) string {
	if most == 0 {
		return strings.Repeat(" ", wide)
	}
	eighths := int(math.Round(float64(n) / float64(most) * float64(8*wide)))
	if n > 0 {
		eighths = max(eighths, 1)
	}
	b := strings.Repeat("█", eighths/8)
	if eighths%8 > 0 {
		b += string([]rune("▏▎▍▌▋▊▉")[eighths%8-1])
	}
	return b + strings.Repeat(" ", wide-len([]rune(b)))
}

func rangeOf(s simulate.Spread) string {
	if s.Least == s.Greatest {
		return short(s.Least)
	}
	return fmt.Sprintf("%s to %s, half up to %s", short(s.Least), short(s.Greatest), short(s.P50))
}

func share(n, all int) float64 {
	if all == 0 {
		return 0
	}
	return float64(n) / float64(all)
}

// span writes seconds as people do: 450ms, 12.5s, 1m30s.
func span(seconds float64) string {
	return round(time.Duration(math.Round(seconds * float64(time.Second)))).String()
}

// round keeps about three digits.
func round(d time.Duration) time.Duration {
	for _, unit := range []time.Duration{time.Second, 100 * time.Millisecond, 10 * time.Millisecond, time.Millisecond, 100 * time.Microsecond} {
		if d >= 100*unit {
			return d.Round(unit)
		}
	}
	return d.Round(time.Microsecond)
}

// short writes a number with about four digits.
func short(f float64) string {
	if math.Abs(f) >= 1000 || f == math.Trunc(f) {
		return strconv.FormatFloat(f, 'f', 0, 64)
	}
	return strconv.FormatFloat(f, 'g', 3, 64)
}

// plural writes a count of things.
func plural(n int, thing, ending string) string {
	if n == 1 {
		ending = ""
	}
	return thousands(n) + " " + thing + ending
}

// thousands writes a count with commas.
func thousands(n int) string {
	text := strconv.Itoa(n)
	for i := len(text) - 3; i > 0; i -= 3 {
		text = text[:i] + "," + text[i:]
	}
	return text
}
