package flexmatch

import (
	"cmp"
	"slices"
)

// windowLimit is how far a candidate may be from the anchor in the window's
// attribute. A candidate that is older may have reached a looser stage, but
// only where backfill tickets come out of the order of age.
func (s *search) windowLimit() float64 {
	if s.plan.window < 0 {
		return 0
	}
	limits := s.plan.filters[s.plan.window].limit
	if s.plan.latest || s.plan.fixed {
		return limits[s.anchorStage]
	}
	return slices.Max(limits)
}

// suits says whether an item of the pool may be in a match with the anchor, and
// with the ticket that the match must take in.
func (s *search) suits(it *item) bool {
	if !it.t.alive || it.t == s.anchor || it.t == s.with {
		return false
	}
	if s.round > 0 && it.t.round != s.round {
		return false
	}
	return s.pair(it, s.anchor) && (s.with == nil || s.pair(it, s.with))
}

func (s *search) pair(it *item, a *entry) bool {
	t := it.t
	stage := 0
	if len(s.stages) > 1 {
		stage = s.stageOfPair(t)
	}
	if s.latency {
		level := s.plan.level[stage]
		if it.mask.and(a.masks[level]).and(s.pinned).empty() || t.masks[level].and(a.masks[level]).and(s.pinned).empty() {
			s.failLatency()
			return false
		}
	}
	if t.ticket.Backfill != nil && a.ticket.Backfill != nil || t.players()+a.players() > s.plan.most {
		return false
	}
	return s.filtersPass(t, a, stage)
}

func (s *search) failLatency() {
	for _, r := range s.plan.latencyRules {
		s.failed[r]++
		s.culprit = r
	}
}

func (s *search) filtersPass(t, a *entry, stage int) bool {
	for _, i := range s.plan.sure {
		f := &s.plan.filters[i]
		limit := f.limit[stage]
		x, y := t.spread[i], a.spread[i]
		if f.equal && limit == 0 && t.keys[i] != a.keys[i] || !f.equal && beyond(max(x.hi, y.hi)-min(x.lo, y.lo), limit) {
			s.failed[f.rule]++
			return false
		}
	}
	return true
}

// lookAround prepares for a look at the tickets of any age that may be in a
// match with t.
func (s *search) lookAround(t *entry) {
	s.begin(t)
	if s.plan.window >= 0 { // the older of a pair may reach farther than t itself
		widest := slices.Max(s.plan.filters[s.plan.window].limit)
		s.walker.lists = s.e.pool.near(t, widest, s.walker.lists[:0])
	}
	s.walker.reset(nil)
}

// eachWaiting calls f with every clean ticket that comes before t and may be in
// a match with it, until f gives false.
func (s *search) eachWaiting(t *entry, f func(*entry) bool) {
	s.lookAround(t)
	for _, l := range s.walker.lists {
		for i := range l.items {
			it := &l.items[i]
			if !before(it.t, t) {
				break
			}
			if it.t.clean && s.suits(it) && !f(it.t) {
				return
			}
		}
	}
}

// candidate gives the i-th candidate, or nil.
func (s *search) candidate(i int) *entry {
	if i >= len(s.candidates) && !s.complete {
		s.gather(i + 1)
	}
	if i < len(s.candidates) {
		return s.candidates[i]
	}
	return nil
}

func (s *search) batch() int { return cmp.Or(s.e.Batch, DefaultBatch) }

// gather fetches candidates until there are n, or no more, or the batch is full.
func (s *search) gather(n int) {
	for len(s.candidates) < n && !s.complete {
		t := (*entry)(nil)
		if len(s.candidates) < s.batch() {
			t = s.walker.next(s.fits)
		}
		if t == nil {
			s.seal()
			return
		}
		s.candidates = append(s.candidates, t)
	}
}

// gatherAll fetches a batch of candidates. It gives false when they are too few,
// and that is the end of the search.
func (s *search) gatherAll() bool {
	s.gather(s.batch())
	if s.plan.picky && !s.gatherRare() || !s.enough(s.candidates, s.pairStage, s.certain()) {
		s.closed = false
		return false
	}
	return true
}

// gatherRare looks beyond the batch for tickets that some teams take alone, where
// the batch has too few of them, and says whether there are enough.
func (s *search) gatherRare() bool {
	s.lack = append(s.lack[:0], s.needs...)
	missing := lacks(s.lack, s.anchor)
	if s.with != nil {
		missing = lacks(s.lack, s.with)
	}
	for _, t := range s.candidates {
		missing = lacks(s.lack, t)
	}
	for missing != 0 {
		t := s.walker.next(s.fits)
		if t == nil {
			return false
		}
		if t.fits&missing != 0 {
			s.candidates = append(s.candidates, t)
			missing = lacks(s.lack, t)
		}
	}
	s.seal()
	return true
}

// lacks takes a ticket's players off what each class of teams needs, and gives
// the classes that need more.
func lacks(need []int, t *entry) (missing uint8) {
	for class := range need {
		if t.mayPlay(class) {
			need[class] -= t.players()
		}
		if need[class] > 0 {
			missing |= 1 << class
		}
	}
	return missing
}

// rewind forgets the candidates, to gather them again in order of service.
func (s *search) rewind() {
	s.candidates, s.complete = s.candidates[:0], false
	s.walker.reset(s.anchor)
}

// seal notes that all candidates are there, and how many players are left from
// each on.
func (s *search) seal() {
	s.complete = true
	s.after = append(s.after[:0], make([]int, len(s.candidates)+1)...)
	for i := len(s.candidates) - 1; i >= 0; i-- {
		s.after[i] = s.after[i+1] + s.candidates[i].players()
	}
}
