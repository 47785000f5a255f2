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

// A round is what a crowd has done for a while, or for some whiles.
type round struct {
	span time.Duration
	rate float64         // requests per second
	took []time.Duration // each of them
	late []time.Duration // how long after a call was due an idle client woke up for it
}

// add makes r one round of both.
func (r *round) add(other round) {
	r.span += other.span
	r.took, r.late = append(r.took, other.took...), append(r.late, other.late...)
	r.rate = float64(len(r.took)) / r.span.Seconds()
}

// press has every client call do again and again, for d.
func (cr crowd) press(ctx context.Context, d time.Duration, do func(*client) error) (round, error) {
	return cr.together(func(_ int, c *client, begin time.Time, r *round) error {
		return r.repeat(ctx, begin.Add(d), func() error { return do(c) })
	})
}

// pace has the clients together call do so many times a second, for d.
func (cr crowd) pace(ctx context.Context, d time.Duration, rate float64, do func(*client) error) (round, error) {
	every := time.Duration(float64(len(cr)) / rate * float64(time.Second))
	return cr.together(func(i int, c *client, begin time.Time, r *round) error {
		first := begin.Add(every * time.Duration(i) / time.Duration(len(cr)))
		return r.onTime(ctx, first, every, begin.Add(d), func() error { return do(c) })
	})
}

// together runs do for every client at once, each with a part of the round.
func (cr crowd) together(do func(i int, c *client, begin time.Time, part *round) error) (r round, err error) {
	parts := make([]round, len(cr))
	failed := make([]error, len(cr))
	begin := time.Now()
	var all sync.WaitGroup
	for i, c := range cr {
		all.Go(func() { failed[i] = do(i, c, begin, &parts[i]) })
	}
	all.Wait()
	r.span = time.Since(begin)
	for _, part := range parts {
		r.add(part)
	}
	return r, errors.Join(failed...)
}

// repeat calls do until a time has come.
func (r *round) repeat(ctx context.Context, until time.Time, do func() error) error {
	for now := time.Now(); now.Before(until); {
		if err := do(); err != nil {
			return err
		}
		if ctx.Err() != nil {
			return ctx.Err()
		}
		then := time.Now()
		r.took = append(r.took, then.Sub(now))
		now = then
	}
	return nil
}

// onTime calls do at a time and then regularly until another. A call that is
// late delays those after it, and that counts: it is timed from when it was due.
// Only when the client lay idle then, and was woken late, that is no doing of the
// server's, and kept apart.
func (r *round) onTime(ctx context.Context, due time.Time, every time.Duration, until time.Time, do func() error) error {
	for ; due.Before(until); due = due.Add(every) {
		from := due
		if wait := time.Until(due); wait > 0 {
			select {
			case <-time.After(wait):
			case <-ctx.Done():
				return ctx.Err()
			}
			from = time.Now()
			r.late = append(r.late, from.Sub(due))
		}
		if err := do(); err != nil {
			return err
		}
		if ctx.Err() != nil {
			return ctx.Err()
		}
		r.took = append(r.took, time.Since(from))
	}
	return nil
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
