// Package sdkwire is the websocket protocol between a game server and the
// service, as GameLift's server SDK 5 speaks it: its 16 messages, their
// answers, and the query a connection starts with. It turns frames into values
// and back, for either end; it opens no connection and keeps no state.
//
// The service's end starts at [DecodeRequest], the game server's at
// [DecodeReply].
package sdkwire

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
)

// Action names a message.
type Action string

// The actions a game server asks for, each answered.
const (
	ActivateServerProcessAction             Action = "ActivateServerProcess"
	HeartbeatServerProcessAction            Action = "HeartbeatServerProcess"
	ActivateGameSessionAction               Action = "ActivateGameSession"
	AcceptPlayerSessionAction               Action = "AcceptPlayerSession"
	RemovePlayerSessionAction               Action = "RemovePlayerSession"
	UpdatePlayerSessionCreationPolicyAction Action = "UpdatePlayerSessionCreationPolicy"
	DescribePlayerSessionsAction            Action = "DescribePlayerSessions"
	StartMatchBackfillAction                Action = "StartMatchBackfill"
	StopMatchBackfillAction                 Action = "StopMatchBackfill"
	GetComputeCertificateAction             Action = "GetComputeCertificate"
	GetFleetRoleCredentialsAction           Action = "GetFleetRoleCredentials"
	TerminateServerProcessAction            Action = "TerminateServerProcess"
)

// The actions the service pushes, never answered.
const (
	CreateGameSessionAction Action = "CreateGameSession"
	UpdateGameSessionAction Action = "UpdateGameSession"
	TerminateProcessAction  Action = "TerminateProcess"
	RefreshConnectionAction Action = "RefreshConnection"
)

var (
	// ErrMalformed: the frame is no JSON object, or a field has a wrong type.
	ErrMalformed = errors.New("malformed frame")
	// ErrUnknownAction: the frame names an action this protocol does not have.
	ErrUnknownAction = errors.New("unknown action")
)

// Header is what every request carries.
type Header struct {
	Action Action
	// RequestID is an idempotency key: a request sent again, perhaps on
	// another connection, carries the same.
	RequestID string `json:"RequestId"`
}

func (h *Header) header() *Header { return h }

// Request is a message from a game server, one of the structs of this package
// that end in Request.
type Request interface {
	header() *Header
	action() Action
}

// HeaderOf returns what every request carries.
func HeaderOf(r Request) Header { return *r.header() }

// EncodeRequest returns the frame of a request and sets its header.
func EncodeRequest(id string, r Request) ([]byte, error) {
	*r.header() = Header{Action: r.action(), RequestID: id}
	return json.Marshal(r)
}

// DecodeRequest reads a frame from a game server. Field names are matched
// without regard to case, null counts as absent, unknown fields are ignored.
// On [ErrMalformed] and [ErrUnknownAction] the header holds what could be
// read, so that even such a request can be answered.
func DecodeRequest(frame []byte) (Request, Header, error) {
	if request := newRequest(likelyAction(frame)); request != nil && decode(frame, request) == nil {
		if head := HeaderOf(request); head.Action == request.action() {
			return request, head, nil
		}
	}
	var head Header
	if err := json.Unmarshal(frame, &head); err != nil {
		return nil, head, fmt.Errorf("%w: %w", ErrMalformed, err)
	}
	request := newRequest(head.Action)
	if request == nil {
		return nil, head, fmt.Errorf("%w %q", ErrUnknownAction, head.Action)
	}
	if err := decode(frame, request); err != nil {
		return nil, head, fmt.Errorf("%w: %s: %w", ErrMalformed, head.Action, err)
	}
	return request, head, nil
}

// likelyAction guesses the action from the frame's bytes, to spare a well-made
// frame the second reading. A wrong guess is found out by the header.
func likelyAction(frame []byte) Action {
	_, rest, _ := bytes.Cut(frame, []byte(`"Action":"`))
	action, _, _ := bytes.Cut(rest, []byte(`"`))
	return Action(action)
}

func decode(frame []byte, request Request) error {
	if err := json.Unmarshal(frame, request); err != nil {
		return err
	}
	if old, ok := request.(interface{ normalize() }); ok {
		old.normalize()
	}
	return nil
}

func newRequest(action Action) Request {
	switch action {
	case ActivateServerProcessAction:
		return new(ActivateServerProcessRequest)
	case HeartbeatServerProcessAction:
		return new(HeartbeatServerProcessRequest)
	case ActivateGameSessionAction:
		return new(ActivateGameSessionRequest)
	case AcceptPlayerSessionAction:
		return new(AcceptPlayerSessionRequest)
	case RemovePlayerSessionAction:
		return new(RemovePlayerSessionRequest)
	case UpdatePlayerSessionCreationPolicyAction:
		return new(UpdatePlayerSessionCreationPolicyRequest)
	case DescribePlayerSessionsAction:
		return new(DescribePlayerSessionsRequest)
	case StartMatchBackfillAction:
		return new(StartMatchBackfillRequest)
	case StopMatchBackfillAction:
		return new(StopMatchBackfillRequest)
	case GetComputeCertificateAction:
		return new(GetComputeCertificateRequest)
	case GetFleetRoleCredentialsAction:
		return new(GetFleetRoleCredentialsRequest)
	case TerminateServerProcessAction:
		return new(TerminateServerProcessRequest)
	}
	return nil
}

// Status is what every frame from the service carries.
type Status struct {
	Action Action
	// RequestID is the request's own in an answer and absent in a push: some
	// SDKs drop a push that has one.
	RequestID string `json:"RequestId,omitempty"`
	// StatusCode is 200 or an HTTP status of the 400s and 500s. SDKs take a
	// frame without one for an error.
	StatusCode int
	// ErrorMessage explains a status other than 200.
	ErrorMessage string `json:",omitempty"`
}

func (s *Status) status() *Status { return s }

// OK reports whether the request succeeded.
func (s Status) OK() bool { return s.StatusCode == http.StatusOK }

// Reply is a frame from the service: an answer or a push.
type Reply interface{ status() *Status }

// EncodeAnswer returns the frame that answers the request with the given
// header, and sets the reply's status to success.
func EncodeAnswer(to Header, reply Reply) ([]byte, error) {
	return encode(reply, Status{Action: to.Action, RequestID: to.RequestID, StatusCode: http.StatusOK})
}

// EncodeError returns the frame that refuses the request with the given
// header. Code is one of 400, 401, 403, 404, 409, 429 and 500.
func EncodeError(to Header, code int, message string) ([]byte, error) {
	return json.Marshal(Status{Action: to.Action, RequestID: to.RequestID, StatusCode: code, ErrorMessage: message})
}

// Push is a frame the service sends unasked.
type Push interface {
	Reply
	action() Action
}

// EncodePush returns the frame of a push and sets its status.
func EncodePush(p Push) ([]byte, error) {
	return encode(p, Status{Action: p.action(), StatusCode: http.StatusOK})
}

func encode(reply Reply, status Status) ([]byte, error) {
	*reply.status() = status
	if partial, ok := reply.(interface{ fill() }); ok {
		partial.fill()
	}
	return json.Marshal(reply)
}

// DecodeReply reads the part common to all frames from the service. With a
// RequestID the frame is an answer, for [DecodeAnswer]; without it a push, for
// [DecodePush].
func DecodeReply(frame []byte) (Status, error) {
	var status Status
	if err := json.Unmarshal(frame, &status); err != nil {
		return status, fmt.Errorf("%w: %w", ErrMalformed, err)
	}
	return status, nil
}

// DecodeAnswer reads an answer into the struct that belongs to its action; a
// [*Status] will do where there is no payload.
func DecodeAnswer(frame []byte, into Reply) error {
	if err := json.Unmarshal(frame, into); err != nil {
		return fmt.Errorf("%w: %w", ErrMalformed, err)
	}
	return nil
}

// DecodePush reads a push.
func DecodePush(action Action, frame []byte) (Push, error) {
	var push Push
	switch action {
	case CreateGameSessionAction:
		push = new(CreateGameSession)
	case UpdateGameSessionAction:
		push = new(UpdateGameSession)
	case TerminateProcessAction:
		push = new(TerminateProcess)
	case RefreshConnectionAction:
		push = new(RefreshConnection)
	default:
		return nil, fmt.Errorf("%w %q", ErrUnknownAction, action)
	}
	if err := json.Unmarshal(frame, push); err != nil {
		return nil, fmt.Errorf("%w: %s: %w", ErrMalformed, action, err)
	}
	return push, nil
}
