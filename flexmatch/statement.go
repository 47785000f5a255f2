package flexmatch

import (
	"fmt"
	"slices"
	"strings"
)

type operator uint8

const (
	opRule operator = iota
	opAnd
	opOr
	opNot
	opXor
)

var operatorNames = []string{"", "and", "or", "not", "xor"}

// term is a compound statement: a rule, or an operator over terms.
type term struct {
	op   operator
	rule int // of opRule
	args []*term
}

// each calls f with the index of every rule the statement names.
func (t *term) each(f func(rule int)) {
	if t.op == opRule {
		f(t.rule)
	}
	for _, arg := range t.args {
		arg.each(f)
	}
}

// eval gives the truth of the statement from that of the rules. xor is true
// when exactly one of its arguments is.
func (t *term) eval(holds func(rule int) bool) bool {
	count := 0
	for _, arg := range t.args {
		if arg.eval(holds) {
			count++
		}
	}
	switch t.op {
	case opAnd:
		return count == len(t.args)
	case opOr:
		return count > 0
	case opNot:
		return count == 0
	case opXor:
		return count == 1
	}
	return holds(t.rule)
}

type statementParser struct {
	exprParser
	later map[string]bool
}

// parseStatement reads a compound statement, such as or(and(A, B), not(C)).
func parseStatement(set *RuleSet, text string, later map[string]bool) (t *term, problem *exprError) {
	p := &statementParser{exprParser{set: set, text: []rune(text)}, later}
	defer func() {
		switch failed := recover().(type) {
		case nil:
		case exprError:
			t, problem = nil, &failed
		default:
			panic(failed)
		}
	}()
	if t = p.term(); t.op == opRule {
		p.fail(0, "a statement needs an operator", "write such as and(FirstRule, SecondRule)")
	}
	if p.space(); p.at < len(p.text) {
		p.fail(p.at, fmt.Sprintf("%q stands after the end of the statement", string(p.text[p.at:])), "remove it")
	}
	return t, nil
}

// term reads an operator with its arguments or the name of a rule. Rule names
// may hold anything but brackets and commas.
func (p *statementParser) term() *term {
	p.space()
	at := p.at
	for p.at < len(p.text) && !strings.ContainsRune("(),", p.text[p.at]) {
		p.at++
	}
	name := strings.TrimSpace(string(p.text[at:p.at]))
	if p.at == len(p.text) || p.text[p.at] != '(' {
		return p.ruleTerm(name, at)
	}
	op := slices.Index(operatorNames, name)
	if op <= 0 {
		p.fail(at, fmt.Sprintf("no operator is called %q", name), didYouMean(name, operatorNames[1:]))
	}
	return p.operation(operator(op), at)
}

func (p *statementParser) operation(op operator, at int) *term {
	if p.calls++; p.calls > maxNesting {
		p.fail(at, fmt.Sprintf("operators are nested more than %d deep", maxNesting), "split the rule in two")
	}
	t := &term{op: op}
	p.expect('(', "after "+operatorNames[op])
	for {
		t.args = append(t.args, p.term())
		if !p.take(',') {
			break
		}
	}
	p.expect(')', "after the arguments of "+operatorNames[op])
	p.calls--
	if op == opNot && len(t.args) != 1 {
		p.fail(at, fmt.Sprintf("not takes one argument, here are %d", len(t.args)), "write such as not(or(A, B))")
	}
	if op != opNot && len(t.args) < 2 {
		p.fail(at, operatorNames[op]+" takes two arguments or more", "add one, or leave the operator out")
	}
	return t
}

func (p *statementParser) ruleTerm(name string, at int) *term {
	if name == "" {
		p.fail(at, "the name of a rule should be here", "")
	}
	r := p.set.ruleNamed(name)
	if r == nil {
		names := make([]string, len(p.set.rules))
		for i, r := range p.set.rules {
			names[i] = r.name
		}
		if p.later[name] {
			p.fail(at, fmt.Sprintf("the rule %q is not defined before this one", name), "move it up in the list of rules")
		}
		p.fail(at, fmt.Sprintf("no rule is named %q", name), didYouMean(name, names))
	}
	switch {
	case r.kind == kindBatchDistance:
		p.fail(at, fmt.Sprintf("the rule %q is a batchDistance, which no statement may name", name), "use a distance or comparison rule in its place")
	case r.sorts():
		p.fail(at, fmt.Sprintf("the rule %q sorts and neither holds nor fails", name), "name rules that can fail")
	}
	return &term{op: opRule, rule: r.index}
}
