package api_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"reflect"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/gamelift"
	"github.com/aws/aws-sdk-go-v2/service/gamelift/types"
	"github.com/aws/smithy-go"

	"github.com/musterhq/muster/internal/api"
	"github.com/musterhq/muster/internal/awswire"
	"github.com/musterhq/muster/internal/journal"
	"github.com/musterhq/muster/internal/ledger"
	"github.com/musterhq/muster/internal/world"
)

// A house is a Door with a ledger behind it and a client before it.
type house struct {
	t      testing.TB
	door   *api.Door
	ledger *ledger.Ledger
	send   func(ctx context.Context, op string, in, out any) error
	serial atomic.Int64
}

// newHouse runs a ledger in memory for as long as the test. Its client speaks
// JSON straight to the Door.
func newHouse(t testing.TB, settings world.Settings) *house {
	t.Helper()
	h, _ := newHouseOn(t, &journal.Memory{}, settings)
	return h
}

// newHouseOn is newHouse on a given journal. The ledger can be stopped before
// the test ends.
func newHouseOn(t testing.TB, j journal.Journal, settings world.Settings) (h *house, stop func()) {
	t.Helper()
	l := ledger.New(ledger.Config{Journal: j, Settings: settings})
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- l.Run(ctx) }()
	if _, err := l.Now(ctx); err != nil { // it has recovered
		t.Fatal(err)
	}
	stop = sync.OnceFunc(func() {
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
	t.Cleanup(stop)
	h = &house{t: t, ledger: l, door: &api.Door{Ledger: l}}
	h.send = h.sendJSON
	return h, stop
}

// eachProtocol runs a test through the official SDK, which speaks CBOR, and
// through JSON.
func eachProtocol(t *testing.T, test func(*testing.T, *house)) {
	t.Run("cbor", func(t *testing.T) {
		h := newHouse(t, world.Settings{})
		server := httptest.NewServer(h.door)
		t.Cleanup(server.Close)
		h.send = sendSDK(newClient(server.URL))
		test(t, h)
	})
	t.Run("json", func(t *testing.T) { test(t, newHouse(t, world.Settings{})) })
}

func newClient(url string) *gamelift.Client {
	return gamelift.New(gamelift.Options{
		BaseEndpoint: &url, Region: "us-east-1", RetryMaxAttempts: 1,
		Credentials: credentials.NewStaticCredentialsProvider("AKIDEXAMPLE", "secret", ""),
	})
}

// sendSDK calls the client's method by name.
func sendSDK(client *gamelift.Client) func(context.Context, string, any, any) error {
	return func(ctx context.Context, op string, in, out any) error {
		method := reflect.ValueOf(client).MethodByName(op)
		returned := method.Call([]reflect.Value{reflect.ValueOf(ctx), reflect.ValueOf(in)})
		if err, ok := returned[1].Interface().(error); ok {
			return err
		}
		reflect.ValueOf(out).Elem().Set(returned[0].Elem())
		return nil
	}
}

func (h *house) sendJSON(ctx context.Context, op string, in, out any) error {
	w := h.post(ctx, op, string(awswire.AppendJSON(nil, in)))
	if w.Code == http.StatusOK {
		return awswire.UnmarshalJSON(w.Body.Bytes(), out)
	}
	return apiError(w)
}

// post sends a JSON document to an operation.
func (h *house) post(ctx context.Context, op, document string) *httptest.ResponseRecorder {
	r := httptest.NewRequestWithContext(ctx, http.MethodPost, "/", strings.NewReader(document))
	r.Header.Set("Content-Type", "application/x-amz-json-1.1")
	r.Header.Set("X-Amz-Target", "GameLift."+op)
	w := httptest.NewRecorder()
	h.door.ServeHTTP(w, r)
	return w
}

func apiError(w *httptest.ResponseRecorder) error {
	doc := decodeJSON(w.Body)
	return &smithy.GenericAPIError{Code: fmt.Sprint(doc["__type"]), Message: fmt.Sprint(doc["Message"])}
}

// call sends a request that must succeed.
func call[O any](h *house, in any) *O {
	h.t.Helper()
	out := new(O)
	if err := h.send(h.t.Context(), operationOf(in), in, out); err != nil {
		h.t.Fatalf("%s: %v", operationOf(in), err)
	}
	return out
}

// refused sends a request that must be answered with the exception, and a
// message that has the given part. It returns the message.
func (h *house) refused(in any, exception, part string) string {
	h.t.Helper()
	op := operationOf(in)
	method, _ := reflect.TypeFor[*gamelift.Client]().MethodByName(op)
	err := h.send(h.t.Context(), op, in, reflect.New(method.Type.Out(0).Elem()).Interface())
	var ae smithy.APIError
	if !errors.As(err, &ae) {
		h.t.Fatalf("%s: got error %v, want %s", op, err, exception)
	}
	if ae.ErrorCode() != exception || !strings.Contains(ae.ErrorMessage(), part) {
		h.t.Fatalf("%s: got %s %q, want %s with %q", op, ae.ErrorCode(), ae.ErrorMessage(), exception, part)
	}
	return ae.ErrorMessage()
}

func operationOf(in any) string {
	return strings.TrimSuffix(reflect.TypeOf(in).Elem().Name(), "Input")
}

// do runs a command that must succeed: the processes' side of a test.
func do[A any](h *house, cmd world.Command[A]) A {
	h.t.Helper()
	answer, err := ledger.Do(context.Background(), h.ledger, cmd)
	if err != nil {
		h.t.Fatalf("%T: %v", cmd, err)
	}
	return answer
}

// location makes a custom location.
func (h *house) location(name string) string {
	h.t.Helper()
	call[gamelift.CreateLocationOutput](h, &gamelift.CreateLocationInput{LocationName: &name})
	return name
}

// fleet makes an Anywhere fleet with these locations, new ones, and returns its id.
func (h *house) fleet(locations ...string) string {
	h.t.Helper()
	in := &gamelift.CreateFleetInput{Name: aws.String("Arena"), ComputeType: types.ComputeTypeAnywhere}
	for _, l := range locations {
		in.Locations = append(in.Locations, types.LocationConfiguration{Location: aws.String(h.location(l))})
	}
	return *call[gamelift.CreateFleetOutput](h, in).FleetAttributes.FleetId
}

// compute registers a compute.
func (h *house) compute(fleet, location, name string) {
	h.t.Helper()
	call[gamelift.RegisterComputeOutput](h, &gamelift.RegisterComputeInput{
		FleetId: &fleet, ComputeName: &name, Location: &location, IpAddress: aws.String("10.0.0.7"),
	})
}

// process makes a server process ready for a game session.
func (h *house) process(fleet, compute string) world.ProcessKey {
	h.t.Helper()
	n := h.serial.Add(1)
	key := world.ProcessKey{Fleet: fleet, Compute: compute, Process: fmt.Sprintf("process-%d", n)}
	do(h, world.ConnectProcess{Key: key, Conn: fmt.Sprint(n), Trusted: true})
	do(h, world.ActivateProcess{Key: key, Port: 7777})
	do(h, world.Heartbeat{Key: key, Healthy: true})
	return key
}

// arena is a fleet with one location, one compute and as many processes that
// are ready.
func (h *house) arena(processes int) (fleet string, keys []world.ProcessKey) {
	h.t.Helper()
	fleet = h.fleet("custom-hall")
	h.compute(fleet, "custom-hall", "host-1")
	for range processes {
		keys = append(keys, h.process(fleet, "host-1"))
	}
	return fleet, keys
}

// session makes a game session; it is ACTIVE.
func (h *house) session(fleet string, players int32) types.GameSession {
	h.t.Helper()
	s := *call[gamelift.CreateGameSessionOutput](h, &gamelift.CreateGameSessionInput{FleetId: &fleet, MaximumPlayerSessionCount: &players}).GameSession
	h.activate(*s.GameSessionId)
	return s
}

func (h *house) activate(id string) {
	h.t.Helper()
	s, err := h.ledger.GameSession(h.t.Context(), id)
	if err != nil {
		h.t.Fatal(err)
	}
	do(h, world.ActivateGameSession{Process: s.Key(), ID: id})
}

// end ends the process of a game session, and the session with it.
func (h *house) end(id string) {
	h.t.Helper()
	s, err := h.ledger.GameSession(h.t.Context(), id)
	if err != nil {
		h.t.Fatal(err)
	}
	do(h, world.EndProcess{Key: s.Key()})
}

// collect pages through a list and returns the keys of its items.
func collect[E any](t testing.TB, page func(token *string) ([]E, *string), key func(E) string) []string {
	t.Helper()
	var keys []string
	var token *string
	for range 1000 {
		items, next := page(token)
		for _, item := range items {
			keys = append(keys, key(item))
		}
		if next == nil {
			return keys
		}
		token = next
	}
	t.Fatal("the list has no end")
	return nil
}
