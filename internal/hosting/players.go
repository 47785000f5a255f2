package hosting

import (
	"context"
	"fmt"

	"github.com/musterhq/muster"
)

// players are the connections of a session, registered from the moment they
// ask to join.
type players struct {
	byConnection map[uint32]*player
	leaving      int  // on their way out at the service
	joined       bool // somebody has ever come in
}

func (p *players) empty() bool { return len(p.byConnection) == 0 && p.leaving == 0 }

type player struct {
	playerSessionID string
	settled         chan struct{} // closed when the service has answered
	leaving         bool
}

// ValidatePlayerJoinSession is [muster.PlayerHandler].ValidatePlayerJoinSession.
func (p *Process) ValidatePlayerJoinSession(ctx context.Context, connection muster.PlayerConnectionConfig) error {
	session, player, err := p.register(connection)
	if err == nil {
		err = p.Service.AcceptPlayer(ctx, session, connection.PlayerSessionID)
		p.settle(ctx, connection.ConnectionID, player, err == nil)
	}
	if err != nil {
		return fmt.Errorf("validate player session %q: %w", connection.PlayerSessionID, err)
	}
	return nil
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
	if p.players.byConnection == nil {
		p.players.byConnection = make(map[uint32]*player)
	}
	entry := &player{playerSessionID: connection.PlayerSessionID, settled: make(chan struct{})}
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

func (p *Process) settle(ctx context.Context, connection uint32, entry *player, accepted bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	close(entry.settled)
	if accepted {
		p.players.joined = true
		return
	}
	delete(p.players.byConnection, connection)
	p.destroyIfEmpty(ctx)
}

// HandlePlayerLeaveSession is [muster.PlayerHandler].HandlePlayerLeaveSession.
func (p *Process) HandlePlayerLeaveSession(ctx context.Context, connection muster.PlayerConnectionConfig) error {
	if err := p.leave(ctx, connection.ConnectionID); err != nil {
		return fmt.Errorf("remove player of connection %d: %w", connection.ConnectionID, err)
	}
	return nil
}

func (p *Process) leave(ctx context.Context, connection uint32) error {
	entry, err := p.claim(connection)
	if err != nil {
		return err
	}
	select {
	case <-entry.settled:
	case <-ctx.Done():
		p.unclaim(entry)
		return context.Cause(ctx)
	}
	session, err := p.unregister(connection, entry)
	if err != nil {
		return err
	}
	defer p.left(ctx)
	return p.Service.RemovePlayer(ctx, session, entry.playerSessionID)
}

// claim gives the right to remove a player to exactly one caller.
func (p *Process) claim(connection uint32) (*player, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.phase == destroying || p.phase == ended {
		return nil, errEnding
	}
	entry, known := p.players.byConnection[connection]
	if !known || entry.leaving {
		return nil, errUnknown
	}
	entry.leaving = true
	return entry, nil
}

var errUnknown = fmt.Errorf("%w: no such connection", muster.ErrNotFound)

func (p *Process) unclaim(entry *player) {
	p.mu.Lock()
	defer p.mu.Unlock()
	entry.leaving = false
}

// unregister forgets the connection, unless the service has refused it and it
// is forgotten already.
func (p *Process) unregister(connection uint32, entry *player) (session string, err error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.players.byConnection[connection] != entry {
		return "", errUnknown
	}
	delete(p.players.byConnection, connection)
	p.players.leaving++
	return p.session.SessionID, nil
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
