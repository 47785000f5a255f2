package hosting

import (
	"context"
	"errors"
	"fmt"

	"github.com/musterhq/muster"
)

// CreateSession runs the create path: the game agrees, the service is told
// that the session is active, the game hears of that. If the game refuses or
// the service cannot be told, the destroy path runs before the error is
// returned. A process that has or had a session returns [muster.ErrConflict]
// and changes nothing.
func (p *Process) CreateSession(ctx context.Context, session muster.SessionConfig) error {
	during, load, err := p.beginLoading(ctx, session)
	if err != nil {
		return failed(muster.StepValidate, err)
	}
	err = p.noted(p.Notifications.CreateSessionBegin(during, session))
	if err = p.endLoading(load, err); err != nil {
		return p.abandon(ctx, failed(muster.StepAnnounce, err))
	}
	if err := p.Service.ActivateSession(ctx, session.SessionID); err != nil {
		return p.abandon(ctx, failed(muster.StepActivate, err))
	}
	if err := p.noted(p.Notifications.CreateSessionEnd(ctx)); err != nil {
		p.logger().Error("handler of OnCreateSessionEnd did not return", "session", session.SessionID, "error", err)
	}
	return nil
}

func failed(step muster.Step, err error) error {
	return &muster.StepError{Op: "create session", Step: step, Err: err}
}

// loading is OnCreateSessionBegin on its way.
type loading struct {
	cancel context.CancelFunc
	done   chan struct{}
}

func (p *Process) beginLoading(ctx context.Context, session muster.SessionConfig) (context.Context, *loading, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if session.SessionID == "" {
		return nil, nil, fmt.Errorf("%w: session id is required", muster.ErrInvalidRequest)
	}
	if p.phase != idle {
		return nil, nil, fmt.Errorf("%w: a process hosts one session in its life, this one has had %q", muster.ErrConflict, p.session.SessionID)
	}
	ctx, cancel := context.WithTimeout(ctx, or(p.CreateTimeout, DefaultCreateTimeout))
	p.loading = &loading{cancel: cancel, done: make(chan struct{})}
	p.phase, p.session = creating, session.Clone()
	return ctx, p.loading, nil
}

// endLoading opens the door for players if the game agreed. That comes before
// the service hears of it: the first player may arrive faster than its answer.
func (p *Process) endLoading(l *loading, err error) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	l.cancel()
	close(l.done)
	p.loading = nil
	if p.phase != creating {
		return errors.Join(errEnding, err)
	}
	if err == nil {
		p.phase = active
	}
	return err
}

// abandon ends the process after its session could not be created.
func (p *Process) abandon(ctx context.Context, cause error) error {
	err := p.HandleDestroySession(ctx)
	if errors.Is(err, muster.ErrUnavailable) {
		p.DestroyInBackground(ctx, "the session could not be created")
	}
	return errors.Join(cause, err)
}
