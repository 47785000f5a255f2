package bench

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/musterhq/muster/gamelift"
)

// connectors is how many game servers connect at a time.
const connectors = 32

// calm is how long a server is left alone before its memory is read.
const calm = 3 * time.Second

// hosts measures what game servers cost that are connected and host a game
// session each. It takes a file of each process for each of them; Go has
// raised the limit on these as far as it goes.
func hosts(ctx context.Context, r *run) error {
	c, err := r.load(ctx, r.folder("hosts"))
	if err != nil {
		return err
	}
	return errors.Join(r.hostsOn(ctx, c), c.stop())
}

func (r *run) hostsOn(ctx context.Context, c *child) error {
	a, err := furnish(ctx, c.Server)
	if err != nil {
		return err
	}
	defer a.close()
	before, err := c.weigh(ctx)
	if err != nil {
		return err
	}
	all, took, err := a.connect(ctx, r.Scale.Hosts)
	defer func() {
		for _, h := range all {
			h.Close()
		}
	}()
	if err != nil {
		return err
	}
	for range r.Scale.Hosts {
		arn, _, err := a.create(ctx)
		if err == nil {
			err = a.awaitActive(ctx, arn)
		}
		if err != nil {
			return err
		}
	}
	select {
	case <-time.After(calm):
	case <-ctx.Done():
		return ctx.Err()
	}
	after, err := c.weigh(ctx)
	if err != nil {
		return err
	}
	r.reportHosts(before, after, took)
	return nil
}

// connect brings up n game servers that are ready.
func (a *arena) connect(ctx context.Context, n int) ([]*gamelift.Host, time.Duration, error) {
	all, failed := make([]*gamelift.Host, n), make([]error, connectors)
	begin := time.Now()
	var parts sync.WaitGroup
	for part := range connectors {
		parts.Go(func() {
			for i := part; i < n && failed[part] == nil; i += connectors {
				all[i], failed[part] = a.host(ctx)
			}
		})
	}
	parts.Wait()
	took := time.Since(begin)
	up := all[:0]
	for _, h := range all {
		if h != nil {
			up = append(up, h)
		}
	}
	return up, took, errors.Join(failed...)
}

// A weight is what a server takes, in bytes.
type weight struct {
	resident float64 // with its garbage
	live     float64
}

func (c *child) weigh(ctx context.Context) (w weight, err error) {
	if w.resident, err = c.metric(ctx, residentBytes); err == nil {
		w.live, err = c.live(ctx)
	}
	return w, err
}

func (r *run) reportHosts(before, after weight, took time.Duration) {
	n := r.Scale.Hosts
	each := func(a, b float64) Quantity { return Quantity{(b - a) / float64(n) / 1024, "KiB"} }
	name := fmt.Sprintf("each of %d connected game servers, ", n)
	r.report(name+"resident", each(before.resident, after.resident), "under 24 KiB",
		"websocket, process, ACTIVE game session, and garbage: growth of the server process's resident set, as it is after "+calm.String())
	r.report(name+"live", each(before.live, after.live), "under 24 KiB",
		"growth of the server process's heap and stacks in use after a collection")
	r.report("connecting game servers", Quantity{float64(n) / took.Seconds(), "per second"}, "",
		fmt.Sprintf("InitSDK and ProcessReady, durable, %d at a time", connectors))
}
