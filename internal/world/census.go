package world

import (
	"cmp"
	"slices"
)

// A Census counts what is live at one location of a fleet.
type Census struct {
	Fleet, Location string
	Processes       map[ProcessStatus]int
	Sessions        map[SessionStatus]int
	Players         map[PlayerStatus]int
	FreeSlots       int // of ACTIVE game sessions that take players
}

// Census counts every fleet, by fleet and location.
func (w *World) Census() []Census {
	counts := map[[2]string]*Census{}
	of := func(fleet, location string) *Census {
		c := counts[[2]string{fleet, location}]
		if c == nil {
			c = &Census{fleet, location, map[ProcessStatus]int{}, map[SessionStatus]int{}, map[PlayerStatus]int{}, 0}
			counts[[2]string{fleet, location}] = c
		}
		return c
	}
	for _, f := range w.fleets {
		for _, l := range f.Locations {
			of(f.ID, l.Name)
		}
		for p := range f.live {
			c := of(f.ID, p.Location)
			c.Processes[p.Status]++
			if s := w.sessions[p.Session]; s != nil {
				c.countSession(s)
			}
		}
	}
	out := make([]Census, 0, len(counts))
	for _, c := range counts {
		out = append(out, *c)
	}
	slices.SortFunc(out, func(a, b Census) int {
		return cmp.Or(cmp.Compare(a.Fleet, b.Fleet), cmp.Compare(a.Location, b.Location))
	})
	return out
}

func (c *Census) countSession(s *session) {
	c.Sessions[s.Status]++
	c.Players[PlayerReserved] += s.reserved
	c.Players[PlayerActive] += s.active
	if s.Status == SessionActive && s.Policy == AcceptAll {
		c.FreeSlots += max(0, s.slots()-s.count())
	}
}
