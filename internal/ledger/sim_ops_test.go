package ledger_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing/synctest"
	"time"

	"github.com/musterhq/muster/internal/journal/faulty"
	"github.com/musterhq/muster/internal/ledger"
	"github.com/musterhq/muster/internal/search"
	"github.com/musterhq/muster/internal/world"
)

// An op is one client's call, on its way or answered.
type op struct {
	name, about, who string
	shown            int // commits that had been shown to somebody when it began
	run              func(context.Context, *ledger.Ledger) (any, error)
	// holds returns the commit that made the answer true, or why it is not.
	holds func(s *sim, answer any) (commit int, err error)
	// refused judges a refusal by the world; nil: it may.
	refused func(s *sim, err error) error

	cancel context.CancelFunc
	done   bool
	answer any
	err    error
}

// judge checks an answer against the book.
func (o *op) judge(s *sim) error {
	switch {
	case o.err == nil:
		return o.acknowledged(s)
	case unknown(o.err) || o.refused == nil:
		return nil
	}
	return o.refused(s, o.err)
}

func (o *op) acknowledged(s *sim) error {
	commit, err := o.holds(s, o.answer)
	switch {
	case err != nil:
		return fmt.Errorf("is answered, but %w", err)
	case commit > s.heard() && o.name != "view":
		return fmt.Errorf("is answered before commit %d is let out", commit)
	}
	s.shown = max(s.shown, commit)
	return nil
}

// unknown says whether an error leaves it open what happened.
func unknown(err error) bool {
	for _, target := range []error{ledger.ErrUnavailable, ledger.ErrClosed, ledger.ErrFenced, context.Canceled, faulty.ErrFault, faulty.ErrCrashed} {
		if errors.Is(err, target) {
			return true
		}
	}
	return false
}

var errNotDurable = errors.New("it is not durable")

// came checks that an entity had come to a rank.
func came(n *noted, rank int) (int, error) {
	commit, ok := n.since(rank)
	if !ok {
		return 0, errNotDurable
	}
	return commit, nil
}

func ask[A any](c world.Command[A]) func(context.Context, *ledger.Ledger) (any, error) {
	return func(ctx context.Context, l *ledger.Ledger) (any, error) { return ledger.Do(ctx, l, c) }
}

// furnish makes the fleet and some game servers, one step after the other.
func (s *sim) furnish() {
	do := func(run func(context.Context, *ledger.Ledger) (any, error)) {
		synctest.Wait()
		if _, err := run(context.Background(), s.life.ledger); err != nil {
			s.fail("furnish: %v", err)
		}
		s.observe()
	}
	do(ask(world.CreateLocation{Name: location}))
	do(ask(world.CreateFleet{ID: fleetID, Locations: []string{location}}))
	do(ask(world.RegisterCompute{Fleet: fleetID, Name: machine, IP: "127.0.0.1"}))
	for range 9 { // three steps for each of three
		do(s.serve().run)
	}
	synctest.Wait()
	s.fair.Store(false)
	s.life.valve.shut()
}

// draw chooses the next op.
func (s *sim) draw() *op {
	draws := []func() *op{
		s.serve, s.serve, s.create, s.create, s.create, s.activate, s.activate, s.reserve, s.reserve, s.reserve,
		s.player, s.player, s.player, s.endProcess, s.disconnect, s.update, s.terminate, s.beat,
		s.view, s.view, s.search, s.search, s.describeSession, s.describePlayer, s.listSessions, s.listPlayers, s.snapshot,
	}
	if live, err := s.book.world.Processes(fleetID); err == nil && len(live) < 3 && s.rng.IntN(3) == 0 {
		return s.serve()
	}
	return draws[s.rng.IntN(len(draws))]()
}

// recent draws one of the last few of a list, or a name that is not in it.
func (s *sim) recent(list []string, few int) string {
	if len(list) == 0 {
		return "none"
	}
	return list[len(list)-1-s.rng.IntN(min(few, len(list)))]
}

// session draws a game session, most often one of the given rank.
func (s *sim) session(rank int) string { return s.prefer(s.book.order.sessions, s.book.sessions, rank) }

func (s *sim) prefer(list []string, notes map[string]*noted, rank int) string {
	var fit []string
	for _, id := range list {
		if notes[id].now() == rank {
			fit = append(fit, id)
		}
	}
	if len(fit) == 0 || s.rng.IntN(6) == 0 {
		return s.recent(list, 6)
	}
	return s.recent(fit, 3)
}

func (s *sim) host(session string) world.ProcessKey {
	if n := s.book.sessions[session]; n != nil {
		return n.key
	}
	return process(0)
}

// serve is a game server on its way to be ready: it connects, also again
// after its socket was lost, says that it is ready, and that it is well.
func (s *sim) serve() *op {
	s.next++
	key, conn := process(s.next), fmt.Sprint("socket-", s.next)
	step := world.ProcessStatus("")
	if live, err := s.book.world.Processes(fleetID); err == nil {
		for _, p := range live {
			if p.Status == world.ProcessConnected || p.Status == world.ProcessActivated || p.Conn == "" {
				key, step = p.Key, p.Status
				if p.Conn == "" {
					step = ""
				}
			}
		}
	}
	o := &op{name: "serve", about: key.Process, holds: func(s *sim, _ any) (int, error) {
		commit, ok := s.book.opened[key]
		if !ok {
			return 0, errNotDurable
		}
		return commit, nil
	}}
	switch step {
	case "":
		o.run = ask(world.ConnectProcess{Key: key, Conn: conn, Trusted: true})
	case world.ProcessConnected:
		o.run = ask(world.ActivateProcess{Key: key, Port: 7777})
	default:
		o.run = ask(world.Heartbeat{Key: key, Healthy: true})
	}
	return o
}

// create makes a game session, most often with a token that others use too.
func (s *sim) create() *op {
	s.next++
	c := world.CreateGameSession{ID: fmt.Sprint("game-", s.next), Fleet: fleetID, Maximum: 3}
	if s.rng.IntN(4) > 0 {
		c.Token = fmt.Sprint("token-", s.rng.IntN(8))
	}
	before := s.book.tokens[c.Token]
	known := before != "" && s.book.sessions[before].rank(s.shown) > rankNone
	return &op{
		name: "create", about: c.Token, run: ask(c),
		holds: func(s *sim, answer any) (int, error) {
			made := answer.(world.GameSession)
			if c.Token != "" && s.book.tokens[c.Token] != made.ID || known && made.ID != before {
				return 0, fmt.Errorf("token %s gave %s, not %s", c.Token, s.book.tokens[c.Token], made.ID)
			}
			return came(s.book.sessions[made.ID], rankOf(made))
		},
		refused: func(_ *sim, err error) error {
			if known {
				return fmt.Errorf("refused, though its token gave %s: %w", before, err)
			}
			return nil
		},
	}
}

func rankOf(g world.GameSession) int {
	return map[world.SessionStatus]int{
		world.SessionActivating: rankNew, world.SessionActive: rankActive,
		world.SessionTerminating: rankEnding, world.SessionTerminated: rankOver,
	}[g.Status]
}

func playerRank(p world.PlayerSession) int {
	return map[world.PlayerStatus]int{
		world.PlayerReserved: rankNew, world.PlayerActive: rankActive,
		world.PlayerCompleted: rankOver, world.PlayerTimedOut: rankOver,
	}[p.Status]
}

// asks is an op about a game session or a player session that must come to a
// rank by it.
func asks[A any](name, id string, c world.Command[A], of func(*book) *noted, rank int) *op {
	return &op{
		name: name, about: id, run: ask(c),
		holds: func(s *sim, _ any) (int, error) { return came(of(s.book), rank) },
	}
}

func (s *sim) activate() *op {
	id := s.session(rankNew)
	return asks("activate", id, world.ActivateGameSession{Process: s.host(id), ID: id}, ofSession(id), rankActive)
}

func ofSession(id string) func(*book) *noted { return func(b *book) *noted { return b.sessions[id] } }

func ofPlayer(id string) func(*book) *noted { return func(b *book) *noted { return b.players[id] } }

func (s *sim) terminate() *op {
	id := s.session(rankActive)
	return asks("terminate", id, world.TerminateGameSession{ID: id}, ofSession(id), rankEnding)
}

func (s *sim) update() *op {
	id, maximum := s.session(rankActive), 2+s.rng.IntN(3)
	return asks("update", id, world.UpdateGameSession{ID: id, Maximum: &maximum}, ofSession(id), rankNew)
}

func (s *sim) endProcess() *op {
	key := s.host(s.session(rankActive))
	id := s.book.busy[key]
	o := asks("end", key.Process, world.EndProcess{Key: key}, ofSession(id), rankOver)
	if id == "" {
		o.holds = func(*sim, any) (int, error) { return 0, nil }
	}
	return o
}

func (s *sim) disconnect() *op {
	key := s.host(s.session(rankActive))
	p, _ := s.book.world.Process(key)
	return &op{
		name: "disconnect", about: key.Process, run: ask(world.DisconnectProcess{Key: key, Conn: p.Conn}),
		holds: func(*sim, any) (int, error) { return 0, nil },
	}
}

func (s *sim) beat() *op {
	key := s.host(s.session(rankActive))
	return &op{
		name: "beat", about: key.Process, run: ask(world.Heartbeat{Key: key, Healthy: s.rng.IntN(4) > 0}),
		holds: func(*sim, any) (int, error) { return 0, nil },
	}
}

// reserve takes one to three slots at once: all of them or none.
func (s *sim) reserve() *op {
	c := world.CreatePlayerSessions{Session: s.session(rankActive)}
	for range 1 + s.rng.IntN(3) {
		s.next++
		c.Players = append(c.Players, world.ReservedPlayer{ID: fmt.Sprint("psess-", s.next), Player: fmt.Sprint("player-", s.next)})
	}
	return &op{
		name: "reserve", about: fmt.Sprint(len(c.Players), " of ", c.Session), run: ask(c),
		holds: func(s *sim, _ any) (commit int, err error) {
			for _, p := range c.Players {
				if commit, err = came(s.book.players[p.ID], rankNew); err != nil {
					return 0, err
				}
			}
			return commit, nil
		},
		refused: func(s *sim, _ error) error {
			for _, p := range c.Players {
				if s.book.refused[p.ID] = true; s.book.players[p.ID] != nil {
					return fmt.Errorf("refused, but %s is there", p.ID)
				}
			}
			return nil
		},
	}
}

// player has a player connect, leave, or not come at all.
func (s *sim) player() *op {
	id := s.prefer(s.book.order.players, s.book.players, rankNew)
	if s.rng.IntN(3) == 0 {
		id = s.prefer(s.book.order.players, s.book.players, rankActive)
	}
	session := ""
	if n := s.book.players[id]; n != nil {
		session = n.session
	}
	key, of := s.host(session), ofPlayer(id)
	switch s.rng.IntN(4) {
	case 0:
		return asks("remove", id, world.RemovePlayer{Process: key, Session: session, ID: id}, of, rankOver)
	case 1:
		return asks("release", id, world.ReleasePlayer{ID: id}, of, rankActive)
	}
	return asks("accept", id, world.AcceptPlayer{Process: key, Session: session, ID: id, Request: "request-" + id}, of, rankActive)
}

// view reads the whole world: it must be one that the journal tells of, and
// no older than what somebody had been shown before.
func (s *sim) view() *op {
	first := s.shown
	return &op{
		name: "view",
		run: func(ctx context.Context, l *ledger.Ledger) (any, error) {
			return s.bug.view(ctx, l, func(w *world.World) (uint64, error) { return digest(w), nil })
		},
		holds: func(s *sim, answer any) (int, error) {
			at := slices.Index(s.book.digests[first:], answer.(uint64))
			if at < 0 {
				return 0, fmt.Errorf("no world from commit %d to %d is what it saw", first, s.book.commits())
			}
			return first + at, nil
		},
	}
}

// search must find what there was to find after some commit, which is durable
// and no older than what somebody had been shown before.
func (s *sim) search() *op {
	first := s.shown
	return &op{
		name: "search",
		run: func(ctx context.Context, l *ledger.Ledger) (any, error) {
			found, _, err := l.Search(ctx, fleetID, "", search.Query{})
			return fmt.Sprint(found), err
		},
		holds: func(s *sim, answer any) (int, error) {
			at := slices.Index(s.book.found[first:], answer.(string))
			if at < 0 {
				return 0, fmt.Errorf("from commit %d to %d there was never to be found %v", first, s.book.commits(), answer)
			}
			return first + at, nil
		},
	}
}

// shows checks that a description is no older than what had been shown when
// it was asked for, and returns the commit it shows.
func (o *op) shows(n *noted, rank int) (int, error) {
	if before := n.rank(o.shown); rank < before {
		return 0, fmt.Errorf("it has gone back from rank %d to %d", before, rank)
	}
	return came(n, rank)
}

func (s *sim) describeSession() *op {
	id := s.recent(s.book.order.sessions, 10)
	o := &op{name: "session", about: id}
	o.run = func(ctx context.Context, l *ledger.Ledger) (any, error) { return l.GameSession(ctx, id) }
	o.holds = func(s *sim, answer any) (int, error) {
		return o.shows(s.book.sessions[id], rankOf(answer.(world.GameSession)))
	}
	o.refused = func(s *sim, err error) error { return o.missing(s.book.sessions[id], err) }
	return o
}

func (s *sim) describePlayer() *op {
	id := s.recent(s.book.order.players, 10)
	o := &op{name: "player", about: id}
	o.run = func(ctx context.Context, l *ledger.Ledger) (any, error) { return l.PlayerSession(ctx, id) }
	o.holds = func(s *sim, answer any) (int, error) {
		return o.shows(s.book.players[id], playerRank(answer.(world.PlayerSession)))
	}
	o.refused = func(s *sim, err error) error { return o.missing(s.book.players[id], err) }
	return o
}

// missing judges a description that was refused.
func (o *op) missing(n *noted, err error) error {
	if n.rank(o.shown) > rankNone {
		return fmt.Errorf("it had been shown before: %w", err)
	}
	return nil
}

// An entry is what a list says of an entity.
type entry struct {
	id     string
	serial uint64
	rank   int
}

// listSessions pages through the fleet, two at a time.
func (s *sim) listSessions() *op {
	o := &op{name: "sessions"}
	o.run = func(ctx context.Context, l *ledger.Ledger) (any, error) {
		return pages(func(after uint64) ([]entry, error) {
			list, err := l.GameSessions(ctx, world.SessionQuery{Fleet: fleetID, After: after, Limit: 2})
			var out []entry
			for _, g := range list {
				out = append(out, entry{g.ID, g.Serial, rankOf(g)})
			}
			return out, err
		})
	}
	o.holds = func(s *sim, answer any) (int, error) {
		return o.lists(answer.([]entry), s.book.order.sessions, s.book.sessions)
	}
	return o
}

// listPlayers pages through a game session, one at a time.
func (s *sim) listPlayers() *op {
	session := s.recent(s.book.order.sessions, 10)
	o := &op{name: "players", about: session}
	o.run = func(ctx context.Context, l *ledger.Ledger) (any, error) {
		return pages(func(after uint64) ([]entry, error) {
			list, err := l.PlayerSessions(ctx, world.PlayerQuery{Session: session, After: after, Limit: 1})
			var out []entry
			for _, p := range list {
				out = append(out, entry{p.ID, p.Serial, playerRank(p)})
			}
			return out, err
		})
	}
	o.holds = func(s *sim, answer any) (int, error) {
		var all []string
		for _, id := range s.book.order.players {
			if s.book.players[id].session == session {
				all = append(all, id)
			}
		}
		return o.lists(answer.([]entry), all, s.book.players)
	}
	o.refused = func(s *sim, err error) error { return o.missing(s.book.sessions[session], err) }
	return o
}

func pages(page func(after uint64) ([]entry, error)) ([]entry, error) {
	var all []entry
	for after := uint64(0); ; after = all[len(all)-1].serial {
		more, err := page(after)
		if err != nil || len(more) == 0 {
			return all, err
		}
		all = append(all, more...)
	}
}

// lists checks a list: in order, nothing twice, nothing missing that had been
// shown before, and nothing that is not so.
func (o *op) lists(got []entry, all []string, notes map[string]*noted) (last int, err error) {
	seen := map[string]bool{}
	for i, e := range got {
		if seen[e.id] || i > 0 && e.serial <= got[i-1].serial {
			return 0, fmt.Errorf("%s is listed twice, or out of order", e.id)
		}
		seen[e.id] = true
		commit, err := o.shows(notes[e.id], e.rank)
		if err != nil {
			return 0, fmt.Errorf("%s is listed: %w", e.id, err)
		}
		last = max(last, commit)
	}
	for _, id := range all {
		if notes[id].rank(o.shown) > rankNone && !seen[id] {
			return 0, fmt.Errorf("%s is not listed, though it had been shown before", id)
		}
	}
	return last, nil
}

func (s *sim) snapshot() *op {
	return &op{
		name: "snapshot", run: func(ctx context.Context, l *ledger.Ledger) (any, error) { return nil, l.Snapshot(ctx) },
		holds: func(*sim, any) (int, error) { return 0, nil },
	}
}

const clearing = "the weather clears up"

// clearUp lets everything through without faults and waits: everybody is
// answered, the ledger recovers, game servers that are gone are noticed, and
// what was there is described from the archive.
func (s *sim) clearUp() {
	if s.err != nil {
		return
	}
	s.note(clearing)
	s.fair.Store(true)
	s.drain()
	s.life.valve.releaseAll()
	for range 4 { // a ledger that could not recover, or was fenced by a late block, is started again
		time.Sleep(10 * time.Second)
		s.observe()
	}
	s.settled()
	if err := s.life.ledger.Healthy(); err != nil {
		s.fail("it does not recover: %v", err)
	}
	time.Sleep(40 * time.Minute)
	s.observe()
	if s.err != nil {
		return
	}
	if n := s.life.began + len(s.life.told()); n != len(s.book.blocks) {
		s.fail("the subscriber was told of %d blocks, %d are durable", n, len(s.book.blocks))
	}
	s.allOver()
}

// allOver checks that everything has ended, once, and is described.
func (s *sim) allOver() {
	ctx, l := context.Background(), s.life.ledger
	for _, id := range s.book.order.sessions {
		if g, err := l.GameSession(ctx, id); err != nil || g.Status != world.SessionTerminated || s.book.sessions[id].now() != rankOver {
			s.fail("in the end game session %s is %s, %v", id, g.Status, err)
		}
	}
	for _, id := range s.book.order.players {
		if p, err := l.PlayerSession(ctx, id); err != nil || playerRank(p) != rankOver || s.book.players[id].now() != rankOver {
			s.fail("in the end player session %s is %s, %v", id, p.Status, err)
		}
	}
	for token, id := range s.book.tokens {
		if g, err := ledger.Do(ctx, l, world.CreateGameSession{Fleet: fleetID, Maximum: 3, Token: token}); err != nil || g.ID != id {
			s.fail("in the end token %s gives %s, %v; it gave %s", token, g.ID, err, id)
		}
	}
	s.observe()
}
