package flexmatch

import (
	"math"
	"time"
)

// search looks for the largest match around an anchor: depth first, candidates
// in order of service, teams by who needs players most. It keeps its memory
// from one anchor to the next.
type search struct {
	e       *Engine
	rs      *RuleSet
	plan    *plan
	b       bounder
	seats   roster
	walker  walker
	fits    func(*item) bool
	shift   int
	stages  []int64 // the latest start of a ticket that has reached each stage
	needs   []int   // by class: the fewest players a match has there
	checks  []int   // the rules that prune, by index
	must    []int   // the rules that a match must satisfy, without latency
	latency bool    // there are standing latency rules

	anchor      *entry
	anchorStage int
	pairStage   int // of anchor and with
	budget      int
	pinned      regions // the regions a search of a large match is held to
	with        *entry  // the ticket that a match must take in; nil for none
	round       int     // the inquiry that holds candidates to those it found; 0 for none
	rounds      int
	candidates  []*entry
	complete    bool  // candidates holds all there are
	after       []int // by candidate, when complete: the players from there on
	likeness    []likeness
	lack        []int // by class of teams: players not yet found

	field  []*entry // the candidates that are left where the search looked ahead
	sums   []int    // their players
	short  []int    // by class of teams: players missing
	near   []*entry // the candidates that the filters let in beside those seated
	seated []extent // by filter: the spread of those

	frames []frame
	best   found
	spent  int // placements tried, and evaluations charged, over all attempts
	limit  int
	closed bool // the attempt ended before the space was searched

	passed, failed []int // by rule
	culprit        int   // the rule that failed last
}

// frame is the state of the tentative match after one more ticket.
type frame struct {
	t              *entry
	team           int
	newest, oldest int64
	stage          int
	mask           regions
	players        int
	backfill       bool
}

// found is the best match so far.
type found struct {
	frames  []frame
	players int
	stage   int
	region  int // -1 for none
}

func (s *search) init(e *Engine) {
	*s = search{e: e, rs: e.Rules, plan: &e.Rules.plan}
	s.seats = roster{teams: make([][]seat, len(s.rs.teams)), open: make([]int, len(s.rs.teams))}
	s.b = bounder{evaluator: evaluator{set: s.rs, roster: &s.seats}, extents: make([]extent, s.rs.numbers)}
	for i := range s.b.extents {
		s.b.extents[i] = extent{math.Inf(1), math.Inf(-1)}
	}
	s.fits = s.suits
	s.stages = make([]int64, len(s.rs.stages))
	s.passed, s.failed = make([]int, len(s.rs.rules)), make([]int, len(s.rs.rules))
	for _, r := range s.rs.rules {
		if !r.stands() {
			continue
		}
		if r.kind != kindLatency {
			s.must = append(s.must, r.index)
		} else {
			s.latency = true
		}
		if r.kind != kindLatency || s.limitsDistance(r.index) {
			s.checks = append(s.checks, r.index)
		}
	}
	s.needs = make([]int, s.plan.classes)
	for i := range s.rs.stages {
		for class, n := range s.rs.stages[i].classNeeds(s.rs) {
			if i == 0 || n < s.needs[class] {
				s.needs[class] = n
			}
		}
	}
}

// limitsDistance says whether a latency rule has, at some stage, more to it
// than what the masks of regions hold already.
func (s *search) limitsDistance(rule int) bool {
	for i := range s.rs.stages {
		if r := s.rs.stages[i].rules[rule]; !math.IsInf(r.max, 1) {
			return true
		}
	}
	return false
}

// classNeeds gives the fewest players of each class of teams.
func (s *stage) classNeeds(rs *RuleSet) []int {
	needs := make([]int, rs.plan.classes)
	for t, n := range s.min {
		needs[rs.teams[t].class] += n
	}
	return needs
}

// run searches around an anchor and says whether it found a match. With a
// ticket to take in it looks for any match that does.
func (s *search) run(anchor, with *entry, budget int) bool {
	s.begin(anchor)
	if s.budget = budget; with != nil {
		s.take(with)
	}
	switch {
	case s.plan.balanced >= 0:
		s.runLarge()
	case len(s.plan.sorts) > 0 || s.rs.algorithm.Batching == "sorted":
		if s.gatherAll() {
			s.arrange()
			s.attempt(s.budget)
		}
	case with != nil:
		s.runWith()
	default:
		s.runSmall()
	}
	return s.best.players > 0
}

// Most matches form from the first candidates in order of service, within a
// small share of the budget. Where a rule compares some number, the next best
// are the candidates like the anchor in it, first among the oldest of them.
const (
	quickShare = 64
	likeShare  = 8
	likeBatch  = 128
)

// runWith leaves the quick look out: the ticket to take in leaves few
// candidates, and most often too few.
func (s *search) runWith() {
	if !s.gatherAll() {
		return
	}
	s.spent += len(s.candidates) / largeLooks
	if s.plan.hint >= 0 {
		s.byLikeness(s.plan.hint)
	}
	s.attempt(s.budget)
}

func (s *search) runSmall() {
	if s.attempt(max(s.budget/quickShare, min(s.budget, 2*s.plan.most))); !s.closed || s.full() {
		return
	}
	alike := s.plan.hint >= 0 && s.best.players == 0
	if alike {
		if s.gather(likeBatch); !s.complete {
			s.byLikeness(s.plan.hint)
			if s.attempt(s.budget / likeShare); s.full() {
				return
			}
			s.rewind()
		}
	}
	if !s.gatherAll() {
		return
	}
	if alike {
		s.byLikeness(s.plan.hint)
	}
	s.attempt(s.budget)
}

// full says that the best match has all the players it may have.
func (s *search) full() bool {
	return s.best.players > 0 && (s.with != nil || s.best.players >= s.plan.reach[s.best.stage].maxTotal())
}

// thresholds computes, for this pass, which starts have reached which stage.
func (s *search) thresholds() {
	for i := range s.stages {
		s.stages[i] = s.e.now - int64(s.rs.stages[i].wait)
	}
}

func (s *search) stageOf(start int64) int {
	lo, hi := 0, len(s.stages)-1
	for lo < hi {
		if mid := (lo + hi + 1) / 2; start <= s.stages[mid] {
			lo = mid
		} else {
			hi = mid - 1
		}
	}
	return lo
}

// begin prepares for an anchor.
func (s *search) begin(anchor *entry) {
	s.anchor, s.anchorStage = anchor, s.stageOf(anchor.start)
	s.pairStage = s.anchorStage
	s.spent, s.closed, s.complete, s.with = 0, false, false, nil
	s.best.players, s.best.frames = 0, s.best.frames[:0]
	s.pinned = regions{math.MaxUint64, math.MaxUint64}
	s.candidates = s.candidates[:0]
	s.reset()
	clear(s.passed)
	clear(s.failed)
	s.shift = int((hash(anchor.ticket.ID) ^ s.e.Seed*0x9e3779b97f4a7c15) >> 33 % uint64(len(s.rs.teams)))
	s.walker.lists = s.e.pool.near(anchor, s.windowLimit(), s.walker.lists[:0])
	s.walker.reset(anchor)
}

// take makes a match take in a ticket beside the anchor.
func (s *search) take(t *entry) {
	s.with = t
	s.pairStage = s.stageOfPair(t)
}

// stageOfPair gives the stage of the tickets a match has for certain and one
// more.
func (s *search) stageOfPair(t *entry) int {
	if s.plan.latest {
		return min(s.stageOf(t.start), s.pairStage)
	}
	return max(s.stageOf(t.start), s.pairStage)
}

// attempt searches once more, for a match better than the best so far.
func (s *search) attempt(budget int) {
	if s.best.players > 0 {
		budget /= betterShare
	}
	s.limit, s.closed = s.spent+budget, false
	s.reset()
	s.place(s.anchor, 0)
}

// reset empties the tentative match.
func (s *search) reset() {
	s.frames = s.frames[:0]
	s.seats.tickets = s.seats.tickets[:0]
	for t := range s.seats.teams {
		s.seats.teams[t] = s.seats.teams[t][:0]
	}
}

// place tries a ticket in every team that may take it, and goes on from there
// with the candidates from next on. It says whether the search is over.
func (s *search) place(t *entry, next int) bool {
	if t.ticket.Backfill != nil {
		return s.enter(t, -1, next)
	}
	var tried [4]uint64
	for {
		team := s.neediest(t, &tried)
		if team < 0 {
			return false
		}
		if s.enter(t, team, next) {
			return true
		}
		if s.plan.blind && s.e.parties+s.e.backfills == 0 {
			return false // one place is as good as another
		}
	}
}

// span gives the newest and the oldest start of the tentative match with one
// more ticket.
func (s *search) span(t *entry) (newest, oldest int64) {
	if len(s.frames) == 0 {
		return t.start, t.start
	}
	last := &s.frames[len(s.frames)-1]
	return max(last.newest, t.start), min(last.oldest, t.start)
}

// stageWith gives the stage of the tentative match with one more ticket.
func (s *search) stageWith(t *entry) int {
	newest, oldest := s.span(t)
	if s.plan.latest {
		return s.stageOf(newest)
	}
	return s.stageOf(oldest)
}

// enter seats a ticket, goes on if a match is still possible, and takes the
// ticket out again. It says whether the search is over.
func (s *search) enter(t *entry, team, next int) (over bool) {
	if s.spent++; s.spent > s.limit {
		s.closed = true
		return true
	}
	s.push(t, team)
	work := s.b.work
	promising := s.promising()
	s.spent += (s.b.work - work) / 256
	if promising {
		over = s.extend(next)
	}
	s.pop()
	return over
}

// extend takes note of the tentative match and tries to add each candidate
// from next on. It says whether the search is over.
func (s *search) extend(next int) bool {
	f := &s.frames[len(s.frames)-1]
	if s.with != nil && len(s.frames) == 1 {
		return s.place(s.with, next)
	}
	if s.record() && (s.with != nil || f.players >= s.plan.reach[f.stage].maxTotal()) {
		return true
	}
	return s.each(next, true)
}

// each tries to add each candidate from next on, and looks ahead when that takes
// long, if it has not been done. It says whether the search is over.
func (s *search) each(next int, ahead bool) bool {
	f := s.frames[len(s.frames)-1]
	since := s.spent
	for i := next; ; i++ {
		t := s.candidate(i)
		if t == nil || s.complete && f.players+s.after[i] < max(s.best.players+1, s.plan.fewest[f.stage]) {
			return false
		}
		if t.ticket.Backfill != nil && f.backfill {
			continue
		}
		if s.place(t, i+1) {
			return true
		}
		if i%16 == 15 { // passing candidates over costs something too
			s.spent++
		}
		if ahead && s.complete {
			if cost := s.lookCost(len(s.candidates) - i); s.spent-since > cost && s.spent+cost < s.limit {
				return s.narrowed(i + 1)
			}
		}
	}
}

func (s *search) push(t *entry, team int) {
	f := frame{t: t, team: team, stage: s.stageWith(t), players: t.players(), backfill: t.ticket.Backfill != nil}
	f.newest, f.oldest = s.span(t)
	if n := len(s.frames); n > 0 {
		last := &s.frames[n-1]
		f.players += last.players
		f.backfill = f.backfill || last.backfill
	}
	s.frames = append(s.frames, f)
	s.seats.tickets = append(s.seats.tickets, t)
	for p := range t.ticket.Players {
		to := team
		if team < 0 {
			to = t.teams[p]
		}
		s.seats.teams[to] = append(s.seats.teams[to], seat{t, p})
	}
}

func (s *search) pop() {
	f := s.frames[len(s.frames)-1]
	s.frames = s.frames[:len(s.frames)-1]
	s.seats.tickets = s.seats.tickets[:len(s.frames)]
	for p := range f.t.ticket.Players {
		from := f.team
		if from < 0 {
			from = f.t.teams[p]
		}
		s.seats.teams[from] = s.seats.teams[from][:len(s.seats.teams[from])-1]
	}
}

// promising says whether the tentative match may grow into a valid one.
func (s *search) promising() bool {
	f := &s.frames[len(s.frames)-1]
	reach := &s.plan.reach[f.stage]
	for t := range s.seats.teams {
		if s.seats.open[t] = reach.max[t] - len(s.seats.teams[t]); s.seats.open[t] < 0 {
			return false
		}
	}
	if s.latency && !s.shareRegion(f) {
		return false
	}
	for _, i := range s.checks {
		r := reach.rules[i]
		if r == nil {
			continue
		}
		if !s.b.possible(reach.rules, r) {
			s.failed[i]++
			s.culprit = i
			return false
		}
		s.passed[i]++
	}
	return true
}

// shareRegion finds the regions that suit all tickets.
func (s *search) shareRegion(f *frame) bool {
	level := s.plan.level[f.stage]
	f.mask = s.pinned.and(f.t.masks[level])
	if n := len(s.frames); n > 1 {
		if last := &s.frames[n-2]; s.plan.level[last.stage] == level {
			f.mask = f.mask.and(last.mask)
		} else {
			for _, t := range s.seats.tickets {
				f.mask = f.mask.and(t.masks[level])
			}
		}
	}
	if f.mask.empty() {
		s.failLatency()
		return false
	}
	for _, r := range s.plan.latencyRules {
		s.passed[r]++
	}
	return true
}

// betterShare is the part of the budget left to better a match.
const betterShare = 10

// record keeps the tentative match if it is valid and the largest so far, and
// says whether it did.
func (s *search) record() bool {
	f := &s.frames[len(s.frames)-1]
	if f.players <= s.best.players || !s.filled(f) {
		return false
	}
	region, ok := s.valid(f)
	if !ok {
		return false
	}
	if s.best.players == 0 {
		s.limit = min(s.limit, s.spent+s.budget/betterShare)
	}
	s.best.frames = append(s.best.frames[:0], s.frames...)
	s.best.players, s.best.stage, s.best.region = f.players, f.stage, region
	return true
}

// filled says that every team has its players, and that it is a match at all: a
// backfill ticket needs somebody to join it.
func (s *search) filled(f *frame) bool {
	if f.backfill && len(s.frames) == 1 {
		return false
	}
	st := &s.rs.stages[f.stage]
	for t, seats := range s.seats.teams {
		if len(seats) < st.min[t] || len(seats) > st.max[t] {
			return false
		}
	}
	return true
}

// valid evaluates every rule, and chooses the region.
func (s *search) valid(f *frame) (region int, ok bool) {
	st := &s.rs.stages[f.stage]
	for _, i := range s.must {
		if !s.b.holds(st, st.rules[i]).pass {
			s.failed[i]++
			return -1, false
		}
		s.passed[i]++
	}
	region = s.region(f)
	return region, region >= 0 || !s.latency
}

// age gives the age that an expansion goes by.
func (s *search) age(f *frame) time.Duration {
	if s.plan.latest {
		return time.Duration(s.e.now - f.newest)
	}
	return time.Duration(s.e.now - f.oldest)
}
