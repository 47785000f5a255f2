package api_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/gamelift"
	"github.com/fxamacker/cbor/v2"
	"github.com/google/go-cmp/cmp"

	"github.com/musterhq/muster/internal/api"
	"github.com/musterhq/muster/internal/world"
)

// A sending is a request as it stands on the wire.
type sending struct {
	method, path string
	header       map[string]string
	body         string
}

func jsonSending(op, body string) sending {
	return sending{"POST", "/", map[string]string{"Content-Type": "application/x-amz-json-1.1", "X-Amz-Target": "GameLift." + op}, body}
}

func cborSending(op, body string) sending {
	return sending{"POST", "/service/GameLift/operation/" + op, map[string]string{
		"Content-Type": "application/cbor", "Accept": "application/cbor", "Smithy-Protocol": "rpc-v2-cbor",
	}, body}
}

// with returns the sending with one header changed; "" takes it away.
func (s sending) with(key, value string) sending {
	header := map[string]string{}
	for k, v := range s.header {
		header[k] = v
	}
	header[key] = value
	if value == "" {
		delete(header, key)
	}
	s.header = header
	return s
}

func (s sending) to(h http.Handler) *httptest.ResponseRecorder {
	r := httptest.NewRequest(s.method, "/", strings.NewReader(s.body))
	r.URL.Path = s.path
	for k, v := range s.header {
		r.Header.Set(k, v)
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w
}

func TestBadRequests(t *testing.T) {
	h := newHouse(t, world.Settings{})
	list, binary := jsonSending("ListFleets", "{}"), cborSending("ListFleets", "\xa0")
	for _, c := range []struct {
		name            string
		sending         sending
		status          int
		exception, part string
	}{
		{"GET", sending{method: "GET", path: "/"}, 405, "UnknownOperationException", "POST"},
		{"GET of CBOR", sending{method: "GET", path: binary.path, header: binary.header}, 405, "UnknownOperationException", "POST"},
		{"PUT", sending{"PUT", "/", list.header, "{}"}, 405, "UnknownOperationException", "POST"},
		{"no target", list.with("X-Amz-Target", ""), 400, "UnknownOperationException", "X-Amz-Target"},
		{"another service", list.with("X-Amz-Target", "DynamoDB_20120810.ListTables"), 400, "UnknownOperationException", "X-Amz-Target"},
		{"no such operation", jsonSending("ListDragons", "{}"), 400, "UnknownOperationException", `"ListDragons"`},
		{"operation in another case", jsonSending("listfleets", "{}"), 400, "UnknownOperationException", `"listfleets"`},
		{"no such operation in CBOR", cborSending("ListDragons", "\xa0"), 400, "UnknownOperationException", `"ListDragons"`},
		{"no operation", cborSending("", "\xa0"), 400, "UnknownOperationException", ""},
		{"more path", cborSending("ListFleets/x", "\xa0"), 400, "UnknownOperationException", "ListFleets/x"},
		{"CBOR on the wrong path", sending{"POST", "/", binary.header, "\xa0"}, 400, "UnknownOperationException", "/service/GameLift/operation/"},
		{"CBOR without the protocol", binary.with("Smithy-Protocol", ""), 400, "UnknownOperationException", "rpc-v2-cbor"},
		{"another protocol", binary.with("Smithy-Protocol", "rpc-v2-json"), 400, "UnknownOperationException", "rpc-v2-cbor"},
		{"form", list.with("Content-Type", "application/x-www-form-urlencoded"), 400, "SerializationException", "application/x-amz-json-1.1"},
		{"JSON as CBOR", binary.with("Content-Type", "application/json"), 400, "SerializationException", "application/cbor"},
		{"broken content type", list.with("Content-Type", "application/x-amz-json-1.1; ="), 400, "SerializationException", "Content-Type"},
		{"broken JSON", jsonSending("ListFleets", `{"Limit":`), 400, "SerializationException", "byte 9"},
		{"no JSON", jsonSending("ListFleets", "Limit=1"), 400, "SerializationException", "byte 0"},
		{"JSON list", jsonSending("ListFleets", "[]"), 400, "SerializationException", "structure"},
		{"two documents", jsonSending("ListFleets", "{}{}"), 400, "SerializationException", "byte 2"},
		{"wrong type", jsonSending("ListFleets", `{"Limit":"ten"}`), 400, "SerializationException", "Limit"},
		{"wrong nested type", jsonSending("CreateFleet", `{"Locations":[{"Location":7}]}`), 400, "SerializationException", "Locations[0].Location"},
		{"deep nesting", jsonSending("ListFleets", `{"x":`+strings.Repeat("[", 100_000)), 400, "SerializationException", ""},
		{"broken CBOR", cborSending("ListFleets", "\xa1\x65Limit"), 400, "SerializationException", ""},
		{"CBOR with a wrong type", cborSending("ListFleets", "\xa1\x65Limit\x61x"), 400, "SerializationException", "Limit"},
		{"huge CBOR length", cborSending("ListFleets", "\xbb\xff\xff\xff\xff\xff\xff\xff\xff"), 400, "SerializationException", ""},
		{"JSON as a CBOR body", cborSending("ListFleets", "{}"), 400, "SerializationException", ""},
		{"missing members", jsonSending("CreateGameSession", "{}"), 400, "InvalidRequestException", "1 validation error detected: Value null at 'maximumPlayerSessionCount'"},
		{"case matters", jsonSending("ResolveAlias", `{"aliasId":"alias-1"}`), 400, "InvalidRequestException", "'aliasId' failed"},
		{"too long", jsonSending("ListFleets", `{"x":"`+strings.Repeat("x", 4<<20)+`"}`), 400, "SerializationException", "4 MiB"},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := c.sending.to(h.door)
			document := decodeAnswer(t, w)
			if w.Code != c.status || document["__type"] != c.exception || w.Header().Get("X-Amzn-ErrorType") != c.exception {
				t.Errorf("got %d %s %v", w.Code, w.Header().Get("X-Amzn-ErrorType"), document)
			}
			message, _ := document["Message"].(string)
			if message == "" || document["message"] != message || !strings.Contains(message, c.part) {
				t.Errorf("got message %q, want one with %q", message, c.part)
			}
			if c.status == 405 && w.Header().Get("Allow") != "POST" {
				t.Error("the answer does not say what is allowed")
			}
		})
	}
}

// decodeAnswer checks what every answer must have.
func decodeAnswer(t *testing.T, w *httptest.ResponseRecorder) map[string]any {
	t.Helper()
	var document map[string]any
	var err error
	switch contentType := w.Header().Get("Content-Type"); contentType {
	case "application/x-amz-json-1.1":
		err = json.Unmarshal(w.Body.Bytes(), &document)
	case "application/cbor":
		err = cbor.Unmarshal(w.Body.Bytes(), &document)
		if w.Header().Get("Smithy-Protocol") != "rpc-v2-cbor" {
			t.Error("a CBOR answer lacks its protocol header")
		}
	default:
		t.Errorf("got content type %q", contentType)
	}
	if err != nil {
		t.Errorf("got body %q: %v", w.Body, err)
	}
	if !regexp.MustCompile(`^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$`).MatchString(w.Header().Get("X-Amzn-RequestId")) {
		t.Errorf("got request id %q", w.Header().Get("X-Amzn-RequestId"))
	}
	if w.Header().Get("Content-Length") != fmt.Sprint(w.Body.Len()) {
		t.Errorf("got content length %s of %d", w.Header().Get("Content-Length"), w.Body.Len())
	}
	return document
}

func TestGoodRequests(t *testing.T) {
	h := newHouse(t, world.Settings{})
	for name, s := range map[string]sending{
		"JSON":                      jsonSending("ListFleets", "{}"),
		"pretty JSON":               jsonSending("ListFleets", " {\n\t\"Limit\" : 5,\r\n\"Unknown\": {\"a\": [null, 1e3]}, \"NextToken\": null }\n"),
		"JSON without body":         jsonSending("ListFleets", ""),
		"JSON under a prefix":       {"POST", "/gamelift/eu", jsonSending("ListFleets", "").header, "{}"},
		"JSON with charset":         jsonSending("ListFleets", "{}").with("Content-Type", "application/x-amz-json-1.1; charset=utf-8"),
		"JSON 1.0":                  jsonSending("ListFleets", "{}").with("Content-Type", "application/x-amz-json-1.0"),
		"JSON without type":         jsonSending("ListFleets", "{}").with("Content-Type", ""),
		"CBOR":                      cborSending("ListFleets", "\xa0"),
		"CBOR without body":         cborSending("ListFleets", ""),
		"CBOR of indefinite length": cborSending("ListFleets", "\xbf\x65Limit\x05\x67Unknown\xf6\xff"),
		"CBOR under a prefix":       {"POST", "/gamelift/service/GameLift/operation/ListFleets", cborSending("", "").header, "\xa0"},
	} {
		w := s.to(h.door)
		if document := decodeAnswer(t, w); w.Code != 200 || document["__type"] != nil {
			t.Errorf("%s: got %d %v", name, w.Code, document)
		}
	}
}

// What clients see of an answer, to the letter.
func TestAnswersOnTheWire(t *testing.T) {
	h := newHouse(t, world.Settings{})
	ids := 0
	h.door.NewID = func() string { ids++; return fmt.Sprintf("00000000-0000-0000-0000-%012d", ids) }
	fleet, _ := h.arena(1)
	s := h.session(fleet, 1)
	w := h.post(t.Context(), "CreatePlayerSession", `{"GameSessionId":"`+*s.GameSessionId+`","PlayerId":"<ann>"}`)
	document := decodeAnswer(t, w)
	p, _ := document["PlayerSession"].(map[string]any)
	created, _ := p["CreationTime"].(float64)
	if created < 1.7e9 || created > 1e10 {
		t.Errorf("CreationTime is %v: not seconds", p["CreationTime"])
	}
	delete(p, "CreationTime")
	want := map[string]any{
		"PlayerSessionId": p["PlayerSessionId"], "PlayerId": "<ann>", "GameSessionId": *s.GameSessionId, "FleetId": fleet,
		"FleetArn": "arn:aws:gamelift:us-east-1:000000000000:fleet/" + fleet, "Status": "RESERVED",
		"IpAddress": "10.0.0.7", "DnsName": "10.0.0.7", "Port": 7777.0,
	}
	if diff := cmp.Diff(want, p); diff != "" {
		t.Error(diff)
	}
	if !strings.HasPrefix(fmt.Sprint(p["PlayerSessionId"]), "psess-00000000-") {
		t.Errorf("got id %v", p["PlayerSessionId"])
	}
	w = h.post(t.Context(), "DeleteAlias", `{"AliasId":"alias-\u0001\"x"}`)
	if w.Code != 400 || decodeAnswer(t, w)["__type"] != "NotFoundException" {
		t.Errorf("got %d %s", w.Code, w.Body)
	}
}

func TestBodyThatEndsEarly(t *testing.T) {
	h := newHouse(t, world.Settings{})
	s := jsonSending("ListFleets", "")
	r := httptest.NewRequest("POST", "/", io.MultiReader(strings.NewReader("{"), iotest.ErrReader(errors.New("connection reset"))))
	for k, v := range s.header {
		r.Header.Set(k, v)
	}
	w := httptest.NewRecorder()
	h.door.ServeHTTP(w, r)
	if document := decodeAnswer(t, w); document["__type"] != "SerializationException" {
		t.Errorf("got %v", document)
	}
}

// A body without a length is read to the end, and no further than allowed.
func TestBodyWithoutLength(t *testing.T) {
	h := newHouse(t, world.Settings{})
	server := httptest.NewServer(h.door)
	t.Cleanup(server.Close)
	for _, c := range []struct {
		size int
		want string
	}{{100_000, "NotFoundException"}, {3 << 20, "NotFoundException"}, {5 << 20, "SerializationException"}} {
		body := `{"AliasId":"alias-1","Unknown":"` + strings.Repeat("x", c.size) + `"}`
		r, err := http.NewRequestWithContext(t.Context(), "POST", server.URL, io.MultiReader(strings.NewReader(body)))
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("X-Amz-Target", "GameLift.DescribeAlias")
		answer, err := http.DefaultClient.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		if document := decodeJSON(answer.Body); document["__type"] != c.want {
			t.Errorf("%d bytes: got %v", c.size, document)
		}
		_ = answer.Body.Close()
	}
}

func TestPanicStaysWithItsRequest(t *testing.T) {
	h := newHouse(t, world.Settings{})
	fleet := h.fleet("custom-hall")
	var log bytes.Buffer
	var calls []api.Call
	h.door.Log = slog.New(slog.NewTextHandler(&log, nil))
	h.door.Observe = func(c api.Call) { calls = append(calls, c) }
	h.door.SDKEndpoint = func(*http.Request) string { panic("out of cheese") }
	h.refused(&gamelift.RegisterComputeInput{FleetId: &fleet, ComputeName: aws.String("host-1"), IpAddress: aws.String("10.0.0.7")}, "InternalServiceException", "log")
	if !strings.Contains(log.String(), "out of cheese") || !strings.Contains(log.String(), "RegisterCompute") || !strings.Contains(log.String(), "computes.go") {
		t.Errorf("logged %s", log.String())
	}
	call[gamelift.ListFleetsOutput](h, &gamelift.ListFleetsInput{})
	if len(calls) != 2 || calls[0].Status != 500 || calls[0].Exception != "InternalServiceException" || calls[1].Status != 200 {
		t.Errorf("observed %+v", calls)
	}
}

func TestObserve(t *testing.T) {
	h := newHouse(t, world.Settings{})
	var calls []api.Call
	h.door.Observe = func(c api.Call) {
		if c.Took <= 0 {
			t.Errorf("%s took %v", c.Operation, c.Took)
		}
		c.Took = 0
		calls = append(calls, c)
	}
	jsonSending("ListFleets", "{}").to(h.door)
	cborSending("DeleteFleet", "\xa1\x67FleetId\x67fleet-1").to(h.door)
	jsonSending("ListDragons", "{}").to(h.door)
	equal(t, calls, []api.Call{
		{Operation: "ListFleets", Protocol: "json", Status: 200},
		{Operation: "DeleteFleet", Protocol: "cbor", Exception: "NotFoundException", Status: 400},
		{Protocol: "json", Exception: "UnknownOperationException", Status: 400},
	})
}

func decodeJSON(r io.Reader) map[string]any {
	var doc map[string]any
	if err := json.NewDecoder(r).Decode(&doc); err != nil {
		return map[string]any{"__type": "not JSON: " + err.Error()}
	}
	return doc
}
