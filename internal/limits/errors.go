package limits

import (
	"fmt"
	"reflect"
	"slices"
	"strconv"
	"strings"
)

// maxViolations bounds an error. Whoever makes more mistakes than that has
// enough to read.
const maxViolations = 20

// Violations are what is wrong with an input, in the order of its members.
// There is at least one, and no more than 20.
type Violations struct {
	List []Violation
}

// A Violation is one constraint that one value does not satisfy.
type Violation struct {
	Value      string // in quotes, cut if long; "null" if not set; empty if it is not for others to read
	Path       string // such as "gameProperties.1.member.key"
	Constraint string // such as "Member must not be null"
}

// Error has the form of the service's own message, which clients show to their
// users and some take apart.
func (v *Violations) Error() string {
	plural := "s"
	if len(v.List) == 1 {
		plural = ""
	}
	parts := make([]string, len(v.List))
	for i, one := range v.List {
		parts[i] = one.String()
	}
	return fmt.Sprintf("%d validation error%s detected: %s", len(v.List), plural, strings.Join(parts, "; "))
}

func (v Violation) String() string {
	value := v.Value
	if value != "" {
		value += " "
	}
	return "Value " + value + "at '" + v.Path + "' failed to satisfy constraint: " + v.Constraint
}

func (v *Violations) add(value, constraint string) {
	if v.full() {
		return
	}
	v.List = append(v.List, Violation{Value: value, Constraint: constraint})
}

func (v *Violations) full() bool { return len(v.List) >= maxViolations }

// inside puts the name of what contains them in front of the paths of all
// violations but the first n.
func (v *Violations) inside(name string, n int) {
	for i := n; i < len(v.List); i++ {
		path := &v.List[i].Path
		if *path != "" {
			*path = "." + *path
		}
		*path = name + *path
	}
}

// maxShown is how many characters of a value an error repeats.
const maxShown = 128

// show writes a value for an error.
func (p *plan) show(value any) string {
	if p.hidden || p.elem != nil && p.elem.hidden {
		return ""
	}
	shown := fmt.Sprint(value)
	if v, ok := value.(reflect.Value); ok {
		shown = showMany(v)
	}
	if r := []rune(shown[:min(len(shown), 4*maxShown+4)]); len(r) > maxShown {
		shown = string(r[:maxShown]) + "..."
	}
	return "'" + shown + "'"
}

// showMany writes a list of strings in full and what else has parts by its
// size.
func showMany(v reflect.Value) string {
	if v.Kind() != reflect.Slice || v.Type().Elem().Kind() != reflect.String {
		return fmt.Sprintf("[%d elements]", v.Len())
	}
	parts := make([]string, min(v.Len(), maxShown))
	for i := range parts {
		parts[i] = v.Index(i).String()
	}
	return "[" + strings.Join(parts, ", ") + "]"
}

func bound(text string, n int64) string { return text + strconv.FormatInt(n, 10) }

func enumConstraint(values []string) string {
	return "Member must satisfy enum value set: [" + strings.Join(values, ", ") + "]"
}

// sortedKeys keeps the order of Go's maps out of errors.
func sortedKeys(m reflect.Value) []reflect.Value {
	keys := m.MapKeys()
	slices.SortFunc(keys, func(a, b reflect.Value) int { return strings.Compare(a.String(), b.String()) })
	return keys
}
