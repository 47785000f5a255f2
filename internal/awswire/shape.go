package awswire

import (
	"reflect"
	"slices"
	"strings"
	"sync"
	"time"
)

type kind uint8

const (
	structureKind kind = iota
	listKind
	mapKind
	textKind
	boolKind
	integerKind
	floatKind
	blobKind
	timeKind
)

// wants names the kinds in errors.
var wants = [...]string{"a structure", "a list", "a map", "a string", "a boolean", "an integer", "a number", "a blob", "a timestamp in epoch seconds"}

// A shape is the plan for one Go type: what it is on the wire and, for what
// has parts, the plans of those.
type shape struct {
	kind    kind
	typ     reflect.Type // without the pointer
	pointer bool         // values are pointers, nil when not set
	bits    int          // of a number
	elem    *shape       // of a list or a map
	fields  []field      // of a structure
	byName  map[string]*field
}

// A field is one member of a structure. Its name is kept in the two forms in
// which it is written, so that writing it is one append.
type field struct {
	*shape
	index int
	name  string
	json  string // `"Name":`
	cbor  string // the head of a text string, then the name
}

// plans remembers the shape of each structure that was asked for. A shape is a
// function of its type alone, so that nobody can tell whether it was found
// here or made again.
var plans sync.Map // reflect.Type to *shape

func planOf(t reflect.Type) *shape {
	if s, ok := plans.Load(t); ok {
		return s.(*shape)
	}
	s, _ := plans.LoadOrStore(t, newShape(t))
	return s.(*shape)
}

var timeType = reflect.TypeFor[time.Time]()

// newShape does not end on a type that contains itself; the GameLift model has
// none.
func newShape(t reflect.Type) *shape {
	s := &shape{typ: t}
	if t.Kind() == reflect.Pointer {
		s.pointer, s.typ = true, t.Elem()
	}
	switch k := s.typ.Kind(); {
	case s.typ == timeType && s.pointer:
		s.kind = timeKind
	case k == reflect.Struct && s.typ != timeType:
		s.kind = structureKind
		s.addFields()
	case k == reflect.Slice && s.typ.Elem().Kind() == reflect.Uint8:
		s.kind = blobKind
	case k == reflect.Slice:
		s.kind, s.elem = listKind, newShape(s.typ.Elem())
	case k == reflect.Map && s.typ.Key().Kind() == reflect.String:
		s.kind, s.elem = mapKind, newShape(s.typ.Elem())
	case k == reflect.String:
		s.kind = textKind
	case k == reflect.Bool:
		s.kind = boolKind
	case k == reflect.Int32 || k == reflect.Int64:
		s.kind, s.bits = integerKind, s.typ.Bits()
	case k == reflect.Float32 || k == reflect.Float64:
		s.kind, s.bits = floatKind, s.typ.Bits()
	default:
		panic("awswire: no wire form for " + t.String())
	}
	return s
}

func (s *shape) addFields() {
	s.byName = map[string]*field{}
	for i := range s.typ.NumField() {
		f := s.typ.Field(i)
		if !f.IsExported() || f.Name == "ResultMetadata" { // the SDK's own, not of the wire
			continue
		}
		s.fields = append(s.fields, field{
			shape: newShape(f.Type),
			index: i,
			name:  f.Name,
			json:  `"` + f.Name + `":`,
			cbor:  string(appendHead(nil, majorText, uint64(len(f.Name)))) + f.Name,
		})
	}
	for i := range s.fields {
		s.byName[s.fields[i].name] = &s.fields[i]
	}
}

// unset reports whether v is left out of its structure. A string without a
// pointer is an enum, which has no empty value.
func (s *shape) unset(v reflect.Value) bool {
	switch {
	case s.pointer, s.kind == listKind, s.kind == mapKind, s.kind == blobKind:
		return v.IsNil()
	case s.kind == textKind:
		return v.Len() == 0
	}
	return false
}

// sortedKeys keeps the order of Go's maps from reaching the wire.
func sortedKeys(m reflect.Value) []reflect.Value {
	keys := m.MapKeys()
	slices.SortFunc(keys, func(a, b reflect.Value) int { return strings.Compare(a.String(), b.String()) })
	return keys
}
