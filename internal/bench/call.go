package bench

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// calls measures single requests to a server that has nothing else to do.
func calls(ctx context.Context, r *run) error {
	c, err := r.serve(ctx, r.folder("call"))
	if err != nil {
		return err
	}
	return errors.Join(r.callsTo(ctx, c), c.stop())
}

func (r *run) callsTo(ctx context.Context, c *child) error {
	a, err := furnish(ctx, c.Server)
	if err != nil {
		return err
	}
	defer a.close()
	arn, leave, err := a.game(ctx)
	if err != nil {
		return err
	}
	defer func() { leave() }()
	body := []byte(`{"GameSessionId":"` + arn + `"}`)
	read, err := times(ctx, r.Scale.Calls, func() error {
		_, err := a.send(jsonWire, "DescribeGameSessions", body)
		return err
	})
	if err != nil {
		return err
	}
	how := "JSON, SigV4, SQLite FULL: %d calls one after another on one connection"
	r.reportCalls("read, DescribeGameSessions", fmt.Sprintf(how, r.Scale.Calls), read)

	n := 0
	write, err := times(ctx, r.Scale.Calls, func() error {
		if n++; n%seats == 0 { // another game session, when this one is full
			leave()
			if arn, leave, err = a.game(ctx); err != nil {
				return err
			}
		}
		return a.ask("CreatePlayerSession", fmt.Sprintf(`{"GameSessionId":"%s","PlayerId":"player-%d"}`, arn, n), nil)
	})
	if err != nil {
		return err
	}
	r.reportCalls("durable write, CreatePlayerSession", fmt.Sprintf(how, r.Scale.Calls), write)
	return nil
}

// game hosts a game session; leave ends it, and may be called on an error too.
func (a *arena) game(ctx context.Context) (arn string, leave func(), err error) {
	h, err := a.host(ctx)
	if err != nil {
		return "", func() {}, err
	}
	if arn, _, err = a.create(ctx); err == nil {
		err = a.awaitActive(ctx, arn)
	}
	if err != nil {
		h.Close()
		return "", func() {}, err
	}
	return arn, h.Close, nil
}

func (r *run) reportCalls(name, how string, took []time.Duration) {
	r.report(name+", p50", milliseconds(quantile(took, 0.5)), "under 1 ms", how)
	r.report(name+", p99", milliseconds(quantile(took, 0.99)), "", "the same calls")
}
