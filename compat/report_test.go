package compat

import (
	"encoding/json"
	"flag"
	"fmt"
	"maps"
	"os"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
)

var rewrite = flag.Bool("rewrite", false, "write docs/COMPATIBILITY.md instead of comparing it")

const document = "../docs/COMPATIBILITY.md"

// A report is what came of it all.
type report struct {
	clients []kind

	mu         sync.Mutex
	operations map[string]map[string]*cell // by operation and client
	lacking    map[string]map[string]bool  // by client: calls that it cannot make
	behaved    map[string]map[string]*cell // by behaviour and client
	notOffered map[string]*cell            // by client
	replays    map[string]string           // results by recording and transport
}

// A cell counts what one client did.
type cell struct {
	good, refused, unknown, failed int
}

func newReport(clients []kind) *report {
	return &report{
		clients: clients, operations: map[string]map[string]*cell{}, lacking: map[string]map[string]bool{},
		behaved: map[string]map[string]*cell{}, notOffered: map[string]*cell{}, replays: map[string]string{},
	}
}

// in returns a cell of a table.
func in(table map[string]map[string]*cell, row string, k kind) *cell {
	if table[row] == nil {
		table[row] = map[string]*cell{}
	}
	if table[row][k.String()] == nil {
		table[row][k.String()] = &cell{}
	}
	return table[row][k.String()]
}

// count enters a call of a story.
func (r *report) count(s step, k kind, known, ok bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	c := in(r.operations, s.operation, k)
	switch {
	case !known:
		c.unknown++
		if r.lacking[k.String()] == nil {
			r.lacking[k.String()] = map[string]bool{}
		}
		r.lacking[k.String()][s.operation+", "+s.about] = true
	case !ok:
		c.failed++
	case s.exception == "":
		c.good++
	default:
		c.refused++
	}
}

// disagree marks the operations of a story in which a client has heard
// something else than the others.
func (r *report) disagree(s story, k kind) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, step := range s.steps {
		if step.event == nil && !step.setting {
			in(r.operations, step.operation, k).failed++
		}
	}
}

// behave enters whether a client behaves, or that it cannot.
func (r *report) behave(row string, k kind, known, ok bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	c := in(r.behaved, row, k)
	switch {
	case !known:
		c.unknown++
	case ok:
		c.good++
	default:
		c.failed++
	}
}

func (r *report) refuseOffer(k kind, known, ok bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.notOffered[k.String()] == nil {
		r.notOffered[k.String()] = &cell{}
	}
	c := r.notOffered[k.String()]
	switch {
	case !known:
		c.unknown++
	case ok:
		c.refused++
	default:
		c.failed++
	}
}

func (r *report) replayed(recording, transport, result string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.replays[recording+" | "+transport] = result
}

func (c *cell) String() string {
	switch {
	case c == nil || c.failed > 0:
		return "✗"
	case c.good+c.refused == 0:
		return "—"
	}
	return fmt.Sprintf("✓ %d + %d", c.good, c.refused)
}

// mark is String without the numbers.
func (c *cell) mark() string { return strings.Fields(c.String())[0] }

// compare compares the report with the document, which is of certain versions
// of the clients.
func (r *report) compare(t *testing.T) {
	if run := flag.Lookup("test.run").Value.String(); run != "" {
		t.Logf("only %s has run: %s is not compared", run, document)
		return
	}
	got := r.text(t)
	if *rewrite {
		if err := os.WriteFile(document, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(document)
	if err != nil {
		t.Fatal(err)
	}
	if line := "| AWS CLI v2 | " + findCLI(t).version + " |"; !strings.Contains(string(want), line) {
		t.Logf("%s is of another AWS CLI than %s, and is not compared", document, findCLI(t).version)
		return
	}
	if got != string(want) {
		t.Errorf("%s does not say what came out: run the test with -rewrite, and look at what has changed", document)
	}
}

func (r *report) text(t testing.TB) string {
	var b strings.Builder
	b.WriteString(introduction)
	r.writeClients(&b, t)
	r.writeOperations(&b)
	writeUnprovoked(&b)
	r.writeNotOffered(&b)
	r.writeBehaviours(&b)
	r.writeReplays(&b)
	return b.String()
}

const introduction = `# Compatibility

This page is written by the test in [compat](../compat), which builds the muster binary and drives it with clients that
others have made, none of them changed. ` + "`make compat`" + ` runs it and fails if something on this page is no longer so.

## Clients

`

func (r *report) writeClients(b *strings.Builder, t testing.TB) {
	versions := versions(t)
	row(b, "Client", "Version", "Protocol", "What it is too old for")
	rule(b, 4)
	for _, k := range r.clients {
		lacking := r.lacks(k)
		if len(k.drops) > 0 {
			lacking = append(lacking, "in outputs: "+strings.Join(k.drops, ", "))
		}
		row(b, k.title, versions[k.title], wires[k.wire], strings.Join(lacking, "; "))
	}
}

// lacks lists the operations that a client does not have, and the calls of
// others that it cannot make.
func (r *report) lacks(k kind) []string {
	var list []string
	for _, call := range slices.Sorted(maps.Keys(r.lacking[k.String()])) {
		operation, about, _ := strings.Cut(call, ", ")
		if c := r.operations[operation][k.String()]; c.good+c.refused > 0 {
			operation += " (" + about + ")"
		}
		list = append(list, operation)
	}
	return slices.Compact(list)
}

var wires = map[string]string{"JSON": "AWS JSON 1.1", "CBOR": "Smithy RPC v2 CBOR"}

// versions returns the versions of the clients, by title.
func versions(t testing.TB) map[string]string {
	t.Helper()
	mod, err := os.ReadFile("go.mod")
	if err != nil {
		t.Fatal(err)
	}
	find := func(module string) string {
		return string(regexp.MustCompile(regexp.QuoteMeta(module) + ` v(\S+)`).FindSubmatch(mod)[1])
	}
	var npm struct{ Dependencies map[string]string }
	pkg, err := os.ReadFile("js/package.json")
	if err == nil {
		err = json.Unmarshal(pkg, &npm)
	}
	if err != nil {
		t.Fatal(err)
	}
	return map[string]string{
		"aws-sdk-go-v2": find("github.com/aws/aws-sdk-go-v2/service/gamelift"),
		"aws-sdk-go v1": find("github.com/aws/aws-sdk-go"),
		"JavaScript v3": npm.Dependencies["@aws-sdk/client-gamelift"],
		"AWS CLI v2":    findCLI(t).version,
	}
}

func (r *report) writeOperations(b *strings.Builder) {
	b.WriteString(`
## Operations

✓ 3 + 5: the client made three good calls, whose outputs were as expected, and five that were refused with the expected
exception, in the client's own type where it has one; and all clients have heard the same, member by member. Slow clients
make an operation answer each of its exceptions once. — means that the client does not have the operation, ✗ that something
was not as expected.

`)
	r.table(b, "Operation", offered(true), r.operations, (*cell).String)
}

func (r *report) table(b *strings.Builder, title string, rows []string, cells map[string]map[string]*cell, show func(*cell) string) {
	heads := []string{title}
	for _, k := range r.clients {
		heads = append(heads, k.String())
	}
	row(b, heads...)
	rule(b, len(heads))
	for _, name := range rows {
		line := []string{name}
		for _, k := range r.clients {
			line = append(line, show(cells[name][k.String()]))
		}
		row(b, line...)
	}
}

func row(b *strings.Builder, cells ...string) {
	b.WriteString("| " + strings.Join(cells, " | ") + " |\n")
}

func rule(b *strings.Builder, n int) { b.WriteString("|" + strings.Repeat("---|", n) + "\n") }

func writeUnprovoked(b *strings.Builder) {
	b.WriteString(`
Every exception that the API models for these operations is among the refused calls, but for those that cannot come about:

`)
	row(b, "Operation", "Exception", "Why it cannot come about")
	rule(b, 3)
	for _, name := range slices.Sorted(maps.Keys(unprovoked)) {
		operation, exception, _ := strings.Cut(name, " ")
		if operation == "*" {
			operation = "all"
		}
		row(b, operation, exception, unprovoked[name])
	}
}

func (r *report) writeNotOffered(b *strings.Builder) {
	names := offered(false)
	fmt.Fprintf(b, `
## Operations that are not offered

The other %d operations of the API answer an InvalidRequestException that says so. How many of them each client has called
with that result (a slow client makes a selection of the calls):

`, len(names))
	row(b, "Client", "Refused as expected", "Not in this client")
	rule(b, 3)
	for _, k := range r.clients {
		c := r.notOffered[k.String()]
		if c == nil || c.failed > 0 {
			row(b, k.String(), "✗", "")
			continue
		}
		row(b, k.String(), fmt.Sprintf("✓ %d", c.refused), fmt.Sprint(c.unknown))
	}
	fmt.Fprintf(b, "\n%s.\n", strings.Join(names, ", "))
}

func (r *report) writeBehaviours(b *strings.Builder) {
	b.WriteString(`
## Signatures, pages and endpoints

— means that the client has no way to do so.

`)
	r.table(b, "", behaviours(), r.behaved, (*cell).mark)
}

func (r *report) writeReplays(b *strings.Builder) {
	b.WriteString(`
## Game servers: protocol replay

The server SDKs themselves do not run here: these are the frames that each has sent while it was recorded with another
service, sent again to muster over a websocket, with the identifiers of this run. ✓ n: n requests were answered as the SDK
expects, and each push had the members that the SDK has been recorded to read. Backfill is left out of it: matchmaking is not
offered. ws is without TLS, wss is TLS 1.2, which the SDKs for C++ and C# insist on.

`)
	row(b, "Recorded SDK", "ws", "wss")
	rule(b, 3)
	for _, recording := range recordings {
		row(b, recording.title, or(r.replays[recording.title+" | ws"], "✗"), or(r.replays[recording.title+" | wss"], "✗"))
	}
}

func or(s, otherwise string) string {
	if s == "" {
		return otherwise
	}
	return s
}
