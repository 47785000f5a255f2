package gamelift_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"path"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/fxamacker/cbor/v2"
	"github.com/google/go-cmp/cmp"

	"github.com/musterhq/muster"
	"github.com/musterhq/muster/gamelift"
)

// api is a service API that gives a prepared answer and remembers the request.
type api struct {
	mu        sync.Mutex
	operation string
	request   map[string]any
	region    string
	answer    map[string]any
	exception string
}

func (a *api) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	a.mu.Lock()
	defer a.mu.Unlock()
	body, _ := io.ReadAll(r.Body)
	a.request = nil
	cbor.Unmarshal(body, &a.request)
	a.operation = path.Base(r.URL.Path)
	if scope := strings.Split(r.Header.Get("Authorization"), "/"); len(scope) > 2 {
		a.region = scope[2]
	}
	w.Header().Set("smithy-protocol", "rpc-v2-cbor")
	w.Header().Set("Content-Type", "application/cbor")
	answer := a.answer
	if a.exception != "" {
		w.WriteHeader(http.StatusBadRequest)
		answer = map[string]any{"__type": "com.amazonaws.gamelift#" + a.exception, "Message": "because", "message": "because"}
	}
	frame, _ := cbor.Marshal(answer)
	w.Write(frame)
}

// newAPI returns a service and a client configured for it.
func newAPI(t *testing.T) (*api, *gamelift.Client) {
	service := &api{answer: map[string]any{}}
	server := httptest.NewServer(service)
	t.Cleanup(server.Close)
	transport := &http.Transport{}
	t.Cleanup(transport.CloseIdleConnections)
	return service, &gamelift.Client{Endpoint: server.URL, Config: &aws.Config{
		Region:           "us-west-2",
		Credentials:      credentials.NewStaticCredentialsProvider("AKID", "secret", ""),
		HTTPClient:       &http.Client{Transport: transport},
		RetryMaxAttempts: 1,
	}}
}

func (a *api) wantRequest(t *testing.T, operation string, request map[string]any) {
	t.Helper()
	if a.operation != operation {
		t.Errorf("called %s, want %s", a.operation, operation)
	}
	if diff := cmp.Diff(request, a.request); diff != "" {
		t.Errorf("%s (-want +got):\n%s", operation, diff)
	}
}

func TestCreateSessionOnAFleet(t *testing.T) {
	service, client := newAPI(t)
	service.answer = map[string]any{"GameSession": map[string]any{"GameSessionId": "arn:s"}}
	id, err := client.CreateSession(t.Context(), muster.CreateSessionRequest{
		FleetID: "fleet-1", Location: "custom-home", CreatorID: "ann", Name: "duel", MaxPlayers: 2,
		IdempotencyToken: "once", SessionData: "opaque", Properties: map[string]string{"b": "2", "a": "1"},
	})
	must(t, err)
	if id != "arn:s" {
		t.Errorf("id %q, want arn:s", id)
	}
	service.wantRequest(t, "CreateGameSession", map[string]any{
		"FleetId": "fleet-1", "Location": "custom-home", "CreatorId": "ann", "Name": "duel",
		"MaximumPlayerSessionCount": uint64(2), "IdempotencyToken": "once", "GameSessionData": "opaque",
		"GameProperties": []any{
			map[any]any{"Key": "a", "Value": "1"}, map[any]any{"Key": "b", "Value": "2"},
		},
	})
}

func TestCreateSessionIsSafeToRetry(t *testing.T) {
	service, client := newAPI(t)
	service.answer = map[string]any{"GameSession": map[string]any{"GameSessionId": "arn:s"}}
	_, err := client.CreateSession(t.Context(), muster.CreateSessionRequest{AliasID: "alias-1"})
	must(t, err)
	token, _ := service.request["IdempotencyToken"].(string)
	if len(token) == 0 || len(token) > 48 {
		t.Errorf("token %q, want 1 to 48 characters", token)
	}
	service.wantRequest(t, "CreateGameSession", map[string]any{
		"AliasId": "alias-1", "MaximumPlayerSessionCount": uint64(0), "IdempotencyToken": token,
	})
}

func TestCreateSessionThroughAQueue(t *testing.T) {
	service, client := newAPI(t)
	service.answer = map[string]any{"GameSessionPlacement": map[string]any{"PlacementId": "place-1"}}
	id, err := client.CreateSession(t.Context(), muster.CreateSessionRequest{
		QueueName: "queue", PlacementID: "place-1", Name: "duel", MaxPlayers: 2, SessionData: "opaque",
	})
	must(t, err)
	if id != "place-1" {
		t.Errorf("id %q, want the placement's", id)
	}
	service.wantRequest(t, "StartGameSessionPlacement", map[string]any{
		"GameSessionQueueName": "queue", "PlacementId": "place-1", "GameSessionName": "duel",
		"MaximumPlayerSessionCount": uint64(2), "GameSessionData": "opaque",
	})
}

func TestRequestsRefusedLocally(t *testing.T) {
	service, client := newAPI(t)
	_, nowhere := client.CreateSession(t.Context(), muster.CreateSessionRequest{MaxPlayers: 2})
	_, huge := client.CreateSession(t.Context(), muster.CreateSessionRequest{FleetID: "f", MaxPlayers: 1 << 40})
	_, both := client.CreateSession(t.Context(), muster.CreateSessionRequest{FleetID: "f", AliasID: "a"})
	_, search := client.SearchSessions(t.Context(), muster.SearchSessionsRequest{})
	_, reserve := client.ReserveSession(t.Context(), muster.JoinSessionRequest{SessionID: "s"})
	for name, err := range map[string]error{"nowhere": nowhere, "huge": huge, "both": both, "search": search, "reserve": reserve} {
		if !errors.Is(err, muster.ErrInvalidRequest) {
			t.Errorf("%s: %v, want an invalid request", name, err)
		}
	}
	if service.operation != "" {
		t.Errorf("%s was sent", service.operation)
	}
}

func TestSearchSessions(t *testing.T) {
	service, client := newAPI(t)
	service.answer = map[string]any{
		"NextToken": "more",
		"GameSessions": []any{map[string]any{
			"GameSessionId": "arn:s", "Name": "duel", "CreatorId": "ann", "IpAddress": "192.0.2.1", "DnsName": "host.example",
			"Port": 7777, "MaximumPlayerSessionCount": 4, "CurrentPlayerSessionCount": 3, "Status": "ACTIVE",
			"StatusReason": "INTERRUPTED", "MatchmakerData": "{}", "GameSessionData": "opaque",
			"CreationTime":   cbor.Tag{Number: 1, Content: 1795383031.5},
			"GameProperties": []any{map[string]any{"Key": "map", "Value": "desert"}},
		}, map[string]any{}},
	}
	got, err := client.SearchSessions(t.Context(), muster.SearchSessionsRequest{
		FleetID: "fleet-1", Location: "l", FilterExpression: "f", SortExpression: "s", MaxResults: 5, NextToken: "n",
	})
	must(t, err)
	service.wantRequest(t, "SearchGameSessions", map[string]any{
		"FleetId": "fleet-1", "Location": "l", "FilterExpression": "f", "SortExpression": "s", "Limit": uint64(5), "NextToken": "n",
	})
	want := muster.SearchSessionsResponse{NextToken: "more", SessionConfigs: []muster.SessionConfig{{
		SessionID: "arn:s", Name: "duel", CreatorID: "ann", IPAddress: "192.0.2.1", DNSName: "host.example", Port: 7777,
		MaxPlayers: 4, CurrentPlayers: 3, Status: muster.SessionActive, StatusReason: muster.ReasonInterrupted,
		MatchmakingData: "{}", SessionData: "opaque", Properties: map[string]string{"map": "desert"},
		CreationTime: time.UnixMilli(1795383031500).UTC(),
	}, {}}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestReserveSessionPrefersTheNameOfATLSFleet(t *testing.T) {
	service, client := newAPI(t)
	for _, test := range []struct{ name, want string }{
		{"abc.us-west-2.amazongamelift.com", "abc.us-west-2.amazongamelift.com:7777"},
		{"my-host.local", "192.0.2.1:7777"},
		{"amazongamelift.com.example", "192.0.2.1:7777"},
		{"", "192.0.2.1:7777"},
	} {
		service.answer = map[string]any{"PlayerSession": map[string]any{
			"PlayerSessionId": "psess-1", "IpAddress": "192.0.2.1", "DnsName": test.name, "Port": 7777,
		}}
		got, err := client.ReserveSession(t.Context(), muster.JoinSessionRequest{SessionID: "arn:s", PlayerID: "ann", PlayerData: "d"})
		must(t, err)
		service.wantRequest(t, "CreatePlayerSession", map[string]any{"GameSessionId": "arn:s", "PlayerId": "ann", "PlayerData": "d"})
		if got.Address() != test.want || got.PlayerSessionID != "psess-1" || got.IPAddress != "192.0.2.1" {
			t.Errorf("%q: connect to %s as %+v, want %s", test.name, got.Address(), got, test.want)
		}
	}
}

func TestExceptionsBecomeSentinels(t *testing.T) {
	service, client := newAPI(t)
	for exception, want := range map[string]error{
		"InvalidRequestException": muster.ErrInvalidRequest, "UnsupportedRegionException": muster.ErrInvalidRequest,
		"SerializationException": muster.ErrInvalidRequest, "UnknownOperationException": muster.ErrInvalidRequest,
		"ValidationError": muster.ErrInvalidRequest, "MalformedHttpRequestException": muster.ErrInvalidRequest,
		"RequestEntityTooLargeException": muster.ErrInvalidRequest, "NotAuthorized": muster.ErrUnauthorized,
		"RequestExpired": muster.ErrUnauthorized, "ServiceUnavailable": muster.ErrUnavailable,
		"NotFoundException": muster.ErrNotFound, "GameSessionFullException": muster.ErrSessionFull,
		"InvalidGameSessionStatusException": muster.ErrNotActive, "InvalidFleetStatusException": muster.ErrNotActive,
		"TerminalRoutingStrategyException": muster.ErrNotActive, "FleetCapacityExceededException": muster.ErrNoCapacity,
		"LimitExceededException": muster.ErrNoCapacity, "ConflictException": muster.ErrConflict,
		"IdempotentParameterMismatchException": muster.ErrConflict, "UnauthorizedException": muster.ErrUnauthorized,
		"InvalidSignatureException": muster.ErrUnauthorized, "UnrecognizedClientException": muster.ErrUnauthorized,
		"ExpiredTokenException": muster.ErrUnauthorized, "InternalServiceException": muster.ErrUnavailable,
		"ThrottlingException": muster.ErrUnavailable, "SomethingNewException": muster.ErrUnavailable,
	} {
		service.exception = exception
		_, create := client.CreateSession(t.Context(), muster.CreateSessionRequest{FleetID: "f"})
		_, place := client.CreateSession(t.Context(), muster.CreateSessionRequest{QueueName: "q", PlacementID: "p"})
		_, search := client.SearchSessions(t.Context(), muster.SearchSessionsRequest{FleetID: "f"})
		_, reserve := client.ReserveSession(t.Context(), muster.JoinSessionRequest{SessionID: "s", PlayerID: "p"})
		for _, err := range []error{create, place, search, reserve} {
			if !errors.Is(err, want) || !strings.Contains(err.Error(), "because") {
				t.Errorf("%s: %v, want %v in the service's own words", exception, err, want)
			}
		}
	}
}

func TestEmptyAnswersAreErrors(t *testing.T) {
	_, client := newAPI(t)
	_, create := client.CreateSession(t.Context(), muster.CreateSessionRequest{FleetID: "f"})
	_, place := client.CreateSession(t.Context(), muster.CreateSessionRequest{QueueName: "q", PlacementID: "p"})
	_, reserve := client.ReserveSession(t.Context(), muster.JoinSessionRequest{SessionID: "s", PlayerID: "p"})
	for _, err := range []error{create, place, reserve} {
		wantError(t, err, muster.ErrUnavailable)
	}
}

func TestUnreachableServiceAndCancelledCalls(t *testing.T) {
	_, client := newAPI(t)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err := client.SearchSessions(ctx, muster.SearchSessionsRequest{FleetID: "f"})
	wantError(t, err, context.Canceled)
	_, client = newAPI(t)
	client.Endpoint = "http://127.0.0.1:1"
	_, err = client.SearchSessions(t.Context(), muster.SearchSessionsRequest{FleetID: "f"})
	wantError(t, err, muster.ErrUnavailable)
	_, client = newAPI(t)
	client.Config.HTTPClient = impatient{}
	_, err = client.SearchSessions(t.Context(), muster.SearchSessionsRequest{FleetID: "f"})
	wantError(t, err, muster.ErrUnavailable)
}

// impatient is an HTTP client with a time limit of its own.
type impatient struct{}

func (impatient) Do(*http.Request) (*http.Response, error) { return nil, context.DeadlineExceeded }

// bare gives a test an environment without any AWS configuration.
func bare(t *testing.T) {
	for _, name := range []string{"AWS_REGION", "AWS_DEFAULT_REGION", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "AWS_PROFILE"} {
		t.Setenv(name, "")
	}
	t.Setenv("AWS_EC2_METADATA_DISABLED", "true")
	t.Setenv("AWS_CONFIG_FILE", path.Join(t.TempDir(), "config"))
	t.Setenv("AWS_SHARED_CREDENTIALS_FILE", path.Join(t.TempDir(), "credentials"))
}

func TestConfigureSaysWhatIsMissing(t *testing.T) {
	bare(t)
	var client gamelift.Client
	wantError(t, client.Configure(t.Context()), gamelift.ErrMissingRegion)
	wantError(t, client.Configure(t.Context()), muster.ErrNotInitialized)
	client.Region = "us-west-2"
	wantError(t, client.Configure(t.Context()), gamelift.ErrMissingCredential)
	wantError(t, client.Configure(t.Context()), muster.ErrUnauthorized)
	t.Setenv("AWS_ACCESS_KEY_ID", "AKID")
	t.Setenv("AWS_SECRET_ACCESS_KEY", "secret")
	must(t, client.Configure(t.Context())) // a failed one can be tried again
	must(t, client.Configure(t.Context()))
}

func TestZeroClientFollowsTheEnvironment(t *testing.T) {
	bare(t)
	service := &api{answer: map[string]any{}}
	server := httptest.NewServer(service)
	defer server.Close()
	defer http.DefaultClient.CloseIdleConnections()
	t.Setenv("AWS_ENDPOINT_URL_GAMELIFT", server.URL)
	t.Setenv("AWS_REGION", "eu-central-1")
	t.Setenv("AWS_ACCESS_KEY_ID", "AKID")
	t.Setenv("AWS_SECRET_ACCESS_KEY", "secret")
	for want, client := range map[string]*gamelift.Client{"eu-central-1": {}, "us-east-1": {Region: "us-east-1"}} {
		_, err := client.SearchSessions(t.Context(), muster.SearchSessionsRequest{FleetID: "f"})
		must(t, err)
		if service.region != want {
			t.Errorf("signed for %q, want %q", service.region, want)
		}
	}
}

func TestEndpointIsAURL(t *testing.T) {
	for _, endpoint := range []string{"127.0.0.1:9080", "localhost:9080", "ws://127.0.0.1:9080", "http://", ":"} {
		_, client := newAPI(t)
		client.Endpoint = endpoint
		err := client.Configure(t.Context())
		wantError(t, err, muster.ErrInvalidRequest)
		if err != nil && !strings.Contains(err.Error(), "http://host:port") {
			t.Errorf("%q: %v does not say what is wanted", endpoint, err)
		}
	}
}

func TestAnonymousClient(t *testing.T) {
	service, client := newAPI(t)
	client.Config.Credentials = aws.AnonymousCredentials{}
	_, err := client.SearchSessions(t.Context(), muster.SearchSessionsRequest{FleetID: "f"})
	must(t, err)
	if service.operation != "SearchGameSessions" {
		t.Errorf("called %q", service.operation)
	}
}

func TestClientMayBeSharedFromTheStart(t *testing.T) {
	_, client := newAPI(t)
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() {
			if _, err := client.SearchSessions(t.Context(), muster.SearchSessionsRequest{FleetID: "f"}); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
}
