package bench

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// creates measures how long a game session takes from the request that
// creates it until a caller is told that it is ACTIVE.
func creates(ctx context.Context, r *run) error {
	c, err := r.serve(ctx, r.folder("create"))
	if err != nil {
		return err
	}
	return errors.Join(r.createsOn(ctx, c), c.stop())
}

func (r *run) createsOn(ctx context.Context, c *child) error {
	a, err := furnish(ctx, c.Server)
	if err != nil {
		return err
	}
	defer a.close()
	var took []time.Duration
	for range r.Scale.Creates {
		one, err := a.createOnce(ctx)
		if err != nil {
			return err
		}
		took = append(took, one)
	}
	how := fmt.Sprintf("CreateGameSession, push to the game server over its websocket, ActivateGameSession, both durable, asked for until it shows; %d times, each with a game server of its own", r.Scale.Creates)
	r.report("game session, request to ACTIVE, p50", milliseconds(quantile(took, 0.5)), "", how)
	r.report("game session, request to ACTIVE, p99", milliseconds(quantile(took, 0.99)), "", "the same game sessions")
	return nil
}

func (a *arena) createOnce(ctx context.Context) (time.Duration, error) {
	h, err := a.host(ctx)
	if err != nil {
		return 0, err
	}
	defer h.Close()
	arn, sent, err := a.create(ctx)
	if err == nil {
		err = a.awaitActive(ctx, arn)
	}
	return time.Since(sent), err
}
