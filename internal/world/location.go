package world

import (
	"maps"
	"slices"
)

// A Location is a custom location, where a studio's own machines stand.
type Location struct {
	Name    string  `cbor:"1,keyasint"`
	Created Instant `cbor:"2,keyasint"`
}

// Locations returns the custom locations by name.
func (w *World) Locations() []Location {
	out := make([]Location, 0, len(w.locations))
	for _, name := range slices.Sorted(maps.Keys(w.locations)) {
		out = append(out, *w.locations[name])
	}
	return out
}

// CreateLocation makes a custom location.
type CreateLocation struct {
	Name string
	Tags map[string]string
}

// Decide implements Command. Errors: ErrConflict when it exists.
func (c CreateLocation) Decide(t *Turn) (Location, error) {
	if t.locations[c.Name] != nil {
		return Location{}, refuse(ErrConflict, "location %s exists already", c.Name)
	}
	if err := checkTags(nil, c.Tags); err != nil {
		return Location{}, err
	}
	t.emit(LocationCreated{Name: c.Name})
	t.tag("location/"+c.Name, c.Tags)
	return *t.locations[c.Name], nil
}

// DeleteLocation removes a custom location that no fleet uses.
type DeleteLocation struct{ Name string } // name or ARN

// Decide implements Command. Errors: ErrNotFound; ErrInvalidRequest while a fleet
// uses the location.
func (c DeleteLocation) Decide(t *Turn) (struct{}, error) {
	name := resourceName("location", c.Name)
	if t.locations[name] == nil {
		return struct{}{}, refuse(ErrNotFound, "location %s does not exist", name)
	}
	for _, f := range t.sortedFleets() {
		if f.location(name) != nil {
			return struct{}{}, refuse(ErrInvalidRequest, "location %s is in use by fleet %s: remove it from the fleet first", name, f.ID)
		}
	}
	t.emit(LocationDeleted{Name: name})
	return struct{}{}, nil
}

// LocationCreated and LocationDeleted are what happens to a custom location.
type (
	LocationCreated struct {
		Name string `cbor:"1,keyasint"`
	}
	LocationDeleted struct {
		Name string `cbor:"1,keyasint"`
	}
)

func (e LocationCreated) apply(w *World, at Instant) {
	w.locations[e.Name] = &Location{Name: e.Name, Created: at}
}

func (e LocationDeleted) apply(w *World, _ Instant) {
	delete(w.locations, e.Name)
	delete(w.tags, "location/"+e.Name)
}
