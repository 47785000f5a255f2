package muster

import (
	"errors"
	"fmt"
	"runtime/debug"
)

// What can go wrong, for errors.Is. Providers map their solution's errors to
// these and keep the original message.
var (
	// ErrInvalidRequest: the request can never succeed as it is.
	ErrInvalidRequest = errors.New("invalid request")
	// ErrNoHandler: joining and leaving need the game's [ClientHandler].
	ErrNoHandler = errors.New("no client handler: set one before joining or leaving a session")
	// ErrNoSession: there is no session to act on.
	ErrNoSession = errors.New("no session")
	// ErrSessionFull: every player slot is taken; try another session.
	ErrSessionFull = errors.New("session is full")
	// ErrNotFound: what the request names does not exist.
	ErrNotFound = errors.New("not found")
	// ErrNotActive: the session, fleet or slot is not in a state for this;
	// also a session that takes no new players.
	ErrNotActive = errors.New("not active")
	// ErrNoCapacity: no game server is free; try again later.
	ErrNoCapacity = errors.New("no capacity")
	// ErrUnavailable: the service cannot be reached or cannot answer now.
	ErrUnavailable = errors.New("service unavailable")
	// ErrUnauthorized: credentials or token are missing or refused.
	ErrUnauthorized = errors.New("unauthorized")
	// ErrConflict: it contradicts what was done before or is under way, for
	// instance a repeated idempotency token with other parameters.
	ErrConflict = errors.New("conflict")
	// ErrNotInitialized: what it needs was not set up, such as the host's
	// connection to its service or the client's [Provider].
	ErrNotInitialized = errors.New("not initialized")
	// ErrRejected: a notification handler of the game said no.
	ErrRejected = errors.New("rejected by the game")
	// ErrClosed: the thing was closed before or during the call.
	ErrClosed = errors.New("closed")
)

// Step is one part of an operation that has several.
type Step string

// The steps of the operations of this package and its providers.
const (
	StepValidate Step = "validate"
	StepReserve  Step = "reserve player slot"
	StepConnect  Step = "connect to game server"
	StepRelease  Step = "release player slot"
	StepAnnounce Step = "ask the game"    // a notification that may be refused
	StepActivate Step = "activate"        // tell the provider the session is active
	StepEnd      Step = "end the process" // tell the provider the process ends
)

// StepError says which step of an operation failed. Find it with errors.As.
type StepError struct {
	Op   string // the operation, for instance "join session"
	Step Step
	Err  error
}

// Error returns operation, step and cause.
func (e *StepError) Error() string { return fmt.Sprintf("%s: %s: %v", e.Op, e.Step, e.Err) }

// Unwrap returns the cause.
func (e *StepError) Unwrap() error { return e.Err }

// PanicError is a panic of the game's code, caught by whoever called it.
type PanicError struct {
	Value any
	Stack []byte // of the goroutine that panicked
}

// Error returns the value of the panic; the stack is left to the log.
func (e *PanicError) Error() string { return fmt.Sprintf("handler panicked: %v", e.Value) }

// Unwrap returns the value of the panic if that is an error.
func (e *PanicError) Unwrap() error {
	err, _ := e.Value.(error)
	return err
}

// guard runs call and turns a panic into an error.
func guard(call func() error) (err error) {
	defer func() {
		if value := recover(); value != nil {
			err = &PanicError{Value: value, Stack: debug.Stack()}
		}
	}()
	return call()
}
