package flexmatch

import (
	"cmp"
	"math"
	"slices"
	"time"
)

// entry is a ticket in an engine's pool, laid out for evaluation.
type entry struct {
	ticket Ticket
	start  int64 // of the ticket, in Unix nanoseconds
	class  int8  // of its kind in the order: backfill tickets may go first or last
	alive  bool
	pooled bool
	// clean says that no match was found with the ticket as anchor, and nothing
	// that could change that has happened since.
	clean bool
	// useless says that the ticket can never be matched.
	useless bool

	nums  []float64 // by player and number slot
	words []string  // by player and string slot
	lists [][]value // by player and list slot, sorted, each string once
	// latencies are of the regions all players report, by region.
	latencies []latency
	masks     []regions // by latency level: the regions that suit the ticket
	fits      uint8     // by class of teams: whether the ticket may play there
	teams     []int     // of a backfill ticket, by player
	spread    []extent  // by filter: the least and greatest value of the ticket
	keys      []uint64  // by filter: a hash of the value, for equality

	passed, failed []int // by rule, over all searches with the ticket as anchor

	round int // the last inquiry that found that the ticket may be in a match with the one in question
}

// latency is what a ticket reports for one region, summed up over its players.
type latency struct {
	region           uint8
	pinned           bool // nobody reported: the players are in the session already
	avg, least, most float64
}

// before says whether a comes before b in the order in which tickets are
// served: by kind, then age, then ID.
func before(a, b *entry) bool { return order(a, b) < 0 }

func order(a, b *entry) int {
	if a.class != b.class {
		return int(a.class) - int(b.class)
	}
	if a.start != b.start {
		return cmp.Compare(a.start, b.start)
	}
	return cmp.Compare(a.ticket.ID, b.ticket.ID)
}

func (t *entry) players() int { return len(t.ticket.Players) }

func (t *entry) age(now int64) time.Duration { return time.Duration(now - t.start) }

func (t *entry) number(rs *RuleSet, attr, player int) float64 {
	return t.nums[player*rs.numbers+rs.attributes[attr].slot]
}

func (t *entry) value(rs *RuleSet, attr, player int) value {
	slot := rs.attributes[attr].slot
	switch rs.attributes[attr].Type {
	case NumberType:
		return number(t.nums[player*rs.numbers+slot])
	case StringType:
		return str(t.words[player*rs.strings+slot])
	case StringListType:
		return value{list: t.lists[player*rs.lists+slot], has: true}
	}
	return value{has: true}
}

// aggregate makes one number of the players' values.
func (t *entry) aggregate(rs *RuleSet, attr int, how aggregation) float64 {
	if t.players() == 1 {
		return t.number(rs, attr, 0)
	}
	sum, least, most := 0.0, math.Inf(1), math.Inf(-1)
	for p := range t.players() {
		x := t.number(rs, attr, p)
		sum, least, most = sum+x, min(least, x), max(most, x)
	}
	return pick(how, sum/float64(t.players()), least, most)
}

func pick(how aggregation, avg, least, most float64) float64 {
	switch how {
	case aggregateMin:
		return least
	case aggregateMax:
		return most
	}
	return avg
}

// latencyIn gives the ticket's latency to a region, whether it has none because
// its players are there already, and whether the ticket accepts the region.
func (t *entry) latencyIn(region uint8, how aggregation) (ms float64, pinned, ok bool) {
	for i := range t.latencies {
		if l := &t.latencies[i]; l.region == region {
			return pick(how, l.avg, l.least, l.most), l.pinned, true
		}
	}
	return 0, false, false
}

// regions is a set of regions, by their number in the engine's table.
type regions [2]uint64

const maxRegions = 128

func (r regions) and(o regions) regions { return regions{r[0] & o[0], r[1] & o[1]} }
func (r regions) empty() bool           { return r[0]|r[1] == 0 }
func (r regions) has(i uint8) bool      { return r[i>>6]>>(i&63)&1 == 1 }
func (r *regions) set(i uint8)          { r[i>>6] |= 1 << (i & 63) }

// atlas numbers the regions that tickets in the pool name. A number is free
// again when no ticket names its region any more, so names made up by clients
// cannot fill the table for good.
type atlas struct {
	names []string
	uses  []int
}

// learn gives numbers to the regions of a ticket that have none. Regions beyond
// the greatest number are not played in until others fall out of use.
func (a *atlas) learn(t *Ticket) {
	known := 0
	for _, name := range a.names {
		if _, ok := t.Players[0].Latency[name]; ok {
			known++
		}
	}
	if known == len(t.Players[0].Latency) && (t.Backfill == nil || t.Backfill.Region == "") {
		return
	}
	for _, name := range commonRegions(*t) {
		if !slices.Contains(a.names, name) {
			a.number(name)
		}
	}
}

func (a *atlas) number(name string) {
	free := slices.Index(a.uses, 0)
	switch {
	case len(a.names) < maxRegions:
		a.names, a.uses = append(a.names, name), append(a.uses, 0)
	case free >= 0:
		a.names[free] = name
	}
}

func (a *atlas) release(t *entry) {
	for _, l := range t.latencies {
		a.uses[l.region]--
	}
}

// compile lays a checked ticket out. The ticket is not in the pool yet.
func (e *Engine) compile(t Ticket) *entry {
	rs := e.Rules
	c := &entry{ticket: t, start: t.Start.UnixNano(), alive: true, class: rs.kindOrder(t)}
	n := len(t.Players)
	c.nums, c.words, c.lists = make([]float64, n*rs.numbers), make([]string, n*rs.strings), make([][]value, n*rs.lists)
	for p := range t.Players {
		for i := range rs.attributes {
			if rs.attributes[i].used {
				c.set(rs, p, &rs.attributes[i])
			}
		}
	}
	e.latencies(c)
	c.useless = !rs.complete(t) || t.Backfill == nil && n > rs.widest() || !c.reachesRegion(rs)
	c.measureFilters(rs)
	if t.Backfill != nil {
		c.useless = c.useless || len(rs.checkRoom(t)) > 0
		c.teams = make([]int, n)
		for p := range t.Players {
			c.teams[p] = e.teamIndex[t.Players[p].Team]
		}
	}
	return c
}

// reachesRegion says whether some region suits the ticket at some stage.
func (t *entry) reachesRegion(rs *RuleSet) bool {
	return len(rs.plan.latencyRules) == 0 || slices.ContainsFunc(t.masks, func(m regions) bool { return !m.empty() })
}

// accepts says that Check would find nothing to refuse. It is the quick way
// for the many tickets that are in order.
func (rs *RuleSet) accepts(t Ticket) bool {
	for i := range t.Players {
		p := &t.Players[i]
		for j := range t.Players[:i] {
			if t.Players[j].ID == p.ID {
				return false
			}
		}
		for j := range rs.attributes {
			spec := &rs.attributes[j]
			a, ok := p.Attributes[spec.Name]
			if ok && (a.Type != spec.Type || !a.finite() || a.Type != NumberType && a.excess() != "") {
				return false
			}
		}
		if p.ID == "" || !p.small() || t.Backfill != nil && len(rs.checkTeam(*p, "")) > 0 {
			return false
		}
	}
	return t.ID != "" && len(t.Players) > 0 && len(t.Players) <= t.mostPlayers() && !t.Start.IsZero()
}

// complete says that every player has a value for every attribute.
func (rs *RuleSet) complete(t Ticket) bool {
	for _, p := range t.Players {
		for i := range rs.attributes {
			if _, ok := p.Attributes[rs.attributes[i].Name]; !ok && rs.attributes[i].Default == nil {
				return false
			}
		}
	}
	return true
}

// kindOrder places backfill tickets before, among or after the others. In large
// matches they come first.
//
// Source: FlexMatch developer guide, "Design large matches" and "Property
// definitions", backfillPriority.
func (rs *RuleSet) kindOrder(t Ticket) int8 {
	priority := rs.algorithm.BackfillPriority
	switch {
	case t.Backfill == nil:
		return 0
	case priority == "high" || priority == "normal" && rs.plan.balanced >= 0:
		return -1
	case priority == "low":
		return 1
	}
	return 0
}

func (t *entry) set(rs *RuleSet, player int, spec *AttributeSpec) {
	a, ok := t.ticket.Players[player].Attributes[spec.Name]
	if !ok && spec.Default != nil {
		a = *spec.Default
	}
	switch spec.Type {
	case NumberType:
		t.nums[player*rs.numbers+spec.slot] = a.Number
	case StringType:
		t.words[player*rs.strings+spec.slot] = a.String
	case StringListType:
		t.lists[player*rs.lists+spec.slot] = listLiteral(a.Strings).literal.list
	}
}

// latencies sums the players' latencies up by region, and finds the regions
// that suit the ticket at each level of the limits.
func (e *Engine) latencies(t *entry) {
	e.atlas.learn(&t.ticket)
	first := t.ticket.Players[0].Latency
	t.latencies = make([]latency, 0, max(1, len(first)))
	for i, name := range e.atlas.names {
		if l, ok := summed(&t.ticket, name); ok {
			l.region = uint8(i)
			e.atlas.uses[i]++
			t.latencies = append(t.latencies, l)
		}
	}
	plan := &e.Rules.plan
	t.masks = make([]regions, len(plan.limits))
	for level, limits := range plan.limits {
		for i := range t.latencies {
			if l := &t.latencies[i]; l.within(e.Rules, plan.latencyRules, limits) {
				t.masks[level].set(l.region)
			}
		}
	}
}

// summed gives what the players of a ticket report for a region together, and
// false when one of them does not report it.
func summed(t *Ticket, region string) (l latency, ok bool) {
	l = latency{least: math.Inf(1), most: math.Inf(-1)}
	pinned := t.Backfill != nil && t.Backfill.Region != ""
	if pinned && t.Backfill.Region != region {
		return l, false
	}
	count := 0
	for i := range t.Players {
		of := t.Players[i].Latency
		ms, ok := of[region]
		if !ok {
			if pinned && len(of) == 0 {
				continue // in the session already, and content
			}
			return l, false
		}
		l.avg, l.least, l.most = l.avg+float64(ms), min(l.least, float64(ms)), max(l.most, float64(ms))
		count++
	}
	l.avg, l.pinned = l.avg/float64(max(count, 1)), count == 0
	return l, true
}

func (l *latency) within(rs *RuleSet, rules []int, limits []float64) bool {
	for i, limit := range limits {
		if !l.pinned && pick(rs.rules[rules[i]].party, l.avg, l.least, l.most) > limit {
			return false
		}
	}
	return true
}

// measureFilters takes the ticket's part in each condition on pairs.
func (t *entry) measureFilters(rs *RuleSet) {
	filters := rs.plan.filters
	t.spread, t.keys = make([]extent, len(filters)), make([]uint64, len(filters))
	for i := range filters {
		f := &filters[i]
		x := extent{math.Inf(1), math.Inf(-1)}
		whole := f.whole || f.parties && t.party()
		if rs.attributes[f.attr].Type == StringType {
			word := t.value(rs, f.attr, 0).str
			if f.parties && t.party() {
				word = "" // as it is evaluated
			}
			t.keys[i] = hash(word)
			continue
		}
		for p := range t.players() {
			n := t.number(rs, f.attr, p)
			x.lo, x.hi = min(x.lo, n), max(x.hi, n)
		}
		if whole {
			n := t.aggregate(rs, f.attr, f.party)
			x = extent{n, n}
		}
		t.spread[i], t.keys[i] = x, math.Float64bits(x.lo+0) // and not the sign of zero
	}
}

// hash is FNV-1a. Two values with one hash only look alike to the index; the
// rules themselves compare strings.
func hash(s string) uint64 {
	h := uint64(14695981039346656037)
	for i := range len(s) {
		h = (h ^ uint64(s[i])) * 1099511628211
	}
	return h
}
