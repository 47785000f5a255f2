package world

import (
	"cmp"
	"maps"
	"slices"
)

// A Compute is a machine registered with a fleet.
type Compute struct {
	Fleet       string  `cbor:"1,keyasint"`
	Name        string  `cbor:"2,keyasint"`
	IP          string  `cbor:"3,keyasint,omitempty"`
	DNS         string  `cbor:"4,keyasint,omitempty"`
	Location    string  `cbor:"5,keyasint"`
	Certificate string  `cbor:"6,keyasint,omitempty"` // path on the compute; "" without TLS
	Created     Instant `cbor:"7,keyasint"`
	Tokens      []Token `cbor:"8,keyasint,omitempty"`
}

// A Token is a compute auth token that was handed out: its hash, never itself.
type Token struct {
	Hash    string  `cbor:"1,keyasint"`
	Expires Instant `cbor:"2,keyasint"`
}

// tokenLimit is how many unexpired tokens a compute may have; the oldest goes first.
const tokenLimit = 32

// view returns the compute without what only the world needs to know.
func (c *Compute) view() Compute {
	v := *c
	v.Tokens = nil
	return v
}

func (w *World) compute(fleetID, name string) (*fleet, *Compute, error) {
	f, err := w.fleet(fleetID)
	if err != nil {
		return nil, nil, err
	}
	name = resourceName("compute", name)
	c := f.computes[name]
	if c == nil {
		return nil, nil, refuse(ErrNotFound, "fleet %s has no compute %s: register it first with register-compute", f.ID, name)
	}
	return f, c, nil
}

// Compute returns a compute by name or ARN. Errors: ErrNotFound.
func (w *World) Compute(fleetID, name string) (Compute, error) {
	_, c, err := w.compute(fleetID, name)
	if err != nil {
		return Compute{}, err
	}
	return c.view(), nil
}

// Computes returns a fleet's computes by name; of one location unless it is
// "". Errors: ErrInvalidRequest for a fleet that does not exist, for
// ListCompute models no NotFoundException.
func (w *World) Computes(fleetID, location string) ([]Compute, error) {
	f, err := w.fleet(fleetID)
	if err != nil {
		return nil, invalid(err)
	}
	var out []Compute
	for _, name := range slices.Sorted(maps.Keys(f.computes)) {
		if c := f.computes[name]; location == "" || c.Location == location {
			out = append(out, c.view())
		}
	}
	return out, nil
}

// TokenExpiry returns when a compute's auth token with this hash expires, or
// zero if the compute has none such. Errors: ErrNotFound.
func (w *World) TokenExpiry(fleetID, name, hash string) (Instant, error) {
	_, c, err := w.compute(fleetID, name)
	if err != nil {
		return 0, err
	}
	for _, t := range c.Tokens {
		if t.Hash == hash {
			return t.Expires, nil
		}
	}
	return 0, nil
}

// RegisterCompute adds a machine to a fleet. Doing it again with the same
// values changes nothing.
type RegisterCompute struct {
	Fleet       string // id or ARN
	Name        string
	IP, DNS     string // at least one
	Location    string // "" is taken as the fleet's location if it has just one
	Certificate string
}

// Decide implements Command. Errors: ErrConflict for a name registered with
// other values; ErrInvalidRequest for the rest, also for a fleet that does not
// exist or is being deleted: RegisterCompute models no exception for these.
func (c RegisterCompute) Decide(t *Turn) (Compute, error) {
	f, err := t.activeFleet(c.Fleet, "register a compute with")
	if err != nil {
		return Compute{}, invalid(err)
	}
	if c.IP == "" && c.DNS == "" {
		return Compute{}, refuse(ErrInvalidRequest, "a compute needs an IpAddress or a DnsName, so that players can reach it")
	}
	if c.Location == "" && len(f.Locations) == 1 {
		c.Location = f.Locations[0].Name
	}
	if l := f.location(c.Location); l == nil || l.Status != FleetActive {
		return Compute{}, refuse(ErrInvalidRequest, "fleet %s has no location %q: give one of its locations, or add it with create-fleet-locations", f.ID, c.Location)
	}
	v := Compute{Fleet: f.ID, Name: c.Name, IP: c.IP, DNS: c.DNS, Location: c.Location, Certificate: c.Certificate, Created: t.At}
	if have := f.computes[c.Name]; have != nil {
		v.Created = have.Created
		if !sameCompute(have, &v) {
			return Compute{}, refuse(ErrConflict, "compute %s is registered with fleet %s at %s in %s: deregister it first, or choose another name",
				c.Name, f.ID, cmp.Or(have.IP, have.DNS), have.Location)
		}
		return have.view(), nil
	}
	t.emit(ComputeRegistered{Compute: v})
	return v, nil
}

func sameCompute(a, b *Compute) bool {
	return a.IP == b.IP && a.DNS == b.DNS && a.Location == b.Location && a.Certificate == b.Certificate
}

// DeregisterCompute removes a machine. Its idle processes are asked to end;
// those that host a game session go on until it ends.
type DeregisterCompute struct{ Fleet, Name string } // ids or ARNs

// Decide implements Command. Errors: ErrNotFound.
func (c DeregisterCompute) Decide(t *Turn) (struct{}, error) {
	f, m, err := t.compute(c.Fleet, c.Name)
	if err != nil {
		return struct{}{}, err
	}
	t.emit(ComputeDeregistered{Fleet: f.ID, Name: m.Name})
	t.terminateEach(f, "compute deregistered", func(p *process) bool {
		return p.Key.Compute == m.Name && p.Session == ""
	})
	return struct{}{}, nil
}

// IssueComputeToken makes a token good for connecting processes of a compute.
// The caller has made the token and gives its hash.
type IssueComputeToken struct{ Fleet, Compute, Hash string }

// Decide implements Command and answers when the token expires. Errors: ErrNotFound.
func (c IssueComputeToken) Decide(t *Turn) (Instant, error) {
	f, m, err := t.compute(c.Fleet, c.Compute)
	if err != nil {
		return 0, err
	}
	token := Token{Hash: c.Hash, Expires: t.At.Add(t.settings.TokenLife)}
	t.emit(ComputeTokenIssued{Fleet: f.ID, Compute: m.Name, Token: token})
	return token.Expires, nil
}

// The events of a compute.
type (
	ComputeRegistered struct {
		Compute Compute `cbor:"1,keyasint"`
	}
	ComputeDeregistered struct {
		Fleet string `cbor:"1,keyasint"`
		Name  string `cbor:"2,keyasint"`
	}
	ComputeTokenIssued struct {
		Fleet   string `cbor:"1,keyasint"`
		Compute string `cbor:"2,keyasint"`
		Token   Token  `cbor:"3,keyasint"`
	}
)

func (e ComputeRegistered) apply(w *World, _ Instant) {
	w.fleets[e.Compute.Fleet].computes[e.Compute.Name] = &e.Compute
}

func (e ComputeDeregistered) apply(w *World, _ Instant) { delete(w.fleets[e.Fleet].computes, e.Name) }

func (e ComputeTokenIssued) apply(w *World, at Instant) {
	c := w.fleets[e.Fleet].computes[e.Compute]
	c.Tokens = slices.DeleteFunc(c.Tokens, func(t Token) bool { return t.Expires <= at })
	if len(c.Tokens) >= tokenLimit {
		c.Tokens = slices.Delete(c.Tokens, 0, 1)
	}
	c.Tokens = append(c.Tokens, e.Token)
}
