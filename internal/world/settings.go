package world

import "time"

// Settings are the names and periods that commands use. They are not state:
// what a decision takes from them is written into its events, so a journal
// replays the same under other settings. The zero value of each field means
// its default, which is AWS's value where AWS documents one.
type Settings struct {
	Region  string // home Region in ARNs, of the form xx-word-N; default us-east-1
	Account string // 12 digits; default 000000000000

	Reservation    time.Duration // RESERVED player session until TIMEDOUT; default 60 s
	Activation     time.Duration // ACTIVATING until terminated, for fleets that set none; default 600 s
	Health         time.Duration // longest time between two health reports; default 70 s (60 s and 10 s of jitter)
	HealthLimit    int           // consecutive missed or false reports that end a process; default 3
	Ready          time.Duration // connected until it must have called ProcessReady; default 5 min
	ReconnectGrace time.Duration // a lost socket until the process counts as crashed; default 5 min
	RestartGrace   time.Duration // after muster's own restart, until a silent process counts as missed, or as late with ProcessReady; default 3 min
	Termination    time.Duration // from asking a process to end until it is taken as ended; default 5 min
	TokenLife      time.Duration // compute auth token; default 3 h
	Retention      time.Duration // ended sessions, and their idempotency tokens; default 30 days

	// Ended sessions stay in memory for Tail before they move to the archive,
	// and at most TailLimit of a kind; so many ended processes are remembered,
	// for a day. Defaults 60 s and 10,000.
	Tail      time.Duration
	TailLimit int
}

// WithDefaults returns s with every zero field set to its default.
func (s Settings) WithDefaults() Settings {
	def(&s.Region, "us-east-1")
	def(&s.Account, "000000000000")
	def(&s.Reservation, time.Minute)
	def(&s.Activation, 10*time.Minute)
	def(&s.Health, 70*time.Second)
	def(&s.HealthLimit, 3)
	def(&s.Ready, 5*time.Minute)
	def(&s.ReconnectGrace, 5*time.Minute)
	def(&s.RestartGrace, 3*time.Minute)
	def(&s.Termination, 5*time.Minute)
	def(&s.TokenLife, 3*time.Hour)
	def(&s.Retention, 30*24*time.Hour)
	def(&s.Tail, time.Minute)
	def(&s.TailLimit, 10_000)
	return s
}

func def[T comparable](field *T, value T) {
	var zero T
	if *field == zero {
		*field = value
	}
}
