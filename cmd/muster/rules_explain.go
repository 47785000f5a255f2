package main

import (
	"fmt"
	"io"
	"strings"
	"text/tabwriter"

	"github.com/musterhq/muster/flexmatch"
)

type rulesExplain struct {
	format
	ruleSetFile
}

// Help implements kong.HelpProvider.
func (rulesExplain) Help() string {
	return `Example:
  muster rules explain rules.json`
}

// explanation is what is printed as JSON.
type explanation struct {
	Name       string
	Summary    string
	Players    struct{ Fewest, Most int }
	Teams      []flexmatch.TeamSpec
	Algorithm  flexmatch.Algorithm
	Attributes []string
	Rules      []flexmatch.RuleText
	Timeline   []explainedMoment
	Warnings   []flexmatch.Problem
}

type explainedMoment struct {
	AfterSeconds float64
	Changes      []flexmatch.Change
}

func (c rulesExplain) Run(o *output) error {
	rules, warnings, _, err := c.rules()
	if err != nil {
		return err
	}
	o.next("muster rules simulate %s", c.File)
	if c.Output == "json" {
		return printDocument(o, explanationOf(rules, warnings))
	}
	writeExplanation(o.out, string(c.File), rules, warnings)
	return nil
}

func explanationOf(rules *flexmatch.RuleSet, warnings []flexmatch.Problem) explanation {
	d := rules.Describe()
	e := explanation{
		Name: d.Name, Summary: d.Summary, Teams: rules.Teams(), Algorithm: rules.Algorithm(),
		Attributes: append([]string{}, d.Attributes...), Rules: append([]flexmatch.RuleText{}, d.Rules...),
		Timeline: []explainedMoment{}, Warnings: append([]flexmatch.Problem{}, warnings...),
	}
	e.Players.Fewest, e.Players.Most = rules.Players()
	for _, m := range d.Timeline {
		e.Timeline = append(e.Timeline, explainedMoment{m.After.Seconds(), m.Changes})
	}
	return e
}

func writeExplanation(w io.Writer, file string, rules *flexmatch.RuleSet, warnings []flexmatch.Problem) {
	d := rules.Describe()
	if d.Name != "" {
		fmt.Fprintf(w, "%s\n\n", d.Name)
	}
	fmt.Fprintln(w, wrap(d.Summary, 96, ""))
	if len(d.Attributes) > 0 {
		fmt.Fprintln(w, "\nPlayer attributes")
	}
	for _, a := range d.Attributes {
		fmt.Fprintln(w, "  "+wrap(a, 92, "    "))
	}
	fmt.Fprintln(w, "\nRules")
	if len(d.Rules) == 0 {
		fmt.Fprintln(w, "  none: anybody plays with anybody")
	}
	for _, r := range d.Rules {
		text := r.Name + ": " + r.Text
		if r.Part {
			text += " (only where a compound rule asks for it)"
		}
		fmt.Fprintln(w, "  "+wrap(text, 92, "    "))
	}
	if len(d.Timeline) > 0 {
		fmt.Fprintf(w, "\nAs tickets wait\n")
		writeTimeline(w, d.Timeline)
	}
	for i, p := range warnings {
		if i == 0 {
			fmt.Fprintln(w, "\nWarnings")
		}
		fmt.Fprintln(w, "  "+place(file, p))
	}
}

func writeTimeline(w io.Writer, timeline []flexmatch.Moment) {
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintln(t, "  AFTER\tWHAT\tFROM\tTO")
	for _, m := range timeline {
		after := m.After.String()
		for _, c := range m.Changes {
			fmt.Fprintf(t, "  %s\t%s\t%s\t%s\n", after, c.Target, c.From, c.To)
			after = ""
		}
	}
	t.Flush()
}

// wrap breaks text into lines of a given width, all but the first of them
// indented.
func wrap(text string, width int, indent string) string {
	var b strings.Builder
	line := 0
	for i, word := range strings.Fields(text) {
		switch n := len([]rune(word)); {
		case i == 0:
			line = n
		case line+1+n > width:
			b.WriteString("\n" + indent)
			line = len(indent) + n
		default:
			b.WriteByte(' ')
			line += 1 + n
		}
		b.WriteString(word)
	}
	return b.String()
}
