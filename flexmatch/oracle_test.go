package flexmatch_test

import (
	"encoding/json"
	"fmt"
	"math"
	"slices"
	"sort"
	"strings"
	"time"

	"github.com/musterhq/muster/flexmatch"
)

// oracle evaluates a rule set slowly and obviously. It shares nothing with the
// package but the types: it reads the body with encoding/json, expressions by
// cutting strings, and values as any.
type oracle struct {
	body map[string]any
	// aggregate takes a party for one player, in the way of the rule at hand.
	aggregate bool
	rule      map[string]any
}

func newOracle(body string) *oracle {
	o := &oracle{}
	if err := json.Unmarshal([]byte(body), &o.body); err != nil {
		panic(err)
	}
	return o
}

func objects(v any) (list []map[string]any) {
	items, _ := v.([]any)
	for _, item := range items {
		list = append(list, item.(map[string]any))
	}
	return list
}

// at gives the rules and team limits as they read at an age.
func (o *oracle) at(age time.Duration) (rules []map[string]any, least, most map[string]int) {
	var copied map[string]any
	text, _ := json.Marshal(o.body)
	if err := json.Unmarshal(text, &copied); err != nil {
		panic(err)
	}
	for _, e := range objects(copied["expansions"]) {
		var value any
		for _, step := range objects(e["steps"]) {
			if time.Duration(step["waitTimeSeconds"].(float64))*time.Second <= age {
				value = step["value"]
			}
		}
		if value == nil {
			continue
		}
		target := e["target"].(string)
		names := target[strings.Index(target, "[")+1 : strings.Index(target, "]")]
		list := "rules"
		if strings.HasPrefix(target, "teams") {
			list = "teams"
		}
		for _, item := range objects(copied[list]) {
			if slices.Contains(strings.Split(names, ","), item["name"].(string)) {
				item[target[strings.Index(target, "].")+2:]] = value
			}
		}
	}
	least, most = map[string]int{}, map[string]int{}
	for _, t := range objects(copied["teams"]) {
		quantity := 1.0
		if q, ok := t["quantity"].(float64); ok {
			quantity = q
		}
		for i := range int(quantity) {
			name := t["name"].(string)
			if quantity > 1 {
				name = fmt.Sprintf("%s_%d", name, i+1)
			}
			least[name], most[name] = int(t["minPlayers"].(float64)), int(t["maxPlayers"].(float64))
		}
	}
	return objects(copied["rules"]), least, most
}

// judge says what is wrong with a match at a time, or "".
func (o *oracle) judge(m flexmatch.Match, now time.Time) string {
	rules, least, most := o.at(o.age(m.Tickets, now))
	total, backfills := 0, 0
	for _, t := range m.Teams {
		total += len(t.Players)
		if len(t.Players) < least[t.Name] || len(t.Players) > most[t.Name] {
			return fmt.Sprintf("team %s has %d players", t.Name, len(t.Players))
		}
	}
	in := 0
	for _, t := range m.Tickets {
		in += len(t.Players)
		if t.Backfill != nil {
			backfills++
		}
		if wrong := o.seated(t, m); wrong != "" {
			return wrong
		}
	}
	if in != total || total == 0 || backfills > 1 || backfills == 1 && len(m.Tickets) == 1 {
		return fmt.Sprintf("%d players in tickets, %d in teams, %d backfills", in, total, backfills)
	}
	return o.rules(rules, m)
}

// age follows expansionAgeSelection.
func (o *oracle) age(tickets []flexmatch.Ticket, now time.Time) time.Duration {
	algorithm, _ := o.body["algorithm"].(map[string]any)
	var ages []time.Duration
	for _, t := range tickets {
		ages = append(ages, now.Sub(t.Start))
	}
	if algorithm["expansionAgeSelection"] == "oldest" {
		return slices.Max(ages)
	}
	return slices.Min(ages)
}

// seated checks that a party is on one team, and a backfill's players where
// they were.
func (o *oracle) seated(t flexmatch.Ticket, m flexmatch.Match) string {
	where := map[string]string{}
	for _, team := range m.Teams {
		for _, p := range team.Players {
			where[p.ID] = team.Name
		}
	}
	for _, p := range t.Players {
		want := where[t.Players[0].ID]
		if t.Backfill != nil {
			want = p.Team
		}
		if want == "" || where[p.ID] != want {
			return fmt.Sprintf("player %s of ticket %s is in team %q, not %q", p.ID, t.ID, where[p.ID], want)
		}
	}
	return ""
}

// truths says which rules hold, and which compound rules name.
func (o *oracle) truths(rules []map[string]any, m flexmatch.Match) (truth, parts map[string]bool) {
	truth, parts = map[string]bool{}, map[string]bool{}
	for _, r := range rules {
		name := r["name"].(string)
		switch r["type"] {
		case "compound":
			truth[name] = statement(r["statement"].(string), truth, parts)
		case "latency":
			truth[name] = slices.ContainsFunc(allRegions(m), func(region string) bool { return latencyHolds(r, m, region) })
		case "absoluteSort", "distanceSort":
			truth[name] = true
		default:
			truth[name] = o.holds(r, m)
		}
	}
	return truth, parts
}

func (o *oracle) rules(rules []map[string]any, m flexmatch.Match) string {
	truth, parts := o.truths(rules, m)
	var latency []map[string]any
	for _, r := range rules {
		name := r["name"].(string)
		if parts[name] {
			continue
		}
		if !truth[name] {
			return fmt.Sprintf("the rule %s does not hold", name)
		}
		if r["type"] == "latency" {
			latency = append(latency, r)
		}
	}
	for _, r := range latency {
		if !latencyHolds(r, m, m.Region) {
			return fmt.Sprintf("the rule %s does not hold in region %q", r["name"], m.Region)
		}
	}
	return ""
}

func statement(text string, truth, parts map[string]bool) bool {
	text = strings.TrimSpace(text)
	open := strings.Index(text, "(")
	if open < 0 {
		parts[text] = true
		return truth[text]
	}
	inside, depth, count, n, from := text[open+1:len(text)-1], 0, 0, 0, 0
	for i, c := range inside + "," {
		switch {
		case c == '(':
			depth++
		case c == ')':
			depth--
		case c == ',' && depth == 0:
			if n++; statement((inside + ",")[from:i], truth, parts) {
				count++
			}
			from = i + 1
		}
	}
	switch text[:open] {
	case "and":
		return count == n
	case "or":
		return count > 0
	case "not":
		return count == 0
	}
	return count == 1
}

func allRegions(m flexmatch.Match) (names []string) {
	for _, t := range m.Tickets {
		if t.Backfill != nil && t.Backfill.Region != "" {
			names = append(names, t.Backfill.Region)
		}
		for _, p := range t.Players {
			for name := range p.Latency {
				names = append(names, name)
			}
		}
	}
	sort.Strings(names)
	return slices.Compact(names)
}

func latencyHolds(r map[string]any, m flexmatch.Match, region string) bool {
	var values []float64
	for _, t := range m.Tickets {
		var of []float64
		for _, p := range t.Players {
			ms, ok := p.Latency[region]
			if t.Backfill != nil && t.Backfill.Region != "" {
				if t.Backfill.Region != region {
					return false
				}
				if len(p.Latency) == 0 {
					continue
				}
			}
			if !ok {
				return false
			}
			of = append(of, float64(ms))
		}
		if len(of) > 0 {
			values = append(values, party(r, of))
		}
	}
	for _, v := range values {
		if limit, ok := r["maxLatency"].(float64); ok && v > limit {
			return false
		}
		if limit, ok := r["maxDistance"].(float64); ok {
			reference := slices.Min(values)
			if r["distanceReference"] == "avg" {
				reference = mean(values)
			}
			if math.Abs(v-reference) > limit {
				return false
			}
		}
	}
	return true
}

func party(r map[string]any, values []float64) float64 {
	switch r["partyAggregation"] {
	case "min":
		return slices.Min(values)
	case "max":
		return slices.Max(values)
	}
	return mean(values)
}

func mean(values []float64) float64 {
	sum := 0.0
	for _, v := range values {
		sum += v
	}
	return sum / float64(len(values))
}

func (o *oracle) attribute(p flexmatch.Player, name string) any {
	for _, spec := range objects(o.body["playerAttributes"]) {
		if spec["name"] != name {
			continue
		}
		a, ok := p.Attributes[name]
		switch {
		case !ok:
			return spec["default"]
		case spec["type"] == "number":
			return a.Number
		case spec["type"] == "string":
			return a.String
		}
		list := []any{}
		for i, s := range a.Strings {
			if !slices.Contains(a.Strings[:i], s) {
				list = append(list, s)
			}
		}
		return list
	}
	panic("no attribute " + name)
}

// eval gives a float64, a string, a []any, or nil for no value; and how many
// levels of list there are.
func (o *oracle) eval(text string, m flexmatch.Match) (value any, depth int) {
	text = strings.TrimSpace(text)
	if !strings.HasPrefix(text, "teams") {
		open := strings.Index(text, "(")
		arg, depth := o.eval(text[open+1:len(text)-1], m)
		return apply(strings.TrimSpace(text[:open]), arg, depth), depth - 1
	}
	selection := text[len("teams[") : len("teams[")+strings.Index(text[len("teams["):], "]")]
	rest := text[len("teams[")+len(selection)+1:]
	depth = 1
	for _, spec := range objects(o.body["playerAttributes"]) {
		if spec["type"] == "string_list" && strings.HasSuffix(rest, fmt.Sprintf("[%s]", spec["name"])) {
			depth = 2
		}
	}
	var teams []any
	for _, t := range m.Teams {
		base := t.Name
		if i := strings.LastIndex(base, "_"); i > 0 {
			base = base[:i]
		}
		names := strings.Split(selection, ",")
		if selection == "*" || slices.Contains(names, t.Name) || slices.Contains(names, base) {
			teams = append(teams, o.players(m, t, rest))
		}
	}
	if selection != "*" && !strings.Contains(selection, ",") && len(teams) == 1 {
		return teams[0], depth
	}
	return teams, depth + 1
}

func (o *oracle) players(m flexmatch.Match, t flexmatch.MatchTeam, rest string) any {
	of := func(p flexmatch.Player) any {
		if rest == ".players" || rest == ".players[playerId]" {
			return p.ID
		}
		return o.attribute(p, strings.TrimSuffix(strings.TrimPrefix(rest, ".players.attributes["), "]"))
	}
	list := []any{}
	for _, p := range t.Players {
		ticket := ticketOf(m, p)
		switch {
		case !o.aggregate || ticket.Backfill != nil || len(ticket.Players) == 1:
			list = append(list, of(p))
		case p.ID == ticket.Players[0].ID:
			var values []any
			for _, p := range ticket.Players {
				values = append(values, of(p))
			}
			list = append(list, o.aggregated(values)...)
		}
	}
	return list
}

func ticketOf(m flexmatch.Match, p flexmatch.Player) flexmatch.Ticket {
	i := slices.IndexFunc(m.Tickets, func(t flexmatch.Ticket) bool {
		return slices.ContainsFunc(t.Players, func(other flexmatch.Player) bool { return other.ID == p.ID })
	})
	return m.Tickets[i]
}

// aggregated gives what a party has in place of its players' values: one value
// as a rule, each of its strings in a collection rule.
func (o *oracle) aggregated(values []any) []any {
	var numbers []float64
	var lists []any
	for _, v := range values {
		switch v := v.(type) {
		case float64:
			numbers = append(numbers, v)
		case []any:
			lists = append(lists, v)
		}
	}
	switch {
	case o.rule["type"] == "collection" && len(lists) > 0:
		return []any{o.joint(lists)}
	case o.rule["type"] == "collection":
		for _, v := range values {
			lists = append(lists, []any{v})
		}
		return o.joint(lists).([]any)
	case len(numbers) > 0:
		return []any{party(o.rule, numbers)}
	case len(lists) > 0:
		return []any{[]any{}}
	}
	return []any{""}
}

func (o *oracle) joint(lists []any) any {
	if o.rule["partyAggregation"] == "intersection" {
		return common(lists)
	}
	union := []any{}
	for _, l := range lists {
		for _, w := range l.([]any) {
			if !slices.Contains(union, w) {
				union = append(union, w)
			}
		}
	}
	return union
}

// apply calls a function on a list of a given depth, or on each list within.
func apply(fn string, v any, depth int) any {
	list, _ := v.([]any)
	switch {
	case fn == "flatten":
		flat := []any{}
		for _, l := range list {
			inner, _ := l.([]any)
			flat = append(flat, inner...)
		}
		return flat
	case fn == "set_intersection" && depth == 2:
		return common(list)
	case depth > 1:
		results := []any{}
		for _, l := range list {
			results = append(results, apply(fn, l, depth-1))
		}
		return results
	}
	var numbers []float64
	n := 0
	for _, x := range list {
		if f, ok := x.(float64); ok {
			numbers = append(numbers, f)
		}
		if x != nil {
			n++
		}
	}
	return reduced(fn, n, numbers)
}

func reduced(fn string, n int, numbers []float64) any {
	sum := 0.0
	for _, f := range numbers {
		sum += f
	}
	switch {
	case fn == "count":
		return float64(n)
	case fn == "sum":
		return sum
	case len(numbers) == 0:
		return nil
	}
	sorted := slices.Sorted(slices.Values(numbers))
	switch fn {
	case "min":
		return sorted[0]
	case "max":
		return sorted[len(sorted)-1]
	case "avg":
		return sum / float64(len(numbers))
	case "median":
		return sorted[(len(sorted)-1)/2]/2 + sorted[len(sorted)/2]/2
	}
	squares := 0.0
	for _, f := range numbers {
		squares += (f - sum/float64(len(numbers))) * (f - sum/float64(len(numbers)))
	}
	return math.Sqrt(squares / float64(len(numbers)))
}

// common gives the strings that are in every list that is there, or nil when
// none is.
func common(lists []any) any {
	lists = slices.DeleteFunc(slices.Clone(lists), func(l any) bool { return l == nil })
	if len(lists) == 0 {
		return nil
	}
	shared := []any{}
	for _, w := range lists[0].([]any) {
		everywhere := true
		for _, l := range lists {
			everywhere = everywhere && slices.Contains(l.([]any), w)
		}
		if everywhere && !slices.Contains(shared, w) {
			shared = append(shared, w)
		}
	}
	return shared
}

func (o *oracle) holds(r map[string]any, m flexmatch.Match) bool {
	if r["type"] == "batchDistance" {
		return o.batch(r, m)
	}
	o.rule = r
	var measurements []string
	switch v := r["measurements"].(type) {
	case string:
		measurements = []string{v}
	case []any:
		for _, s := range v {
			measurements = append(measurements, s.(string))
		}
	}
	reference := r["referenceValue"]
	if s, ok := reference.(string); ok && strings.Contains(s, "teams[") {
		if reference, _ = o.eval(s, m); reference == nil {
			return true
		}
	}
	for _, text := range measurements {
		measured, depth := o.eval(text, m)
		ok := true
		switch {
		case r["type"] == "collection":
			ok = collects(r, measured, reference, depth)
		case r["referenceValue"] == nil:
			ok = mutual(r["operation"] == "=", measured, depth)
		default:
			ok = paired(r, measured, reference)
		}
		if !ok {
			return false
		}
	}
	return true
}

func (o *oracle) batch(r map[string]any, m flexmatch.Match) bool {
	var numbers []float64
	var words []any
	for _, t := range m.Tickets {
		var of []float64
		for _, p := range t.Players {
			switch v := o.attribute(p, r["batchAttribute"].(string)).(type) {
			case float64:
				of = append(of, v)
			default:
				words = append(words, v)
			}
		}
		if len(of) > 0 {
			numbers = append(numbers, party(r, of))
		}
	}
	if len(words) > 0 {
		return mutual(true, words, 1)
	}
	return slices.Max(numbers)-slices.Min(numbers) <= r["maxDistance"].(float64)
}

func mutual(alike bool, v any, depth int) bool {
	list, _ := v.([]any)
	if depth > 1 {
		return !slices.ContainsFunc(list, func(l any) bool { return !mutual(alike, l, depth-1) })
	}
	for i := range list {
		for j := range list[:i] {
			if list[i] != nil && list[j] != nil && (list[i] == list[j]) != alike {
				return false
			}
		}
	}
	return true
}

func paired(r map[string]any, m, ref any) bool {
	ms, mList := m.([]any)
	refs, refList := ref.([]any)
	switch {
	case mList && refList:
		for i := range ms {
			if !paired(r, ms[i], refs[i]) {
				return false
			}
		}
		return true
	case mList:
		return !slices.ContainsFunc(ms, func(x any) bool { return !paired(r, x, ref) })
	case refList:
		return !slices.ContainsFunc(refs, func(x any) bool { return !paired(r, m, x) })
	case m == nil || ref == nil:
		return true
	}
	if s, ok := m.(string); ok {
		return (s == ref) == (r["operation"] == "=")
	}
	a, b := m.(float64), ref.(float64)
	if r["type"] == "distance" {
		least, low := r["minDistance"].(float64)
		most, high := r["maxDistance"].(float64)
		return (!low || math.Abs(a-b) >= least) && (!high || math.Abs(a-b) <= most)
	}
	return map[string]bool{"<": a < b, "<=": a <= b, "=": a == b, "!=": a != b, ">": a > b, ">=": a >= b}[r["operation"].(string)]
}

func collects(r map[string]any, m, ref any, depth int) bool {
	if m == nil {
		return true
	}
	list := m.([]any)
	if depth > 2 || depth == 2 && r["operation"] == "reference_intersection_count" {
		return !slices.ContainsFunc(list, func(l any) bool { return !collects(r, l, ref, depth-1) })
	}
	var counted []any
	switch r["operation"] {
	case "contains":
		for _, l := range list {
			inner, _ := l.([]any)
			if depth == 1 && l == ref || slices.Contains(inner, ref) {
				counted = append(counted, l)
			}
		}
	case "intersection":
		if depth == 1 {
			list = []any{list}
		}
		shared := common(list)
		if shared == nil {
			return true
		}
		counted = shared.([]any)
	default:
		references, ok := ref.([]any)
		if !ok {
			references = []any{ref}
		}
		counted = common([]any{list, references}).([]any)
	}
	least, low := r["minCount"].(float64)
	most, high := r["maxCount"].(float64)
	if !low && !high {
		least, low = 1, true
	}
	return (!low || float64(len(counted)) >= least) && (!high || float64(len(counted)) <= most)
}
