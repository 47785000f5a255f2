package world_test

import (
	"fmt"
	"io"
	"runtime"
	"testing"
	"time"

	"github.com/musterhq/muster/internal/world"
)

// A rig is a world with one fleet, for benchmarks: every command is stamped a
// millisecond after the one before.
type rig struct {
	tb    testing.TB
	world *world.World
	now   world.Instant
	past  archive
	next  int
}

func newRig(tb testing.TB, s world.Settings) *rig {
	r := &rig{tb: tb, world: world.New(s), now: epoch, past: archive{}}
	must(r, world.CreateLocation{Name: "custom-home"})
	must(r, world.CreateFleet{ID: "fleet-2222bbbb-2222-bbbb-2222-bbbb2222bbbb", Name: "arena", Locations: []string{"custom-home"}})
	must(r, world.RegisterCompute{Fleet: r.fleet(), Name: "host-1", IP: "10.0.0.1"})
	return r
}

func (r *rig) fleet() string { return "fleet-2222bbbb-2222-bbbb-2222-bbbb2222bbbb" }

// must runs c, which may not be refused.
func must[A any](r *rig, c world.Command[A]) (A, []world.Event) {
	r.now++
	clear(r.past)
	answer, outcome, err := execute(r.world, r.now, r.past, c)
	if err != nil {
		r.tb.Fatalf("%T: %v", c, err)
	}
	return answer, outcome.Events
}

// id returns a new identifier as long as a UUID.
func (r *rig) id(prefix string) string {
	r.next++
	return fmt.Sprintf("%s00000000-0000-0000-0000-%012d", prefix, r.next)
}

// ready makes a process that is ready for a game session.
func (r *rig) ready() world.ProcessKey {
	key := world.ProcessKey{Fleet: r.fleet(), Compute: "host-1", Process: r.id("")}
	must(r, world.ConnectProcess{Key: key, Conn: r.id(""), Trusted: true})
	must(r, world.ActivateProcess{Key: key, Port: 7777})
	must(r, world.Heartbeat{Key: key, Healthy: true})
	return key
}

// session makes an ACTIVE game session.
func (r *rig) session(maximum int) world.GameSession {
	key := r.ready()
	s, _ := must(r, world.CreateGameSession{
		ID: r.id(""), Fleet: r.fleet(), Maximum: maximum, Name: "a game",
		Properties: map[string]string{"map": "dust", "mode": "ctf"},
	})
	must(r, world.ActivateGameSession{Process: key, ID: s.ID})
	return s
}

// join fills n slots of a game session.
func (r *rig) join(s world.GameSession, n int) []world.PlayerSession {
	players := make([]world.ReservedPlayer, n)
	for i := range players {
		players[i] = world.ReservedPlayer{ID: r.id("psess-"), Player: r.id("player-")}
	}
	out, _ := must(r, world.CreatePlayerSessions{Session: s.ID, Players: players})
	return out
}

func (r *rig) tick() {
	for due := r.world.NextDue(); due != 0 && due <= r.now; due = r.world.NextDue() {
		must(r, world.Tick{})
	}
}

func BenchmarkCreatePlayerSessions(b *testing.B) {
	r := newRig(b, world.Settings{Health: 1000 * time.Hour})
	s := r.session(200)
	b.ReportAllocs()
	for b.Loop() {
		r.join(s, 1)
		r.now = r.now.Add(r.world.Settings().Reservation / 100)
		r.tick()
	}
}

func BenchmarkHeartbeat(b *testing.B) {
	r := newRig(b, world.Settings{})
	key := r.ready()
	b.ReportAllocs()
	for b.Loop() {
		must(r, world.Heartbeat{Key: key, Healthy: true})
	}
}

// BenchmarkLife is one game session with four players from the start of its
// process until it leaves memory.
func BenchmarkLife(b *testing.B) {
	r := newRig(b, world.Settings{})
	b.ReportAllocs()
	for b.Loop() {
		s := r.session(4)
		for _, p := range r.join(s, 4) {
			must(r, world.AcceptPlayer{Process: s.Key(), Session: s.ID, ID: p.ID})
		}
		must(r, world.EndProcess{Key: s.Key()})
		r.now = r.now.Add(r.world.Settings().Tail / 100)
		r.tick()
	}
}

func BenchmarkCreateGameSession(b *testing.B) {
	r := newRig(b, world.Settings{TailLimit: 1})
	b.ReportAllocs()
	for b.Loop() {
		b.StopTimer()
		key := r.ready()
		b.StartTimer()
		must(r, world.CreateGameSession{ID: key.Process, Fleet: r.fleet(), Maximum: 4, Token: key.Process})
		b.StopTimer()
		must(r, world.EndProcess{Key: key})
		b.StartTimer()
	}
}

// joins is a block of 64 commands, a player session each.
func joins(r *rig) []world.Commit {
	s := r.session(200)
	var commits []world.Commit
	for range 64 {
		_, events := must(r, world.CreatePlayerSessions{Session: s.ID, Players: []world.ReservedPlayer{{ID: r.id("psess-"), Player: "alice"}}})
		commits = append(commits, world.Commit{At: r.now, Events: events})
	}
	return commits
}

func BenchmarkAppendCommits(b *testing.B) {
	commits := joins(newRig(b, world.Settings{}))
	var buf []byte
	b.ReportAllocs()
	for b.Loop() {
		buf = world.AppendCommits(buf[:0], commits)
	}
	b.ReportMetric(float64(len(buf))/64, "B/command")
}

func BenchmarkDecodeCommits(b *testing.B) {
	data := world.AppendCommits(nil, joins(newRig(b, world.Settings{})))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := world.DecodeCommits(data); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkRestore reads a snapshot of 100,000 game sessions with four
// players each.
func BenchmarkRestore(b *testing.B) {
	r := newRig(b, world.Settings{})
	for range 100_000 {
		r.join(r.session(4), 4)
		r.now = epoch
	}
	data := snapshot(b, r.world)
	b.ReportMetric(float64(len(data))/100_000, "B/session")
	for b.Loop() {
		if err := world.New(world.Settings{}).Restore(parts(data)); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkSnapshot writes the same.
func BenchmarkSnapshot(b *testing.B) {
	r := newRig(b, world.Settings{})
	for range 100_000 {
		r.join(r.session(4), 4)
		r.now = epoch
	}
	for b.Loop() {
		if err := r.world.Write(io.Discard); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkFreeze freezes a world of 10,000 computes with eight tokens each:
// nobody may write meanwhile.
func BenchmarkFreeze(b *testing.B) {
	r := newRig(b, world.Settings{})
	for n := range 10_000 {
		name := fmt.Sprint("machine-", n)
		must(r, world.RegisterCompute{Fleet: r.fleet(), Name: name, IP: "10.0.0.1"})
		for i := range 8 {
			must(r, world.IssueComputeToken{Fleet: r.fleet(), Compute: name, Hash: fmt.Sprint("hash-", i)})
		}
		r.now = epoch
	}
	for b.Loop() {
		r.world.Freeze().Close()
	}
}

// BenchmarkMemory reports what live entities take.
func BenchmarkMemory(b *testing.B) {
	const n = 10_000
	for b.Loop() {
		r := newRig(b, world.Settings{})
		before := heap()
		var keys []world.ProcessKey
		for range n {
			keys = append(keys, r.ready())
			r.now = epoch
		}
		processes := heap()
		for i := range keys {
			s, _ := must(r, world.CreateGameSession{ID: r.id(""), Fleet: r.fleet(), Maximum: 4, Name: "a game"})
			must(r, world.ActivateGameSession{Process: s.Key(), ID: s.ID})
			r.join(s, 4)
			keys[i] = world.ProcessKey{}
			r.now = epoch
		}
		sessions := heap()
		b.ReportMetric(float64(processes-before)/n, "B/process")
		b.ReportMetric(float64(sessions-processes)/n, "B/session")
		runtime.KeepAlive(r.world)
	}
}

func heap() uint64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}
