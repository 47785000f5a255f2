package muster

import (
	"crypto/rand"
	"encoding/hex"
	"fmt"
	"maps"
	"net"
	"strconv"
	"strings"
	"time"
)

// CreateSessionRequest asks for a session. It comes in two kinds: on a fleet,
// named by FleetID or AliasID, or through a queue, named by QueueName, which
// also needs a PlacementID. A provider that has no fleets accepts neither.
type CreateSessionRequest struct {
	// CreatorID names who asks; fleets may limit sessions per creator. Optional.
	CreatorID string
	// Properties describe the session and can be searched for. GameLift takes
	// 16 at most, keys up to 32 and values up to 96 characters.
	Properties map[string]string
	// Name is shown to players and need not be unique. Optional.
	Name string
	// MaxPlayers is how many players the session takes. A provider that cannot
	// count so far refuses it.
	MaxPlayers uint64

	// FleetID or AliasID says where the session runs; never both.
	FleetID string
	AliasID string
	// Location narrows a fleet down to one of its locations. Optional.
	Location string
	// IdempotencyToken makes a repeated request return the session of the
	// first. It becomes part of the session id. Optional.
	IdempotencyToken string
	// SessionData is handed to the game server unread. Optional.
	SessionData string

	// QueueName and PlacementID make this a request to a queue. The caller
	// chooses the PlacementID and never uses it twice.
	QueueName   string
	PlacementID string
}

// Queued reports whether the request goes to a queue.
func (r CreateSessionRequest) Queued() bool { return r.QueueName != "" || r.PlacementID != "" }

// Validate returns an [ErrInvalidRequest] that says what is wrong, or nil.
// It checks what holds for every provider and leaves it to the provider
// whether a fleet must be named.
func (r CreateSessionRequest) Validate() error {
	onFleet := r.FleetID != "" || r.AliasID != ""
	switch {
	case r.Queued() && onFleet:
		return invalid("a session is created on a fleet or through a queue, not both: give fleet or alias id, or queue name and placement id")
	case r.Queued() && r.QueueName == "":
		return invalid("queue name is required with a placement id")
	case r.Queued() && r.PlacementID == "":
		return invalid("placement id is required with a queue name")
	}
	return oneOf(r.FleetID, r.AliasID)
}

// SearchSessionsRequest asks for active sessions.
type SearchSessionsRequest struct {
	// FilterExpression selects sessions, for instance
	// `hasAvailablePlayerSessions=true AND gameSessionProperties.map='desert'`.
	// Empty selects all active ones.
	FilterExpression string
	// SortExpression orders them, for instance `creationTimeMillis ASC`.
	// Empty leaves the order to chance.
	SortExpression string
	// MaxResults is the largest page wanted; the provider may return fewer and
	// has a limit of its own. Zero leaves it to the provider.
	MaxResults int
	// NextToken continues after a page that carried it.
	NextToken string

	// FleetID or AliasID says where to search; never both.
	FleetID string
	AliasID string
	// Location narrows a fleet down to one of its locations. Optional.
	Location string
}

// Validate returns an [ErrInvalidRequest] that says what is wrong, or nil.
func (r SearchSessionsRequest) Validate() error {
	if r.MaxResults < 0 {
		return invalid("max results is %d: want zero for the provider's own page size, or more", r.MaxResults)
	}
	return oneOf(r.FleetID, r.AliasID)
}

// SearchSessionsResponse is one page of sessions.
type SearchSessionsResponse struct {
	SessionConfigs []SessionConfig
	// NextToken asks for the next page. It is empty after the last one.
	NextToken string
}

// JoinSessionRequest asks for a player slot in a session.
type JoinSessionRequest struct {
	// SessionID and PlayerID are required.
	SessionID string
	PlayerID  string
	// PlayerData is handed to the game server unread. Optional.
	PlayerData string
}

// Validate returns an [ErrInvalidRequest] that says what is wrong, or nil.
func (r JoinSessionRequest) Validate() error {
	switch {
	case r.SessionID == "":
		return invalid("session id is required")
	case r.PlayerID == "":
		return invalid("player id is required")
	}
	return nil
}

// SessionStatus is where a session stands in its life.
type SessionStatus string

// The statuses of a session.
// Source: GameLift service API, GameSession.
const (
	SessionActivating  SessionStatus = "ACTIVATING"
	SessionActive      SessionStatus = "ACTIVE"
	SessionTerminating SessionStatus = "TERMINATING"
	SessionTerminated  SessionStatus = "TERMINATED"
	SessionError       SessionStatus = "ERROR"
)

// SessionStatusReason says more about a status. It is empty most of the time.
type SessionStatusReason string

// The reasons of a status.
// Source: GameLift service API, GameSession.
const (
	ReasonInterrupted        SessionStatusReason = "INTERRUPTED"
	ReasonTriggeredTerminate SessionStatusReason = "TRIGGERED_ON_PROCESS_TERMINATE"
	ReasonForceTerminated    SessionStatusReason = "FORCE_TERMINATED"
)

// SessionConfig describes a session. What a provider does not know is zero.
type SessionConfig struct {
	CreationTime    time.Time
	TerminationTime time.Time // zero while the session lives
	CreatorID       string
	Properties      map[string]string
	MatchmakingData string // the match the session was made for, as JSON
	SessionData     string // what the creator handed to the game server
	SessionID       string
	Name            string
	DNSName         string
	IPAddress       string
	Port            uint16
	MaxPlayers      uint64
	CurrentPlayers  uint64
	Status          SessionStatus
	StatusReason    SessionStatusReason
}

// Clone returns a copy that shares nothing with c.
func (c SessionConfig) Clone() SessionConfig {
	c.Properties = maps.Clone(c.Properties)
	return c
}

// SessionConnectionConfig tells a client where its reserved slot is.
type SessionConnectionConfig struct {
	// PlayerSessionID proves the reservation to the game server.
	PlayerSessionID string
	// DNSName is set only if it must be used instead of IPAddress, because
	// the fleet is TLS-enabled and its certificate carries the name.
	DNSName   string
	IPAddress string
	Port      uint16
}

// Address returns host and port to connect to, in the form of package net.
func (c SessionConnectionConfig) Address() string {
	host := c.IPAddress
	if c.DNSName != "" {
		host = c.DNSName
	}
	return net.JoinHostPort(host, strconv.Itoa(int(c.Port)))
}

// PlayerConnectionConfig names one player's connection on the game server.
type PlayerConnectionConfig struct {
	// ConnectionID is the game's own number for the connection.
	ConnectionID uint32
	// PlayerSessionID is what the client handed over.
	PlayerSessionID string
}

// CreatePlayerID returns a random UUID to be used as a player id, in one of
// four spellings: with or without brackets, with or without dashes. Its
// counterpart is CreatePlayerId.
func CreatePlayerID(brackets, dashes bool) string {
	var random [16]byte
	rand.Read(random[:])
	random[6] = random[6]&0x0f | 0x40 // version 4, RFC 9562
	random[8] = random[8]&0x3f | 0x80 // variant
	id := strings.ToUpper(hex.EncodeToString(random[:]))
	if dashes {
		id = strings.Join([]string{id[:8], id[8:12], id[12:16], id[16:20], id[20:]}, "-")
	}
	if brackets {
		id = "{" + id + "}"
	}
	return id
}

func oneOf(fleet, alias string) error {
	if fleet != "" && alias != "" {
		return invalid("fleet id %q and alias id %q exclude each other: give one", fleet, alias)
	}
	return nil
}

func invalid(format string, args ...any) error {
	return fmt.Errorf("%w: %s", ErrInvalidRequest, fmt.Sprintf(format, args...))
}
