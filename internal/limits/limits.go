// Package limits checks the inputs of the GameLift service API against one
// table of constraints: required members, lengths, ranges, patterns, enums,
// sizes of lists and maps.
//
// It knows nothing that depends on more than one value: that a fleet and an
// alias exclude each other, or that a location has to exist, is for the
// operation itself to say.
//
// The table is sessions.go and fleets.go, one line for each member of an
// operation's input; structures.go, the same for what is nested in them; and
// shapes.go, which names the constraints they share. Start at [Check].
package limits

import (
	"reflect"
	"slices"
	"strconv"
	"unicode/utf8"
)

// Check returns a [*Violations] with everything that is wrong with in, the
// input of operation op as the SDK's structure or a pointer to it, and nil if
// nothing is. Lengths are in characters.
//
// A member that is not set satisfies every constraint but the one to be set.
// An enum of "" counts as not set, since the SDK's types do not tell the two
// apart. An operation without rows, which has no constraint but those of its
// structures and enums, is checked for these.
func Check(op string, in any) error {
	v := reflect.Indirect(reflect.ValueOf(in))
	var found Violations
	planOf(op, v.Type()).structure(v, &found)
	if len(found.List) == 0 {
		return nil
	}
	return &Violations{List: found.List}
}

func (p *plan) structure(v reflect.Value, found *Violations) {
	for i := range p.fields {
		f := &p.fields[i]
		before := len(found.List)
		f.check(v.Field(f.index), found)
		found.inside(f.name, before)
	}
}

// check looks at v, which may be unset, and adds what is wrong with it under
// paths that start at v: the way to v is put in front by whoever knows it.
func (p *plan) check(v reflect.Value, found *Violations) {
	if found.full() {
		return
	}
	if p.unset(v) {
		if p.required {
			found.add("null", "Member must not be null")
		}
		return
	}
	if v.Kind() == reflect.Pointer {
		v = v.Elem()
	}
	switch v.Kind() {
	case reflect.String:
		p.text(v.String(), found)
	case reflect.Int32, reflect.Int64:
		p.number(v.Int(), found)
	case reflect.Struct:
		p.structure(v, found)
	case reflect.Slice:
		p.list(v, found)
	case reflect.Map:
		p.mapping(v, found)
	}
}

func (p *plan) unset(v reflect.Value) bool {
	switch v.Kind() {
	case reflect.Pointer, reflect.Slice, reflect.Map:
		return v.IsNil()
	case reflect.String:
		return p.values != nil && v.Len() == 0
	}
	return false
}

func (p *plan) text(s string, found *Violations) {
	// A string has at most as many characters as bytes, and at least a
	// quarter as many.
	if n := int64(len(s)); n < 4*p.min || p.max > 0 && n > p.max {
		p.length(utf8.RuneCountInString(s), s, found)
	}
	if p.match != nil && !p.match(s) {
		found.add(p.show(s), "Member must satisfy regular expression pattern: "+p.pattern)
	}
	if p.values != nil && !slices.Contains(p.values, s) {
		found.add(p.show(s), enumConstraint(p.values))
	}
}

func (p *plan) length(n int, value any, found *Violations) {
	if p.max > 0 && int64(n) > p.max {
		found.add(p.show(value), bound("Member must have length less than or equal to ", p.max))
	}
	if int64(n) < p.min {
		found.add(p.show(value), bound("Member must have length greater than or equal to ", p.min))
	}
}

func (p *plan) number(n int64, found *Violations) {
	if !p.numeric {
		return
	}
	if p.max > 0 && n > p.max {
		found.add(p.show(n), bound("Member must have value less than or equal to ", p.max))
	}
	if n < p.min {
		found.add(p.show(n), bound("Member must have value greater than or equal to ", p.min))
	}
}

func (p *plan) list(v reflect.Value, found *Violations) {
	if n := v.Len(); int64(n) < p.min || p.max > 0 && int64(n) > p.max {
		p.length(n, v, found)
		return // its elements are as many mistakes as it is too long
	}
	if p.elem == nil {
		return
	}
	for i := range v.Len() {
		before := len(found.List)
		if e := v.Index(i); e.Kind() == reflect.String {
			p.elem.text(e.String(), found) // an element is there, also when it is empty
		} else {
			p.elem.check(e, found)
		}
		if len(found.List) > before {
			found.inside(strconv.Itoa(i+1)+".member", before)
		}
	}
}

func (p *plan) mapping(v reflect.Value, found *Violations) {
	if n := v.Len(); p.max > 0 && int64(n) > p.max {
		p.length(n, v, found)
		return
	}
	for _, key := range sortedKeys(v) {
		before := len(found.List)
		if p.key != nil {
			p.key.check(key, found)
			found.inside("key", before)
		}
		before = len(found.List)
		if p.elem != nil {
			p.elem.check(v.MapIndex(key), found)
			found.inside("value", before)
		}
	}
}
