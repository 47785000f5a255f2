package api

import (
	"context"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/gamelift"

	"github.com/musterhq/muster/internal/auth"
	"github.com/musterhq/muster/internal/ledger"
	"github.com/musterhq/muster/internal/world"
)

// tokenRenewal is how much life a compute token must have left to be handed
// out again. Source: GameLift service API, GetComputeAuthToken, as its agent
// relies on.
const tokenRenewal = 15 * time.Minute

// getComputeAuthToken hands a compute's token out again, so that all its
// processes share one, until it is time for a new one. A token that this Door
// has not made it does not know: the world keeps hashes only.
func (v *visit) getComputeAuthToken(ctx context.Context, in *gamelift.GetComputeAuthTokenInput) (*gamelift.GetComputeAuthTokenOutput, error) {
	c, err := ledger.View(ctx, v.Ledger, func(w *world.World) (world.Compute, error) {
		return w.Compute(value(in.FleetId), value(in.ComputeName))
	})
	if err != nil {
		return nil, err
	}
	token, expires, err := v.liveToken(ctx, c)
	if err != nil {
		return nil, err
	}
	settings := v.Ledger.Settings()
	fleetARN, computeARN := settings.FleetARN(c.Fleet), settings.ComputeARN(c.Name)
	return &gamelift.GetComputeAuthTokenOutput{
		FleetId: &c.Fleet, FleetArn: &fleetARN, ComputeName: &c.Name, ComputeArn: &computeARN,
		AuthToken: &token, ExpirationTimestamp: moment(expires),
	}, nil
}

// liveToken returns the token of a compute, a new one if need be.
func (v *visit) liveToken(ctx context.Context, c world.Compute) (string, world.Instant, error) {
	key := tokenHolder{c.Fleet, c.Name}
	if token, ok := v.tokens.get(key); ok {
		expires, err := v.tokenExpiry(ctx, key, token)
		if err != nil || expires != 0 {
			return token, expires, err
		}
	}
	token := auth.NewComputeToken()
	expires, err := ledger.Do(ctx, v.Ledger, world.IssueComputeToken{Fleet: c.Fleet, Compute: c.Name, Hash: auth.HashToken(token)})
	if err != nil {
		return "", 0, err
	}
	v.tokens.put(key, token)
	return token, expires, nil
}

// tokenExpiry asks the world, which may have dropped the token with its
// compute, and returns zero for one that is to be renewed.
func (v *visit) tokenExpiry(ctx context.Context, key tokenHolder, token string) (world.Instant, error) {
	now, err := v.Ledger.Now(ctx)
	if err != nil {
		return 0, err
	}
	hash := auth.HashToken(token)
	expires, err := ledger.View(ctx, v.Ledger, func(w *world.World) (world.Instant, error) {
		return w.TokenExpiry(key.fleet, key.compute, hash)
	})
	if err != nil || expires.Sub(now) <= tokenRenewal {
		return 0, err
	}
	return expires, nil
}

type tokenHolder struct{ fleet, compute string }

// tokenCache remembers the newest token of each compute. It is a convenience:
// what it forgets is made anew. The zero value is empty.
type tokenCache struct {
	mu     sync.Mutex
	tokens map[tokenHolder]string
}

// tokensKept bounds the cache.
const tokensKept = 10_000

func (c *tokenCache) get(key tokenHolder) (string, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	token, ok := c.tokens[key]
	return token, ok
}

// put forgets some other token when there are too many.
func (c *tokenCache) put(key tokenHolder, token string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.tokens == nil {
		c.tokens = map[tokenHolder]string{}
	}
	for other := range c.tokens {
		if len(c.tokens) < tokensKept {
			break
		}
		delete(c.tokens, other)
	}
	c.tokens[key] = token
}
