package world

import "slices"

// An idleQueue holds the processes of one location that are ready for a game
// session, longest ready first.
type idleQueue struct{ processes []*process }

func (q *idleQueue) push(p *process) { q.processes = append(q.processes, p) }

// remove takes p out. It is nearly always the first.
func (q *idleQueue) remove(p *process) {
	if i := slices.Index(q.processes, p); i == 0 {
		q.processes[0] = nil
		q.processes = q.processes[1:]
	} else if i > 0 {
		q.processes = slices.Delete(q.processes, i, i+1)
	}
}

// claim picks the process for a new game session: of the healthy ones with
// room on their compute the one ready longest, else an unhealthy one. An empty
// location means any. It returns nil when there is none, and full if a compute
// that activates as many game sessions as it may has left some out.
func (f *fleet) claim(location string) (best *process, full bool) {
	better := func(p *process) bool {
		if best == nil || (p.Bad == 0) != (best.Bad == 0) {
			return best == nil || p.Bad == 0
		}
		return p.IdleOrder < best.IdleOrder
	}
	for _, l := range f.Locations {
		q := f.idle[l.Name]
		if q == nil || l.Status != FleetActive || location != "" && l.Name != location {
			continue
		}
		for _, p := range q.processes {
			if f.activationsFull(p) {
				full = true
				continue
			}
			if better(p) {
				best = p
			}
			if p.Bad == 0 {
				break
			}
		}
	}
	return best, full
}

func (f *fleet) activationsFull(p *process) bool {
	return f.Runtime.MaxActivations > 0 && f.activating[p.Key.Compute] >= f.Runtime.MaxActivations
}
