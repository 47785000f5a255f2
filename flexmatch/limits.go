package flexmatch

import (
	"fmt"
	"maps"
	"slices"
	"unicode/utf8"
)

// The limits of a ticket. Source: GameLift service API, StartMatchmaking,
// StartMatchBackfill, Player and AttributeValue.
const (
	maxTicketPlayers   = 10
	maxBackfillPlayers = 199
	maxIDLength        = 1024 // of a player, in characters
	maxAttributes      = 10   // of a player
	maxStringLength    = 100  // in characters, also in lists and of keys
	maxStrings         = 100  // in a list
	maxKeys            = 10   // in a map
)

func tooLong(s string, most int) bool { return len(s) > most && utf8.RuneCountInString(s) > most }

// mostPlayers is how many players a ticket may have.
func (t *Ticket) mostPlayers() int {
	if t.Backfill != nil {
		return maxBackfillPlayers
	}
	return maxTicketPlayers
}

// small says that the player keeps to the limits, but for the attributes' values.
func (p *Player) small() bool {
	for _, ms := range p.Latency {
		if ms < 0 {
			return false
		}
	}
	return len(p.Attributes) <= maxAttributes && !tooLong(p.ID, maxIDLength)
}

// excess says how the value goes beyond the limits, or "".
func (a *Attribute) excess() string {
	switch {
	case tooLong(a.String, maxStringLength):
		return fmt.Sprintf("the string has %d characters", utf8.RuneCountInString(a.String))
	case len(a.Strings) > maxStrings:
		return fmt.Sprintf("the list has %d strings", len(a.Strings))
	case len(a.Map) > maxKeys:
		return fmt.Sprintf("the map has %d keys", len(a.Map))
	}
	for _, s := range a.Strings {
		if tooLong(s, maxStringLength) {
			return fmt.Sprintf("a string in the list has %d characters", utf8.RuneCountInString(s))
		}
	}
	for key := range a.Map {
		if tooLong(key, maxStringLength) {
			return fmt.Sprintf("a key has more than %d characters", maxStringLength)
		}
	}
	return ""
}

// checkSize says where a player goes beyond the limits, but for the values of
// attributes.
func (p *Player) checkSize(path string) (problems []Problem) {
	if tooLong(p.ID, maxIDLength) {
		problems = append(problems, Problem{Path: path + ".id", What: fmt.Sprintf("the ID has %d characters", utf8.RuneCountInString(p.ID)), Instead: fmt.Sprintf("give it at most %d", maxIDLength)})
	}
	if n := len(p.Attributes); n > maxAttributes {
		problems = append(problems, Problem{Path: path + ".attributes", What: fmt.Sprintf("the player has %d attributes", n), Instead: fmt.Sprintf("send at most %d", maxAttributes)})
	}
	for _, region := range slices.Sorted(maps.Keys(p.Latency)) {
		if ms := p.Latency[region]; ms < 0 {
			problems = append(problems, Problem{Path: path + ".latency[" + region + "]", What: fmt.Sprintf("the latency is %d ms", ms), Instead: "send a whole number of milliseconds"})
		}
	}
	return problems
}
