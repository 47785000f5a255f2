package compat

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"
)

// A signing is a way to sign, and what is to come of it.
type signing struct {
	title     string
	change    func(*access)
	exception string // "" if it is good
	message   string // part of
}

var signings = []signing{
	{"A wrong secret", func(a *access) { a.Secret = "wrong" }, "InvalidSignatureException", "signature"},
	{"An unknown key", func(a *access) { a.KeyID = "AKIDUNKNOWN" }, "UnrecognizedClientException", ""},
	{"A clock that is ten minutes late", func(a *access) { a.Skew = -10 * time.Minute }, "InvalidSignatureException", "Signature expired"},
	{"A clock that is four minutes late", func(a *access) { a.Skew = -4 * time.Minute }, "", ""},
	{"A session token", func(a *access) { a.KeyID, a.Secret, a.Token = tempID, tempKey, token }, "", ""},
	{"A wrong session token", func(a *access) { a.KeyID, a.Secret, a.Token = tempID, tempKey, "wrong" }, "UnrecognizedClientException", ""},
	{"No session token where one is needed", func(a *access) { a.KeyID, a.Secret = tempID, tempKey }, "UnrecognizedClientException", ""},
}

const (
	withPath        = "An endpoint with a path"
	fromEnvironment = "AWS_ENDPOINT_URL_GAMELIFT"
)

// behaviours are the rows of their table.
func behaviours() []string {
	var rows []string
	for _, c := range signings {
		rows = append(rows, c.title)
	}
	for _, operation := range paged {
		rows = append(rows, pagesOf(operation))
	}
	return append(rows, withPath, fromEnvironment)
}

func pagesOf(operation string) string { return "The client's paginator of " + operation }

// testCredentials signs in good ways and in bad ones.
func testCredentials(t *testing.T, clients []kind, r *report) {
	s := startServer(t)
	for _, k := range clients {
		for _, c := range signings {
			a := accessTo(s.http)
			c.change(&a)
			known := a.Skew == 0 || k.skews
			ok := known && k.hears(t, a, c.exception, c.message)
			r.behave(c.title, k, known, ok)
		}
	}
}

// hears says whether a client hears a certain answer to ListFleets.
func (k kind) hears(t *testing.T, a access, exception, part string) bool {
	t.Helper()
	o, err := k.open(t, a).call(t.Context(), "ListFleets", json.RawMessage(`{}`))
	if err == nil && o.exception == exception && strings.Contains(o.message, part) {
		return true
	}
	t.Errorf("%s: %q (%s), %v; want %q", k, o.exception, o.message, err, exception)
	return false
}

// testPath reaches the server by a URL with a path, as behind a proxy.
func testPath(t *testing.T, clients []kind, r *report) {
	s := startServer(t)
	for _, k := range clients {
		r.behave(withPath, k, true, k.hears(t, accessTo(s.http+"/games/muster"), "", ""))
	}
}

// testEnvironment has the clients take the endpoint from the environment, which
// is the process's: it runs beside nothing else.
func testEnvironment(t *testing.T, clients []kind, r *report) {
	s := startServer(t)
	t.Setenv("AWS_ENDPOINT_URL_GAMELIFT", s.http)
	node := startNode(t, "AWS_ENDPOINT_URL_GAMELIFT="+s.http)
	for _, k := range clients {
		if k.title == "JavaScript v3" {
			k.open = node.open(k.wire == "CBOR")
		}
		r.behave(fromEnvironment, k, k.readsEnv, k.readsEnv && k.hears(t, accessTo(""), "", ""))
	}
}

// paged are the operations of which the paginators are tested.
var paged = []string{"ListFleets", "DescribeGameSessions", "SearchGameSessions", "DescribePlayerSessions"}

// items is how many of each there are, in pages of pageSize.
const (
	items    = 5
	pageSize = 2
)

// testPages has every client collect what takes it three pages.
func testPages(t *testing.T, clients []kind, r *report) {
	stage := newStage(t, clients[0])
	for _, step := range crowd() {
		if step.event != nil {
			step.event(stage)
		} else {
			stage.perform(step, clients[0])
		}
	}
	inputs := map[string]map[string]any{
		"ListFleets":             {},
		"DescribeGameSessions":   {"FleetId": stage.names["fleet"]},
		"SearchGameSessions":     {"FleetId": stage.names["fleet"], "SortExpression": "gameSessionName ASC"},
		"DescribePlayerSessions": {"GameSessionId": stage.names["session"]},
	}
	for _, k := range clients {
		for _, operation := range paged {
			ok := collects(t, k, stage, operation, inputs[operation])
			r.behave(pagesOf(operation), k, true, ok)
		}
	}
}

// crowd makes as many fleets, game sessions and player sessions as there are
// to be items.
func crowd() []step {
	steps := scene()
	for i := 1; i < items; i++ {
		steps = append(steps, given("CreateFleet", `{"Name":"more","ComputeType":"ANYWHERE","Locations":[{"Location":"custom-home"}]}`))
	}
	for i := range items {
		name := fmt.Sprint("game-", i)
		steps = append(steps, connect(name, "host-1"),
			given("CreateGameSession", `{"FleetId":"${fleet}","MaximumPlayerSessionCount":10,"Name":"`+name+`"}`).keep("session", "GameSession.GameSessionId"),
			activate(name))
	}
	return append(steps, given("CreatePlayerSessions", `{"GameSessionId":"${session}","PlayerIds":["a","b","c","d","e"]}`))
}

func collects(t *testing.T, k kind, s *stage, operation string, input map[string]any) bool {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	list, err := k.open(t, accessTo(s.server.http)).all(ctx, operation, input, pageSize)
	different := map[string]bool{}
	for _, item := range list {
		different[fmt.Sprint(item)] = true
	}
	if err != nil || len(list) != items || len(different) != items {
		t.Errorf("%s, %s: %d items, %d of them different, %v; want %d", k, operation, len(list), len(different), err, items)
		return false
	}
	return true
}
