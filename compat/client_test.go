package compat

import (
	"context"
	"encoding/json"
	"errors"
	"testing"
	"time"
)

// Who may ask: the server's key file has these.
const (
	region  = "us-east-1"
	keyID   = "AKIDEXAMPLE"
	secret  = "compatsecret"
	tempID  = "ASIAEXAMPLE" // a key with a session token
	tempKey = "compattemporary"
	token   = "compat-session-token"
)

// An access is how a client reaches a server.
type access struct {
	Endpoint string        // "" leaves it to the environment
	KeyID    string        // of the signing key
	Secret   string        //
	Token    string        // of the session; "" for none
	Skew     time.Duration // how far the client's clock is off
}

func accessTo(endpoint string) access {
	return access{Endpoint: endpoint, KeyID: keyID, Secret: secret}
}

// A client is one that others have made, bound to a server.
type client interface {
	// call calls an operation with an input that every client can read.
	// Errors: errUnknown for an operation or a member that this client does
	// not have; other errors are of the test's own making. What the server
	// refuses is no error.
	call(ctx context.Context, operation string, input json.RawMessage) (outcome, error)
	// all collects what the operation lists, by the client's own paginator
	// with pages of size items.
	all(ctx context.Context, operation string, input map[string]any, size int) ([]any, error)
}

// An outcome is an output, or an exception.
type outcome struct {
	output    map[string]any // members by name; times in RFC 3339; nil with an exception
	exception string         // its name
	message   string
	typed     bool // the client has given the exception its own type
}

// errUnknown is a client that is older than what it is asked for.
var errUnknown = errors.New("not in this client")

// A kind is one of the clients in the table.
type kind struct {
	title    string
	wire     string // which protocol it speaks
	open     func(testing.TB, access) client
	typed    bool     // exceptions have types of their own
	skews    bool     // its clock can be set off
	readsEnv bool     // takes the endpoint from AWS_ENDPOINT_URL_GAMELIFT
	slow     bool     // a call takes half a second: repetitions are left out
	drops    []string // members of outputs that it is too old to know
	noEmpty  bool     // an empty list reads as none
}

// kinds are the columns of the table. The first is the one that leaves out
// least: the others must hear the same as it does.
func kinds(t *testing.T) []kind {
	node := startNode(t)
	cli := findCLI(t)
	return []kind{
		{title: "JavaScript v3", wire: "JSON", open: node.open(false), typed: true, skews: true, readsEnv: true},
		{title: "JavaScript v3", wire: "CBOR", open: node.open(true), typed: true, skews: true, readsEnv: true},
		{title: "aws-sdk-go-v2", wire: "CBOR", open: openGoV2, typed: true, skews: true, readsEnv: true, noEmpty: true},
		{title: "aws-sdk-go v1", wire: "JSON", open: openGoV1, typed: true, skews: true, drops: newMembers},
		{title: "AWS CLI v2", wire: "JSON", open: cli.open, slow: true, drops: append([]string{"Count"}, newMembers...)},
	}
}

// newMembers came into the API in 2026, after the older clients were made.
var newMembers = []string{"ComputeName", "PlayerGatewayMode", "PlayerGatewayStatus"}

func (k kind) String() string { return k.title + " " + k.wire }

// listed are the members that hold what an operation lists.
var listed = map[string]string{
	"ListFleets":             "FleetIds",
	"DescribeGameSessions":   "GameSessions",
	"SearchGameSessions":     "GameSessions",
	"DescribePlayerSessions": "PlayerSessions",
}

// gather joins the lists of several pages.
func gather(operation string, pages []map[string]any) []any {
	var out []any
	for _, page := range pages {
		items, _ := page[listed[operation]].([]any)
		out = append(out, items...)
	}
	return out
}
