package bench

import "time"

// A Scale is how much of everything is measured.
type Scale struct {
	Clients  int           // that join at a time
	Pairs    int           // of rounds, one of the baseline's and one of muster's, for each protocol
	Round    time.Duration // how long one is
	Sessions int           // ACTIVE ones that are searched, and that a restart brings back
	Index    int           // game sessions in an index alone; zero: that is not measured
	Searches int           // inside
	Calls    int           // on an idle server, of each kind
	Creates  int           // game sessions
	Hosts    int           // game servers that are connected at a time
	Starts   int           // of servers, of which the median counts
}

// Normal is the scale that the aims are set for. It takes some minutes.
func Normal() Scale {
	return Scale{
		Clients: 64, Pairs: 7, Round: 2 * time.Second, Sessions: 100_000, Searches: 20_000,
		Calls: 2000, Creates: 100, Hosts: 10_000, Starts: 5,
	}
}

// Full is Normal and an index of a million game sessions, which takes a
// gigabyte of memory.
func Full() Scale {
	s := Normal()
	s.Index = 1_000_000
	return s
}

// Quick takes less than a minute.
func Quick() Scale {
	return Scale{
		Clients: 64, Pairs: 3, Round: time.Second, Sessions: 100_000, Searches: 5000,
		Calls: 500, Creates: 20, Hosts: 1000, Starts: 3,
	}
}

// Tiny is enough to see that every measurement can be made. Its figures say
// nothing.
func Tiny() Scale {
	return Scale{
		Clients: 4, Pairs: 1, Round: 50 * time.Millisecond, Sessions: 200, Index: 200, Searches: 20,
		Calls: 5, Creates: 2, Hosts: 10, Starts: 1,
	}
}
