package flexmatch

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// An expansion is applied by reading its rule again with the property replaced.
// So any property can be a target, every step is checked as the base value is,
// and the rest of the package knows nothing of expansions but stages.

// target is what an expansion changes: a property of a rule, or of teams.
type target struct {
	rule     int // -1 for teams
	defs     []int
	property string
}

func (d *decoder) expansions(o object) {
	seen := map[string]bool{}
	for i, n := range o.list("expansions") {
		path := fmt.Sprintf("expansions[%d]", i)
		e, ok := d.object(n, path, "target", "steps")
		if !ok {
			continue
		}
		text, named := e.name("target", `"rules[FairSkill].maxDistance"`)
		steps := e.require("steps", `[{"waitTimeSeconds": 10, "value": 20}]`)
		if !named || steps == nil {
			continue
		}
		t, ok := d.target(e.n.get("target"), path+".target")
		if !ok {
			continue
		}
		if seen[text] {
			d.warn(e.n.get("target"), path+".target", fmt.Sprintf("a second expansion changes %s", text), "join them into one; the last that applies counts")
		}
		seen[text] = true
		d.set.expansions = append(d.set.expansions, expansion{text, t, path, d.steps(e, path)})
	}
}

// target reads rules[name].property or teams[name,name].property.
func (d *decoder) target(n *node, path string) (target, bool) {
	kind, rest, ok := strings.Cut(strings.TrimSpace(n.text), "[")
	name, property, closed := strings.Cut(rest, "]")
	property, dotted := strings.CutPrefix(strings.TrimSpace(property), ".")
	t := target{rule: -1, property: strings.TrimSpace(property)}
	if !ok || !closed || !dotted {
		d.fail(n, path, fmt.Sprintf("%q is not a target", n.text), "write rules[name].property or teams[name].minPlayers")
		return t, false
	}
	switch kind = strings.TrimSpace(kind); kind {
	case "rules":
		return t, d.ruleTarget(&t, n, path, strings.TrimSpace(name))
	case "teams":
		return t, d.teamTarget(&t, n, path, name)
	}
	d.fail(n, path, fmt.Sprintf("%q cannot be expanded", kind), didYouMean(kind, []string{"rules", "teams"}))
	return t, false
}

func (d *decoder) ruleTarget(t *target, n *node, path, name string) bool {
	r := d.set.ruleNamed(name)
	if r == nil {
		names := make([]string, len(d.set.rules))
		for i, r := range d.set.rules {
			names[i] = r.name
		}
		d.fail(n, path, fmt.Sprintf("no rule is named %q", name), didYouMean(name, names))
		return false
	}
	t.rule = r.index
	if r.kind == "" {
		return false // which is a problem of the rule's own
	}
	if r.kind == kindCompound {
		d.fail(n, path, "a compound rule cannot be expanded", "expand the rules it names")
		return false
	}
	properties := expandable[r.kind]
	if !slices.Contains(properties, t.property) {
		d.fail(n, path, fmt.Sprintf("a %s rule has no property %q to expand", r.kind, t.property), didYouMean(t.property, properties))
		return false
	}
	return true
}

var expandable = map[ruleKind][]string{
	kindComparison:    {"measurements", "operation", "referenceValue", "partyAggregation"},
	kindDistance:      {"measurements", "referenceValue", "minDistance", "maxDistance", "partyAggregation"},
	kindBatchDistance: {"batchAttribute", "maxDistance", "partyAggregation"},
	kindCollection:    {"measurements", "operation", "referenceValue", "minCount", "maxCount", "partyAggregation"},
	kindLatency:       {"maxLatency", "maxDistance", "distanceReference", "partyAggregation"},
	kindAbsoluteSort:  {"sortDirection", "sortAttribute", "mapKey", "partyAggregation"},
	kindDistanceSort:  {"sortDirection", "sortAttribute", "mapKey", "partyAggregation"},
}

func (d *decoder) teamTarget(t *target, n *node, path, names string) bool {
	if t.property != "minPlayers" && t.property != "maxPlayers" {
		d.fail(n, path, fmt.Sprintf("the property %q of a team cannot be expanded", t.property), didYouMean(t.property, []string{"minPlayers", "maxPlayers"}))
		return false
	}
	for name := range strings.SplitSeq(names, ",") {
		name = strings.TrimSpace(name)
		before := len(t.defs)
		for i, def := range d.set.defs {
			if def.Name == name || name == "*" {
				t.defs = append(t.defs, i)
			}
		}
		if len(t.defs) == before {
			d.fail(n, path, fmt.Sprintf("no team is named %q", name), d.teamAdvice(name))
			return false
		}
	}
	return true
}

// teamAdvice names the definition when one numbered copy of it was asked for.
func (d *decoder) teamAdvice(name string) string {
	var names []string
	for _, def := range d.set.defs {
		names = append(names, def.Name)
	}
	if found := d.set.teamsNamed(name); len(found) > 0 {
		return fmt.Sprintf("write %q: all its teams change together", d.set.defs[d.set.teams[found[0]].def].Name)
	}
	return didYouMean(name, names)
}

func (d *decoder) steps(e object, path string) []step {
	var steps []step
	items := e.list("steps")
	if len(items) == 0 {
		d.fail(e.n.get("steps"), path+".steps", "there is no step", "write one at least, or leave the expansion out")
	}
	for i, n := range items {
		at := fmt.Sprintf("%s.steps[%d]", path, i)
		o, ok := d.object(n, at, "waitTimeSeconds", "value")
		if !ok {
			continue
		}
		wait, value := o.require("waitTimeSeconds", "10"), o.require("value", "20")
		if wait == nil || value == nil {
			continue
		}
		seconds := o.count("waitTimeSeconds", wait, 0, 1_000_000_000)
		s := step{time.Duration(seconds) * time.Second, value, at}
		if len(steps) > 0 && s.wait <= steps[len(steps)-1].wait {
			d.fail(wait, at+".waitTimeSeconds", fmt.Sprintf("the step at %d s does not come after the one before it, at %d s", seconds, steps[len(steps)-1].wait/time.Second), "waits count from the start of the ticket; write them in rising order")
			continue
		}
		if s.wait > maxWait {
			d.warn(wait, at+".waitTimeSeconds", fmt.Sprintf("no ticket waits longer than %d s: this step is never reached", maxWait/time.Second), "lower it")
		}
		steps = append(steps, s)
	}
	return steps
}

// maxWait is the longest request timeout a matchmaking configuration may have.
//
// Source: GameLift service API, CreateMatchmakingConfiguration.
const maxWait = 43_200 * time.Second

// stages lays the expansions out in time: the rule set as written, and as it
// reads after each wait at which a step changes something.
func (d *decoder) stages() {
	first := stage{rules: d.set.rules}
	for _, t := range d.set.teams {
		first.min = append(first.min, d.set.defs[t.def].MinPlayers)
		first.max = append(first.max, d.set.defs[t.def].MaxPlayers)
	}
	d.set.stages = []stage{first}
	var waits []time.Duration
	for _, e := range d.set.expansions {
		for _, s := range e.steps {
			waits = append(waits, s.wait)
		}
	}
	slices.Sort(waits)
	d.quiet = true
	for _, wait := range slices.Compact(waits) {
		d.stage(wait)
	}
	d.quiet = false
	outgrown := func(s stage) bool { return s.maxTotal() > LargeMatch }
	if i := slices.IndexFunc(d.set.stages, outgrown); i > 0 && !d.set.Large() {
		d.warn(d.body.get("expansions"), "expansions", fmt.Sprintf("at %d s the teams together hold %d players: matches of more than %d are formed otherwise", d.set.stages[i].wait/time.Second, d.set.stages[i].maxTotal(), LargeMatch), "write the greatest maxPlayers in teams and expand minPlayers, or stay below")
	}
}

// stage adds the stage that begins at wait.
func (d *decoder) stage(wait time.Duration) {
	last := d.set.stages[len(d.set.stages)-1]
	next := stage{wait, slices.Clone(last.min), slices.Clone(last.max), slices.Clone(last.rules)}
	var changed *expansion
	for i := range d.set.expansions {
		e := &d.set.expansions[i]
		for _, s := range e.steps {
			if s.wait != wait {
				continue
			}
			changed = e
			if e.rule >= 0 {
				next.rules[e.rule] = d.expandRule(next.rules[e.rule], e.property, s)
			} else {
				d.expandTeams(&next, e, s)
			}
		}
	}
	for t := range next.min {
		if next.min[t] > next.max[t] {
			d.fail(d.body.get("expansions"), changed.path, fmt.Sprintf("at %d s the team %q needs %d players and holds %d", wait/time.Second, d.set.teams[t].name, next.min[t], next.max[t]), "keep minPlayers at or below maxPlayers")
			break
		}
	}
	if next.maxTotal() > MaxPlayers {
		d.fail(d.body.get("expansions"), changed.path, fmt.Sprintf("at %d s the teams together hold %d players", wait/time.Second, next.maxTotal()), fmt.Sprintf("a match has at most %d", MaxPlayers))
	}
	if wait == 0 {
		d.set.stages = nil // a step without a wait replaces what is written
		d.set.rules = next.rules
	}
	d.set.stages = append(d.set.stages, next)
}

func (d *decoder) expandRule(r *rule, property string, s step) *rule {
	n := *r.node
	n.members = slices.DeleteFunc(slices.Clone(n.members), func(m member) bool { return m.key == property })
	n.members = append(n.members, member{key: property, value: s.value})
	before := len(d.problems)
	expanded := d.rule(&n, r.path, r.index)
	for i := range d.problems[before:] {
		d.problems[before+i].Path = s.path + ".value"
	}
	expanded.part = r.part
	return expanded
}

func (d *decoder) expandTeams(next *stage, e *expansion, s step) {
	o := object{d: d, n: s.value, path: s.path}
	least, limits := 0, next.min
	if e.property == "maxPlayers" {
		least, limits = 1, next.max
	}
	value := o.count("value", s.value, least, MaxPlayers)
	for t, team := range d.set.teams {
		if slices.Contains(e.defs, team.def) {
			limits[t] = value
		}
	}
}
