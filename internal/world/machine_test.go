package world_test

import (
	"bytes"
	"errors"
	"fmt"
	"iter"
	"reflect"
	"regexp"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/musterhq/muster/internal/search"
	"github.com/musterhq/muster/internal/world"
)

// TestMachine runs random commands, and random stretches of time, and after
// each of them checks the world against itself, against a replay of its
// events, and against a book that is kept by hand from the events.
func TestMachine(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		m := newMachine(t)
		t.Repeat(map[string]func(*rapid.T){
			"":                m.check,
			"fleets":          m.fleets,
			"locations":       m.locations,
			"computes":        m.computes,
			"aliases":         m.aliases,
			"connect":         m.connect,
			"ready":           m.ready,
			"ready too":       m.ready,
			"process":         m.process,
			"create session":  m.createSession,
			"create another":  m.createSession,
			"host":            m.host,
			"session":         m.session,
			"join":            m.join,
			"join too":        m.join,
			"player":          m.player,
			"player too":      m.player,
			"time":            m.time,
			"restart":         m.restart,
			"restore":         m.restore,
			"follow":          m.follow,
			"freeze":          m.freeze,
			"thaw":            m.thaw,
			"thaw more":       m.thaw,
			"search":          m.search,
			"list everything": m.list,
		})
	})
}

type machine struct {
	settings world.Settings
	world    *world.World
	replay   *world.World // changed by decoded events alone
	now      world.Instant
	past     archive
	book     book
	frozen   []*frozen
	trails   []trail // the last two
	moves    int     // events that tell of other than computes, processes, sessions and players
	next     int
}

func newMachine(t *rapid.T) *machine {
	m := &machine{now: epoch, past: archive{}, book: newBook()}
	m.settings = world.Settings{TailLimit: rapid.SampledFrom([]int{0, 1, 3}).Draw(t, "tail limit")}
	m.world, m.replay = world.New(m.settings), world.New(m.settings)
	run(t, m, world.CreateLocation{Name: "custom-a"})
	run(t, m, world.CreateLocation{Name: "custom-b"})
	run(t, m, world.CreateFleet{ID: "fleet-0", Locations: []string{"custom-a", "custom-b"}})
	run(t, m, world.RegisterCompute{Fleet: "fleet-0", Name: "host-0", IP: "10.0.0.1", Location: "custom-a"})
	return m
}

// run decides c. A refused command must have changed nothing; the events of
// another must do to the replay what they did to the world, and nothing to a
// snapshot of the world before.
func run[A any](t *rapid.T, m *machine, c world.Command[A]) (A, error) {
	t.Helper()
	before, frozen := snapshot(t, m.world), m.world.Freeze()
	answer, outcome, err := execute(m.world, m.now, m.past, c)
	if !bytes.Equal(before, write(t, frozen)) {
		t.Fatalf("%#v changed a snapshot that was taken before it", c)
	}
	t.Logf("%s %#v: %v", m.now.Sub(epoch), c, err)
	if err != nil {
		if len(outcome.Events)+len(outcome.Archive) > 0 || !bytes.Equal(before, snapshot(t, m.world)) {
			t.Fatalf("a refused command changed something: %v", err)
		}
		return answer, err
	}
	if len(outcome.Events) == 0 && !bytes.Equal(before, snapshot(t, m.world)) {
		t.Fatalf("a command changed something without an event")
	}
	block := world.AppendCommits(nil, []world.Commit{{At: m.now, Events: outcome.Events}})
	commits, err := world.DecodeCommits(block)
	if err != nil {
		t.Fatalf("decode: %v", err)
	}
	for _, commit := range commits {
		m.replay.Apply(commit.At, commit.Events)
		for _, e := range commit.Events {
			m.book.note(t, e)
			if name := fmt.Sprintf("%T", e); places.MatchString(name) && name != "world.FleetLogged" {
				m.moves++
			}
		}
	}
	return answer, nil
}

func (m *machine) check(t *rapid.T) {
	if err := m.world.Check(); err != nil {
		t.Fatalf("%v", err)
	}
	if !bytes.Equal(snapshot(t, m.world), snapshot(t, m.replay)) {
		t.Fatalf("the events do not give the same world")
	}
	m.book.check(t, m.world)
	m.compareSearch(t, "playerSessionCount>0")
	m.goBack(t)
}

// places are the events that may change what says where to search.
var places = regexp.MustCompile("Fleet|Location|Alias|agged")

// A trail goes back to what was found when it began.
type trail struct {
	*world.Trail
	moves int
	found map[string][]world.GameSession
}

func (m *machine) follow(t *rapid.T) {
	m.trails = append(m.trails, trail{found: m.found(t), moves: m.moves})
	m.trails[len(m.trails)-1].Trail = m.world.Follow()
	m.trails = m.trails[max(0, len(m.trails)-2):]
}

// goBack finds by the trails what was found when they began.
func (m *machine) goBack(t *rapid.T) {
	var trails []*world.Trail
	for _, tr := range m.trails {
		trails = append(trails, tr.Trail)
	}
	for i, tr := range m.trails {
		for fleet, want := range tr.found {
			got, _, err := m.world.Search(fleet, "", search.Query{Seed: 1}, trails[i:]...)
			if errors.Is(err, world.ErrTrailLost) && m.moves > tr.moves {
				continue
			}
			if err != nil || !reflect.DeepEqual(got, want) {
				t.Fatalf("a trail leads to %v, %v, not to %v", got, err, want)
			}
		}
	}
}

// found is what searches find in each fleet.
func (m *machine) found(t *rapid.T) map[string][]world.GameSession {
	found := map[string][]world.GameSession{}
	for _, f := range m.world.Fleets() {
		all, _, err := m.world.Search(f.ID, "", search.Query{Seed: 1})
		if err != nil {
			t.Fatalf("%v", err)
		}
		found[f.ID] = all
	}
	return found
}

// A frozen is a snapshot that is being written.
type frozen struct {
	snapshot *world.Snapshot
	want     []byte // as it is written when the world stands still
	written  *bytes.Buffer
	on       func() (error, bool) // writes on until it looks at the world again
}

func (m *machine) freeze(t *rapid.T) {
	f := &frozen{want: snapshot(t, m.world), snapshot: m.world.Freeze(), written: &bytes.Buffer{}}
	entities := rapid.IntRange(1, 3).Draw(t, "entities")
	f.on, _ = iter.Pull(func(yield func(error) bool) {
		yield(f.snapshot.Write(f.written, entities, func(read func()) error {
			yield(nil)
			read()
			return nil
		}))
	})
	m.frozen = append(m.frozen, f)
}

// thaw writes on at one of the snapshots.
func (m *machine) thaw(t *rapid.T) {
	if len(m.frozen) == 0 {
		return
	}
	i := rapid.IntRange(0, len(m.frozen)-1).Draw(t, "snapshot")
	f := m.frozen[i]
	for range rapid.IntRange(1, 5).Draw(t, "times") {
		err, more := f.on()
		if err != nil {
			t.Fatalf("%v", err)
		}
		if more {
			continue
		}
		if !bytes.Equal(f.written.Bytes(), f.want) {
			t.Fatalf("a snapshot was written otherwise than the world was when it was frozen")
		}
		f.snapshot.Close()
		m.frozen = slices.Delete(m.frozen, i, i+1)
		return
	}
}

func (m *machine) id(prefix string) string {
	m.next++
	return fmt.Sprintf("%s%d", prefix, m.next)
}

// Draws. Now and then they name what does not exist.

func pick(t *rapid.T, label string, from ...string) string {
	return rapid.SampledFrom(from).Draw(t, label)
}

func odds(t *rapid.T, label string, of int) bool { return rapid.IntRange(1, of).Draw(t, label) == 1 }

func (m *machine) aFleet(t *rapid.T) string {
	ids := []string{"fleet-none"}
	for _, f := range m.world.Fleets() {
		ids = append([]string{f.ID, f.ID, f.ID}, ids...)
	}
	return pick(t, "fleet", ids...)
}

func (m *machine) aSession(t *rapid.T) world.GameSession {
	var all []world.GameSession
	for _, f := range m.world.Fleets() {
		list, err := m.world.GameSessions(world.SessionQuery{Fleet: f.ID, Limit: 100})
		if err != nil {
			t.Fatalf("%v", err)
		}
		all = append(all, list...)
	}
	for key, r := range m.past {
		if s, err := world.DecodeGameSession(r.Data); err == nil && s.ID != "" && key == m.settings.WithDefaults().SessionKey(s.ID) {
			all = append(all, s)
		}
	}
	if len(all) == 0 {
		return world.GameSession{ID: "fleet-0/custom-a/none"}
	}
	slices.SortFunc(all, func(a, b world.GameSession) int { return int(b.Serial) - int(a.Serial) })
	return all[min(len(all)-1, rapid.IntRange(0, 3).Draw(t, "session"))]
}

func (m *machine) aProcess(t *rapid.T) world.ProcessKey {
	f := m.aFleet(t)
	if live, err := m.world.Processes(f); err == nil && len(live) > 0 && !odds(t, "any process", 8) {
		return live[rapid.IntRange(0, len(live)-1).Draw(t, "process")].Key
	}
	return world.ProcessKey{Fleet: f, Compute: pick(t, "compute", "host-0", "host-1"), Process: pick(t, "pid", "p1", "p2", "p3")}
}

func ptr[T any](v T) *T { return &v }

// Actions.

func (m *machine) fleets(t *rapid.T) {
	switch pick(t, "what", "create", "update", "update", "delete") {
	case "create":
		run(t, m, world.CreateFleet{
			ID: m.id("fleet-"), Locations: []string{"custom-b"}, Tags: map[string]string{"a": "b"},
			Runtime: world.Runtime{MaxActivations: rapid.IntRange(0, 2).Draw(t, "activations"), Activation: 30 * time.Second},
		})
	case "update":
		run(t, m, world.UpdateFleet{
			Fleet: m.aFleet(t), Name: ptr("arena"), Protection: ptr(pick(t, "protection", "NoProtection", "FullProtection")),
			CreatorLimit: &world.CreatorLimit{Sessions: 2, Period: time.Duration(rapid.IntRange(0, 5).Draw(t, "period")) * time.Minute},
		})
	case "delete":
		if odds(t, "really", 4) {
			run(t, m, world.DeleteFleet{Fleet: m.aFleet(t)})
		}
	}
}

func (m *machine) locations(t *rapid.T) {
	name := pick(t, "location", "custom-a", "custom-b", "custom-c")
	switch pick(t, "what", "create", "delete", "add", "add", "remove") {
	case "create":
		run(t, m, world.CreateLocation{Name: name})
	case "delete":
		run(t, m, world.DeleteLocation{Name: name})
	case "add":
		run(t, m, world.CreateFleetLocations{Fleet: m.aFleet(t), Names: []string{name}})
	case "remove":
		run(t, m, world.DeleteFleetLocations{Fleet: m.aFleet(t), Names: []string{name}})
	}
}

func (m *machine) computes(t *rapid.T) {
	f, name := m.aFleet(t), pick(t, "compute", "host-0", "host-1")
	switch pick(t, "what", "register", "register", "token", "deregister") {
	case "register":
		run(t, m, world.RegisterCompute{Fleet: f, Name: name, IP: "10.0.0.1", Location: pick(t, "location", "custom-a", "custom-b", "")})
	case "token":
		run(t, m, world.IssueComputeToken{Fleet: f, Compute: name, Hash: pick(t, "hash", "h1", "h2")})
	case "deregister":
		run(t, m, world.DeregisterCompute{Fleet: f, Name: name})
	}
}

func (m *machine) aliases(t *rapid.T) {
	routing := world.Routing{Type: world.RouteSimple, Fleet: m.aFleet(t)}
	if odds(t, "terminal", 3) {
		routing = world.Routing{Type: world.RouteTerminal, Message: "closed"}
	}
	switch pick(t, "what", "create", "update", "delete", "tag", "untag") {
	case "create":
		run(t, m, world.CreateAlias{ID: "alias-1", Name: "live", Routing: routing})
	case "update":
		run(t, m, world.UpdateAlias{Alias: "alias-1", Routing: &routing})
	case "delete":
		run(t, m, world.DeleteAlias{Alias: "alias-1"})
	case "tag":
		run(t, m, world.TagResource{ARN: m.settings.WithDefaults().FleetARN(m.aFleet(t)), Tags: map[string]string{"k": "v", pick(t, "key", "l", "aws:x"): "w"}})
	case "untag":
		run(t, m, world.UntagResource{ARN: m.settings.WithDefaults().FleetARN(m.aFleet(t)), Keys: []string{pick(t, "key", "k", "l", "a")}})
	}
}

func (m *machine) connect(t *rapid.T) {
	key := m.aProcess(t)
	key.Process = pick(t, "pid", "p1", "p2", "p3", "p4", "p5", "p6")
	run(t, m, world.ConnectProcess{Key: key, Conn: m.id("conn-"), Trusted: !odds(t, "untrusted", 4), TokenHash: "h1"})
}

// ready takes a process all the way to where it waits for a game session.
func (m *machine) ready(t *rapid.T) {
	key := m.aProcess(t)
	key.Process = pick(t, "pid", "p1", "p2", "p3", "p4", "p5", "p6")
	run(t, m, world.ConnectProcess{Key: key, Conn: m.id("conn-"), Trusted: true})
	run(t, m, world.ActivateProcess{Key: key, Port: 7777})
	run(t, m, world.Heartbeat{Key: key, Healthy: true})
}

func (m *machine) process(t *rapid.T) {
	key := m.aProcess(t)
	switch pick(t, "what", "ready", "beat", "beat", "false", "disconnect", "late disconnect", "told", "end") {
	case "ready":
		run(t, m, world.ActivateProcess{Key: key, Port: rapid.IntRange(-1, 3).Draw(t, "port"), LogPaths: []string{"log"}})
	case "beat":
		run(t, m, world.Heartbeat{Key: key, Healthy: true})
	case "false":
		run(t, m, world.Heartbeat{Key: key})
	case "disconnect":
		p, _ := m.world.Process(key)
		run(t, m, world.DisconnectProcess{Key: key, Conn: p.Conn})
	case "late disconnect":
		run(t, m, world.DisconnectProcess{Key: key, Conn: "conn-0"})
	case "told":
		run(t, m, world.TellProcess{Key: key})
	case "end":
		run(t, m, world.EndProcess{Key: key})
	}
}

func (m *machine) createSession(t *rapid.T) {
	c := world.CreateGameSession{
		ID: m.id("g-"), Fleet: m.aFleet(t), Maximum: rapid.IntRange(0, 4).Draw(t, "maximum"), Name: pick(t, "name", "", "x", "y"),
		Token: pick(t, "token", "", "", "t1", "t2", "g-9", "g-10"), Location: pick(t, "location", "", "", "us-east-1", "custom-a", "custom-b"),
		Creator: pick(t, "creator", "", "alice", "bob"), Properties: map[string]string{"map": pick(t, "map", "dust", "ice")},
	}
	if odds(t, "by alias", 4) {
		c.Fleet, c.Alias = "", "alias-1"
	}
	s, err := run(t, m, c)
	if err == nil {
		m.book.created(t, c.Token, s)
	}
}

func (m *machine) host(t *rapid.T) {
	s := m.aSession(t)
	key := s.Key()
	if odds(t, "another process", 6) {
		key = m.aProcess(t)
	}
	if odds(t, "policy", 4) {
		run(t, m, world.SetPlayerPolicy{Process: key, ID: s.ID, Policy: pick(t, "policy", world.AcceptAll, world.AcceptAll, world.DenyAll, "NONE")})
		return
	}
	run(t, m, world.ActivateGameSession{Process: key, ID: s.ID})
}

func (m *machine) session(t *rapid.T) {
	s := m.aSession(t)
	if odds(t, "terminate", 4) {
		run(t, m, world.TerminateGameSession{ID: s.ID})
		return
	}
	run(t, m, world.UpdateGameSession{
		ID: s.ID, Maximum: ptr(rapid.IntRange(-1, 5).Draw(t, "maximum")), Name: ptr(pick(t, "name", "x", "z")),
		Properties: map[string]string{m.id("key"): "v"},
	})
}

func (m *machine) join(t *rapid.T) {
	s := m.aSession(t)
	if s.Status == world.SessionActivating {
		run(t, m, world.ActivateGameSession{Process: s.Key(), ID: s.ID})
	}
	c := world.CreatePlayerSessions{Session: s.ID}
	for range rapid.IntRange(1, 3).Draw(t, "players") {
		c.Players = append(c.Players, world.ReservedPlayer{ID: m.id("psess-"), Player: pick(t, "player", "ann", "ben", "cat", "dan")})
	}
	run(t, m, c)
}

func (m *machine) player(t *rapid.T) {
	s := m.aSession(t)
	players, _ := m.world.PlayerSessions(world.PlayerQuery{Session: s.ID, Limit: 20})
	if len(players) == 0 {
		return
	}
	p := players[rapid.IntRange(0, len(players)-1).Draw(t, "player session")]
	key := s.Key()
	if odds(t, "another process", 8) {
		key = m.aProcess(t)
	}
	if odds(t, "remove", 3) {
		run(t, m, world.RemovePlayer{Process: key, Session: s.ID, ID: p.ID})
		return
	}
	run(t, m, world.AcceptPlayer{Process: key, Session: s.ID, ID: p.ID, Request: pick(t, "request", "r1", "r2", "")})
}

// time moves, and everything runs that is due on the way, when it is due.
func (m *machine) time(t *rapid.T) {
	stretch := rapid.SampledFrom([]time.Duration{
		time.Millisecond, time.Second, 20 * time.Second, time.Minute, 3 * time.Minute, time.Hour,
	}).Draw(t, "stretch")
	until := m.now.Add(stretch * time.Duration(rapid.IntRange(1, 3).Draw(t, "times")))
	for due := m.world.NextDue(); due != 0 && due <= until; due = m.world.NextDue() {
		m.now = max(m.now, due)
		n, err := run(t, m, world.Tick{Limit: rapid.IntRange(1, 3).Draw(t, "limit")})
		if err != nil || n == 0 {
			t.Fatalf("a tick at %d, when something is due, ran %d: %v", due, n, err)
		}
		m.check(t)
	}
	m.now = until
	if n, _ := run(t, m, world.Tick{}); n != 0 {
		t.Fatalf("a tick ran %d when nothing was due", n)
	}
	m.book.checkNothingDue(t, m.world, m.now)
}

func (m *machine) restart(t *rapid.T) { run(t, m, world.Restart{}) }

// restore goes on with a world that was read from a snapshot of the present
// one.
func (m *machine) restore(t *rapid.T) {
	data := snapshot(t, m.world)
	m.world, m.trails = restore(t, m.settings, data), nil
	if !bytes.Equal(data, snapshot(t, m.world)) {
		t.Fatalf("a restored world is another one")
	}
}

func (m *machine) search(t *rapid.T) {
	m.compareSearch(t, pick(t, "filter", "hasAvailablePlayerSessions=true", "playerSessionCount>0", "maximumSessions>=2 AND playerSessionCount<2",
		"gameSessionName='x'", "gameSessionProperties.map='dust'", "NOT gameSessionProperties.map='dust' OR maximumSessions=3"))
}

// compareSearch compares what the index finds with what a scan finds.
func (m *machine) compareSearch(t *rapid.T, text string) {
	t.Helper()
	filter, err := search.ParseFilter(text)
	if err != nil {
		t.Fatalf("%v", err)
	}
	for _, f := range m.world.Fleets() {
		found, _, err := m.world.Search(f.ID, "", search.Query{Filter: filter})
		if err != nil {
			t.Fatalf("%v", err)
		}
		var want []string
		all, _ := m.world.GameSessions(world.SessionQuery{Fleet: f.ID, Status: world.SessionActive, Limit: 1000})
		for _, s := range all {
			doc := search.Doc{ID: s.ID, Name: s.Name, Location: s.Location, Properties: s.Properties, Maximum: s.Maximum, Players: s.Players, Created: int64(s.Created)}
			if filter.Match(&doc) {
				want = append(want, s.ID)
			}
		}
		have := ids(found)
		slices.Sort(have)
		slices.Sort(want)
		if !slices.Equal(have, want) {
			t.Fatalf("%s finds %v, a scan %v", text, have, want)
		}
	}
}

func ids(sessions []world.GameSession) []string {
	var out []string
	for _, s := range sessions {
		out = append(out, s.ID)
	}
	return out
}

// list reads page by page what it reads at once.
func (m *machine) list(t *rapid.T) {
	for _, f := range m.world.Fleets() {
		all, _ := m.world.GameSessions(world.SessionQuery{Fleet: f.ID, Limit: 1000})
		var paged []world.GameSession
		for after := uint64(0); ; {
			page, _ := m.world.GameSessions(world.SessionQuery{Fleet: f.ID, Limit: 2, After: after})
			if len(page) == 0 {
				break
			}
			paged, after = append(paged, page...), page[len(page)-1].Serial
		}
		if !slices.Equal(ids(all), ids(paged)) {
			t.Fatalf("page by page %v, at once %v", ids(paged), ids(all))
		}
	}
}
