package api

import (
	"encoding/json"
	"errors"
	"io"
	"mime"
	"net/http"
	"slices"
	"strings"

	"github.com/fxamacker/cbor/v2"

	"github.com/musterhq/muster/internal/awswire"
	"github.com/musterhq/muster/internal/web"
)

// A protocol is one of the two ways to write the GameLift API on HTTP.
type protocol struct {
	name      string
	header    http.Header // of answers
	accepted  []string    // content types of requests, the protocol's own first
	unmarshal func([]byte, any) error
	append    func([]byte, any) []byte
	marshal   func(any) ([]byte, error) // of error documents
}

const (
	smithyHeader   = "Smithy-Protocol"
	smithyProtocol = "rpc-v2-cbor"
	targetHeader   = "X-Amz-Target"
	targetPrefix   = "GameLift."
	cborPath       = "/service/GameLift/operation/"
)

// The two protocols. Clients accept no answer in RPC v2 CBOR without the
// protocol's header, on errors either.
var (
	jsonProtocol = &protocol{
		name: "json", header: http.Header{"Content-Type": {"application/x-amz-json-1.1"}},
		accepted:  []string{"application/x-amz-json-1.1", "application/x-amz-json-1.0", "application/json"},
		unmarshal: awswire.UnmarshalJSON, append: awswire.AppendJSON, marshal: json.Marshal,
	}
	cborProtocol = &protocol{
		name: "cbor", header: http.Header{"Content-Type": {"application/cbor"}, smithyHeader: {smithyProtocol}},
		accepted:  []string{"application/cbor"},
		unmarshal: awswire.UnmarshalCBOR, append: awswire.AppendCBOR, marshal: cbor.Marshal,
	}
)

// protocolOf says how to answer a request, whatever else is wrong with it.
func protocolOf(r *http.Request) *protocol {
	if r.Header.Get(smithyHeader) == smithyProtocol || strings.Contains(r.URL.Path, cborPath) {
		return cborProtocol
	}
	return jsonProtocol
}

// route finds the operation that the request names. Both protocols ask for a
// header that no web page can send to a foreign host, and pages of hosts that
// pass for this one are refused, so that a browser on the same machine is no
// way around the loopback address.
func (v *visit) route() error {
	r := v.request
	if r.Method != http.MethodPost {
		return &refusal{
			"UnknownOperationException", http.StatusMethodNotAllowed,
			"this is the GameLift API, which takes POST requests: point an AWS SDK or the AWS CLI at it with its endpoint setting",
		}
	}
	if v.Auth == nil && web.FromNamedHost(r) {
		return &refusal{
			"AccessDeniedException", http.StatusBadRequest,
			"the request is from the web page " + quote(r.Header.Get("Origin")) + ", and nobody has to sign here: have the page opened from localhost, or muster check keys",
		}
	}
	name, err := v.named()
	if err != nil {
		return err
	}
	if v.operation = operations[name]; v.operation == nil {
		return unknownOperation("GameLift has no operation " + quote(name))
	}
	return v.checkContentType()
}

// named returns the name of the operation as the request gives it.
func (v *visit) named() (string, error) {
	if v.protocol == cborProtocol {
		_, name, ok := strings.Cut(v.request.URL.Path, cborPath)
		switch {
		case !ok:
			return "", unknownOperation("an RPC v2 CBOR request goes to the path " + cborPath + "NAME")
		case v.request.Header.Get(smithyHeader) != smithyProtocol:
			return "", unknownOperation("an RPC v2 CBOR request has the header " + smithyHeader + ": " + smithyProtocol)
		}
		return name, nil
	}
	target := v.request.Header.Get(targetHeader)
	name, ok := strings.CutPrefix(target, targetPrefix)
	if !ok {
		return "", unknownOperation("the request has no header " + targetHeader + ": " + targetPrefix + "NAME, or it is for another service")
	}
	return name, nil
}

// checkContentType lets a request without the header pass.
func (v *visit) checkContentType() error {
	given := v.request.Header.Get("Content-Type")
	if given == "" || slices.Contains(v.protocol.accepted, given) {
		return nil
	}
	if media, _, err := mime.ParseMediaType(given); err == nil && slices.Contains(v.protocol.accepted, media) {
		return nil
	}
	return serialization("the Content-Type is " + quote(given) + ": send " + v.protocol.accepted[0])
}

// bodyLimit is how long a request can be, in bytes. The largest honest one
// has 262,144 characters of GameSessionData, each of which a JSON client may
// write as twelve bytes: two escapes, for one that UTF-16 has two units for.
const bodyLimit = 4 << 20

// readBody appends the request's body to buffer, which it returns also with
// an error.
func readBody(w http.ResponseWriter, r *http.Request, buffer []byte) ([]byte, error) {
	body := r.Body
	switch n := r.ContentLength; {
	case n > bodyLimit:
		return buffer, tooLarge()
	case n >= 0:
		buffer = slices.Grow(buffer, int(n)+1) // one more, to see the end without growing
	default:
		body = http.MaxBytesReader(w, body, bodyLimit)
	}
	for {
		n, err := body.Read(buffer[len(buffer):cap(buffer)])
		buffer = buffer[:len(buffer)+n]
		switch {
		case err == io.EOF:
			return buffer, nil
		case err != nil:
			return buffer, brokenOff(err)
		case len(buffer) == cap(buffer):
			buffer = slices.Grow(buffer, len(buffer))
		}
	}
}

func brokenOff(err error) error {
	var over *http.MaxBytesError
	if errors.As(err, &over) {
		return tooLarge()
	}
	return serialization("the request's body ended early: send it again")
}

func tooLarge() error { return serialization("the request's body is longer than 4 MiB: send less") }
