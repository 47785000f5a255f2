package world

import (
	"slices"
	"strings"
	"time"
)

// admitCreator checks the fleet's policy on how many game sessions one
// creator may make. Without a policy, or with half of one, it is one a second.
// Source: GameLift API, CreateGameSession CreatorId.
func (f *fleet) admitCreator(creator string, at Instant) error {
	limit, period := f.CreatorLimit.Sessions, f.CreatorLimit.Period
	if limit == 0 || period == 0 {
		limit, period = 1, time.Second
	} else if creator == "" {
		return refuse(ErrInvalidRequest, "fleet %s limits game sessions per creator: give a CreatorId", f.ID)
	}
	if creator == "" {
		return nil
	}
	n := 0
	for _, made := range f.creators[creator] {
		if made > at.Add(-period) {
			n++
		}
	}
	if n >= limit {
		return refuse(ErrLimitExceeded, "creator %s has made %d game sessions within %v, the most that fleet %s allows: try again later",
			strings.ToValidUTF8(creator, "?"), n, period, f.ID)
	}
	return nil
}

// creatorsLimit is how many creators a fleet remembers before it forgets
// those whose period has passed.
const creatorsLimit = 1024

// noteCreator remembers that creator has made a game session.
func (f *fleet) noteCreator(creator string, at Instant) {
	period := max(f.CreatorLimit.Period, time.Second)
	recent := func(made []Instant) []Instant {
		return slices.DeleteFunc(made, func(i Instant) bool { return i <= at.Add(-period) })
	}
	f.creators[creator] = append(recent(f.creators[creator]), at)
	if len(f.creators) < creatorsLimit || at.Sub(f.creatorsSwept) < period {
		return
	}
	f.creatorsSwept = at
	for name, made := range f.creators {
		if made = recent(made); len(made) == 0 {
			delete(f.creators, name)
		} else {
			f.creators[name] = made
		}
	}
}
