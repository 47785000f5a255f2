package world

import (
	"maps"
	"slices"
)

// A Snapshot is the world as it was when it was frozen, to be written while
// the world goes on: whatever is about to change or to leave is first kept for
// the snapshots that have not come to it yet.
type Snapshot struct {
	world  *World
	head   header
	fleets []frozenFleet
	newest uint64          // serial number when it was frozen
	taken  [shelves]uint64 // serial number up to which entities of a shelf were taken
	kept   map[uint64]item // entities as they were, by serial number
	begun  bool
}

// A shelf is one of the kinds of entities that there may be many of. A
// snapshot holds one shelf after another, each in order of creation, so that an
// entity comes after those that it refers to.
type shelf int

const (
	processShelf shelf = iota
	sessionShelf
	playerShelf
	shelves
)

// A shelved entity stands on one of the shelves.
type shelved interface {
	order() uint64 // serial number
	shelf() shelf
	copyTo(i *item) // into the one there, if i has one
}

func (*process) shelf() shelf { return processShelf }
func (*session) shelf() shelf { return sessionShelf }
func (*player) shelf() shelf  { return playerShelf }

func (p *process) copyTo(i *item) {
	if i.Process == nil {
		i.Process = new(process)
	}
	i.Process.Process = p.Process
}

func (s *session) copyTo(i *item) {
	if i.Session == nil {
		i.Session = new(session)
	}
	i.Session.GameSession = s.GameSession
}

func (p *player) copyTo(i *item) {
	if i.Player == nil {
		i.Player = new(PlayerSession)
	}
	*i.Player = p.stored()
}

// A frozenFleet is copied at once: there are few of these.
type frozenFleet struct {
	fleetItem
	computes []Compute
}

// Freeze returns the world as it is now, to be written and then closed. It
// takes a time that grows with the fleets and their computes alone.
func (w *World) Freeze() *Snapshot {
	s := w.picture()
	w.snapshots = append(w.snapshots, s)
	return s
}

// picture returns a snapshot that nothing is kept for.
func (w *World) picture() *Snapshot {
	s := &Snapshot{world: w, head: w.header(), newest: w.serial, kept: map[uint64]item{}}
	for _, f := range w.sortedFleets() {
		s.fleets = append(s.fleets, f.freeze())
	}
	return s
}

// Close lets the world forget the snapshot. It needs the world alone.
func (s *Snapshot) Close() {
	s.world.snapshots = slices.DeleteFunc(s.world.snapshots, func(other *Snapshot) bool { return other == s })
}

func (w *World) header() header {
	tags := make(map[string]map[string]string, len(w.tags))
	for resource, of := range w.tags {
		tags[resource] = maps.Clone(of)
	}
	return header{
		Version: Version, At: w.stamp, Serial: w.serial, Locations: w.Locations(), Aliases: w.Aliases(), Tags: tags,
		Processes: len(w.processes), Sessions: len(w.sessions), Players: len(w.players),
	}
}

func (f *fleet) freeze() frozenFleet {
	creators := make(map[string][]Instant, len(f.creators))
	for name, made := range f.creators {
		creators[name] = slices.Clone(made)
	}
	computes := make([]Compute, 0, len(f.computes))
	for _, c := range f.computes {
		copied := *c
		copied.Tokens = slices.Clone(c.Tokens)
		computes = append(computes, copied)
	}
	return frozenFleet{fleetItem{f.view(), slices.Clone(f.log), creators, f.creatorsSwept}, computes}
}

// changing comes before every change of e, and before e leaves.
func (w *World) changing(e shelved) {
	for _, s := range w.snapshots {
		s.keep(e)
	}
}

// frozen says whether there are snapshots that are not closed.
func (w *World) frozen() bool { return len(w.snapshots) > 0 }

// keep keeps e as it is, unless it was kept or taken before, or is newer than s.
func (s *Snapshot) keep(e shelved) {
	serial := e.order()
	if serial > s.newest || serial <= s.taken[e.shelf()] {
		return
	}
	if _, ok := s.kept[serial]; !ok {
		var i item
		e.copyTo(&i)
		s.kept[serial] = i
	}
}

// take fills batch with the next entities of a shelf, over those that it held,
// and returns whether there are more.
func (s *Snapshot) take(from shelf, batch []item) (_ []item, more bool) {
	switch from {
	case processShelf:
		return take(s, from, &s.world.processRoster, batch)
	case sessionShelf:
		return take(s, from, &s.world.sessionRoster, batch)
	default:
		return take(s, from, &s.world.playerRoster, batch)
	}
}

func take[E interface {
	ordered
	shelved
}](s *Snapshot, from shelf, r *roster[E], batch []item) (_ []item, more bool) {
	batch = batch[:0]
	var hole E
	for serial, e := range r.after(s.taken[from]) {
		if serial > s.newest {
			break
		}
		if len(batch) == cap(batch) {
			return batch, true
		}
		if was, ok := s.kept[serial]; ok {
			batch = append(batch, was)
			delete(s.kept, serial)
		} else if e != hole {
			batch = batch[:len(batch)+1]
			e.copyTo(&batch[len(batch)-1])
		}
		s.taken[from] = serial
	}
	return batch, false
}
