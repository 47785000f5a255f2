package ledger_test

import (
	"flag"
	"fmt"
	"runtime"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

var (
	simSeed  = flag.Uint64("sim.seed", 0, "play this one schedule and show it; 0: many")
	simCount = flag.Int("sim.count", 3000, "schedules to play")
	simTime  = flag.Duration("sim.time", 15*time.Second, "play no more of them after this")
	simSteps = flag.Int("sim.steps", 200, "steps of a schedule")
)

// simulate plays one schedule and returns it.
func simulate(t *testing.T, seed uint64, planted bug) (s *sim) {
	outside := time.Now()
	synctest.Test(t, func(*testing.T) {
		s = newSim(seed, outside, planted)
		s.run(*simSteps)
	})
	return s
}

// TestSimulation plays schedules of clients, faults and crashes, each from a
// seed of its own, and holds every answer against what the journal says.
func TestSimulation(t *testing.T) {
	if *simSeed != 0 {
		s := simulate(t, *simSeed, bug{})
		t.Logf("seed %d:\n%s", *simSeed, strings.Join(s.trace, "\n"))
		if s.err != nil {
			t.Error(s.err)
		}
		return
	}
	begin, shards := time.Now(), runtime.GOMAXPROCS(0)
	var played atomic.Int64
	t.Cleanup(func() { t.Logf("%d schedules in %v", played.Load(), time.Since(begin).Round(time.Second)) })
	for shard := range shards {
		t.Run(fmt.Sprint(shard), func(t *testing.T) {
			t.Parallel()
			for seed := uint64(shard + 1); seed <= uint64(*simCount) && time.Since(begin) < *simTime; seed += uint64(shards) {
				if s := simulate(t, seed, bug{}); s.err != nil {
					t.Fatalf("seed %d: %v\nreplay with -run TestSimulation -sim.seed %d -v", seed, s.err, seed)
				}
				played.Add(1)
			}
		})
	}
}

// TestSimulationReplays plays schedules again: a seed that found something
// must find it again. Where two of the ledger's own loops wake at the same
// moment, the machine decides which is first; that must stay rare.
func TestSimulationReplays(t *testing.T) {
	const schedules = 50
	differ := 0
	for seed := range uint64(schedules) {
		first, again := simulate(t, seed+1, bug{}), simulate(t, seed+1, bug{})
		if at := divergence(first.story(), again.story()); at >= 0 {
			differ++
			t.Logf("seed %d is played in two ways from step %d on", seed+1, at)
		}
	}
	if differ > schedules/5 {
		t.Errorf("%d of %d schedules are played in two ways", differ, schedules)
	}
}

// story is what the schedule drew: all until the weather clears up.
func (s *sim) story() []string {
	for i, line := range s.trace {
		if strings.HasSuffix(line, clearing) {
			return s.trace[:i]
		}
	}
	return s.trace
}

// divergence returns where two stories part, or -1.
func divergence(a, b []string) int {
	for i := range max(len(a), len(b)) {
		if i >= len(a) || i >= len(b) || a[i] != b[i] {
			return i
		}
	}
	return -1
}
