// Package bench measures a muster on this machine, as `muster bench` prints it:
// the real binary in processes of its own, driven from this one over loopback,
// with its journal in a folder on disk.
//
// It is no load generator for servers elsewhere, and it judges nothing: it
// says what it has measured, how, and what the aim is. Benchmarks of single
// packages stand beside their code.
//
// Start with [Run]; the measurements are the rows of its table.
package bench

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// Config says what to measure and how much.
type Config struct {
	// Command runs the muster to measure: a path and, before the arguments
	// that Run adds, others. Needed.
	Command []string

	Scale Scale    // how much of everything; see Normal
	Only  []string // names of measurements; empty: all
	Dir   string   // for data folders, which Run removes; "": a temporary one

	// Profiles is a folder for profiles of what servers under load do with the
	// processor; "": none are taken.
	Profiles string

	// Progress is told what is being measured; nil: nobody.
	Progress func(what string)
}

// A Figure is one thing measured.
type Figure struct {
	Measurement string   // that it belongs to
	Name        string   // what it is
	Measured    Quantity // how much of it
	Aim         string   // what it should be; "" when there is no aim
	How         string   // it was measured
}

// A measurement gives figures that are taken together.
type measurement struct {
	name string
	run  func(context.Context, *run) error
}

func measurements() []measurement {
	return []measurement{
		{"join", joins},
		{"call", calls},
		{"create", creates},
		{"hosts", hosts},
		{"start", starts},
		{"restart", restarts},
		{"search", searches},
		{"binary", binary},
	}
}

// Names lists the measurements.
func Names() []string {
	var names []string
	for _, m := range measurements() {
		names = append(names, m.name)
	}
	return names
}

// A run is one call of Run.
type run struct {
	Config
	keys    string // file of keys
	now     string // the measurement being made
	figures []Figure
}

// Run measures, and returns the figures in the order of Names. It fails with
// the first measurement that cannot be made.
func Run(ctx context.Context, cfg Config) ([]Figure, error) {
	chosen, err := cfg.chosen()
	if err != nil {
		return nil, err
	}
	dir, err := os.MkdirTemp(cfg.Dir, "muster-bench-")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir)
	cfg.Dir = dir
	r := &run{Config: cfg, keys: filepath.Join(dir, "keys")}
	if err := os.WriteFile(r.keys, []byte(keyID+" "+secret+"\n"), 0o600); err != nil {
		return nil, err
	}
	for _, m := range chosen {
		if r.Progress != nil {
			r.Progress(m.name)
		}
		r.now = m.name
		if err := m.run(ctx, r); err != nil {
			return r.figures, fmt.Errorf("measure %s: %w", m.name, err)
		}
	}
	return r.figures, nil
}

func (c Config) chosen() ([]measurement, error) {
	all := measurements()
	for _, name := range c.Only {
		if !slices.Contains(Names(), name) {
			return nil, fmt.Errorf("there is no measurement %q: there are %s", name, strings.Join(Names(), ", "))
		}
	}
	return slices.DeleteFunc(all, func(m measurement) bool { return len(c.Only) > 0 && !slices.Contains(c.Only, m.name) }), nil
}

// report adds a figure to those of the measurement being made.
func (r *run) report(name string, measured Quantity, aim, how string) {
	r.figures = append(r.figures, Figure{r.now, name, measured, aim, how})
}

// folder makes an empty data folder's name.
func (r *run) folder(name string) string { return filepath.Join(r.Dir, name) }
