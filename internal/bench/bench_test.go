package bench_test

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/musterhq/muster/internal/bench"
)

func TestQuantity(t *testing.T) {
	for want, q := range map[string]bench.Quantity{
		"0 ms":        {Value: 0, Unit: "ms"},
		"0.000120 ms": {Value: 0.00012, Unit: "ms"},
		"0.0409 ms":   {Value: 0.040912, Unit: "ms"},
		"0.621":       {Value: 0.62099},
		"1.50 s":      {Value: 1.5, Unit: "s"},
		"22.4 KiB":    {Value: 22.41, Unit: "KiB"},
		"-7.00 KiB":   {Value: -7, Unit: "KiB"},
		"101 µs":      {Value: 100.7, Unit: "µs"},
		"28312 ops":   {Value: 28311.6, Unit: "ops"},
	} {
		if got := q.String(); got != want {
			t.Errorf("%v is written as %q, want %q", q.Value, got, want)
		}
	}
}

// TestNothingStarts is a muster that cannot be measured: the error says what
// was being done, and nothing is left behind.
func TestNothingStarts(t *testing.T) {
	broken := filepath.Join(t.TempDir(), "muster")
	if err := os.WriteFile(broken, []byte("#!/bin/sh\necho broken >&2; exit 3\n"), 0o700); err != nil {
		t.Fatal(err)
	}
	for _, name := range bench.Names() {
		if name == "binary" { // which looks at the file alone
			continue
		}
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			_, err := bench.Run(context.Background(), bench.Config{
				Command: []string{broken}, Scale: bench.Tiny(), Only: []string{name}, Dir: dir,
			})
			if err == nil || !strings.Contains(err.Error(), "measure "+name) || !strings.Contains(err.Error(), "broken") {
				t.Errorf("got the error %v", err)
			}
			if left, err := os.ReadDir(dir); err != nil || len(left) > 0 {
				t.Errorf("left behind %v, error %v", left, err)
			}
		})
	}
}

func TestUnknownMeasurement(t *testing.T) {
	if _, err := bench.Run(context.Background(), bench.Config{Command: []string{"muster"}, Only: []string{"sleep"}}); err == nil {
		t.Error("want an error")
	}
}

func TestCancel(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	_, err := bench.Run(ctx, bench.Config{Command: []string{os.Args[0], "-test.run=^$"}, Scale: bench.Tiny()})
	if err == nil {
		t.Error("want an error")
	}
}
