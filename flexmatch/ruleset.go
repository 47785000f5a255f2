package flexmatch

import (
	"maps"
	"math"
	"slices"
	"strconv"
	"time"
)

// The limits of a rule set.
//
// Source: GameLift service API, CreateMatchmakingRuleSet; FlexMatch developer
// guide, "Design large matches".
const (
	// MaxBody is the length of a rule set body, in characters.
	MaxBody = 65_535
	// MaxPlayers is the most players that all teams of a match may hold together.
	MaxPlayers = 200
	// LargeMatch is the size above which a match is large: it is formed by
	// balancing one attribute, and only few rule types may be used.
	LargeMatch = 40
)

// RuleSet is a parsed and checked rule set. It does not change, and any number
// of goroutines may use it. Parse makes it.
type RuleSet struct {
	name       string
	attributes []AttributeSpec
	algorithm  Algorithm
	defs       []TeamSpec
	teams      []team
	rules      []*rule
	expansions []expansion
	stages     []stage
	parties    PartyEvaluation // empty for PartyIndividual
	// numbers, strings and lists count the attributes of a kind that rules read;
	// each has a slot of that kind in every ticket of an engine.
	numbers, strings, lists int
	plan                    plan
}

// AttributeType is the type of a player attribute.
type AttributeType string

// The attribute types, as rule sets write them.
const (
	StringType          AttributeType = "string"
	NumberType          AttributeType = "number"
	StringListType      AttributeType = "string_list"
	StringNumberMapType AttributeType = "string_number_map"
)

var attributeTypes = []string{string(StringType), string(NumberType), string(StringListType), string(StringNumberMapType)}

// AttributeSpec is a player attribute as a rule set declares it.
type AttributeSpec struct {
	Name string
	Type AttributeType
	// Default is what a player has who does not say. Nil means none: a ticket
	// that leaves the attribute out is accepted and never matched.
	Default *Attribute

	used bool
	slot int
}

// Algorithm says how matches are formed.
type Algorithm struct {
	// Strategy is exhaustiveSearch or balanced.
	Strategy string
	// Batching is random or sorted, for large matches largestPopulation or
	// fastestRegion.
	Batching string
	// SortBy holds the attributes of batching by sorted, most important first.
	SortBy []string
	// BalancedAttribute is the number that teams of a large match are balanced on.
	BalancedAttribute string
	// ExpansionAge is newest or oldest: the ticket whose age moves expansions.
	ExpansionAge string
	// BackfillPriority is normal, high or low.
	BackfillPriority string
}

// TeamSpec is a team as a rule set defines it.
type TeamSpec struct {
	Name string
	// MinPlayers and MaxPlayers bound the players of one team.
	MinPlayers, MaxPlayers int
	// Quantity is how many such teams a match has. With more than one they are
	// called Name_1, Name_2 and so on.
	Quantity int
}

// RuleSpec names a rule.
type RuleSpec struct {
	Name, Type, Description string
}

// team is one team of a match: a copy of a definition.
type team struct {
	name string
	def  int
	// class is the same for teams that no rule tells apart.
	class int
}

type expansion struct {
	text string
	target
	path  string
	steps []step
}

type step struct {
	wait  time.Duration
	value *node
	path  string
}

// stage is the rule set as it reads from one age on, until the next stage.
type stage struct {
	wait     time.Duration
	min, max []int // by team
	rules    []*rule
}

func (s *stage) minTotal() (sum int) {
	for _, n := range s.min {
		sum += n
	}
	return sum
}

func (s *stage) maxTotal() (sum int) {
	for _, n := range s.max {
		sum += n
	}
	return sum
}

// Name gives the label in the body, which may be empty.
func (rs *RuleSet) Name() string { return rs.name }

// Attributes gives the declared player attributes, in the order of the body.
func (rs *RuleSet) Attributes() []AttributeSpec {
	specs := slices.Clone(rs.attributes)
	for i, spec := range specs {
		if spec.Default != nil {
			value := *spec.Default
			value.Strings, value.Map = slices.Clone(value.Strings), maps.Clone(value.Map)
			specs[i].Default = &value
		}
	}
	return specs
}

// Algorithm gives the way matches are formed, with the defaults filled in.
func (rs *RuleSet) Algorithm() Algorithm {
	a := rs.algorithm
	a.SortBy = slices.Clone(a.SortBy)
	return a
}

// Teams gives the team definitions, in the order of the body.
func (rs *RuleSet) Teams() []TeamSpec { return slices.Clone(rs.defs) }

// TeamNames gives the names that teams have in a match, in order: those of a
// definition with a quantity are numbered.
func (rs *RuleSet) TeamNames() []string {
	names := make([]string, len(rs.teams))
	for i, t := range rs.teams {
		names[i] = t.name
	}
	return names
}

// Rules gives the rules, in the order of the body.
func (rs *RuleSet) Rules() []RuleSpec {
	specs := make([]RuleSpec, len(rs.rules))
	for i, r := range rs.rules {
		specs[i] = RuleSpec{Name: r.name, Type: string(r.kind), Description: r.description}
	}
	return specs
}

// Players gives the fewest and the most players of a match of a fresh ticket.
func (rs *RuleSet) Players() (fewest, most int) {
	return rs.stages[0].minTotal(), rs.stages[0].maxTotal()
}

// Large says whether the matches are large: more than LargeMatch players.
func (rs *RuleSet) Large() bool {
	sum := 0
	for _, def := range rs.defs {
		sum += def.MaxPlayers * def.Quantity
	}
	return sum > LargeMatch
}

func (rs *RuleSet) attributeNames() []string {
	names := make([]string, len(rs.attributes))
	for i, a := range rs.attributes {
		names[i] = a.Name
	}
	return names
}

// attribute gives the index of a declared attribute, or -1.
func (rs *RuleSet) attribute(name string) int {
	return slices.IndexFunc(rs.attributes, func(a AttributeSpec) bool { return a.Name == name })
}

// teamNames gives every name by which a team can be selected.
func (rs *RuleSet) teamNames() []string {
	names := rs.TeamNames()
	for _, def := range rs.defs {
		if def.Quantity > 1 {
			names = append(names, def.Name)
		}
	}
	return names
}

// teamsNamed gives the teams that a name selects: one, or all the copies of a
// definition with a quantity.
func (rs *RuleSet) teamsNamed(name string) (found []int) {
	for i, t := range rs.teams {
		if t.name == name || rs.defs[t.def].Name == name {
			found = append(found, i)
		}
	}
	return found
}

func (rs *RuleSet) ruleNamed(name string) *rule {
	for _, r := range rs.rules {
		if r.name == name {
			return r
		}
	}
	return nil
}

// stageAt gives the index of the stage that a given age has reached.
func (rs *RuleSet) stageAt(age time.Duration) int {
	i := len(rs.stages) - 1
	for i > 0 && rs.stages[i].wait > age {
		i--
	}
	return i
}

// ruleKind is the type of a rule.
type ruleKind string

const (
	kindComparison    ruleKind = "comparison"
	kindDistance      ruleKind = "distance"
	kindBatchDistance ruleKind = "batchDistance"
	kindCollection    ruleKind = "collection"
	kindLatency       ruleKind = "latency"
	kindAbsoluteSort  ruleKind = "absoluteSort"
	kindDistanceSort  ruleKind = "distanceSort"
	kindCompound      ruleKind = "compound"
)

var ruleKinds = []string{
	string(kindComparison), string(kindDistance), string(kindBatchDistance), string(kindCollection),
	string(kindLatency), string(kindAbsoluteSort), string(kindDistanceSort), string(kindCompound),
}

// aggregation makes one value of the values of a party.
type aggregation uint8

const (
	aggregateAvg aggregation = iota
	aggregateMin
	aggregateMax
	aggregateUnion
	aggregateIntersection
)

var aggregationNames = []string{"avg", "min", "max", "union", "intersection"}

// rule is one rule as it reads at one stage.
type rule struct {
	name, description string
	kind              ruleKind
	index             int
	node              *node  // from which the rule is read again for a later stage
	path              string // where node stands, for problems

	measurements []*expr
	operation    string
	reference    *expr // nil without referenceValue

	// min and max bound the distance, count or latency of the rule. They are
	// infinite when the rule does not say.
	min, max float64

	party aggregation
	attr  int // of batchDistance and sorts

	// latency
	maxLatency  float64 // infinite when the rule does not say
	fromAverage bool    // maxDistance counts from the average, not the minimum

	// sorts
	descending bool
	bestKey    int // +1 maxValue, -1 minValue, 0 not a map

	statement *term
	part      bool // some compound names it, so it does not stand alone
}

func (r *rule) sorts() bool { return r.kind == kindAbsoluteSort || r.kind == kindDistanceSort }

// stands says whether a match must satisfy the rule by itself.
func (r *rule) stands() bool { return !r.part && !r.sorts() }

// formatNumber writes a whole number in full and others to six digits.
func formatNumber(f float64) string {
	if f == math.Trunc(f) && math.Abs(f) < 1e15 {
		return strconv.FormatFloat(f, 'f', 0, 64)
	}
	return strconv.FormatFloat(f, 'g', 6, 64)
}
