package ledger

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"math"
	"slices"

	"github.com/musterhq/muster/internal/journal"
	"github.com/musterhq/muster/internal/world"
)

// GameSession returns a game session by its ARN, also one that has ended and
// is in the archive. Errors: world.ErrNotFound.
func (l *Ledger) GameSession(ctx context.Context, arn string) (world.GameSession, error) {
	s, err := View(ctx, l, func(w *world.World) (world.GameSession, error) { return w.GameSession(arn) })
	if !errors.Is(err, world.ErrNotFound) {
		return s, err
	}
	key := l.cfg.Settings.SessionKey(arn)
	return find(ctx, l, key, err, world.DecodeGameSession)
}

// PlayerSession returns a player session by its id, also one in the archive.
// Errors: world.ErrNotFound.
func (l *Ledger) PlayerSession(ctx context.Context, id string) (world.PlayerSession, error) {
	p, err := View(ctx, l, func(w *world.World) (world.PlayerSession, error) { return w.PlayerSession(id) })
	if !errors.Is(err, world.ErrNotFound) {
		return p, err
	}
	return find(ctx, l, world.PlayerSessionKey(id), err, world.DecodePlayerSession)
}

func find[E any](ctx context.Context, l *Ledger, key string, notFound error, decode func([]byte) (E, error)) (E, error) {
	var none E
	r, ok, err := l.cfg.Journal.Find(ctx, key)
	if err != nil {
		return none, fmt.Errorf("look %s up in the archive: %w", key, err)
	}
	now, err := l.Now(ctx)
	switch {
	case err != nil:
		return none, err
	case !ok || expired(r, now):
		return none, notFound
	}
	return decode(r.Data)
}

// GameSessions returns up to q.Limit game sessions of a fleet in order of
// creation, from memory and from the archive. Errors: those of the query.
func (l *Ledger) GameSessions(ctx context.Context, q world.SessionQuery) ([]world.GameSession, error) {
	type found struct {
		sessions []world.GameSession
		fleet    string
	}
	now, err := View(ctx, l, func(w *world.World) (found, error) {
		sessions, err := w.GameSessions(q)
		if err != nil {
			return found{}, err
		}
		fleet, err := w.FleetID(q.Fleet, q.Alias)
		return found{sessions, fleet}, err
	})
	if err != nil || q.Status != "" && q.Status != world.SessionTerminated {
		return now.sessions, err
	}
	past, err := list(ctx, l, world.FleetRef(now.fleet), q.After, q.Limit, world.DecodeGameSession, q.Match)
	if err != nil {
		return nil, err
	}
	serial := func(s world.GameSession) uint64 { return s.Serial }
	return merge(now.sessions, past, serial, q.Limit), nil
}

// PlayerSessions returns up to q.Limit player sessions of a game session or
// of a player in order of creation, from memory and from the archive. Errors:
// world.ErrNotFound for a game session that never was.
func (l *Ledger) PlayerSessions(ctx context.Context, q world.PlayerQuery) ([]world.PlayerSession, error) {
	now, err := View(ctx, l, func(w *world.World) ([]world.PlayerSession, error) { return w.PlayerSessions(q) })
	if errors.Is(err, world.ErrNotFound) {
		_, err = l.GameSession(ctx, q.Session)
	}
	ended := q.Status == "" || q.Status == world.PlayerCompleted || q.Status == world.PlayerTimedOut
	if err != nil || !ended {
		return now, err
	}
	ref := world.PlayerRef(q.Player)
	if q.Session != "" {
		ref = l.cfg.Settings.SessionRef(q.Session)
	}
	past, err := list(ctx, l, ref, q.After, q.Limit, world.DecodePlayerSession, q.Match)
	if err != nil {
		return nil, err
	}
	serial := func(p world.PlayerSession) uint64 { return p.Serial }
	return merge(now, past, serial, q.Limit), nil
}

// listChunk is how many records are read at a time when not all of the first
// ones match.
const listChunk = 256

// list reads up to limit matching records that were created after a serial
// number.
func list[E any](ctx context.Context, l *Ledger, ref string, after uint64, limit int, decode func([]byte) (E, error), match func(*E) bool) ([]E, error) {
	now, err := l.Now(ctx)
	if err != nil {
		return nil, err
	}
	var out []E
	cursor := journal.Cursor{Order: int64(min(after, math.MaxInt64-1)) + 1}
	for chunk := limit; len(out) < limit; chunk = max(limit, listChunk) {
		records, err := l.cfg.Journal.List(ctx, ref, cursor, chunk)
		if err != nil {
			return nil, fmt.Errorf("list %s in the archive: %w", ref, err)
		}
		for _, r := range records {
			cursor = r.Cursor()
			if expired(r, now) || len(out) == limit {
				continue
			}
			e, err := decode(r.Data)
			if err != nil {
				return nil, fmt.Errorf("archived record %s: %w", r.Key, err)
			}
			if match(&e) {
				out = append(out, e)
			}
		}
		if len(records) < chunk {
			break
		}
	}
	return out, nil
}

// merge puts what is in memory and what is in the archive in order. What was
// just moving from one to the other is in both.
func merge[E any](now, past []E, serial func(E) uint64, limit int) []E {
	if len(past) == 0 {
		return now
	}
	all := slices.Concat(now, past)
	slices.SortStableFunc(all, func(a, b E) int { return cmp.Compare(serial(a), serial(b)) })
	all = slices.CompactFunc(all, func(a, b E) bool { return serial(a) == serial(b) })
	return all[:min(limit, len(all))]
}
