package world

import (
	"cmp"
	"fmt"
	"maps"
	"slices"

	"github.com/musterhq/muster/internal/search"
)

// Check returns the first invariant that does not hold, or nil. It compares
// every count and index with what a scan of the entities says, so it takes
// time in proportion to the world. It is for tests: a world that was only ever
// changed by commands passes.
func (w *World) Check() error {
	if err := w.checkEntities(); err != nil {
		return err
	}
	for _, check := range []func() error{w.checkRosters, w.checkPlayers, w.checkFleets, w.checkTokens, w.checkTimers, w.checkTails} {
		if err := check(); err != nil {
			return err
		}
	}
	return nil
}

// checkEntities checks what commands rely on to find one entity from another.
func (w *World) checkEntities() error {
	if !w.processRoster.sorted() || !w.sessionRoster.sorted() || !w.playerRoster.sorted() {
		return fmt.Errorf("entities are not in order of creation")
	}
	if err := w.checkProcesses(); err != nil {
		return err
	}
	return w.checkSessions()
}

// check returns an error unless ok.
func check(ok bool, format string, args ...any) error {
	if ok {
		return nil
	}
	return fmt.Errorf(format, args...)
}

func (w *World) checkProcesses() error {
	for key, p := range w.processes {
		if err := w.checkProcess(key, p); err != nil {
			return fmt.Errorf("process %s/%s, %s: %w", key.Compute, key.Process, p.Status, err)
		}
	}
	return nil
}

func (w *World) checkProcess(key ProcessKey, p *process) error {
	live := p.Status != ProcessEnded
	f, s := w.fleets[key.Fleet], w.sessions[p.Session]
	hosts := s != nil && s.live() && s.Key() == key
	switch {
	case p.Key != key || p.Serial == 0 || p.Serial > w.serial:
		return fmt.Errorf("is filed wrongly")
	case live && (f == nil || !f.hasLive(p)):
		return fmt.Errorf("is not among its fleet's live processes")
	case live && f.location(p.Location) == nil:
		return fmt.Errorf("is at %q, which its fleet does not have", p.Location)
	case p.Session != "" && !hosts:
		return fmt.Errorf("hosts %s, which does not say so", p.Session)
	}
	ready := p.Status == ProcessIdle && p.Conn != ""
	switch p.Status {
	case ProcessHosting:
		return check(hosts && s.Status != SessionTerminating && !p.queued, "is busy without a game session")
	case ProcessEnding:
		return check(!p.queued && p.TerminateBy != 0 && (s == nil || s.Status == SessionTerminating), "is ending in disorder")
	case ProcessConnected, ProcessActivated, ProcessIdle:
		return check(p.Session == "" && p.queued == ready, "has a session %q or is queued %v", p.Session, p.queued)
	case ProcessEnded:
		return check(p.Session == "" && !p.queued && p.ForgetAt != 0 && p.Ended != 0, "has ended in disorder")
	}
	return fmt.Errorf("has no such status")
}

func (w *World) checkSessions() error {
	for id, s := range w.sessions {
		if err := w.checkSession(id, s); err != nil {
			return fmt.Errorf("game session %s, %s: %w", id, s.Status, err)
		}
	}
	return nil
}

func (w *World) checkSession(id string, s *session) error {
	reserved, active, err := w.recount(s)
	if err != nil {
		return err
	}
	p := w.processes[s.Key()]
	switch {
	case s.ID != id || s.Serial == 0 || s.Serial > w.serial:
		return fmt.Errorf("is filed wrongly")
	case s.live() && (p == nil || p.Status == ProcessEnded || p.Session != id):
		return fmt.Errorf("has no live process of its own")
	case reserved != s.reserved || active != s.active:
		return fmt.Errorf("counts %d RESERVED and %d ACTIVE players, has %d and %d", s.reserved, s.active, reserved, active)
	case !s.live() && s.count() > 0:
		return fmt.Errorf("has live players")
	case s.count() > s.slots():
		return fmt.Errorf("has %d players, more than %d", s.count(), s.Maximum)
	}
	switch s.Status {
	case SessionActivating:
		return check(s.ActivateBy != 0, "has no deadline")
	case SessionActive, SessionTerminating:
		return nil
	case SessionTerminated:
		return check(s.Ended != 0 && s.ArchiveAt != 0, "has ended in disorder")
	}
	return fmt.Errorf("has no such status")
}

// recount counts the players of s, and checks them on the way.
func (w *World) recount(s *session) (reserved, active int, err error) {
	last := uint64(0)
	for _, p := range s.players {
		over := p.Status == PlayerCompleted || p.Status == PlayerTimedOut
		switch {
		case w.players[p.ID] != p || p.session != s:
			return 0, 0, fmt.Errorf("lists %s, which is not its own", p.ID)
		case p.Serial <= last || p.Serial > w.serial:
			return 0, 0, fmt.Errorf("lists players in disorder")
		case over != (p.Ended != 0) || over != (p.ArchiveAt != 0):
			return 0, 0, fmt.Errorf("has %s, which is %s in disorder", p.ID, p.Status)
		case p.Status == PlayerReserved && p.AcceptBy != 0:
			reserved++
		case p.Status == PlayerActive:
			active++
		case !over:
			return 0, 0, fmt.Errorf("has %s, which is %q", p.ID, p.Status)
		}
		last = p.Serial
	}
	return reserved, active, nil
}

func (w *World) checkPlayers() error {
	for id, p := range w.players {
		if p.ID != id || !listed(p.session.players, p) || !listed(w.byPlayer[p.Player], p) {
			return fmt.Errorf("player session %s is not listed by its game session or by its player", id)
		}
	}
	n := 0
	for _, list := range w.byPlayer {
		n += len(list)
	}
	return check(n == len(w.players), "%d player sessions are listed by player, %d exist", n, len(w.players))
}

func listed(list []*player, p *player) bool {
	i, ok := findPlayer(list, p)
	return ok && list[i] == p
}

func (w *World) checkFleets() error {
	sessions := map[string]int{}
	activating := map[string]map[string]int{}
	for _, s := range w.sessions {
		sessions[s.Fleet]++
		if s.Status == SessionActivating {
			if activating[s.Fleet] == nil {
				activating[s.Fleet] = map[string]int{}
			}
			activating[s.Fleet][s.Compute]++
		}
	}
	for id, f := range w.fleets {
		if err := w.checkFleet(f, sessions[id], activating[id]); err != nil {
			return fmt.Errorf("fleet %s: %w", id, err)
		}
	}
	return nil
}

func (w *World) checkFleet(f *fleet, sessions int, activating map[string]int) error {
	for p := range f.live {
		if w.processes[p.Key] != p || p.Status == ProcessEnded {
			return fmt.Errorf("lists process %s, which is not live", p.Key.Process)
		}
	}
	for name, c := range f.computes {
		if c.Fleet != f.ID || c.Name != name || f.location(c.Location) == nil {
			return fmt.Errorf("compute %s is filed wrongly", name)
		}
	}
	if !maps.Equal(activating, f.activating) {
		return fmt.Errorf("counts %v activations, has %v", f.activating, activating)
	}
	if f.Status != FleetActive && (f.Status != FleetDeleting || len(f.live) == 0) {
		return fmt.Errorf("is %s with %d processes", f.Status, len(f.live))
	}
	if err := f.checkIdle(); err != nil {
		return err
	}
	if err := checkRoster(&f.sessions, sessions, func(s *session) bool { return w.sessions[s.ID] == s }); err != nil {
		return err
	}
	return w.checkIndex(f)
}

func (f *fleet) checkIdle() error {
	queued := 0
	for location, q := range f.idle {
		queued += len(q.processes)
		for i, p := range q.processes {
			if !f.hasLive(p) || !p.queued || p.Location != location {
				return fmt.Errorf("process %s is queued at %s", p.Key.Process, location)
			}
			if i > 0 && q.processes[i-1].IdleOrder >= p.IdleOrder {
				return fmt.Errorf("the queue at %s is in disorder", location)
			}
		}
	}
	for p := range f.live {
		if p.queued {
			queued--
		}
	}
	return check(queued == 0, "%d more processes are queued than know it", queued)
}

func (w *World) checkRosters() error {
	return cmp.Or(
		checkRoster(&w.processRoster, len(w.processes), func(p *process) bool { return w.processes[p.Key] == p }),
		checkRoster(&w.sessionRoster, len(w.sessions), func(s *session) bool { return w.sessions[s.ID] == s }),
		checkRoster(&w.playerRoster, len(w.players), func(p *player) bool { return w.players[p.ID] == p }),
	)
}

// checkRoster checks that a roster lists so many entities, each of them in memory.
func checkRoster[E ordered](r *roster[E], entities int, known func(E) bool) error {
	var hole E
	n, last := 0, uint64(0)
	for serial, e := range r.after(0) {
		if serial <= last {
			return fmt.Errorf("a roster is in disorder")
		}
		last = serial
		if e == hole {
			continue
		}
		if n++; !known(e) || e.order() != serial {
			return fmt.Errorf("a roster lists number %d, which is not in memory", serial)
		}
	}
	return check(n == entities && r.holes == len(r.entities)-n, "a roster lists %d entities and %d holes, there are %d", n, r.holes, entities)
}

func (w *World) checkIndex(f *fleet) error {
	if w.unindexed {
		return check(f.index.Len() == 0, "an unindexed world has an index")
	}
	ids, _, err := f.index.Search(search.Query{})
	if err != nil {
		return err
	}
	active := 0
	for _, s := range f.sessions.after(0) {
		if s != nil && s.Status == SessionActive {
			active++
		}
	}
	for _, id := range ids {
		if s := w.sessions[id]; s == nil || s.Status != SessionActive || s.Fleet != f.ID {
			return fmt.Errorf("game session %s can be found, but is not ACTIVE", id)
		}
	}
	slices.Sort(ids)
	ids = slices.Compact(ids)
	return check(len(ids) == active, "%d game sessions can be found, %d are ACTIVE", len(ids), active)
}

func (w *World) checkTokens() error {
	for key, s := range w.tokens {
		if w.sessions[s.ID] != s || s.Token == "" || tokenKey(s.Fleet, s.Token) != key {
			return fmt.Errorf("%s names game session %s", key, s.ID)
		}
	}
	n := 0
	for _, s := range w.sessions {
		if s.Token != "" {
			n++
		}
	}
	return check(n == len(w.tokens), "%d tokens are known, %d game sessions have one", len(w.tokens), n)
}

func (w *World) checkTimers() error {
	n := 0
	timed := func(e timed) error {
		c, at := e.clock(), e.due()
		if at != 0 {
			n++
		}
		switch {
		case (at != 0) != (c.index != 0):
			return fmt.Errorf("timer %d is due at %d, is number %d", e.order(), at, c.index)
		case at != 0 && w.timers.heap[c.index-1] != deadline{at, e.order(), e}:
			return fmt.Errorf("timer %d is due at %d, not at %d", e.order(), at, w.timers.heap[c.index-1].at)
		}
		return nil
	}
	for _, p := range w.processes {
		if err := timed(p); err != nil {
			return fmt.Errorf("process %s: %w", p.Key.Process, err)
		}
	}
	for _, s := range w.sessions {
		if err := timed(s); err != nil {
			return fmt.Errorf("game session %s: %w", s.ID, err)
		}
	}
	for _, p := range w.players {
		if err := timed(p); err != nil {
			return fmt.Errorf("player session %s: %w", p.ID, err)
		}
	}
	for i := range w.timers.heap {
		if i > 0 && w.timers.heap[i].before(w.timers.heap[(i-1)/2]) {
			return fmt.Errorf("timer %d is due before its parent in the heap", i)
		}
	}
	return check(n == len(w.timers.heap), "%d timers run, %d are due", len(w.timers.heap), n)
}

func (w *World) checkTails() error {
	if err := checkTail(&w.tails.processes, w.processes); err != nil {
		return fmt.Errorf("processes: %w", err)
	}
	if err := checkTail(&w.tails.sessions, w.sessions); err != nil {
		return fmt.Errorf("game sessions: %w", err)
	}
	if err := checkTail(&w.tails.players, w.players); err != nil {
		return fmt.Errorf("player sessions: %w", err)
	}
	return nil
}

func checkTail[K comparable, E interface {
	ended
	comparable
}](q *tail[E], all map[K]E) error {
	want := byEnd(all)
	have := slices.DeleteFunc(slices.Clone(q.queue), isGone[E])
	if len(q.queue) > 2*len(want)+64 {
		return fmt.Errorf("the tail holds %d for %d that have ended", len(q.queue), len(want))
	}
	return check(slices.Equal(have, want) && q.live() == len(want), "the tail lists %d of %d that have ended, or in disorder", len(have), len(want))
}
