package api_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/gamelift"
	"github.com/aws/smithy-go"
	"github.com/google/uuid"

	"github.com/musterhq/muster/internal/auth"
	"github.com/musterhq/muster/internal/journal/faulty"
	"github.com/musterhq/muster/internal/world"
)

func TestAuthentication(t *testing.T) {
	h := newHouse(t, world.Settings{})
	h.door.Auth = &auth.Verifier{Keys: auth.NewKeys(auth.Key{ID: "AKIDEXAMPLE", Secret: "secret"})}
	server := httptest.NewServer(h.door)
	t.Cleanup(server.Close)
	for _, c := range []struct{ id, secret, exception string }{
		{"AKIDEXAMPLE", "secret", ""},
		{"AKIDEXAMPLE", "guess", "InvalidSignatureException"},
		{"AKIDOTHER", "secret", "UnrecognizedClientException"},
	} {
		client := gamelift.New(gamelift.Options{
			BaseEndpoint: &server.URL, Region: "eu-west-1", RetryMaxAttempts: 1,
			Credentials: credentials.NewStaticCredentialsProvider(c.id, c.secret, ""),
		})
		for _, call := range []func() error{
			func() error { _, err := client.ListFleets(t.Context(), &gamelift.ListFleetsInput{}); return err },
			func() error {
				_, err := client.DescribeMatchmaking(t.Context(), &gamelift.DescribeMatchmakingInput{TicketIds: []string{"t"}})
				return err
			},
		} {
			err := call()
			var ae smithy.APIError
			switch {
			case c.exception == "" && (err == nil || errors.As(err, &ae) && ae.ErrorCode() == "InvalidRequestException"):
			case c.exception != "" && errors.As(err, &ae) && ae.ErrorCode() == c.exception && ae.ErrorMessage() != "":
			default:
				t.Errorf("%s with %s: got %v, want %q", c.id, c.secret, err, c.exception)
			}
		}
	}
	unsigned := jsonSending("ListFleets", "{}").to(h.door)
	if document := decodeAnswer(t, unsigned); unsigned.Code != 400 || document["__type"] != "MissingAuthenticationTokenException" {
		t.Errorf("unsigned: got %d %v", unsigned.Code, document)
	}
}

// TestWebPages has pages ask a Door that nobody has to sign for. The names of
// some lead to this machine, so that their requests are no foreign ones.
func TestWebPages(t *testing.T) {
	h := newHouse(t, world.Settings{})
	for origin, want := range map[string]int{
		"http://localhost:5173":              200,
		"http://127.0.0.1:9080":              200,
		"https://[::1]:9080":                 200,
		"http://192.168.1.5":                 200,
		"http://evil.example":                400,
		"http://localhost.evil.example:9080": 400,
		"http://127.0.0.1.evil.example":      400,
		"null":                               400,
		"http://%zz":                         400,
	} {
		for _, s := range []sending{jsonSending("ListFleets", "{}"), cborSending("ListFleets", "\xa0")} {
			w := s.with("Origin", origin).to(h.door)
			if document := decodeAnswer(t, w); w.Code != want || want != 200 && document["__type"] != "AccessDeniedException" {
				t.Errorf("%s: got %d %v, want %d", origin, w.Code, document, want)
			}
		}
	}
	h.door.Auth = &auth.Verifier{}
	w := jsonSending("ListFleets", "{}").with("Origin", "http://evil.example").to(h.door)
	if document := decodeAnswer(t, w); document["__type"] != "MissingAuthenticationTokenException" {
		t.Errorf("where signatures are checked: got %v", document)
	}
}

// A journal that takes no more blocks, and a ledger that has stopped, are
// errors that clients try again on.
func TestUnavailable(t *testing.T) {
	var broken atomic.Bool
	disk := &faulty.Disk{Plan: func(c faulty.Call) faulty.Fate {
		if c.Op == faulty.Append && broken.Load() {
			return faulty.Fate{Fault: faulty.Refuse}
		}
		return faulty.Fate{}
	}}
	h, stop := newHouseOn(t, disk.Open(), world.Settings{})
	h.location("custom-hall")
	broken.Store(true)
	h.refused(&gamelift.CreateLocationInput{LocationName: aws.String("custom-attic")}, "InternalServiceException", "the journal cannot be written: try again")
	if w := h.post(t.Context(), "CreateLocation", `{"LocationName":"custom-attic"}`); w.Code != 500 {
		t.Errorf("got status %d", w.Code)
	}
	stop()
	h.refused(&gamelift.ListLocationsInput{}, "InternalServiceException", "shutting down: try again")
}

// Somebody who has gone gets an answer all the same, for whoever observes it.
func TestClientGone(t *testing.T) {
	h := newHouse(t, world.Settings{})
	gone, cancel := context.WithCancel(t.Context())
	cancel()
	for range 100 { // it may still have been made durable in time
		w := h.post(gone, "CreateLocation", `{"LocationName":"custom-`+uuid.NewString()+`"}`)
		if document := decodeAnswer(t, w); w.Code == 500 {
			if !strings.Contains(fmt.Sprint(document["Message"]), "the client has gone") {
				t.Errorf("got %v", document)
			}
			return
		}
	}
	t.Error("a request that nobody waits for is always answered")
}

// What went wrong inside is for the log, not for the client.
func TestUnexpectedError(t *testing.T) {
	disk := &faulty.Disk{Plan: func(c faulty.Call) faulty.Fate {
		if c.Op == faulty.Find {
			return faulty.Fate{Fault: faulty.Refuse}
		}
		return faulty.Fate{}
	}}
	h, _ := newHouseOn(t, disk.Open(), world.Settings{})
	var log bytes.Buffer
	h.door.Log = slog.New(slog.NewTextHandler(&log, nil))
	w := h.post(t.Context(), "DescribePlayerSessions", `{"PlayerSessionId":"psess-1"}`)
	document := decodeAnswer(t, w)
	if w.Code != 500 || document["__type"] != "InternalServiceException" || strings.Contains(w.Body.String(), faulty.ErrFault.Error()) {
		t.Errorf("got %d %v", w.Code, document)
	}
	if !strings.Contains(log.String(), faulty.ErrFault.Error()) || !strings.Contains(log.String(), w.Header().Get("X-Amzn-RequestId")) {
		t.Errorf("logged %s", log.String())
	}
}

// Seats are sold once, whoever asks and however.
func TestConcurrentPlayers(t *testing.T) {
	const callers, calls, seats = 8, 20, 100
	h := newHouse(t, world.Settings{})
	server := httptest.NewServer(h.door)
	t.Cleanup(server.Close)
	client := newClient(server.URL)
	fleet, _ := h.arena(1)
	id := h.session(fleet, seats).GameSessionId

	var sold, full atomic.Int64
	var seen sync.Map
	var all sync.WaitGroup
	for caller := range callers {
		all.Go(func() {
			for i := range calls {
				player := fmt.Sprintf("player-%d-%d", caller, i)
				out, err := client.CreatePlayerSession(t.Context(), &gamelift.CreatePlayerSessionInput{GameSessionId: id, PlayerId: &player})
				var ae smithy.APIError
				switch {
				case err == nil && *out.PlayerSession.PlayerId != player:
					t.Errorf("%s was answered %s", player, *out.PlayerSession.PlayerId)
				case err == nil:
					sold.Add(1)
					if _, twice := seen.LoadOrStore(*out.PlayerSession.PlayerSessionId, player); twice {
						t.Errorf("player session %s was made twice", *out.PlayerSession.PlayerSessionId)
					}
				case errors.As(err, &ae) && ae.ErrorCode() == "GameSessionFullException":
					full.Add(1)
				default:
					t.Error(err)
				}
				if w := h.post(t.Context(), "SearchGameSessions", `{"FleetId":"`+fleet+`"}`); w.Code != 200 {
					t.Errorf("search: %s", w.Body)
				}
			}
		})
	}
	all.Wait()
	if sold.Load() != seats || full.Load() != callers*calls-seats {
		t.Errorf("sold %d seats, refused %d", sold.Load(), full.Load())
	}
	s := call[gamelift.DescribeGameSessionsOutput](h, &gamelift.DescribeGameSessionsInput{GameSessionId: id}).GameSessions[0]
	if *s.CurrentPlayerSessionCount != seats {
		t.Errorf("the session counts %d players", *s.CurrentPlayerSessionCount)
	}
}
