package api

import (
	"errors"
	"net/http"
	"slices"
	"strings"

	"github.com/musterhq/muster/internal/auth"
	"github.com/musterhq/muster/internal/ledger"
	"github.com/musterhq/muster/internal/limits"
	"github.com/musterhq/muster/internal/search"
	"github.com/musterhq/muster/internal/world"
)

// The exceptions that the GameLift API models and muster answers. Every
// operation has the first two.
const (
	invalidRequest    = "InvalidRequestException"
	internalService   = "InternalServiceException"
	conflict          = "ConflictException"
	fleetCapacity     = "FleetCapacityExceededException"
	fleetStatus       = "InvalidFleetStatusException"
	limitExceeded     = "LimitExceededException"
	notFound          = "NotFoundException"
	notReady          = "NotReadyException"
	sessionFull       = "GameSessionFullException"
	sessionStatus     = "InvalidGameSessionStatusException"
	taggingFailed     = "TaggingFailedException"
	terminalRouting   = "TerminalRoutingStrategyException"
	tokenMismatch     = "IdempotentParameterMismatchException"
	unauthorized      = "UnauthorizedException"
	unsupportedRegion = "UnsupportedRegionException"
)

// codes says which exception each refusal of the world becomes, where the
// operation has it; elsewhere it is an invalidRequest.
var codes = map[world.Code]string{
	world.ErrInvalidRequest:  invalidRequest,
	world.ErrNotFound:        notFound,
	world.ErrUnauthorized:    unauthorized,
	world.ErrConflict:        conflict,
	world.ErrLimitExceeded:   limitExceeded,
	world.ErrTaggingFailed:   taggingFailed,
	world.ErrFleetStatus:     fleetStatus,
	world.ErrSessionStatus:   sessionStatus,
	world.ErrSessionFull:     sessionFull,
	world.ErrNoCapacity:      fleetCapacity,
	world.ErrTokenMismatch:   tokenMismatch,
	world.ErrTerminalRouting: terminalRouting,
}

// A refusal is an error as it goes out: the name of its exception, the HTTP
// status and the message.
type refusal struct {
	exception string
	status    int
	message   string
}

func (r *refusal) Error() string { return r.message }

// internalError says nothing of what went wrong: that is in the log.
var internalError = &refusal{
	internalService, http.StatusInternalServerError,
	"muster has failed on this request: its log says why under the request's id",
}

// serialization refuses what is no document of the protocol.
func serialization(message string) error {
	return &refusal{"SerializationException", http.StatusBadRequest, message}
}

func unknownOperation(message string) error {
	return &refusal{"UnknownOperationException", http.StatusBadRequest, message}
}

// invalid refuses a request that muster itself finds fault with.
func invalid(message string) error {
	return &world.Error{Code: world.ErrInvalidRequest, Text: message}
}

// refuse turns the error of a request into what goes out. The order is from
// the frequent to the rare.
func (v *visit) refuse(err error) *refusal {
	var (
		refused    *world.Error
		ready      *refusal
		violations *limits.Violations
		unsigned   *auth.Error
	)
	switch {
	case errors.As(err, &refused):
		return &refusal{v.operation.exception(refused.Code), http.StatusBadRequest, refused.Text}
	case errors.As(err, &ready):
		return ready
	case errors.As(err, &violations), errors.Is(err, search.ErrCursor):
		return &refusal{invalidRequest, http.StatusBadRequest, err.Error()}
	case errors.As(err, &unsigned):
		return &refusal{string(unsigned.Code), http.StatusBadRequest, unsigned.Message}
	case errors.Is(err, ledger.ErrUnavailable):
		return unavailable(ledger.ErrUnavailable)
	case errors.Is(err, ledger.ErrClosed):
		return unavailable(ledger.ErrClosed)
	case v.request.Context().Err() != nil:
		return unavailable(errors.New("the client has gone, or has waited for too long"))
	}
	v.logger().Error("a request has failed", "request", v.requestID, "operation", v.operationName(), "error", err)
	return internalError
}

// unavailable is an error that clients answer by trying again.
func unavailable(why error) *refusal {
	return &refusal{
		internalService, http.StatusInternalServerError,
		why.Error() + ": try again, with the same idempotency token where there is one",
	}
}

// exception returns the name that a refusal of the world has in o.
func (o *operation) exception(code world.Code) string {
	if name := codes[code]; slices.Contains(o.exceptions, name) {
		return name
	}
	return invalidRequest
}

// errorDocument is an error in the form that every client reads: some want
// Message, some message.
type errorDocument struct {
	Type    string `cbor:"__type"  json:"__type"`
	Message string `cbor:"Message" json:"Message"`
	Lower   string `cbor:"message" json:"message"`
}

func (p *protocol) appendRefusal(b []byte, r *refusal) []byte {
	message := strings.ToValidUTF8(r.message, "\uFFFD")
	document, err := p.marshal(errorDocument{r.exception, message, message})
	if err != nil {
		panic("api: an error document cannot be written: " + err.Error())
	}
	return append(b, document...)
}
