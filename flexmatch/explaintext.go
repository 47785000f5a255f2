package flexmatch

import (
	"fmt"
	"strings"
	"time"
)

// String gives the report on one line.
func (r RuleReport) String() string {
	state := "holds"
	if !r.Passed {
		state = "fails"
	}
	text := fmt.Sprintf("%s (%s) %s", r.Rule, r.Type, state)
	switch {
	case r.Numeric:
		text += fmt.Sprintf(": %s against %s, margin %s", r.Measured, r.Limit, formatNumber(r.Margin))
	case r.Type == string(kindCompound) && r.Measured != "":
		text += fmt.Sprintf(": %s, without %s", r.Limit, r.Measured)
	case r.Measured != "" && r.Limit != "":
		text += fmt.Sprintf(": %s against %s", r.Measured, r.Limit)
	case r.Measured+r.Limit != "":
		text += ": " + r.Measured + r.Limit
	}
	if r.Part {
		text += ", counts only in a compound rule"
	}
	return text
}

// String gives the team as "red 3 of 4 to 5".
func (t TeamReport) String() string {
	text := fmt.Sprintf("%s %d of %s", t.Name, t.Players, between(t.Fewest, t.Most))
	if t.Players < t.Fewest {
		text += fmt.Sprintf(", %d short", t.Fewest-t.Players)
	}
	return text
}

// String gives the candidate on one line.
func (c Candidate) String() string {
	switch {
	case c.Joined:
		return c.Ticket + " fits"
	case c.Rule != nil:
		return c.Ticket + " does not fit: " + c.Rule.String()
	}
	return c.Ticket + " does not fit: " + c.Reason
}

// String gives the report as text of several lines.
func (r TicketReport) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "ticket %s, %v old\n", r.Ticket, r.Age)
	for _, p := range r.Never {
		fmt.Fprintf(&b, "  %s\n", p)
	}
	if r.Ready {
		b.WriteString("  a match is there: the next pass forms it\n")
	}
	writeMatch(&b, r.Teams, r.Rules)
	for _, c := range r.Candidates {
		fmt.Fprintf(&b, "  tried %s\n", c)
	}
	for _, e := range r.Next {
		for _, c := range e.Changes {
			fmt.Fprintf(&b, "  at %s %s\n", e.At.Format(time.TimeOnly), c)
		}
	}
	return b.String()
}

// String gives the report as text of several lines.
func (r MatchReport) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "match at age %v", r.Age)
	if r.Region != "" {
		fmt.Fprintf(&b, " in %s", r.Region)
	}
	b.WriteByte('\n')
	writeMatch(&b, r.Teams, r.Rules)
	for _, m := range r.Metrics {
		fmt.Fprintf(&b, "  %s passed %d times, failed %d times\n", m.Rule, m.Passed, m.Failed)
	}
	return b.String()
}

func writeMatch(b *strings.Builder, teams []TeamReport, rules []RuleReport) {
	for _, t := range teams {
		fmt.Fprintf(b, "  team %s\n", t)
	}
	for _, r := range rules {
		fmt.Fprintf(b, "  rule %s\n", r)
	}
}
