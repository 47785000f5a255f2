package flexmatch

import (
	"fmt"
	"slices"
	"strings"
)

// base is what an expression's innermost elements are.
type base uint8

const (
	baseNumber base = iota
	baseString
	baseMap
	basePlayer
	baseTeam
)

func (b base) String() string {
	return [...]string{"number", "string", "string_number_map", "Player", "Team"}[b]
}

// dim is one level of a list. Two lists can be compared pair by pair when
// their levels are equal, for then they are sure to be of one length.
type dim struct {
	teams int    // how many teams, for a level of teams
	of    string // what else is listed, and whose
}

// typ is the static type of an expression: its elements and the levels of list
// around them, outermost first.
type typ struct {
	base base
	dims []dim
}

func (t typ) depth() int { return len(t.dims) }

// ofLists says that the innermost lists are players' own, which stay as they
// are when others join.
func (t typ) ofLists() bool {
	n := t.depth()
	return n > 1 && strings.HasPrefix(t.dims[n-1].of, stringsOf)
}

const stringsOf = "strings "

func (t typ) String() string {
	return strings.Repeat("List<", t.depth()) + t.base.String() + strings.Repeat(">", t.depth())
}

type function uint8

const (
	fnNone function = iota
	fnMin
	fnMax
	fnAvg
	fnMedian
	fnSum
	fnCount
	fnStddev
	fnFlatten
	fnSetIntersection
)

var functionNames = []string{"", "min", "max", "avg", "median", "sum", "count", "stddev", "flatten", "set_intersection"}

type pathKind uint8

const (
	pathTeams pathKind = iota
	pathPlayers
	pathPlayerID
	pathAttribute
)

// expr is a property expression: a function of one argument, a path or a
// literal. Expressions do not change once parsed.
type expr struct {
	typ  typ
	fn   function
	arg  *expr // of fn
	path bool
	kind pathKind
	// teams holds the indexes of the teams a path reads, and single says that it
	// names one team, so that its players are a plain list.
	teams   []int
	single  bool
	attr    int
	literal value
	text    string // canonical
	// whole says that a path lists one value for a party, made of the players'
	// own by how.
	whole bool
	how   aggregation
}

func numberLiteral(f float64) *expr {
	return &expr{typ: typ{base: baseNumber}, literal: number(f), text: formatNumber(f)}
}

func stringLiteral(s string) *expr {
	return &expr{typ: typ{base: baseString}, literal: str(s), text: fmt.Sprintf("%q", s)}
}

func (e *expr) constant() bool {
	for e.fn != fnNone {
		e = e.arg
	}
	return !e.path
}

// exprError is a problem at an offset, in characters, of the expression.
type exprError struct {
	at            int
	what, instead string
}

// looksLikeExpr tells an expression from a plain string: it starts with a word
// and an opening bracket, and the word is one of the language or nearly so.
func looksLikeExpr(s string) bool {
	s = strings.TrimSpace(s)
	word := s[:len(s)-len(strings.TrimLeft(s, letters))]
	rest := strings.TrimLeft(s[len(word):], " \t\r\n")
	if word == "" || rest == "" || rest[0] != '(' && rest[0] != '[' && rest[0] != '.' {
		return false
	}
	return nearest(word, append([]string{"teams", "players"}, functionNames[1:]...)) != ""
}

const letters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_0123456789"

// maxCalls bounds the nesting of function calls; types make five the most that
// can be of use.
const maxCalls = 16

type exprParser struct {
	set   *RuleSet
	text  []rune
	at    int
	calls int
}

// parseExpr reads one property expression and finds its type.
func parseExpr(set *RuleSet, text string) (e *expr, problem *exprError) {
	p := &exprParser{set: set, text: []rune(text)}
	defer func() {
		switch failed := recover().(type) {
		case nil:
		case exprError:
			e, problem = nil, &failed
		default:
			panic(failed)
		}
	}()
	e = p.expr()
	if p.space(); p.at < len(p.text) {
		p.fail(p.at, fmt.Sprintf("%q stands after the end of the expression", string(p.text[p.at:])), "remove it; the language has no operators inside expressions")
	}
	return e, nil
}

func (p *exprParser) fail(at int, what, instead string) {
	panic(exprError{at, what, instead})
}

func (p *exprParser) space() {
	for p.at < len(p.text) && strings.ContainsRune(" \t\r\n", p.text[p.at]) {
		p.at++
	}
}

// take reads c when it comes next.
func (p *exprParser) take(c rune) bool {
	p.space()
	if p.at < len(p.text) && p.text[p.at] == c {
		p.at++
		return true
	}
	return false
}

func (p *exprParser) expect(c rune, where string) {
	if !p.take(c) {
		p.fail(p.at, fmt.Sprintf("a %q is missing %s", c, where), "")
	}
}

func (p *exprParser) word() string {
	p.space()
	from := p.at
	for p.at < len(p.text) && strings.ContainsRune(letters, p.text[p.at]) {
		p.at++
	}
	return string(p.text[from:p.at])
}

func (p *exprParser) expr() *expr {
	p.space()
	at := p.at
	if p.at < len(p.text) && strings.ContainsRune("-.0123456789", p.text[p.at]) {
		return p.number()
	}
	word := p.word()
	p.space()
	switch i := slices.Index(functionNames, word); {
	case word == "":
		p.fail(at, "an expression should be here", "write such as avg(teams[*].players.attributes[skill])")
	case word == "teams":
		return p.path()
	case i > 0:
		return p.call(function(i), at)
	}
	instead := didYouMean(word, append([]string{"teams"}, functionNames[1:]...))
	if slices.ContainsFunc(p.set.attributes, func(a AttributeSpec) bool { return a.Name == word }) {
		instead = fmt.Sprintf("read an attribute as teams[*].players.attributes[%s]", word)
	} else if word == "players" {
		instead = "write teams[*].players"
	}
	p.fail(at, fmt.Sprintf("%q is neither a function nor teams", word), instead)
	return nil
}

func (p *exprParser) number() *expr {
	from := p.at
	for p.at < len(p.text) && strings.ContainsRune("+-.0123456789eE", p.text[p.at]) {
		p.at++
	}
	f, ok := parseNumber(string(p.text[from:p.at]))
	if !ok {
		p.fail(from, fmt.Sprintf("%q is not a number", string(p.text[from:p.at])), "")
	}
	return numberLiteral(f)
}

func (p *exprParser) call(fn function, at int) *expr {
	if p.calls++; p.calls > maxCalls {
		p.fail(at, fmt.Sprintf("calls are nested more than %d deep", maxCalls), "")
	}
	p.expect('(', "after "+functionNames[fn])
	arg := p.expr()
	p.expect(')', "after the argument of "+functionNames[fn])
	p.calls--
	t, wants := applyType(fn, arg)
	if wants != "" {
		p.fail(at, fmt.Sprintf("%s takes %s, and %s is a %s", functionNames[fn], wants, arg.text, arg.typ), adviceFor(fn, arg))
	}
	return &expr{typ: t, fn: fn, arg: arg, text: functionNames[fn] + "(" + arg.text + ")"}
}

// applyType gives the type of a call, or says what the function takes instead.
// A function applied to a more deeply nested list works on its inner lists.
func applyType(fn function, arg *expr) (result typ, wants string) {
	t := arg.typ
	inner := t.depth() - 1
	switch fn {
	case fnFlatten:
		if t.depth() < 2 {
			return t, "a list of lists"
		}
		outer, second := t.dims[0], t.dims[1]
		joined := dim{of: fmt.Sprintf("%v*%v", outer, second)}
		return typ{t.base, append([]dim{joined}, t.dims[2:]...)}, ""
	case fnSetIntersection:
		if t.base != baseString || t.depth() < 2 {
			return t, "a List<List<string>>"
		}
		dims := slices.Clone(t.dims[:inner-1])
		return typ{baseString, append(dims, dim{of: "shared by " + arg.text})}, ""
	case fnCount:
		if t.depth() < 1 {
			return t, "a list"
		}
	default:
		if t.base != baseNumber || t.depth() < 1 {
			return t, "a List<number>"
		}
	}
	return typ{baseNumber, t.dims[:inner:inner]}, ""
}

func adviceFor(fn function, arg *expr) string {
	switch {
	case fn == fnFlatten && arg.typ.depth() == 1:
		return "leave flatten out"
	case fn == fnCount:
		return "count the players of teams, such as count(teams[*].players)"
	case arg.typ.base == basePlayer || arg.typ.base == baseTeam:
		return "name an attribute, such as teams[*].players.attributes[skill]"
	case fn != fnSetIntersection && arg.typ.base == baseString:
		return "name an attribute of type number"
	}
	return ""
}

func (p *exprParser) path() *expr {
	e := &expr{path: true}
	selection := p.selection(e)
	e.typ.base = baseTeam
	if !e.single {
		e.typ.dims = []dim{{teams: len(e.teams)}}
	}
	e.text = "teams[" + selection + "]"
	if !p.take('.') {
		return e
	}
	at := p.at
	if word := p.word(); word != "players" {
		p.fail(at, fmt.Sprintf("a team has no %q", word), "write .players")
	}
	e.kind, e.typ.base = pathPlayers, basePlayer
	e.typ.dims = append(e.typ.dims, dim{of: fmt.Sprint("players ", e.teams)})
	e.text += ".players"
	p.ofPlayers(e)
	return e
}

// ofPlayers reads what may follow .players: [playerId] or .attributes[name].
func (p *exprParser) ofPlayers(e *expr) {
	if p.take('[') {
		at := p.at
		if word := p.word(); !strings.EqualFold(word, "playerId") {
			p.fail(at, fmt.Sprintf("players cannot be chosen by %q", word), "write players[playerId] or players.attributes[name]")
		}
		p.expect(']', "after playerId")
		e.kind, e.typ.base = pathPlayerID, baseString
		e.text += "[playerId]"
		return
	}
	if !p.take('.') {
		return
	}
	at := p.at
	if word := p.word(); word != "attributes" {
		p.fail(at, fmt.Sprintf("a player has no %q", word), "write players.attributes[name] or players[playerId]")
	}
	p.expect('[', "after attributes")
	at = p.at
	name := p.bracketed()
	i := slices.IndexFunc(p.set.attributes, func(a AttributeSpec) bool { return a.Name == name })
	if i < 0 {
		p.fail(at, fmt.Sprintf("no player attribute is named %q", name), didYouMean(name, p.set.attributeNames()))
	}
	p.set.attributes[i].used = true
	e.kind, e.attr = pathAttribute, i
	e.text += ".attributes[" + name + "]"
	switch p.set.attributes[i].Type {
	case NumberType:
		e.typ.base = baseNumber
	case StringType:
		e.typ.base = baseString
	case StringListType:
		e.typ.base = baseString
		e.typ.dims = append(e.typ.dims, dim{of: stringsOf + name})
	case StringNumberMapType:
		e.typ.base = baseMap
	}
}

// bracketed reads up to the closing bracket.
func (p *exprParser) bracketed() string {
	from := p.at
	for p.at < len(p.text) && p.text[p.at] != ']' {
		p.at++
	}
	name := strings.TrimSpace(string(p.text[from:p.at]))
	p.expect(']', "at the end of the name")
	return name
}

// selection reads [*], [red] or [red,blue] after teams.
func (p *exprParser) selection(e *expr) string {
	p.expect('[', "after teams")
	at := p.at
	inside := p.bracketed()
	if inside == "*" {
		for i := range p.set.teams {
			e.teams = append(e.teams, i)
		}
		return "*"
	}
	names := strings.Split(inside, ",")
	for i, name := range names {
		names[i] = strings.TrimSpace(name)
		found := p.set.teamsNamed(names[i])
		if len(found) == 0 {
			p.fail(at, fmt.Sprintf("no team is named %q", names[i]), didYouMean(names[i], append(p.set.teamNames(), "*")))
		}
		e.teams = append(e.teams, found...)
		at += len([]rune(name)) + 1
	}
	e.single = len(e.teams) == 1
	slices.Sort(e.teams)
	if len(slices.Compact(slices.Clone(e.teams))) < len(e.teams) {
		p.fail(at, "a team is selected twice", "name each team once")
	}
	return strings.Join(names, ",")
}
