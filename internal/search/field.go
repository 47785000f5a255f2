package search

import "strings"

// field is what an expression can ask of a session.
type field struct {
	operand operand
	key     string // game property key, for the operand property only
}

type operand int

const (
	sessionName operand = iota
	sessionID
	property
	maximumSessions
	creationTime
	playerCount
	hasAvailable
)

// operandNames holds the spelling that messages and String use.
//
// Source: GameLift service API, SearchGameSessions, FilterExpression.
var operandNames = [...]string{
	sessionName:     "gameSessionName",
	sessionID:       "gameSessionId",
	property:        "gameSessionProperties",
	maximumSessions: "maximumSessions",
	creationTime:    "creationTimeMillis",
	playerCount:     "playerSessionCount",
	hasAvailable:    "hasAvailablePlayerSessions",
}

// formerSessionID is how the earliest service documents call the session's ID.
const formerSessionID = "gameSessionArn"

// lookupOperand finds an operand by name, in any case.
func lookupOperand(name string) (operand, bool) {
	for i, known := range operandNames {
		if strings.EqualFold(known, name) {
			return operand(i), true
		}
	}
	if strings.EqualFold(formerSessionID, name) {
		return sessionID, true
	}
	return 0, false
}

func (f field) String() string {
	name := operandNames[f.operand]
	if f.operand != property {
		return name
	}
	if isWord(f.key) {
		return name + "." + f.key
	}
	return name + "." + quote(f.key)
}

// label names the field in a message.
func (f field) label() string { return shorten(f.String()) }

// isText tells whether the field compares as a string.
func (f field) isText() bool {
	return f.operand == sessionName || f.operand == sessionID || f.operand == property
}

// isNumber tells whether the field compares as a number.
func (f field) isNumber() bool {
	return f.operand == maximumSessions || f.operand == creationTime || f.operand == playerCount
}

// text returns the string value of d, and false when d has none.
func (f field) text(d *Doc) (string, bool) {
	switch f.operand {
	case sessionName:
		return d.Name, true
	case sessionID:
		return d.ID, true
	default:
		value, ok := d.Properties[f.key]
		return value, ok
	}
}

// number returns the numeric value of d.
func (f field) number(d *Doc) int64 {
	switch f.operand {
	case maximumSessions:
		return int64(d.Maximum)
	case creationTime:
		return d.Created
	default:
		return int64(d.Players)
	}
}
