package ledger

import (
	"context"
	"fmt"
	"slices"

	"github.com/musterhq/muster/internal/journal"
	"github.com/musterhq/muster/internal/world"
)

// recalled is what one command has been told of the past. It is good for as
// long as the world it was told for is in use.
type recalled struct {
	past world.Past
	of   *world.World
	keys []string // under which the command is in asked
}

// renew forgets what was told for a world that is gone.
func (p *recalled) renew(w *world.World) {
	if p.of != w {
		p.of, p.past = w, nil
	}
}

// tell tells p what the archive has under key; nil: nothing.
func (p *recalled) tell(key string, r *journal.Record) {
	if p.past == nil {
		p.past = world.Past{} // few commands ever ask
	}
	p.past[key] = (*world.Record)(r)
}

// asked lists, by the key of a record, which commands have looked it up or
// are about to: whatever moves to the archive meanwhile, they hear of. Without
// it, what was looked up in vain could be there by the time that counts.
type asked map[string][]*recalled

// moved tells who has asked for r that it is in the archive now.
func (a asked) moved(r journal.Record) {
	for _, p := range a[r.Key] {
		p.tell(r.Key, &r)
	}
}

// recall looks a key up in the archive for a command that needs to know.
func (l *Ledger) recall(ctx context.Context, p *recalled, key string) error {
	if l.ask(p, key) {
		return nil
	}
	r, found, err := l.cfg.Journal.Find(ctx, key)
	if err != nil {
		return fmt.Errorf("%w: look %s up in the archive: %w", ErrUnavailable, key, err)
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if _, newer := p.past[key]; newer || p.of != l.world {
		return nil
	}
	if !found || expired(r, l.stamp.next(l.cfg.Clock.Now())) {
		p.tell(key, nil)
		return nil
	}
	p.tell(key, &r)
	return nil
}

// ask enters p among those who asked for key. It answers at once if the
// record is on its way to the journal, where a look-up need not find it yet.
func (l *Ledger) ask(p *recalled, key string) (answered bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if !slices.Contains(p.keys, key) {
		p.keys = append(p.keys, key)
		l.asked[key] = append(l.asked[key], p)
	}
	for _, b := range []*block{l.pending, l.inFlight} {
		if r, ok := b.moving(key); ok {
			p.tell(key, &r)
			return true
		}
	}
	return false
}

// forget takes p out of those who asked.
func (l *Ledger) forget(p *recalled) {
	if len(p.keys) == 0 {
		return
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, key := range p.keys {
		rest := slices.DeleteFunc(l.asked[key], func(other *recalled) bool { return other == p })
		if l.asked[key] = rest; len(rest) == 0 {
			delete(l.asked, key)
		}
	}
}

// expired says whether the retention of a record is over, also if nobody has
// trimmed it yet.
func expired(r journal.Record, now world.Instant) bool {
	return r.Expires != 0 && r.Expires <= int64(now)
}
