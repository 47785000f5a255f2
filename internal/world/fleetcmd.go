package world

import "slices"

// CreateFleet makes an Anywhere fleet, ACTIVE at once.
type CreateFleet struct {
	ID           string // fleet-…, chosen by the caller, unique
	Name         string
	Description  string
	Locations    []string // custom locations, by name
	Cost         string
	Protection   string
	CreatorLimit CreatorLimit
	MetricGroups []string
	Runtime      Runtime
	Tags         map[string]string
}

// Decide implements Command. Errors: ErrNotFound for a location that does not
// exist; ErrInvalidRequest without locations or with one twice.
func (c CreateFleet) Decide(t *Turn) (Fleet, error) {
	if t.fleets[c.ID] != nil {
		return Fleet{}, refuse(ErrConflict, "fleet %s exists already", c.ID)
	}
	if len(c.Locations) == 0 {
		return Fleet{}, refuse(ErrInvalidRequest, "an Anywhere fleet needs at least one custom location: name it in Locations")
	}
	if err := t.checkLocations(nil, c.Locations); err != nil {
		return Fleet{}, err
	}
	if err := checkTags(nil, c.Tags); err != nil {
		return Fleet{}, err
	}
	f := Fleet{
		ID: c.ID, Serial: t.serial + 1, Name: c.Name, Description: c.Description, Created: t.At, Status: FleetActive, Cost: c.Cost,
		Protection: c.Protection, CreatorLimit: c.CreatorLimit, MetricGroups: c.MetricGroups, Runtime: c.Runtime,
	}
	if f.Protection == "" {
		f.Protection = "NoProtection"
	}
	for _, name := range c.Locations {
		f.Locations = append(f.Locations, FleetLocation{name, FleetActive})
	}
	t.emit(FleetCreated{Fleet: f})
	t.tag("fleet/"+c.ID, c.Tags)
	t.logFleet(c.ID, "FLEET_CREATED", "Fleet "+c.ID+" was created.")
	t.logFleet(c.ID, "FLEET_STATE_ACTIVE", "Fleet "+c.ID+" is active.")
	return t.fleets[c.ID].view(), nil
}

// checkLocations checks locations to be added to a fleet (nil: a new one).
func (t *Turn) checkLocations(f *fleet, names []string) error {
	for i, name := range names {
		switch {
		case t.locations[name] == nil && name == t.settings.Region:
			return refuse(ErrInvalidRequest, "%s is the home Region: an Anywhere fleet takes custom locations only", name)
		case t.locations[name] == nil:
			return refuse(ErrNotFound, "location %s does not exist: create it first with create-location", name)
		case slices.Contains(names[:i], name):
			return refuse(ErrInvalidRequest, "location %s is named twice", name)
		case f != nil && f.location(name) != nil:
			return refuse(ErrConflict, "fleet %s has location %s already", f.ID, name)
		}
	}
	return nil
}

// UpdateFleet changes the attributes that are set.
type UpdateFleet struct {
	Fleet        string // id or ARN
	Name         *string
	Description  *string
	Cost         *string
	Protection   *string
	CreatorLimit *CreatorLimit
	MetricGroups []string
}

// Decide implements Command. Errors: ErrNotFound, ErrFleetStatus.
func (c UpdateFleet) Decide(t *Turn) (Fleet, error) {
	f, err := t.activeFleet(c.Fleet, "update")
	if err != nil {
		return Fleet{}, err
	}
	v := f.view()
	set(&v.Name, c.Name)
	set(&v.Description, c.Description)
	set(&v.Cost, c.Cost)
	set(&v.CreatorLimit, c.CreatorLimit)
	if c.MetricGroups != nil {
		v.MetricGroups = c.MetricGroups
	}
	changed := c.Protection != nil && *c.Protection != v.Protection
	set(&v.Protection, c.Protection)
	t.emit(FleetUpdated{Fleet: v})
	if changed {
		t.logFleet(f.ID, "FLEET_NEW_GAME_SESSION_PROTECTION_POLICY_UPDATED", "New game sessions get "+v.Protection+".")
	}
	return f.view(), nil
}

func set[T any](field, value *T) {
	if value != nil {
		*field = *value
	}
}

// activeFleet finds a fleet that is not being deleted.
func (w *World) activeFleet(idOrARN, verb string) (*fleet, error) {
	f, err := w.fleet(idOrARN)
	if err != nil {
		return nil, err
	}
	if f.Status != FleetActive {
		return nil, refuse(ErrFleetStatus, "Cannot %s fleet %s that is in status of %s.", verb, f.ID, f.Status)
	}
	return f, nil
}

// DeleteFleet asks the fleet's processes to end. The fleet is DELETING until
// the last one has, then it is gone.
type DeleteFleet struct{ Fleet string } // id or ARN

// Decide implements Command. Errors: ErrNotFound, ErrFleetStatus.
func (c DeleteFleet) Decide(t *Turn) (struct{}, error) {
	f, err := t.activeFleet(c.Fleet, "delete")
	if err != nil {
		return struct{}{}, err
	}
	v := f.view()
	v.Status = FleetDeleting
	t.emit(FleetUpdated{Fleet: v})
	t.terminateEach(f, "fleet deleted", anyProcess)
	t.finishDeletions(f)
	return struct{}{}, nil
}

// terminateEach asks the live processes that match to end, oldest first.
func (t *Turn) terminateEach(f *fleet, reason string, match func(*process) bool) {
	for _, p := range f.liveWhere(match) {
		t.terminateProcess(p, reason, "")
	}
}

// finishDeletions completes what waited for processes to end.
func (t *Turn) finishDeletions(f *fleet) {
	if f.Status == FleetDeleting {
		if len(f.live) == 0 {
			t.emit(FleetDeleted{ID: f.ID})
		}
		return
	}
	for _, l := range slices.Clone(f.Locations) {
		if l.Status == FleetDeleting && !f.hasProcessAt(l.Name) {
			t.emit(FleetLocationsRemoved{Fleet: f.ID, Names: []string{l.Name}})
			t.logFleet(f.ID, "LOCATION_STATE_DELETED", "Location "+l.Name+" was removed.")
		}
	}
}

func (f *fleet) hasProcessAt(location string) bool {
	for p := range f.live {
		if p.Location == location {
			return true
		}
	}
	return false
}

// CreateFleetLocations adds custom locations to a fleet.
type CreateFleetLocations struct {
	Fleet string // id or ARN
	Names []string
}

// Decide implements Command. Errors: ErrNotFound, ErrFleetStatus, ErrConflict, ErrInvalidRequest.
func (c CreateFleetLocations) Decide(t *Turn) (Fleet, error) {
	f, err := t.activeFleet(c.Fleet, "add locations to")
	if err != nil {
		return Fleet{}, err
	}
	if err := t.checkLocations(f, c.Names); err != nil {
		return Fleet{}, err
	}
	t.emit(FleetLocationsAdded{Fleet: f.ID, Names: c.Names})
	for _, name := range c.Names {
		t.logFleet(f.ID, "LOCATION_STATE_ACTIVE", "Location "+name+" is active.")
	}
	return f.view(), nil
}

// DeleteFleetLocations takes locations out of a fleet. Their computes are
// deregistered and their processes asked to end; a location is DELETING until
// they have.
type DeleteFleetLocations struct {
	Fleet string // id or ARN
	Names []string
}

// Decide implements Command. Errors: ErrNotFound, ErrInvalidRequest for the home
// Region or for all locations of the fleet.
func (c DeleteFleetLocations) Decide(t *Turn) (Fleet, error) {
	f, err := t.fleet(c.Fleet)
	if err != nil {
		return Fleet{}, err
	}
	for _, name := range c.Names {
		if name == t.settings.Region {
			return Fleet{}, refuse(ErrInvalidRequest, "the home Region %s cannot be removed from a fleet: delete the fleet", name)
		}
		if f.location(name) == nil {
			return Fleet{}, refuse(ErrNotFound, "fleet %s has no location %s", f.ID, name)
		}
	}
	stays := func(l FleetLocation) bool { return l.Status == FleetActive && !slices.Contains(c.Names, l.Name) }
	if !slices.ContainsFunc(f.Locations, stays) {
		return Fleet{}, refuse(ErrInvalidRequest, "fleet %s would have no location left: delete the fleet instead", f.ID)
	}
	t.emit(FleetLocationsDeleting{Fleet: f.ID, Names: c.Names})
	t.terminateEach(f, "location deleted", func(p *process) bool { return slices.Contains(c.Names, p.Location) })
	v := f.view()
	t.finishDeletions(f)
	return v, nil
}

// The events of a fleet.
type (
	FleetCreated struct {
		Fleet Fleet `cbor:"1,keyasint"`
	}
	FleetUpdated struct {
		Fleet Fleet `cbor:"1,keyasint"`
	}
	FleetDeleted struct {
		ID string `cbor:"1,keyasint"`
	}
	FleetLocationsAdded struct {
		Fleet string   `cbor:"1,keyasint"`
		Names []string `cbor:"2,keyasint"`
	}
	FleetLocationsDeleting struct {
		Fleet string   `cbor:"1,keyasint"`
		Names []string `cbor:"2,keyasint"`
	}
	FleetLocationsRemoved struct {
		Fleet string   `cbor:"1,keyasint"`
		Names []string `cbor:"2,keyasint"`
	}
)

func (e FleetCreated) apply(w *World, _ Instant) {
	f := e.Fleet
	f.Locations = slices.Clone(f.Locations)
	w.fleets[f.ID] = newFleet(f)
	w.serial = max(w.serial, f.Serial)
}

func (e FleetUpdated) apply(w *World, _ Instant) {
	f := e.Fleet
	f.Locations = slices.Clone(f.Locations)
	w.fleets[f.ID].Fleet = f
}

func (e FleetDeleted) apply(w *World, _ Instant) {
	delete(w.fleets, e.ID)
	delete(w.tags, "fleet/"+e.ID)
}

func (e FleetLocationsAdded) apply(w *World, _ Instant) {
	f := w.fleets[e.Fleet]
	for _, name := range e.Names {
		f.Locations = append(f.Locations, FleetLocation{name, FleetActive})
	}
}

func (e FleetLocationsDeleting) apply(w *World, _ Instant) {
	f := w.fleets[e.Fleet]
	for _, name := range e.Names {
		f.location(name).Status = FleetDeleting
	}
	for name, c := range f.computes {
		if slices.Contains(e.Names, c.Location) {
			delete(f.computes, name)
		}
	}
}

func (e FleetLocationsRemoved) apply(w *World, _ Instant) {
	f := w.fleets[e.Fleet]
	f.Locations = slices.DeleteFunc(f.Locations, func(l FleetLocation) bool { return slices.Contains(e.Names, l.Name) })
	for _, name := range e.Names {
		delete(f.idle, name)
	}
}
