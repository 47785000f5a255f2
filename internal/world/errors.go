package world

import "fmt"

// A Code says which of GameLift's exceptions an error is. It is an error
// itself, so errors.Is(err, world.ErrNotFound) asks for it.
type Code string

// The codes, each with the exception it becomes at the API door.
const (
	ErrInvalidRequest  Code = "invalid request"               // InvalidRequestException
	ErrNotFound        Code = "not found"                     // NotFoundException
	ErrUnauthorized    Code = "unauthorized"                  // UnauthorizedException
	ErrConflict        Code = "conflict"                      // ConflictException
	ErrLimitExceeded   Code = "limit exceeded"                // LimitExceededException
	ErrTaggingFailed   Code = "tagging failed"                // TaggingFailedException
	ErrFleetStatus     Code = "invalid fleet status"          // InvalidFleetStatusException
	ErrSessionStatus   Code = "invalid game session status"   // InvalidGameSessionStatusException
	ErrSessionFull     Code = "game session full"             // GameSessionFullException
	ErrNoCapacity      Code = "fleet capacity exceeded"       // FleetCapacityExceededException
	ErrTokenMismatch   Code = "idempotent parameter mismatch" // IdempotentParameterMismatchException
	ErrTerminalRouting Code = "terminal routing strategy"     // TerminalRoutingStrategyException
)

func (c Code) Error() string { return string(c) }

// An Error is a command that was refused. Text says what, why, and what to do.
type Error struct {
	Code Code
	Text string
}

func (e *Error) Error() string { return e.Text }

// Unwrap returns the code, for errors.Is.
func (e *Error) Unwrap() error { return e.Code }

func refuse(code Code, format string, args ...any) error {
	return &Error{code, fmt.Sprintf(format, args...)}
}

// invalid turns any refusal into ErrInvalidRequest, for an operation that
// models no other exception for it.
func invalid(refusal error) error { return &Error{ErrInvalidRequest, refusal.Error()} }
