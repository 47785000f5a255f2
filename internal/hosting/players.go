package hosting

import (
	"context"
	"errors"
	"fmt"

	"github.com/musterhq/muster"
)

// players are the connections of a session, registered from the moment they
// ask to join until they ask to leave.
type players struct {
	byConnection map[uint32]*player
	leaving      int  // on their way out at the service
	joined       bool // somebody has ever come in
	// unanswered are those who may have come in at the service and not here, by
	// player session.
	unanswered map[string]*player
}

func (p *players) empty() bool { return len(p.byConnection) == 0 && p.leaving == 0 }

type player struct {
	playerSessionID string
	request         string        // names the acceptance at the service
	settled         chan struct{} // closed when it is over
	in              bool          // readable after settled: is in at the service, or may be
	givenBack       bool          // of one who is unanswered: it is too late to try again
}

// ValidatePlayerJoinSession is [muster.PlayerHandler].ValidatePlayerJoinSession.
func (p *Process) ValidatePlayerJoinSession(ctx context.Context, connection muster.PlayerConnectionConfig) error {
	if err := p.accept(ctx, connection); err != nil {
		return fmt.Errorf("validate player session %q: %w", connection.PlayerSessionID, err)
	}
	return nil
}

func (p *Process) accept(ctx context.Context, connection muster.PlayerConnectionConfig) error {
	if ctx.Err() != nil {
		return context.Cause(ctx) // nobody waits, so the player must not come in
	}
	session, player, err := p.register(connection)
	if err != nil {
		return err
	}
	err = p.Service.AcceptPlayer(ctx, player.request, session, connection.PlayerSessionID)
	p.settle(ctx, connection.ConnectionID, player, err)
	return err
}

func (p *Process) register(connection muster.PlayerConnectionConfig) (session string, _ *player, err error) {
	if connection.PlayerSessionID == "" {
		return "", nil, fmt.Errorf("%w: player session id is required", muster.ErrInvalidRequest)
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if err := p.open(); err != nil {
		return "", nil, err
	}
	if _, known := p.players.byConnection[connection.ConnectionID]; known {
		return "", nil, fmt.Errorf("%w: connection %d is registered already", muster.ErrConflict, connection.ConnectionID)
	}
	request, err := p.players.request(connection.PlayerSessionID)
	if err != nil {
		return "", nil, err
	}
	if p.players.byConnection == nil {
		p.players.byConnection = make(map[uint32]*player)
	}
	entry := &player{playerSessionID: connection.PlayerSessionID, request: request, settled: make(chan struct{})}
	p.players.byConnection[connection.ConnectionID] = entry
	return p.session.SessionID, entry, nil
}

// open returns nil while players may come and go.
func (p *Process) open() error {
	switch p.phase {
	case active:
		return nil
	case destroying, ended:
		return errEnding
	}
	return muster.ErrNoSession
}

// settle ends a player's way in. Who asked to leave meanwhile is not registered
// any more, and leave takes care of the rest.
func (p *Process) settle(ctx context.Context, connection uint32, entry *player, err error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	defer close(entry.settled)
	open := err != nil && (ctx.Err() != nil || errors.Is(err, muster.ErrUnavailable))
	entry.in = err == nil || open
	if err == nil {
		p.players.joined = true
		return
	}
	if p.players.byConnection[connection] != entry {
		return
	}
	delete(p.players.byConnection, connection)
	if open {
		p.keepUnanswered(ctx, entry)
	}
	p.destroyIfEmpty(ctx)
}

// HandlePlayerLeaveSession is [muster.PlayerHandler].HandlePlayerLeaveSession.
func (p *Process) HandlePlayerLeaveSession(ctx context.Context, connection muster.PlayerConnectionConfig) error {
	if err := p.leave(ctx, connection.ConnectionID); err != nil {
		return fmt.Errorf("remove player of connection %d: %w", connection.ConnectionID, err)
	}
	return nil
}

// leave removes a player in the background, for the client is gone even if the
// caller does not wait, and says how that went to a caller who does.
func (p *Process) leave(ctx context.Context, connection uint32) error {
	session, entry, err := p.unregister(connection)
	if err != nil {
		return err
	}
	removed := make(chan error)
	started := p.tasks.start(ctx, func(background context.Context) {
		err := p.remove(background, session, entry)
		select {
		case removed <- err:
		case <-ctx.Done():
			if err != nil {
				p.logger().Warn("player not removed", "player session", entry.playerSessionID, "error", err)
			}
		}
	})
	if !started {
		return muster.ErrClosed
	}
	select {
	case err := <-removed:
		return err
	case <-ctx.Done():
		return fmt.Errorf("not finished yet: %w", context.Cause(ctx))
	}
}

// unregister forgets the connection. That gives the right to remove its player
// to exactly one caller.
func (p *Process) unregister(connection uint32) (session string, _ *player, err error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.phase == destroying || p.phase == ended {
		return "", nil, errEnding
	}
	entry, known := p.players.byConnection[connection]
	if !known {
		return "", nil, errUnknown
	}
	delete(p.players.byConnection, connection)
	p.players.leaving++
	return p.session.SessionID, entry, nil
}

var errUnknown = fmt.Errorf("%w: no such connection", muster.ErrNotFound)

// remove removes a player once it is settled whether there is one to remove.
func (p *Process) remove(ctx context.Context, session string, entry *player) error {
	defer p.left(ctx)
	select {
	case <-entry.settled:
	case <-ctx.Done():
		return context.Cause(ctx)
	}
	if !entry.in {
		return errUnknown
	}
	err := p.Service.RemovePlayer(ctx, session, entry.playerSessionID)
	if errors.Is(err, muster.ErrUnavailable) {
		p.tasks.start(ctx, func(ctx context.Context) { p.removeAgain(ctx, session, entry) })
	}
	return err
}

func (p *Process) left(ctx context.Context) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.players.leaving--
	p.destroyIfEmpty(ctx)
}

// destroyIfEmpty starts the destroy path when the last player has left. A
// session nobody has joined yet is not empty.
func (p *Process) destroyIfEmpty(ctx context.Context) {
	if !p.KeepEmpty && p.phase == active && p.players.joined && p.players.empty() {
		p.DestroyInBackground(ctx, "the last player left")
	}
}
