package auth

import (
	"fmt"
	"strconv"
)

// A Code is the name of an error on the wire.
type Code string

// The errors of a request that is not let in. All are the client's, and none is
// worth a retry.
const (
	// MissingAuthenticationToken: the request is not signed.
	MissingAuthenticationToken Code = "MissingAuthenticationTokenException"
	// IncompleteSignature: what ought to be a signature cannot be read, or
	// does not cover what it must.
	IncompleteSignature Code = "IncompleteSignatureException"
	// UnrecognizedClient: the key or the session token is not known.
	UnrecognizedClient Code = "UnrecognizedClientException"
	// InvalidSignature: the signature is wrong, too old, or for another
	// service or region.
	InvalidSignature Code = "InvalidSignatureException"
)

// An Error says why a request is not let in and what to do about it. It holds
// neither a secret nor the signature that would have been right.
type Error struct {
	Code    Code
	Message string // whole sentences, for the client's user
}

func (e *Error) Error() string { return string(e.Code) + ": " + e.Message }

func refuse(code Code, format string, args ...any) *Error {
	return &Error{Code: code, Message: fmt.Sprintf(format, args...)}
}

// quote writes what a client sent for a message.
func quote(s string) string {
	const longest = 64
	if len(s) > longest {
		return strconv.QuoteToASCII(s[:longest]) + "..."
	}
	return strconv.QuoteToASCII(s)
}
