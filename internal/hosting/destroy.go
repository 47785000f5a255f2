package hosting

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/musterhq/muster"
)

var errEnding = fmt.Errorf("%w: the session is being destroyed", muster.ErrNotActive)

// ending is the destroy path on its way.
type ending struct {
	done chan struct{}
	err  error // readable after done
}

// HandleDestroySession is [muster.Host].HandleDestroySession. If ctx ends
// first, the destroy path goes on in the background.
func (p *Process) HandleDestroySession(ctx context.Context) error {
	end, err := p.beginEnding(ctx)
	if end == nil {
		return err
	}
	select {
	case <-end.done:
		return end.err
	case <-ctx.Done():
		return fmt.Errorf("destroy session: not finished yet: %w", context.Cause(ctx))
	}
}

// Ending reports whether the destroy path has begun. From then on the process
// takes no session, also if the game does not want it to end.
func (p *Process) Ending() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.phase >= destroying
}

// destroyAgain is the pause before a service that was not there is told again
// that the process ends.
const destroyAgain = 30 * time.Second

// DestroyInBackground starts the destroy path on the service's behalf, or
// because of what cause says, and logs how it fails. Nobody else would try
// again, and the session takes no players any more: so it goes on until the
// service has answered.
func (p *Process) DestroyInBackground(ctx context.Context, cause string) {
	p.tasks.start(ctx, func(ctx context.Context) {
		for {
			err := p.HandleDestroySession(ctx)
			if err != nil {
				p.logger().Error("session not destroyed", "cause", cause, "error", err)
			}
			if !errors.Is(err, muster.ErrUnavailable) || !Sleep(ctx, destroyAgain) {
				return
			}
		}
	})
}

// beginEnding returns the destroy path on its way, and starts it if there is
// none. It returns neither that nor an error if the process has ended already.
func (p *Process) beginEnding(ctx context.Context) (*ending, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.phase == ended || p.ending != nil {
		return p.ending, nil
	}
	end := &ending{done: make(chan struct{})}
	if !p.tasks.start(ctx, func(ctx context.Context) { p.end(ctx, end) }) {
		return nil, fmt.Errorf("destroy session: %w", muster.ErrClosed)
	}
	p.phase, p.ending = destroying, end // from here on nobody joins or leaves
	return end, nil
}

func (p *Process) end(ctx context.Context, end *ending) {
	ctx, cancel := context.WithTimeout(ctx, or(p.DestroyTimeout, DefaultDestroyTimeout))
	defer cancel()
	end.err = p.destroy(ctx)
	p.mu.Lock()
	defer p.mu.Unlock()
	if end.err == nil {
		p.phase = ended
	}
	p.ending = nil
	close(end.done)
}

func (p *Process) destroy(ctx context.Context) error {
	const op = "destroy session"
	if err := p.askToEnd(ctx); err != nil {
		return &muster.StepError{Op: op, Step: muster.StepAnnounce, Err: err}
	}
	if err := p.Service.EndProcess(ctx); err != nil {
		if errors.Is(ctx.Err(), context.DeadlineExceeded) { // the game took the time that the service needed
			err = fmt.Errorf("%w: %w", muster.ErrUnavailable, err)
		}
		return &muster.StepError{Op: op, Step: muster.StepEnd, Err: err}
	}
	if err := p.noted(p.Notifications.DestroySessionEnd(ctx)); err != nil {
		p.logger().Error("handler of OnDestroySessionEnd did not return", "error", err)
	}
	return nil
}

// askToEnd asks the game once it is not loading any more, and not again after
// it has agreed.
func (p *Process) askToEnd(ctx context.Context) error {
	p.stopLoading(ctx)
	if p.hasAgreed() {
		return nil
	}
	if err := p.noted(p.Notifications.DestroySessionBegin(ctx)); err != nil {
		return err
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.agreed = true
	return nil
}

func (p *Process) stopLoading(ctx context.Context) {
	p.mu.Lock()
	loading := p.loading
	p.mu.Unlock()
	if loading == nil {
		return
	}
	loading.cancel()
	select {
	case <-loading.done:
	case <-ctx.Done():
	}
}

func (p *Process) hasAgreed() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.agreed
}
