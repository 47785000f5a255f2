package ledger

import (
	"context"
	"errors"

	"github.com/musterhq/muster/internal/search"
	"github.com/musterhq/muster/internal/world"
)

// Search returns the ACTIVE game sessions of a fleet, or of what an alias
// leads to, that q finds, and the cursor of the next page. It answers as of what
// is durable, so that it need not wait for the disk: all that anybody was told
// of is. Errors: those of [world.World.Search]; ErrClosed; or ctx's.
func (l *Ledger) Search(ctx context.Context, fleet, alias string, q search.Query) (found []world.GameSession, next string, err error) {
	found, next, err = l.searchDurable(ctx, fleet, alias, q)
	if !errors.Is(err, world.ErrTrailLost) {
		return found, next, err
	}
	found, err = View(ctx, l, func(w *world.World) (found []world.GameSession, err error) {
		found, next, err = w.Search(fleet, alias, q)
		return found, err
	})
	return found, next, err
}

// searchDurable goes back over what is not durable yet. Errors: also
// world.ErrTrailLost.
func (l *Ledger) searchDurable(ctx context.Context, fleet, alias string, q search.Query) ([]world.GameSession, string, error) {
	if err := l.rlock(ctx); err != nil {
		return nil, "", err
	}
	defer l.mu.RUnlock()
	trails := []*world.Trail{l.trail}
	if l.inFlight != nil {
		trails = []*world.Trail{l.inFlight.trail, l.trail}
	}
	return l.world.Search(fleet, alias, q, trails...)
}
