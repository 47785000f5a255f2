package bench

import (
	"context"
	"errors"
	"sync"
	"time"
)

// A crowd is a number of clients of one server.
type crowd []*client

func gather(ctx context.Context, url string, n int) (crowd, error) {
	var all crowd
	for range n {
		c, err := dial(ctx, url)
		if err != nil {
			all.disperse()
			return nil, err
		}
		all = append(all, c)
	}
	return all, nil
}

func (cr crowd) disperse() {
	for _, c := range cr {
		c.close()
	}
}

// A round is what a crowd has done for a while.
type round struct {
	rate float64         // requests per second
	took []time.Duration // each of them
}

// press has every client call do again and again, for d.
func (cr crowd) press(ctx context.Context, d time.Duration, do func(*client) error) (round, error) {
	return cr.together(func(_ int, c *client, begin time.Time) ([]time.Duration, error) {
		return repeat(ctx, begin.Add(d), func() error { return do(c) })
	})
}

// pace has the clients together call do so many times a second, for d.
func (cr crowd) pace(ctx context.Context, d time.Duration, rate float64, do func(*client) error) (round, error) {
	every := time.Duration(float64(len(cr)) / rate * float64(time.Second))
	return cr.together(func(i int, c *client, begin time.Time) ([]time.Duration, error) {
		first := begin.Add(every * time.Duration(i) / time.Duration(len(cr)))
		return onTime(ctx, first, every, begin.Add(d), func() error { return do(c) })
	})
}

// together runs do for every client at once.
func (cr crowd) together(do func(i int, c *client, begin time.Time) ([]time.Duration, error)) (round, error) {
	took := make([][]time.Duration, len(cr))
	failed := make([]error, len(cr))
	begin := time.Now()
	var all sync.WaitGroup
	for i, c := range cr {
		all.Go(func() { took[i], failed[i] = do(i, c, begin) })
	}
	all.Wait()
	elapsed := time.Since(begin)
	var r round
	for _, list := range took {
		r.took = append(r.took, list...)
	}
	r.rate = float64(len(r.took)) / elapsed.Seconds()
	return r, errors.Join(failed...)
}

// repeat calls do until a time has come and returns how long each took.
func repeat(ctx context.Context, until time.Time, do func() error) (took []time.Duration, err error) {
	for now := time.Now(); now.Before(until); {
		if err := do(); err != nil {
			return took, err
		}
		if ctx.Err() != nil {
			return took, ctx.Err()
		}
		then := time.Now()
		took = append(took, then.Sub(now))
		now = then
	}
	return took, nil
}

// onTime calls do at a time and then regularly until another, and returns how
// long after it was due each call was over. One that is late delays those after
// it, and that counts.
func onTime(ctx context.Context, due time.Time, every time.Duration, until time.Time, do func() error) (took []time.Duration, err error) {
	for ; due.Before(until); due = due.Add(every) {
		select {
		case <-time.After(time.Until(due)):
		case <-ctx.Done():
			return took, ctx.Err()
		}
		if err := do(); err != nil {
			return took, err
		}
		took = append(took, time.Since(due))
	}
	return took, nil
}

// times calls do n times, one after another, and returns how long each took.
func times(ctx context.Context, n int, do func() error) ([]time.Duration, error) {
	took := make([]time.Duration, 0, n)
	for range n {
		begin := time.Now()
		if err := do(); err != nil {
			return nil, err
		}
		took = append(took, time.Since(begin))
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
	}
	return took, nil
}
