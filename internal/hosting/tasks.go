package hosting

import (
	"context"
	"sync"
	"time"

	"github.com/musterhq/muster"
)

// tasks is work that outlives the call that began it. The zero value is ready.
type tasks struct {
	all sync.WaitGroup

	mu      sync.Mutex
	closed  bool
	next    int
	running map[int]context.CancelCauseFunc
}

// start runs work in the background, under a context that keeps ctx's values
// but ends only with close. After close it does nothing and returns false.
func (t *tasks) start(ctx context.Context, work func(context.Context)) bool {
	ctx, cancel := context.WithCancelCause(context.WithoutCancel(ctx))
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.closed {
		cancel(muster.ErrClosed)
		return false
	}
	if t.running == nil {
		t.running = make(map[int]context.CancelCauseFunc)
	}
	t.next++
	id := t.next
	t.running[id] = cancel
	t.all.Go(func() {
		defer t.end(id)
		work(ctx)
	})
	return true
}

func (t *tasks) end(id int) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.running[id](nil)
	delete(t.running, id)
}

// close ends the context of everything that runs and waits for it.
func (t *tasks) close() {
	t.mu.Lock()
	t.closed = true
	for _, cancel := range t.running {
		cancel(muster.ErrClosed)
	}
	t.mu.Unlock()
	t.all.Wait()
}

// Sleep waits and reports whether ctx has not ended meanwhile.
func Sleep(ctx context.Context, pause time.Duration) bool {
	timer := time.NewTimer(pause)
	defer timer.Stop()
	select {
	case <-timer.C:
		return ctx.Err() == nil
	case <-ctx.Done():
		return false
	}
}
