// Package api is the players' and back ends' door: the GameLift service API
// over HTTP, as AWS JSON 1.1 and as Smithy RPC v2 CBOR, so that unmodified AWS
// SDKs and the AWS CLI work with muster.
//
// It authenticates, decodes, checks and converts; what a request means is
// decided by package world, and made durable by package ledger. It is not the
// game servers' door, and it keeps no state but the compute tokens it may hand
// out again.
//
// Start with [Door], then read operations.go, the table of everything that is
// offered: an operation is a handler and its row there.
package api

import (
	"log/slog"
	"maps"
	"net/http"
	"runtime/debug"
	"strconv"
	"sync"
	"time"

	"github.com/musterhq/muster/internal/auth"
	"github.com/musterhq/muster/internal/ledger"
)

// A Door answers GameLift API requests: POST with an X-Amz-Target header to
// any path (AWS JSON 1.1), or POST to a path that ends in
// /service/GameLift/operation/NAME (RPC v2 CBOR). Its methods may be called
// by any number of goroutines. It must not be copied after the first request.
type Door struct {
	Ledger *ledger.Ledger // needed

	// Auth checks who asks; nil takes every request, also unsigned ones, but
	// those of web pages from elsewhere.
	Auth *auth.Verifier

	// SDKEndpoint says where game servers open their websocket, for the
	// computes in answers to a request: "wss://host:port". Nil: the host that
	// the request came to, wss if it came by TLS, else ws.
	SDKEndpoint func(*http.Request) string

	// NewID makes identifiers: unique, unguessable, of letters, digits and
	// hyphens, at most 36 of them. Nil: random UUIDs.
	NewID func() string

	Log *slog.Logger // nil: discard

	// Observe is told of every request when its answer is written; nil:
	// nobody. It must not block.
	Observe func(Call)

	buffers sync.Pool // of *[]byte
	uuids   uuids
	tokens  tokenCache
}

// A Call is what one request came to.
type Call struct {
	Operation string // "" when the request names none that GameLift has
	Protocol  string // "json" or "cbor"
	Exception string // name of the exception, "" for success
	Status    int    // of HTTP
	Took      time.Duration
}

// A visit is one request at the door. Handlers are methods of it.
type visit struct {
	*Door
	request   *http.Request
	requestID string
	protocol  *protocol
	operation *operation // nil until it is known
	arnOf     string     // the fleet that the answer named last
	arn       *string    // of arnOf
}

// ServeHTTP implements http.Handler.
func (d *Door) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	began := time.Now()
	v := &visit{Door: d, request: r, requestID: d.newID(), protocol: protocolOf(r)}
	buffer := d.takeBuffer()
	defer d.returnBuffer(buffer)

	var failure *refusal
	*buffer, failure = v.answer(w, *buffer)
	status := http.StatusOK
	if failure != nil {
		*buffer = v.protocol.appendRefusal((*buffer)[:0], failure)
		status = failure.status
	}
	v.write(w, status, failure, *buffer)
	if d.Observe != nil {
		d.Observe(v.call(status, failure, time.Since(began)))
	}
}

// answer does what the request asks and returns the answer's document in
// buffer. A handler that panics has failed for its own caller alone.
func (v *visit) answer(w http.ResponseWriter, buffer []byte) (document []byte, failure *refusal) {
	defer func() {
		if p := recover(); p != nil {
			v.logger().Error("a request has panicked", "request", v.requestID, "operation", v.operationName(), "panic", p, "stack", string(debug.Stack()))
			document, failure = buffer, internalError
		}
	}()
	body, err := v.accept(w, buffer)
	if err != nil {
		return body, v.refuse(err)
	}
	out, err := v.operation.run(v, body)
	if err != nil {
		return body, v.refuse(err)
	}
	// The input keeps nothing of the body, so its buffer takes the output.
	return v.protocol.append(body[:0], out), nil
}

// accept finds the operation, reads the body and checks who asks. What it has
// read is in the returned buffer, whatever the error.
func (v *visit) accept(w http.ResponseWriter, buffer []byte) ([]byte, error) {
	if err := v.route(); err != nil {
		return buffer, err
	}
	body, err := readBody(w, v.request, buffer)
	if err != nil {
		return body, err
	}
	if v.Auth == nil {
		return body, nil
	}
	return body, v.Auth.Verify(v.request, body)
}

func (v *visit) write(w http.ResponseWriter, status int, failure *refusal, document []byte) {
	h := w.Header()
	maps.Copy(h, v.protocol.header)
	own := []string{v.requestID, strconv.Itoa(len(document))}
	h["X-Amzn-Requestid"], h["Content-Length"] = own[:1:1], own[1:]
	if failure != nil {
		h.Set("X-Amzn-Errortype", failure.exception)
		if failure.status == http.StatusMethodNotAllowed {
			h.Set("Allow", http.MethodPost)
		}
	}
	w.WriteHeader(status)
	_, _ = w.Write(document) // a client that is gone needs no answer
}

func (v *visit) call(status int, failure *refusal, took time.Duration) Call {
	c := Call{Operation: v.operationName(), Protocol: v.protocol.name, Status: status, Took: took}
	if failure != nil {
		c.Exception = failure.exception
	}
	return c
}

func (v *visit) operationName() string {
	if v.operation == nil {
		return ""
	}
	return v.operation.name
}

func (d *Door) newID() string {
	if d.NewID == nil {
		return d.uuids.next()
	}
	return d.NewID()
}

func (d *Door) logger() *slog.Logger {
	if d.Log == nil {
		return slog.New(slog.DiscardHandler)
	}
	return d.Log
}

// bufferKept is the largest buffer that is used again: a rare big request
// does not stay in memory.
const bufferKept = 64 << 10

func (d *Door) takeBuffer() *[]byte {
	if b, ok := d.buffers.Get().(*[]byte); ok {
		return b
	}
	b := make([]byte, 0, 4<<10)
	return &b
}

func (d *Door) returnBuffer(b *[]byte) {
	if cap(*b) <= bufferKept {
		*b = (*b)[:0]
		d.buffers.Put(b)
	}
}
