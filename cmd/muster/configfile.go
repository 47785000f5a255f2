package main

import (
	"encoding/json"
	"fmt"
	"io"
	"reflect"
	"strings"
	"unicode"

	"github.com/alecthomas/kong"
)

// A configFile gives flags their values. Its keys are the flags' long names,
// with hyphens, underscores or capitals between the words.
type configFile struct {
	name   string
	values map[string]any // by long name
}

// readConfig reads a JSON file of flags for kong, which passes over what it
// does not know: a key that is misspelt would be one without effect.
func readConfig(r io.Reader) (kong.Resolver, error) {
	f := configFile{name: "the configuration", values: map[string]any{}}
	if file, ok := r.(interface{ Name() string }); ok {
		f.name = file.Name()
	}
	var keys map[string]any
	if err := json.NewDecoder(r).Decode(&keys); err != nil {
		return nil, fmt.Errorf("%s is not a JSON object of flags: %w", f.name, err)
	}
	for key, value := range keys {
		f.values[longName(key)] = value
	}
	return f, nil
}

// longName returns the flag that a key means.
func longName(key string) string {
	var b strings.Builder
	for i, r := range strings.ReplaceAll(key, "_", "-") {
		if i > 0 && unicode.IsUpper(r) {
			b.WriteByte('-')
		}
		b.WriteRune(unicode.ToLower(r))
	}
	return b.String()
}

// Validate implements kong.Resolver: every key is a flag of some command.
func (f configFile) Validate(app *kong.Application) error {
	known := map[string]bool{}
	collectFlags(app.Node, known)
	for name := range f.values {
		if !known[name] {
			return fmt.Errorf("%s sets %s, which is no flag: see muster --help for the commands and their flags", f.name, name)
		}
	}
	return nil
}

func collectFlags(n *kong.Node, into map[string]bool) {
	for _, flag := range n.Flags {
		into[flag.Name] = true
	}
	for _, child := range n.Children {
		collectFlags(child, into)
	}
}

// Resolve implements kong.Resolver.
func (f configFile) Resolve(_ *kong.Context, _ *kong.Path, flag *kong.Flag) (any, error) {
	value := f.values[flag.Name]
	_, text := value.(string)
	_, list := value.([]any)
	_, object := value.(map[string]any)
	want := ""
	switch {
	case value == nil || text:
	case flag.IsSlice() && !list:
		want = "a list"
	case flag.IsMap() && !object:
		want = "an object"
	case !flag.IsSlice() && list, !flag.IsMap() && object:
		want = "a single value"
	case flag.Target.Kind() == reflect.String:
		want = "a string, in quotes"
	}
	if want != "" {
		return nil, fmt.Errorf("%s sets it to %v: write %s", f.name, value, want)
	}
	return value, nil
}
