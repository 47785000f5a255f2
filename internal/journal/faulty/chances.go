package faulty

import (
	"hash/fnv"
	"math/rand/v2"
)

// Chances say how likely each fault is, from 0 to 1. The chances of the
// faults, without the holds, add up to 1 at most.
type Chances struct {
	Refuse, Tear, Lose, Late float64
	CrashBefore, CrashAfter  float64
	Hold, HoldAnswer         float64 // along with any fault or none
}

// Plan makes a plan by chance: the same seed always makes the same one. The
// fate of a call depends on nothing but the seed and the call.
func (c Chances) Plan(seed uint64) func(Call) Fate {
	return func(call Call) Fate {
		h := fnv.New64a()
		h.Write([]byte(call.Op))
		r := rand.New(rand.NewPCG(seed, h.Sum64()+uint64(call.N)))
		return Fate{
			Fault:      c.draw(r.Float64()),
			Hold:       r.Float64() < c.Hold,
			HoldAnswer: r.Float64() < c.HoldAnswer,
		}
	}
}

// draw returns the fault in whose part of the range from 0 to 1 the point lies.
func (c Chances) draw(point float64) Fault {
	for _, f := range []struct {
		fault  Fault
		chance float64
	}{
		{Refuse, c.Refuse},
		{Tear, c.Tear},
		{Lose, c.Lose},
		{Late, c.Late},
		{CrashBefore, c.CrashBefore},
		{CrashAfter, c.CrashAfter},
	} {
		if point < f.chance {
			return f.fault
		}
		point -= f.chance
	}
	return None
}
