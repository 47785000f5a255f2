package world

import (
	"cmp"
	"maps"
	"slices"
	"time"

	"github.com/musterhq/muster/internal/search"
)

// FleetStatus and LocationStatus share GameLift's one list. An Anywhere fleet
// is ACTIVE at once, then DELETING, then gone.
type FleetStatus string

// The statuses an Anywhere fleet or one of its locations can have.
const (
	FleetNew      FleetStatus = "NEW" // only in the answer to CreateFleetLocations
	FleetActive   FleetStatus = "ACTIVE"
	FleetDeleting FleetStatus = "DELETING"
)

// A Fleet is where processes on a studio's own machines belong: an Anywhere fleet.
type Fleet struct {
	ID           string          `cbor:"1,keyasint"`
	Name         string          `cbor:"2,keyasint"`
	Description  string          `cbor:"3,keyasint,omitempty"`
	Created      Instant         `cbor:"4,keyasint"`
	Status       FleetStatus     `cbor:"5,keyasint"`
	Cost         string          `cbor:"6,keyasint,omitempty"` // AnywhereConfiguration.Cost
	Protection   string          `cbor:"7,keyasint,omitempty"` // of new game sessions
	CreatorLimit CreatorLimit    `cbor:"8,keyasint"`
	MetricGroups []string        `cbor:"9,keyasint,omitempty"`
	Runtime      Runtime         `cbor:"10,keyasint"`
	Locations    []FleetLocation `cbor:"11,keyasint"`
	Serial       uint64          `cbor:"12,keyasint,omitempty"` // 0: older than any with one
}

// A FleetLocation is a custom location of one fleet.
type FleetLocation struct {
	Name   string      `cbor:"1,keyasint"`
	Status FleetStatus `cbor:"2,keyasint"`
}

// A CreatorLimit is a fleet's ResourceCreationLimitPolicy: at most Sessions
// per creator within Period. It is no policy if either is zero.
type CreatorLimit struct {
	Sessions int           `cbor:"1,keyasint,omitempty"`
	Period   time.Duration `cbor:"2,keyasint,omitempty"`
}

// Runtime is a fleet's RuntimeConfiguration.
type Runtime struct {
	Processes      []LaunchConfiguration `cbor:"1,keyasint,omitempty"`
	MaxActivations int                   `cbor:"2,keyasint,omitempty"` // ACTIVATING sessions per compute; 0: no limit
	Activation     time.Duration         `cbor:"3,keyasint,omitempty"` // 0: the Activation of Settings
}

// A LaunchConfiguration is one of a Runtime's server processes.
type LaunchConfiguration struct {
	LaunchPath  string `cbor:"1,keyasint"`
	Parameters  string `cbor:"2,keyasint,omitempty"`
	Concurrency int    `cbor:"3,keyasint"`
}

// A fleet is a Fleet with all that belongs to it.
type fleet struct {
	Fleet
	computes      map[string]*Compute
	live          map[*process]struct{}
	idle          map[string]*idleQueue // by location
	activating    map[string]int        // game sessions being activated, by compute
	sessions      roster[*session]
	index         search.Index         // ACTIVE game sessions
	creators      map[string][]Instant // when each creator made game sessions, within the policy's period
	creatorsSwept Instant              // when creators were last looked through for old ones
	log           []FleetEvent
}

func newFleet(f Fleet) *fleet {
	return &fleet{
		Fleet:      f,
		computes:   map[string]*Compute{},
		live:       map[*process]struct{}{},
		idle:       map[string]*idleQueue{},
		activating: map[string]int{},
		creators:   map[string][]Instant{},
	}
}

// view returns a copy that shares nothing that can change.
func (f *fleet) view() Fleet {
	v := f.Fleet
	v.Locations = slices.Clone(f.Locations)
	return v
}

func (f *fleet) location(name string) *FleetLocation {
	i := slices.IndexFunc(f.Locations, func(l FleetLocation) bool { return l.Name == name })
	if i < 0 {
		return nil
	}
	return &f.Locations[i]
}

func (w *World) sortedFleets() []*fleet {
	return slices.SortedFunc(maps.Values(w.fleets), func(a, b *fleet) int {
		return compareAge(a.Serial, b.Serial, a.ID, b.ID)
	})
}

// compareAge orders fleets or aliases as they came to be, those without a
// serial number by id.
func compareAge(a, b uint64, idA, idB string) int {
	return cmp.Or(cmp.Compare(a, b), cmp.Compare(idA, idB))
}

func (f *fleet) hasLive(p *process) bool {
	_, live := f.live[p]
	return live
}

// liveWhere returns the fleet's live processes that match, oldest first.
func (f *fleet) liveWhere(match func(*process) bool) []*process {
	var out []*process
	for p := range f.live {
		if match(p) {
			out = append(out, p)
		}
	}
	slices.SortFunc(out, func(a, b *process) int { return cmp.Compare(a.Serial, b.Serial) })
	return out
}

func anyProcess(*process) bool { return true }

// fleet finds a fleet by id or ARN. Errors: ErrNotFound.
func (w *World) fleet(idOrARN string) (*fleet, error) {
	id := resourceName("fleet", idOrARN)
	if f := w.fleets[id]; f != nil {
		return f, nil
	}
	return nil, refuse(ErrNotFound, "fleet %s does not exist: see list-fleets for those that do", id)
}

// Fleet returns a fleet by id or ARN. Errors: ErrNotFound.
func (w *World) Fleet(idOrARN string) (Fleet, error) {
	f, err := w.fleet(idOrARN)
	if err != nil {
		return Fleet{}, err
	}
	return f.view(), nil
}

// Fleets returns every fleet, oldest first.
func (w *World) Fleets() []Fleet {
	out := make([]Fleet, 0, len(w.fleets))
	for _, f := range w.sortedFleets() {
		out = append(out, f.view())
	}
	return out
}

// A FleetEvent is one line of a fleet's event log.
type FleetEvent struct {
	Serial  uint64  `cbor:"1,keyasint"`
	Code    string  `cbor:"2,keyasint"`
	Message string  `cbor:"3,keyasint"`
	At      Instant `cbor:"4,keyasint"`
}

// fleetLogLimit is how many events a fleet remembers.
const fleetLogLimit = 1000

// FleetEvents returns a fleet's events, newest first. Errors: ErrNotFound.
func (w *World) FleetEvents(idOrARN string) ([]FleetEvent, error) {
	f, err := w.fleet(idOrARN)
	if err != nil {
		return nil, err
	}
	log := slices.Clone(f.log)
	slices.Reverse(log)
	return log, nil
}

// FleetLogged adds a line to a fleet's event log.
type FleetLogged struct {
	Fleet   string `cbor:"1,keyasint"`
	Code    string `cbor:"2,keyasint"`
	Message string `cbor:"3,keyasint"`
}

func (e FleetLogged) apply(w *World, at Instant) {
	f := w.fleets[e.Fleet]
	if f == nil {
		return
	}
	if len(f.log) >= fleetLogLimit {
		f.log = slices.Delete(f.log, 0, fleetLogLimit/10)
	}
	f.log = append(f.log, FleetEvent{Serial: w.nextSerial(), Code: e.Code, Message: e.Message, At: at})
}

func (t *Turn) logFleet(fleet, code, message string) {
	t.emit(FleetLogged{Fleet: fleet, Code: code, Message: message})
}

// Usage is what a fleet, or one location of it, is doing.
type Usage struct {
	Location       string
	Processes      int // live server processes, less those that have yet to call ProcessReady
	Idle           int // of those, ready for a game session
	Sessions       int // ACTIVE, ACTIVATING or TERMINATING game sessions
	Players        int // RESERVED or ACTIVE player sessions
	MaximumPlayers int
	Computes       int
}

// FleetUsage returns the usage of a fleet; of one location unless it is "".
// Errors: ErrNotFound.
//
// Source: GameLift API, FleetUtilization: processes in ACTIVE status.
func (w *World) FleetUsage(idOrARN, location string) (Usage, error) {
	f, err := w.fleet(idOrARN)
	if err != nil {
		return Usage{}, err
	}
	if err := w.knowsLocation(f, location); err != nil {
		return Usage{}, err
	}
	u := Usage{Location: location}
	for p := range f.live {
		if location != "" && p.Location != location {
			continue
		}
		if p.Status != ProcessConnected {
			u.Processes++
		}
		if p.queued {
			u.Idle++
		}
		if s := w.sessions[p.Session]; s != nil && s.live() {
			u.Sessions++
			u.Players += s.count()
			u.MaximumPlayers += s.Maximum
		}
	}
	for _, c := range f.computes {
		if location == "" || c.Location == location {
			u.Computes++
		}
	}
	return u, nil
}
