package flexmatch

import "math"

// A search asks of a half-built match: can players be added so that this rule
// holds? The answer comes from intervals: each expression is given the numbers
// it may still reach. A rule that can no longer hold prunes the search; a rule
// that fails now and may be repaired, such as equal team sizes, does not.

// span is the interval of one expression over all ways to fill the roster. A
// list of players also says how many may join and what their values may be.
type span struct {
	lo, hi float64
	has    bool // some value is known to be there; otherwise anything is possible
	list   []span
	open   int
	attr   *extent
}

// extent is the range of a number attribute over all tickets of a pool.
type extent struct{ lo, hi float64 }

func point(f float64) span { return span{lo: f, hi: f, has: true} }

// bounder computes spans, with memory of its own that it uses again.
type bounder struct {
	evaluator
	extents []extent // by number slot
	spans   []span
	spent   int
}

func (b *bounder) room(n int) []span {
	b.work += n
	if b.spent+n > len(b.spans) {
		b.spans, b.spent = make([]span, max(256, 2*len(b.spans), n)), 0
	}
	b.spent += n
	return b.spans[b.spent-n : b.spent : b.spent]
}

// bound gives the spans of a numeric expression.
func (b *bounder) bound(e *expr) span {
	switch {
	case e.fn == fnFlatten:
		return b.joined(b.bound(e.arg))
	case e.fn == fnSetIntersection:
		return span{}
	case e.fn == fnCount && e.arg.fn == fnSetIntersection:
		return b.common(e.arg)
	case e.fn != fnNone:
		if path, flat := e.arg.seats(); path != nil {
			return b.direct(e.fn, path, flat)
		}
		return b.reduced(e.fn, b.bound(e.arg), e.arg.typ.depth())
	case !e.path:
		return point(e.literal.num)
	case e.single && e.kind == pathTeams:
		return span{}
	case e.single:
		return b.seats(e, e.teams[0])
	}
	teams := b.room(len(e.teams))
	for i, t := range e.teams {
		teams[i] = span{has: true}
		if e.kind != pathTeams {
			teams[i] = b.seats(e, t)
		}
	}
	return span{list: teams, has: true}
}

// common bounds how many strings are in common, as far as that is one number.
// Players' own lists leave fewer the more players join; lists of players grow.
func (b *bounder) common(e *expr) span {
	if e.typ.depth() > 1 {
		return span{}
	}
	s := span{hi: math.Inf(1), has: true}
	if e.shrinks() {
		if now := b.eval(e); now.has {
			s.hi = float64(len(now.list))
		}
	}
	return s
}

func (b *bounder) seats(e *expr, team int) span {
	seats := b.roster.teams[team]
	list := b.room(len(seats))
	s := span{list: list, open: b.roster.open[team], has: true}
	numeric := e.kind == pathAttribute && e.typ.base == baseNumber
	if numeric {
		s.attr = &b.extents[b.set.attributes[e.attr].slot]
	}
	switch {
	case numeric && !e.whole:
		for i, seat := range seats {
			list[i] = point(seat.t.number(b.set, e.attr, seat.player))
		}
	case e.typ.ofLists():
		s.list = b.lengths(b.players(e, seats).list, list[:0])
	default:
		s.list = b.entryPoints(e, seats, list[:0])
	}
	return s
}

// lengths gives a list for each of a list of lists, of which nothing is asked
// but how long it is.
func (b *bounder) lengths(lists []value, list []span) []span {
	for i := range lists {
		inner := b.room(len(lists[i].list))
		for j := range inner {
			inner[j] = point(0)
		}
		list = append(list, span{list: inner, has: true})
	}
	return list
}

// manyStrings is more than any player has.
const manyStrings = 1 << 30

// joined flattens one level.
func (b *bounder) joined(lists span) span {
	if !lists.has {
		return span{}
	}
	n := 0
	flat := span{has: true}
	if lists.open > 0 {
		flat.open = manyStrings // whoever joins brings a list
	}
	for i := range lists.list {
		n += len(lists.list[i].list)
		flat.open += lists.list[i].open
		flat.attr = lists.list[i].attr
	}
	flat.list = b.room(n)[:0]
	for i := range lists.list {
		flat.list = append(flat.list, lists.list[i].list...)
	}
	return flat
}

func (b *bounder) reduced(fn function, arg span, depth int) span {
	if !arg.has {
		return span{}
	}
	if depth <= 1 {
		return shrink(fn, arg)
	}
	results := b.room(len(arg.list))
	for i := range arg.list {
		results[i] = b.reduced(fn, arg.list[i], depth-1)
	}
	return span{list: results, open: arg.open, has: true}
}

// seats gives the path of an argument that lists players or their numbers, and
// whether the teams are flattened into one list.
func (e *expr) seats() (path *expr, flat bool) {
	if e.fn == fnFlatten {
		flat, e = true, e.arg
	}
	if !e.path || e.kind != pathPlayers && (e.kind != pathAttribute || e.typ.base != baseNumber) {
		return nil, false
	}
	return e, flat || e.single
}

// direct bounds a function of players' numbers without making a list of them:
// nearly every rule measures such.
func (b *bounder) direct(fn function, path *expr, flat bool) span {
	if flat {
		var s sums
		s.reset()
		open := 0
		for _, t := range path.teams {
			b.gather(&s, path, t)
			open += b.roster.open[t]
		}
		return s.span(fn, float64(open), b.extent(path))
	}
	teams := b.room(len(path.teams))
	for i, t := range path.teams {
		var s sums
		s.reset()
		b.gather(&s, path, t)
		teams[i] = s.span(fn, float64(b.roster.open[t]), b.extent(path))
	}
	return span{list: teams, has: true}
}

func (b *bounder) extent(path *expr) extent {
	if path.kind != pathAttribute {
		return extent{math.Inf(-1), math.Inf(1)}
	}
	return b.extents[b.set.attributes[path.attr].slot]
}

// gather adds the players of a team to the sums.
func (b *bounder) gather(s *sums, path *expr, team int) {
	seats := b.roster.teams[team]
	if path.whole {
		b.gatherEntries(s, path, seats)
		return
	}
	s.n += float64(len(seats))
	b.work += len(seats)
	if path.kind != pathAttribute {
		return
	}
	slot, width := b.set.attributes[path.attr].slot, b.set.numbers
	for i := range seats {
		x := seats[i].t.nums[seats[i].player*width+slot]
		s.lo += x
		s.lowest.lo, s.highest.hi = min(s.lowest.lo, x), max(s.highest.hi, x)
	}
	s.hi, s.lowest.hi, s.highest.lo = s.lo, s.lowest.lo, s.highest.hi
}

// shrink gives the span of a function over a list whose elements are spans and
// which may grow by its open seats.
func shrink(fn function, l span) span {
	var s sums
	s.reset()
	for i := range l.list {
		s.add(&l.list[i])
	}
	x := extent{math.Inf(-1), math.Inf(1)}
	if l.attr != nil && s.unknown == 0 {
		x = *l.attr
	}
	return s.span(fn, float64(l.open+s.unknown), x)
}

// sums gathers the spans of a list.
type sums struct {
	n, lo, hi       float64
	unknown         int
	lowest, highest extent // of the smallest and of the greatest element
}

func (s *sums) reset() {
	inf := math.Inf(1)
	*s = sums{lowest: extent{inf, inf}, highest: extent{-inf, -inf}}
}

func (s *sums) add(x *span) {
	if !x.has {
		s.unknown++
		return
	}
	s.n++
	s.lo, s.hi = s.lo+x.lo, s.hi+x.hi
	s.lowest.lo, s.lowest.hi = min(s.lowest.lo, x.lo), min(s.lowest.hi, x.hi)
	s.highest.lo, s.highest.hi = max(s.highest.lo, x.lo), max(s.highest.hi, x.hi)
}

// span bounds a function of a list that may grow by open elements within x.
func (s *sums) span(fn function, open float64, x extent) span {
	switch fn {
	case fnCount:
		return span{lo: s.n, hi: s.n + open, has: true}
	case fnSum:
		if open == 0 {
			return span{lo: s.lo, hi: s.hi, has: true}
		}
		return span{lo: s.lo + open*min(x.lo, 0), hi: s.hi + open*max(x.hi, 0), has: true}
	}
	if s.n == 0 {
		return span{}
	}
	if open == 0 {
		x = extent{math.Inf(1), math.Inf(-1)}
	}
	switch fn {
	case fnMin:
		return span{lo: min(s.lowest.lo, x.lo), hi: s.lowest.hi, has: true}
	case fnMax:
		return span{lo: s.highest.lo, hi: max(s.highest.hi, x.hi), has: true}
	case fnAvg:
		return s.average(open, x.lo, x.hi)
	case fnMedian:
		return span{lo: min(s.lowest.lo, x.lo), hi: max(s.highest.hi, x.hi), has: true}
	}
	return span{lo: 0, hi: math.Inf(1), has: true} // standard deviation
}

// average is monotone in the number that join: the ends of its span are where
// nobody joins and where all seats fill at the extreme.
func (s *sums) average(open, lo, hi float64) span {
	result := span{lo: s.lo / s.n, hi: s.hi / s.n, has: true}
	if open > 0 {
		result.lo = min(result.lo, (s.lo+open*lo)/(s.n+open))
		result.hi = max(result.hi, (s.hi+open*hi)/(s.n+open))
	}
	return result
}

// slack forgives rounding: a rule is given up only when it is missed by more.
const slack = 1e-9

func beyond(a, b float64) bool { return a-b > slack*max(1, math.Abs(a), math.Abs(b)) }

// possible says whether the rule may hold once more players have joined. It may
// say yes wrongly, and never no wrongly.
func (b *bounder) possible(rules []*rule, r *rule) bool {
	b.reset()
	b.spent = 0
	switch r.kind {
	case kindComparison, kindDistance:
		return b.measurable(r)
	case kindCollection:
		return b.collectable(r)
	case kindBatchDistance:
		o := outcome{pass: true, vacuous: true}
		b.batch(r, &o)
		return o.pass
	case kindLatency:
		return r.fromAverage || b.latencyOutcome(r)
	case kindCompound:
		return b.provable(rules, r.statement)
	}
	return true
}

func (b *bounder) latencyOutcome(r *rule) bool {
	var o outcome
	b.latency(r, &o)
	return o.pass
}

// provable is possible for statements: what stands under not or xor may go
// either way.
func (b *bounder) provable(rules []*rule, t *term) bool {
	switch t.op {
	case opRule:
		return b.possible(rules, rules[t.rule])
	case opAnd:
		for _, arg := range t.args {
			if !b.provable(rules, arg) {
				return false
			}
		}
	case opOr:
		for _, arg := range t.args {
			if b.provable(rules, arg) {
				return true
			}
		}
		return false
	}
	return true
}

func (b *bounder) measurable(r *rule) bool {
	for _, e := range r.measurements {
		switch {
		case r.reference == nil && e.ofPlayers():
			o := outcome{pass: true, vacuous: true}
			if b.mutual(r, b.eval(e), e.typ, &o); !o.pass {
				return false
			}
		case r.reference == nil:
		case e.typ.base == baseString:
			if r.reference.constant() && e.ofPlayers() {
				o := outcome{pass: true, vacuous: true}
				if b.pairs(r, b.eval(e), r.reference.literal, e.typ.depth(), 0, baseString, &o); !o.pass {
					return false
				}
			}
		case !reachable(r, b.bound(e), b.bound(r.reference), e.typ.depth(), r.reference.typ.depth()):
			return false
		}
	}
	return true
}

// ofPlayers says that the elements of e are players' own values, which do not
// change when others join.
func (e *expr) ofPlayers() bool {
	for e.fn == fnFlatten {
		e = e.arg
	}
	return e.path && e.fn == fnNone && e.kind >= pathPlayerID
}

// reachable says whether every pair of elements can still pass.
func reachable(r *rule, m, ref span, depth, refDepth int) bool {
	switch {
	case !m.has || !ref.has: // unknown, whatever its depth
	case depth > 0 && refDepth > 0:
		for i := range m.list {
			if !reachable(r, m.list[i], ref.list[i], depth-1, refDepth-1) {
				return false
			}
		}
	case depth > 0:
		for i := range m.list {
			if !reachable(r, m.list[i], ref, depth-1, 0) {
				return false
			}
		}
	case refDepth > 0:
		for i := range ref.list {
			if !reachable(r, m, ref.list[i], 0, refDepth-1) {
				return false
			}
		}
	default:
		return pairReachable(r, m, ref)
	}
	return true
}

func pairReachable(r *rule, m, ref span) bool {
	if r.kind == kindDistance {
		least := max(0, m.lo-ref.hi, ref.lo-m.hi)
		most := max(m.hi-ref.lo, ref.hi-m.lo)
		return !beyond(least, r.max) && !beyond(r.min, most)
	}
	switch r.operation {
	case "<", "<=":
		return !beyond(m.lo, ref.hi)
	case ">", ">=":
		return !beyond(ref.lo, m.hi)
	case "=":
		return !beyond(m.lo, ref.hi) && !beyond(ref.lo, m.hi)
	}
	return m.lo != m.hi || ref.lo != ref.hi || m.lo != ref.lo
}

// collectable looks at what can only get worse: an intersection shrinks, counts
// and unions grow, and a count grows by the open seats at most.
func (b *bounder) collectable(r *rule) bool {
	for _, e := range r.measurements {
		o := outcome{pass: true, vacuous: true}
		bound := *r
		switch {
		case r.operation == opReference && e.shrinks() && r.reference.constant():
			bound.max = math.Inf(1)
		case !e.ofPlayers():
			continue
		case r.operation == opIntersection && e.typ.ofLists():
			bound.max = math.Inf(1)
		case r.operation == opContains:
			bound.min -= float64(b.openSeats(e))
		case r.operation == opReference && e.typ.ofLists():
			bound.loosenReference()
		default:
			continue
		}
		reference := value{has: true}
		if r.reference != nil {
			reference = b.eval(r.reference)
		}
		if b.collect(&bound, b.eval(e), reference, e.typ.depth(), &o); !o.pass {
			return false
		}
	}
	return true
}

// shrinks says that the expression gives what players' own lists have in
// common, which is less the more players join.
func (e *expr) shrinks() bool {
	return e.fn == fnSetIntersection && e.arg.ofPlayers() && e.arg.typ.ofLists()
}

// loosenReference drops the bound that may yet be met: a reference of all
// players' strings grows, one of their shared strings shrinks.
func (r *rule) loosenReference() {
	switch e := r.reference; {
	case e.constant():
	case e.ofPlayers():
		r.min = math.Inf(-1)
	case e.shrinks():
		r.max = math.Inf(1)
	default:
		r.min, r.max = math.Inf(-1), math.Inf(1)
	}
}

// openSeats gives how many more players may join the teams that e reads.
func (b *bounder) openSeats(e *expr) (n int) {
	for e.fn == fnFlatten {
		e = e.arg
	}
	for _, t := range e.teams {
		n += b.roster.open[t]
	}
	return n
}
