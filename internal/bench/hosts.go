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
// session each.
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
	before, err := c.memory(ctx)
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
	after, err := c.memory(ctx)
	if err != nil {
		return err
	}
	r.reportHosts(before, after, took)
	return r.profile(ctx, c, "hosts", "heap", 0)
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

func (r *run) reportHosts(before, after memory, took time.Duration) {
	n := r.Scale.Hosts
	each := func(a, b int64) Quantity { return Quantity{float64(b-a) / float64(n) / 1024, "KiB"} }
	name := fmt.Sprintf("each of %d connected game servers, ", n)
	r.report(Figure{"hosts", name + "resident", each(before.Resident, after.Resident), "under 24 KiB",
		"websocket, process, ACTIVE game session, and garbage: growth of the server process's resident set, as it is after " + calm.String()})
	r.report(Figure{"hosts", name + "live", each(before.Live, after.Live), "under 24 KiB",
		"growth of the server process's heap and stacks in use after a collection"})
	r.report(Figure{"hosts", "connecting game servers", Quantity{float64(n) / took.Seconds(), "per second"}, "",
		fmt.Sprintf("InitSDK and ProcessReady, durable, %d at a time", connectors)})
}
