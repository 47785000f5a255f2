package limits

import (
	"fmt"
	"reflect"
	"sync"
	"unicode"
	"unicode/utf8"
)

// A plan is a rule made ready for the Go type of the values it is about.
type plan struct {
	rule
	match  func(string) bool // nil without a pattern
	values []string          // of an enum
	fields []fieldPlan       // of a structure
	elem   *plan             // of a list or map; nil if there is nothing to check
	key    *plan             // of a map; nil if there is nothing to check
}

type fieldPlan struct {
	*plan
	index int
	name  string // as in errors
}

// plans remembers the plan for each input type that was checked. A plan is a
// function of the operation alone, so that nobody can tell whether it was
// found here or made again.
var plans sync.Map // reflect.Type to *plan

func planOf(op string, t reflect.Type) *plan {
	if p, ok := plans.Load(t); ok {
		return p.(*plan)
	}
	members, ok := sessionOperations[op]
	if !ok {
		members = fleetOperations[op]
	}
	p, _ := plans.LoadOrStore(t, newStructure(members, t))
	return p.(*plan)
}

// newPlan returns the plan for values of type t, nil if nothing about them
// can be wrong.
func newPlan(r rule, t reflect.Type) *plan {
	if t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	p := &plan{rule: r}
	switch t.Kind() {
	case reflect.Struct:
		p.fields = newStructure(structures[t.Name()], t).fields
	case reflect.Slice:
		p.elem = newPlan(partOf(r.elem), t.Elem())
	case reflect.Map:
		p.key, p.elem = newPlan(partOf(r.key), t.Key()), newPlan(partOf(r.elem), t.Elem())
	case reflect.String:
		p.values = enumValues(t)
		if r.pattern != "" {
			p.match = matcher(r.pattern)
		}
	}
	if p.isEmpty() {
		return nil
	}
	return p
}

func partOf(r *rule) rule {
	if r == nil {
		return anything
	}
	return *r
}

func (p *plan) isEmpty() bool {
	bounded := p.required || p.numeric || p.min > 0 || p.max > 0
	parts := p.match != nil || p.values != nil || p.fields != nil || p.elem != nil || p.key != nil
	return !bounded && !parts
}

func newStructure(members rows, t reflect.Type) *plan {
	p := &plan{}
	for name := range members {
		if f, ok := t.FieldByName(name); !ok || !f.IsExported() {
			panic(fmt.Sprintf("limits: %s has no member %s", t, name))
		}
	}
	for i := range t.NumField() {
		f := t.Field(i)
		if !f.IsExported() {
			continue
		}
		if fp := newPlan(members[f.Name], f.Type); fp != nil {
			p.fields = append(p.fields, fieldPlan{plan: fp, index: i, name: lowerFirst(f.Name)})
		}
	}
	return p
}

// enumValues asks the SDK for the values of an enum.
func enumValues(t reflect.Type) []string {
	values := reflect.Zero(t).MethodByName("Values")
	if !values.IsValid() {
		return nil
	}
	list := values.Call(nil)[0]
	names := make([]string, list.Len())
	for i := range names {
		names[i] = list.Index(i).String()
	}
	return names
}

func lowerFirst(s string) string {
	r, size := utf8.DecodeRuneInString(s)
	return string(unicode.ToLower(r)) + s[size:]
}
