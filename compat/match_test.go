package compat

import (
	"encoding/json"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
)

// match checks what a client has heard against a pattern in JSON. Of objects
// the pattern may name some members only, and null for one that must be
// absent; lists must have as many items; "*" stands for any string that is not
// empty; "" for the whole pattern is anything.
func (k kind) match(pattern string, got any) error {
	if pattern == "" {
		return nil
	}
	var want any
	if err := json.Unmarshal([]byte(pattern), &want); err != nil {
		return fmt.Errorf("the pattern %s: %w", pattern, err)
	}
	return k.matchValue("output", want, got)
}

func (k kind) matchValue(path string, want, got any) error {
	switch want := want.(type) {
	case map[string]any:
		object, ok := got.(map[string]any)
		if !ok {
			return fmt.Errorf("%s is %v, want an object", path, got)
		}
		for _, name := range slices.Sorted(maps.Keys(want)) {
			if slices.Contains(k.drops, name) {
				continue
			}
			if err := k.matchValue(path+"."+name, want[name], object[name]); err != nil {
				return err
			}
		}
		return nil
	case []any:
		list, ok := got.([]any)
		ok = ok || k.noEmpty && got == nil
		if !ok || len(list) != len(want) {
			return fmt.Errorf("%s is %v, want %d items", path, got, len(want))
		}
		for i := range want {
			if err := k.matchValue(path+"."+strconv.Itoa(i), want[i], list[i]); err != nil {
				return err
			}
		}
		return nil
	}
	if want == "*" && text(got) != "" || want == got {
		return nil
	}
	return fmt.Errorf("%s is %v, want %v", path, got, want)
}

// at returns what a document has at a path of members and indexes with dots
// between, or nil.
func at(document any, path string) any {
	for part := range strings.SplitSeq(path, ".") {
		switch d := document.(type) {
		case map[string]any:
			document = d[part]
		case []any:
			i, err := strconv.Atoi(part)
			if err != nil || i >= len(d) {
				return nil
			}
			document = d[i]
		default:
			return nil
		}
	}
	return document
}

// text returns a string, or "" for anything else.
func text(v any) string {
	s, _ := v.(string)
	return s
}

// walk visits every member of every object in a document.
func walk(document any, visit func(object map[string]any, name string)) {
	switch d := document.(type) {
	case map[string]any:
		for name := range d {
			visit(d, name)
		}
		for _, value := range d {
			walk(value, visit)
		}
	case []any:
		for _, value := range d {
			walk(value, visit)
		}
	}
}

// times are the members that hold one.
var times = []string{"CreationTime", "TerminationTime", "LastUpdatedTime", "EventTime", "ExpirationTimestamp"}

// tokenLife is how long a compute auth token is good for.
const tokenLife = 3 * time.Hour

// checkTimes checks that times are of now, in whatever unit they have come.
func checkTimes(document any, began time.Time) (err error) {
	walk(document, func(object map[string]any, name string) {
		if !slices.Contains(times, name) {
			return
		}
		at, parseErr := time.Parse(time.RFC3339Nano, text(object[name]))
		if name == "ExpirationTimestamp" {
			at = at.Add(-tokenLife)
		}
		if parseErr != nil || at.Before(began.Add(-time.Second)) || at.After(time.Now().Add(time.Second)) {
			err = fmt.Errorf("%s is %v, want now", name, object[name])
		}
	})
	return err
}

// agree compares what two clients have heard of a story, where both have heard
// something, but for what the second one, k, cannot tell.
func agree(reference, heard []hearing, k kind) error {
	theirs, ours := &normaliser{k, map[string]string{}}, &normaliser{k, map[string]string{}}
	for _, h := range heard {
		i := slices.IndexFunc(reference, func(r hearing) bool { return r.step == h.step })
		if i < 0 {
			return fmt.Errorf("step %d is new", h.step)
		}
		if want, got := theirs.text(reference[i].outcome), ours.text(h.outcome); got != want {
			return fmt.Errorf("step %d: heard\n%s\nwant\n%s", h.step, got, want)
		}
	}
	return nil
}

// A normaliser takes out of outcomes what differs from one run of a story to
// the next. Identifiers become numbers, in the order in which they appear.
type normaliser struct {
	kind kind
	ids  map[string]string
}

var (
	uuids     = regexp.MustCompile(`[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}`)
	addresses = regexp.MustCompile(`127\.0\.0\.1:\d+`)
)

// masked are the members of which only the presence can be compared.
var masked = append([]string{"AuthToken", "NextToken"}, times...)

// text returns an outcome as text.
func (n *normaliser) text(o outcome) string {
	document, err := json.Marshal(n.mask(o.output))
	if err != nil {
		panic(err)
	}
	heard := strings.TrimSpace(o.exception + " " + o.message + " " + string(document))
	heard = addresses.ReplaceAllString(heard, "<address>")
	return uuids.ReplaceAllStringFunc(heard, func(id string) string {
		if n.ids[id] == "" {
			n.ids[id] = "<" + strconv.Itoa(len(n.ids)+1) + ">"
		}
		return n.ids[id]
	})
}

// mask returns a copy of a document without what cannot be compared.
func (n *normaliser) mask(document any) any {
	switch d := document.(type) {
	case map[string]any:
		out := map[string]any{}
		for name, value := range d {
			switch {
			case slices.Contains(n.kind.drops, name) || n.kind.noEmpty && isEmpty(value):
			case slices.Contains(masked, name):
				out[name] = "<" + name + ">"
			default:
				out[name] = n.mask(value)
			}
		}
		return out
	case []any:
		out := make([]any, len(d))
		for i := range d {
			out[i] = n.mask(d[i])
		}
		return out
	}
	return document
}

func isEmpty(v any) bool {
	list, ok := v.([]any)
	return ok && len(list) == 0
}
