package search

// column is what the sessions have for one key: every value with its sessions.
// The zero value is empty.
type column struct {
	key     string
	values  list[*value] // by text
	present posting      // the sessions that have any value
}

type value struct {
	text    string
	in      *column
	members posting // never empty
}

// spot returns where the value is, or where it belongs.
func (c *column) spot(text string) spot {
	return c.values.find(func(v *value) bool { return v.text < text })
}

// lookup returns the sessions of a value, nil when there are none.
func (c *column) lookup(text string) *posting {
	if v, ok := c.values.at(c.spot(text)); ok && v.text == text {
		return &v.members
	}
	return nil
}

// add gives a slot, of so many slots, the value.
func (c *column) add(text string, slot uint32, slots int) *value {
	at := c.spot(text)
	v, ok := c.values.at(at)
	if !ok || v.text != text {
		v = &value{text: text, in: c}
		c.values.insert(at, v)
	}
	v.members.add(slot, slots)
	c.present.add(slot, slots)
	return v
}

// remove takes the value from a slot that has it.
func (c *column) remove(v *value, slot uint32, slots int) {
	v.members.remove(slot, slots)
	c.present.remove(slot, slots)
	if v.members.len() == 0 {
		c.values.remove(c.spot(v.text))
	}
}
