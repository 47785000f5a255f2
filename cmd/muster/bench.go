package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"runtime"
	"slices"
	"strings"
	"text/tabwriter"

	"github.com/musterhq/muster/internal/bench"
)

type benchCmd struct {
	format
	Quick    bool     `help:"Take a minute rather than some." xor:"scale"`
	Full     bool     `help:"Also search a million game sessions, which takes a gigabyte of memory." xor:"scale"`
	Tiny     bool     `hidden:"" xor:"scale"`
	Only     []string `help:"Measure these alone." placeholder:"NAME"`
	Dir      string   `help:"Where to put data folders while it runs, on the disk to measure." placeholder:"DIR"`
	Profiles string   `help:"Keep profiles of the servers' use of the processor here, for go tool pprof." placeholder:"DIR"`
}

// Help implements kong.HelpProvider.
func (benchCmd) Help() string {
	return `Starts servers of its own on loopback and prints what it measures beside what
muster aims at, on two cores of a machine that has nothing else to do. It
measures ` + strings.Join(bench.Names(), ", ") + `.
Examples:
  muster bench --quick
  muster bench --only join --profiles ./profiles`
}

func (c benchCmd) Run(ctx context.Context, o *output) error {
	for _, name := range c.Only {
		if !slices.Contains(bench.Names(), name) {
			return usageError(fmt.Sprintf("there is no measurement %q: there are %s", name, strings.Join(bench.Names(), ", ")))
		}
	}
	self, err := os.Executable()
	if err != nil {
		return fmt.Errorf("find the binary to measure: %w", err)
	}
	machine := machineNow()
	figures, err := bench.Run(ctx, bench.Config{
		Command: []string{self}, Scale: c.scale(), Only: c.Only, Dir: c.Dir, Profiles: c.Profiles,
		Progress: func(what string) { fmt.Fprintf(o.err, "measuring %s ...\n", what) },
	})
	if err != nil {
		return err
	}
	if c.Output == "json" {
		e := json.NewEncoder(o.out)
		e.SetIndent("", "  ")
		return e.Encode(map[string]any{"machine": machine, "figures": figures})
	}
	fmt.Fprintf(o.out, "%s\n\n", machine)
	return printFigures(o, figures)
}

func (c benchCmd) scale() bench.Scale {
	switch {
	case c.Quick:
		return bench.Quick()
	case c.Full:
		return bench.Full()
	case c.Tiny:
		return bench.Tiny()
	}
	return bench.Normal()
}

func printFigures(o *output, figures []bench.Figure) error {
	w := tabwriter.NewWriter(o.out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "FIGURE\tMEASURED\tAIM\tHOW")
	for _, f := range figures {
		aim := f.Aim
		if aim == "" {
			aim = "-"
		}
		fmt.Fprintf(w, "%s\t%v\t%s\t%s\n", f.Name, f.Measured, aim, f.How)
	}
	return w.Flush()
}

// A machine is where figures were measured.
type machine struct {
	OS, Arch, Go string
	Cores        int
	Load         string // average over the last minute, before measuring; "" if unknown
}

func machineNow() machine {
	m := machine{OS: runtime.GOOS, Arch: runtime.GOARCH, Go: runtime.Version(), Cores: runtime.GOMAXPROCS(0)}
	if text, err := os.ReadFile("/proc/loadavg"); err == nil {
		m.Load, _, _ = strings.Cut(string(text), " ")
	}
	return m
}

func (m machine) String() string {
	text := fmt.Sprintf("%d cores, %s/%s, %s, muster %s", m.Cores, m.OS, m.Arch, m.Go, version)
	if m.Load != "" {
		text += ", load average " + m.Load + " before"
	}
	return text
}

// benchServerCmd is a process of the benchmark's.
type benchServerCmd struct {
	Data string `required:""`
	Keys string `required:""`
	Kept bool   `env:"-"`
}

func (c benchServerCmd) Run(ctx context.Context, o *output) error {
	if c.Kept {
		ctx = whileKept(ctx)
	}
	return bench.Server{Data: c.Data, Keys: c.Keys}.Run(ctx, o.out)
}
