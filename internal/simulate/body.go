package simulate

import (
	"encoding/json"
	"regexp"
	"strconv"
	"strings"
)

// A body is the text of a rule set, read loosely: package flexmatch has found
// it good, and all that is wanted here is which values its rules speak of.
type body struct {
	rules      []map[string]any
	expansions []map[string]any
}

func readBody(text []byte) (b body) {
	plain := comments.ReplaceAllFunc([]byte(strings.TrimPrefix(string(text), "\ufeff")), func(part []byte) []byte {
		if part[0] == '"' {
			return part
		}
		return []byte(" ")
	})
	var top map[string]any
	if json.Unmarshal(plain, &top) == nil {
		b.rules, b.expansions = objects(top["rules"]), objects(top["expansions"])
	}
	return b
}

// comments finds comments, and strings, inside of which there are none.
var comments = regexp.MustCompile(`"(?:[^"\\]|\\.)*"|//[^\n]*|(?s:/\*.*?\*/)`)

func objects(list any) (found []map[string]any) {
	items, _ := list.([]any)
	for _, item := range items {
		if o, ok := item.(map[string]any); ok {
			found = append(found, o)
		}
	}
	return found
}

// texts gives the strings of a value that is one or a list of them.
func texts(v any) (found []string) {
	switch v := v.(type) {
	case string:
		return []string{v}
	case []any:
		for _, item := range v {
			found = append(found, texts(item)...)
		}
	}
	return found
}

// numberOf reads a number, or a string that holds one.
func numberOf(v any) (float64, bool) {
	switch v := v.(type) {
	case float64:
		return v, true
	case string:
		f, err := strconv.ParseFloat(strings.TrimSpace(v), 64)
		return f, err == nil
	}
	return 0, false
}

// every gives what a property of a rule is at first, and what expansions make
// of it later.
func (b body) every(rule map[string]any, property string) (values []any) {
	if v, ok := rule[property]; ok {
		values = append(values, v)
	}
	name, _ := rule["name"].(string)
	for _, e := range b.expansions {
		if target, _ := e["target"].(string); target != "rules["+name+"]."+property {
			continue
		}
		for _, step := range objects(e["steps"]) {
			values = append(values, step["value"])
		}
	}
	return values
}

// numbers gives those of every that are numbers.
func (b body) numbers(rule map[string]any, properties ...string) (found []float64) {
	for _, property := range properties {
		for _, v := range b.every(rule, property) {
			if f, ok := numberOf(v); ok {
				found = append(found, f)
			}
		}
	}
	return found
}

// A mention is a place where an expression reads an attribute.
type mention struct {
	teams     []string // by which teams; "*" for all
	attribute string
	derived   bool // a sum, deviation or count of values is meant, not a value
}

var (
	attributeIn = regexp.MustCompile(`teams\s*\[([^\]]*)\]\s*\.\s*players\s*\.\s*attributes\s*\[\s*([^\]]*?)\s*\]`)
	playerIDIn  = regexp.MustCompile(`(?i)players\s*\[\s*playerId\s*\]`)
	derivedIn   = regexp.MustCompile(`\b(sum|stddev|count)\s*\(`)
)

func mentionsIn(v any) (found []mention) {
	for _, text := range texts(v) {
		derived := derivedIn.MatchString(text)
		for _, m := range attributeIn.FindAllStringSubmatch(text, -1) {
			teams := strings.Split(m[1], ",")
			for i := range teams {
				teams[i] = strings.TrimSpace(teams[i])
			}
			found = append(found, mention{teams, m[2], derived})
		}
	}
	return found
}
