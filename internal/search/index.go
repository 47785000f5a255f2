package search

import (
	"cmp"
	"strings"
)

// Index answers searches over a set of documents. The zero value is empty and
// ready. Any number of Search calls may run side by side, but none beside Put,
// SetPlayers or Remove, and those only one at a time.
//
// A document is known by its slot, a small number. Slots of removed documents
// are used again.
type Index struct {
	slots map[string]uint32 // by document ID
	rows  []row             // by slot
	free  []uint32          // slots without a document

	live      bitmap // slots with a document
	available bitmap // hasAvailablePlayerSessions

	// By slot.
	players []int64
	maximum []int64
	created []int64
	hashes  []uint64 // of the ID, see shuffle

	// Every order is complete: what is equal goes on by creation time and ID.
	byID      list[uint32]
	byName    list[uint32] // without those that have no name
	byCreated list[uint32]
	byHash    list[uint32]

	unnamed posting // slots of documents without a name

	locations  column
	properties map[string]*column
}

// row is what the index keeps of a document beside its numbers.
type row struct {
	id         string
	name       string
	location   *value
	properties []*value
}

// Len returns the number of documents.
func (x *Index) Len() int { return len(x.slots) }

// Put inserts the document, or replaces the one with the same ID. It is cheap
// when nothing but the numbers of players changed.
func (x *Index) Put(d Doc) {
	slot, known := x.slots[d.ID]
	switch {
	case !known:
		x.link(x.allocate(), &d)
	case x.isPlaced(slot, &d):
		x.count(slot, int64(d.Players), int64(d.Maximum))
	default:
		x.unlink(slot)
		x.link(slot, &d)
	}
}

// SetPlayers sets the number of reserved and active player sessions of one
// document: what Put does when only that changed, without comparing the rest. It
// tells whether the document is there.
func (x *Index) SetPlayers(id string, players int) bool {
	slot, known := x.slots[id]
	if known {
		x.count(slot, int64(players), x.maximum[slot])
	}
	return known
}

// Remove drops the document, if there is one.
func (x *Index) Remove(id string) {
	slot, known := x.slots[id]
	if !known {
		return
	}
	if len(x.slots) == 1 {
		*x = Index{} // give back the room that the greatest number ever took
		return
	}
	x.unlink(slot)
	x.live.remove(slot)
	x.available.remove(slot)
	x.rows[slot] = row{}
	x.free = append(x.free, slot)
	delete(x.slots, id)
}

func (x *Index) allocate() uint32 {
	if last := len(x.free) - 1; last >= 0 {
		slot := x.free[last]
		x.free = x.free[:last]
		return slot
	}
	x.rows = append(x.rows, row{})
	x.players = append(x.players, 0)
	x.maximum = append(x.maximum, 0)
	x.created = append(x.created, 0)
	x.hashes = append(x.hashes, 0)
	return uint32(len(x.rows) - 1)
}

// isPlaced tells whether the document lies in every order and column as d asks.
func (x *Index) isPlaced(slot uint32, d *Doc) bool {
	r := &x.rows[slot]
	if r.name != d.Name || r.location.text != d.Location ||
		x.created[slot] != d.Created || len(r.properties) != len(d.Properties) {
		return false
	}
	for _, v := range r.properties {
		if text, ok := d.Properties[v.in.key]; !ok || text != v.text {
			return false
		}
	}
	return true
}

func (x *Index) count(slot uint32, players, maximum int64) {
	x.players[slot], x.maximum[slot] = players, maximum
	if players < maximum {
		x.available.add(slot)
	} else {
		x.available.remove(slot)
	}
}

// link writes the document into its slot and then, because the orders read the
// slots, into every order.
func (x *Index) link(slot uint32, d *Doc) {
	x.write(slot, d, func(c *column, text string) *value { return c.add(text, slot, len(x.rows)) })
	for _, o := range x.orders(slot) {
		o.list.insert(x.spot(o, slot), slot)
	}
}

// write writes the document into its slot, and with add into the columns.
func (x *Index) write(slot uint32, d *Doc, add func(*column, string) *value) {
	if x.slots == nil {
		x.slots = make(map[string]uint32)
	}
	if x.properties == nil {
		x.properties = make(map[string]*column)
	}
	x.slots[d.ID] = slot
	x.live.add(slot)
	x.count(slot, int64(d.Players), int64(d.Maximum))
	x.created[slot], x.hashes[slot] = d.Created, hash(d.ID)
	r := row{id: d.ID, name: d.Name, location: add(&x.locations, d.Location)}
	r.properties = make([]*value, 0, len(d.Properties))
	for key, text := range d.Properties {
		c := x.properties[key]
		if c == nil {
			c = &column{key: key}
			x.properties[key] = c
		}
		r.properties = append(r.properties, add(c, text))
	}
	x.rows[slot] = r
	if d.Name == "" {
		x.unnamed.add(slot, len(x.rows))
	}
}

// unlink takes the slot out of every order and column.
func (x *Index) unlink(slot uint32) {
	for _, o := range x.orders(slot) {
		o.list.remove(x.spot(o, slot))
	}
	x.unnamed.remove(slot, len(x.rows))
	r := &x.rows[slot]
	x.locations.remove(r.location, slot, len(x.rows))
	for _, v := range r.properties {
		v.in.remove(v, slot, len(x.rows))
		if v.in.present.len() == 0 {
			delete(x.properties, v.in.key)
		}
	}
}

// kept is one of the orders that the index keeps.
type kept struct {
	list    *list[uint32]
	compare func(x *Index, a, b uint32) int
	named   bool // only documents with a name are in it
}

// kept returns the orders, the one of documents with a name last.
func (x *Index) kept() []kept {
	return []kept{
		{&x.byID, (*Index).compareID, false},
		{&x.byCreated, (*Index).compareCreated, false},
		{&x.byHash, (*Index).compareHash, false},
		{&x.byName, (*Index).compareName, true},
	}
}

// orders returns the orders that the slot belongs to.
func (x *Index) orders(slot uint32) []kept {
	all := x.kept()
	if x.rows[slot].name == "" {
		return all[:len(all)-1]
	}
	return all
}

// spot returns where the slot is in an order, or where it belongs.
func (x *Index) spot(o kept, slot uint32) spot {
	return o.list.find(func(other uint32) bool { return o.compare(x, other, slot) < 0 })
}

func (x *Index) compareID(a, b uint32) int {
	return strings.Compare(x.rows[a].id, x.rows[b].id)
}

func (x *Index) compareName(a, b uint32) int {
	if c := strings.Compare(x.rows[a].name, x.rows[b].name); c != 0 {
		return c
	}
	return x.compareCreated(a, b)
}

func (x *Index) compareCreated(a, b uint32) int {
	if c := cmp.Compare(x.created[a], x.created[b]); c != 0 {
		return c
	}
	return x.compareID(a, b)
}

func (x *Index) compareHash(a, b uint32) int {
	if c := cmp.Compare(x.hashes[a], x.hashes[b]); c != 0 {
		return c
	}
	return x.compareID(a, b)
}

// column returns the numbers of a numeric operand, by slot.
func (x *Index) column(o operand) []int64 {
	switch o {
	case maximumSessions:
		return x.maximum
	case creationTime:
		return x.created
	default:
		return x.players
	}
}
