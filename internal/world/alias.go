package world

import "slices"

// RoutingType says what an alias does.
type RoutingType string

// The two routing strategies.
const (
	RouteSimple   RoutingType = "SIMPLE"   // to a fleet
	RouteTerminal RoutingType = "TERMINAL" // to a message
)

// A Routing is an alias's routing strategy. A SIMPLE one has a fleet id, a
// TERMINAL one a message.
type Routing struct {
	Type    RoutingType `cbor:"1,keyasint"`
	Fleet   string      `cbor:"2,keyasint,omitempty"`
	Message string      `cbor:"3,keyasint,omitempty"`
}

// An Alias is a stable handle for a fleet.
type Alias struct {
	ID          string  `cbor:"1,keyasint"`
	Name        string  `cbor:"2,keyasint"`
	Description string  `cbor:"3,keyasint,omitempty"`
	Routing     Routing `cbor:"4,keyasint"`
	Created     Instant `cbor:"5,keyasint"`
	Updated     Instant `cbor:"6,keyasint"`
	Serial      uint64  `cbor:"7,keyasint,omitempty"` // 0: older than any with one
}

// Alias returns an alias by id or ARN. Errors: ErrNotFound.
func (w *World) Alias(idOrARN string) (Alias, error) {
	id := resourceName("alias", idOrARN)
	a := w.aliases[id]
	if a == nil {
		return Alias{}, refuse(ErrNotFound, "alias %s does not exist: see list-aliases for those that do", id)
	}
	return *a, nil
}

// Aliases returns every alias, oldest first.
func (w *World) Aliases() []Alias {
	out := make([]Alias, 0, len(w.aliases))
	for _, a := range w.aliases {
		out = append(out, *a)
	}
	slices.SortFunc(out, func(a, b Alias) int { return compareAge(a.Serial, b.Serial, a.ID, b.ID) })
	return out
}

// ResolveAlias returns the fleet that an alias stands for. Errors: ErrNotFound;
// ErrTerminalRouting with the alias's message.
func (w *World) ResolveAlias(idOrARN string) (Fleet, error) {
	f, err := w.target("", idOrARN)
	if err != nil {
		return Fleet{}, err
	}
	return f.view(), nil
}

// target finds the fleet that a request names by exactly one of fleet and alias.
func (w *World) target(fleetID, aliasID string) (*fleet, error) {
	switch {
	case fleetID != "" && aliasID != "":
		return nil, refuse(ErrInvalidRequest, "FleetId and AliasId are both given: give one of them")
	case fleetID == "" && aliasID == "":
		return nil, refuse(ErrInvalidRequest, "neither FleetId nor AliasId is given: give one of them")
	case fleetID != "":
		return w.fleet(fleetID)
	}
	a, err := w.Alias(aliasID)
	if err != nil {
		return nil, err
	}
	if a.Routing.Type == RouteTerminal {
		return nil, &Error{ErrTerminalRouting, a.Routing.Message}
	}
	return w.fleet(a.Routing.Fleet)
}

// CreateAlias makes an alias.
type CreateAlias struct {
	ID          string // alias-…, chosen by the caller, unique
	Name        string
	Description string
	Routing     Routing
	Tags        map[string]string
}

// Decide implements Command. Errors: ErrInvalidRequest, also for a fleet that
// does not exist; ErrConflict; ErrTaggingFailed.
func (c CreateAlias) Decide(t *Turn) (Alias, error) {
	routing, err := t.checkRouting(c.Routing)
	if err != nil {
		return Alias{}, err
	}
	if t.aliases[c.ID] != nil {
		return Alias{}, refuse(ErrConflict, "alias %s exists already", c.ID)
	}
	if err := checkTags(nil, c.Tags); err != nil {
		return Alias{}, err
	}
	a := Alias{ID: c.ID, Serial: t.serial + 1, Name: c.Name, Description: c.Description, Routing: routing, Created: t.At, Updated: t.At}
	t.emit(AliasSet{Alias: a})
	t.tag("alias/"+c.ID, c.Tags)
	return a, nil
}

// checkRouting returns the routing as it is stored: a TERMINAL one drops its
// fleet, as the service was seen to do.
func (w *World) checkRouting(r Routing) (Routing, error) {
	switch r.Type {
	case RouteSimple:
		if r.Fleet == "" {
			return r, refuse(ErrInvalidRequest, "a SIMPLE routing strategy needs a FleetId")
		}
		f, err := w.fleet(r.Fleet)
		if err != nil {
			return r, invalid(err)
		}
		return Routing{Type: RouteSimple, Fleet: f.ID}, nil
	case RouteTerminal:
		if r.Message == "" {
			return r, refuse(ErrInvalidRequest, "a TERMINAL routing strategy needs a Message")
		}
		return Routing{Type: RouteTerminal, Message: r.Message}, nil
	}
	return r, refuse(ErrInvalidRequest, "the type of a routing strategy is SIMPLE or TERMINAL, not %q", r.Type)
}

// UpdateAlias changes what is set.
type UpdateAlias struct {
	Alias       string // id or ARN
	Name        *string
	Description *string
	Routing     *Routing
}

// Decide implements Command. Errors: ErrNotFound, ErrInvalidRequest.
func (c UpdateAlias) Decide(t *Turn) (Alias, error) {
	a, err := t.Alias(c.Alias)
	if err != nil {
		return Alias{}, err
	}
	if c.Routing != nil {
		if a.Routing, err = t.checkRouting(*c.Routing); err != nil {
			return Alias{}, err
		}
	}
	set(&a.Name, c.Name)
	set(&a.Description, c.Description)
	a.Updated = t.At
	t.emit(AliasSet{Alias: a})
	return a, nil
}

// DeleteAlias removes an alias.
type DeleteAlias struct{ Alias string } // id or ARN

// Decide implements Command. Errors: ErrNotFound.
func (c DeleteAlias) Decide(t *Turn) (struct{}, error) {
	a, err := t.Alias(c.Alias)
	if err != nil {
		return struct{}{}, err
	}
	t.emit(AliasDeleted{ID: a.ID})
	return struct{}{}, nil
}

// AliasSet and AliasDeleted are what happens to an alias.
type (
	AliasSet struct {
		Alias Alias `cbor:"1,keyasint"`
	}
	AliasDeleted struct {
		ID string `cbor:"1,keyasint"`
	}
)

func (e AliasSet) apply(w *World, _ Instant) {
	w.aliases[e.Alias.ID] = &e.Alias
	w.serial = max(w.serial, e.Alias.Serial)
}

func (e AliasDeleted) apply(w *World, _ Instant) {
	delete(w.aliases, e.ID)
	delete(w.tags, "alias/"+e.ID)
}
