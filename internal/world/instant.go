package world

import "time"

// An Instant is a moment in milliseconds since the Unix epoch, the resolution
// of the GameLift protocols. Zero means unset.
type Instant int64

// At returns the Instant of t.
func At(t time.Time) Instant { return Instant(t.UnixMilli()) }

// Time returns i as a time in UTC.
func (i Instant) Time() time.Time { return time.UnixMilli(int64(i)).UTC() }

// Add returns the Instant d after i, to the millisecond.
func (i Instant) Add(d time.Duration) Instant { return i + Instant(d/time.Millisecond) }

// Sub returns the time from j to i.
func (i Instant) Sub(j Instant) time.Duration { return time.Duration(i-j) * time.Millisecond }

// earliest returns the smallest set Instant of its arguments, or zero if none is set.
func earliest(is ...Instant) Instant {
	var min Instant
	for _, i := range is {
		if i != 0 && (min == 0 || i < min) {
			min = i
		}
	}
	return min
}
