package bench

import (
	"context"
	"debug/elf"
	"errors"
	"fmt"
	"os"
	"time"
)

// starts measures how fast muster serve is there, and what it takes when
// nobody asks anything of it.
func starts(ctx context.Context, r *run) error {
	var took, idle []float64
	for n := range r.Scale.Starts {
		ready, resident, err := r.startOnce(ctx, r.folder(fmt.Sprint("start-", n)))
		if err != nil {
			return err
		}
		took, idle = append(took, ready.Seconds()), append(idle, resident)
	}
	how := fmt.Sprintf("muster serve, from starting the process to serving; median of %d", r.Scale.Starts)
	r.report("start with an empty data folder", Quantity{quantile(took, 0.5), "s"}, "under 0.3 s", how)
	r.report("idle memory", megabytes(quantile(idle, 0.5)), "under 60 MB",
		"resident set of muster serve, "+time.Second.String()+" after it serves, as its /metrics say")
	return nil
}

func (r *run) startOnce(ctx context.Context, data string) (ready time.Duration, resident float64, err error) {
	c, err := r.serve(ctx, data)
	if err != nil {
		return 0, 0, err
	}
	defer func() { err = errors.Join(err, c.stop()) }()
	select {
	case <-time.After(time.Second):
	case <-ctx.Done():
		return 0, 0, ctx.Err()
	}
	resident, err = c.metric(ctx, residentBytes)
	return c.ready, resident, err
}

// restarts measures how fast muster serve is back with what it had.
func restarts(ctx context.Context, r *run) error {
	data, err := r.cities(ctx)
	if err != nil {
		return err
	}
	var took []float64
	for range r.Scale.Starts {
		c, err := r.serve(ctx, data)
		if err != nil {
			return err
		}
		took = append(took, c.ready.Seconds())
		if err := c.stop(); err != nil {
			return err
		}
	}
	how := fmt.Sprintf("muster serve, from starting the process to serving; with 2 players in the mean of each; median of %d", r.Scale.Starts)
	r.report(fmt.Sprintf("start with %d game sessions", r.Scale.Sessions), Quantity{quantile(took, 0.5), "s"}, "under 2 s", how)
	return nil
}

// binary measures the file.
func binary(_ context.Context, r *run) error {
	info, err := os.Stat(r.Command[0])
	if err != nil {
		return err
	}
	how := "file size of " + info.Name()
	if f, err := elf.Open(r.Command[0]); err == nil {
		defer f.Close()
		if _, err := f.Symbols(); err == nil {
			how += ", not stripped"
		} else {
			how += ", stripped"
		}
	}
	r.report("binary", megabytes(float64(info.Size())), "under 50 MB", how)
	return nil
}
