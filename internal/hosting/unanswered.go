package hosting

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"time"

	"github.com/musterhq/muster"
)

// retryWithin is how long a player whose acceptance had no answer may come
// again. Source: GameLift keeps a reservation for as long.
const retryWithin = time.Minute

// request names the acceptance of a player session. It is the name it had
// before if nobody knows how that went: then the service answers for both.
func (p *players) request(playerSessionID string) (string, error) {
	before, again := p.unanswered[playerSessionID]
	switch {
	case !again:
		return rand.Text(), nil
	case before.givenBack:
		return "", fmt.Errorf("%w: the reservation has run out", muster.ErrNotActive)
	}
	delete(p.unanswered, playerSessionID)
	return before.request, nil
}

// keepUnanswered waits for a player to come again and gives the slot back if
// that does not happen.
func (p *Process) keepUnanswered(ctx context.Context, entry *player) {
	if p.players.unanswered == nil {
		p.players.unanswered = make(map[string]*player)
	}
	p.players.unanswered[entry.playerSessionID] = entry
	p.tasks.start(ctx, func(ctx context.Context) { p.giveBack(ctx, entry) })
}

// giveBack tries until the service has answered: it may be down just now.
func (p *Process) giveBack(ctx context.Context, entry *player) {
	for Sleep(ctx, retryWithin) {
		session, due := p.beginGivingBack(entry)
		if !due {
			return
		}
		if p.freeSlot(ctx, session, entry) {
			p.forgetUnanswered(entry)
			return
		}
	}
}

// beginGivingBack reports whether the player has not come again and still
// takes a slot.
func (p *Process) beginGivingBack(entry *player) (session string, due bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.players.unanswered[entry.playerSessionID] != entry || p.phase == ended {
		return "", false
	}
	for _, other := range p.players.byConnection {
		if other.playerSessionID == entry.playerSessionID { // came on two at once
			delete(p.players.unanswered, entry.playerSessionID)
			return "", false
		}
	}
	entry.givenBack = true
	return p.session.SessionID, true
}

// removeAgain is for a player who has left while the service was not there: the
// connection is forgotten, and nobody else would free the slot.
func (p *Process) removeAgain(ctx context.Context, session string, entry *player) {
	for Sleep(ctx, retryWithin) && !p.hasEnded() {
		if p.freeSlot(ctx, session, entry) {
			return
		}
	}
}

// freeSlot removes a player who is not there, and reports whether the service
// has answered.
func (p *Process) freeSlot(ctx context.Context, session string, entry *player) bool {
	err := p.Service.RemovePlayer(ctx, session, entry.playerSessionID)
	if err != nil {
		p.logger().Warn("slot of a player who is not there is not free yet", "player session", entry.playerSessionID, "error", err)
	}
	return !errors.Is(err, muster.ErrUnavailable)
}

func (p *Process) hasEnded() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.phase == ended
}

func (p *Process) forgetUnanswered(entry *player) {
	p.mu.Lock()
	defer p.mu.Unlock()
	delete(p.players.unanswered, entry.playerSessionID)
}
