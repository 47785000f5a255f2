package api_test

import (
	"bufio"
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"
	"github.com/aws/aws-sdk-go-v2/service/gamelift"

	"github.com/musterhq/muster/internal/auth"
	"github.com/musterhq/muster/internal/awswire"
	"github.com/musterhq/muster/internal/world"
)

const (
	benchClients = 64
	benchRounds  = 10
	benchSeats   = 200 // the most that a game session can sell
)

// BenchmarkCreatePlayerSession measures CreatePlayerSession by 64 clients over
// HTTP, signed, with the journal in memory; and, in turns with that, as many
// requests to a handler that checks the signature and answers a fixed body.
// The metric of-noop is the throughput of the one as a part of the other's;
// what the clients take of the machine is in both.
func BenchmarkCreatePlayerSession(b *testing.B) {
	b.Run("json", func(b *testing.B) { benchPair(b, jsonSending, awswire.AppendJSON) })
	b.Run("cbor", func(b *testing.B) { benchPair(b, cborSending, awswire.AppendCBOR) })
}

func benchPair(b *testing.B, wire func(op, body string) sending, document func([]byte, any) []byte) {
	h := newHouse(b, world.Settings{})
	h.door.Auth = &auth.Verifier{Keys: auth.NewKeys(auth.Key{ID: benchKey.AccessKeyID, Secret: benchKey.SecretAccessKey})}
	var requests [][]byte
	for _, in := range h.benchInputs(b.N) {
		requests = append(requests, sign(b, wire("CreatePlayerSession", string(document(nil, in)))))
	}
	noop, door := newBenchLoad(b, noopHandler(h.door.Auth)), newBenchLoad(b, h.door)
	b.ResetTimer()
	for i := range benchRounds {
		from, to := i*b.N/benchRounds, (i+1)*b.N/benchRounds
		b.StopTimer()
		noop.send(b, requests, from, to)
		b.StartTimer()
		door.send(b, requests, from, to)
	}
	b.ReportMetric(float64(b.N)/door.took.Seconds(), "req/s")
	b.ReportMetric(float64(b.N)/noop.took.Seconds(), "noop-req/s")
	b.ReportMetric(noop.took.Seconds()/door.took.Seconds(), "of-noop")
}

var benchKey = aws.Credentials{AccessKeyID: "AKIDEXAMPLE", SecretAccessKey: "secret"}

// benchInputs makes game sessions with room for n players, and a request to
// join each of them: good for benchSeats players.
func (h *house) benchInputs(n int) []*gamelift.CreatePlayerSessionInput {
	do(h, world.CreateLocation{Name: "custom-hall"})
	fleet := do(h, world.CreateFleet{ID: "fleet-1", Name: "Arena", Locations: []string{"custom-hall"}})
	do(h, world.RegisterCompute{Fleet: fleet.ID, Name: "host-1", IP: "10.0.0.7", Location: "custom-hall"})
	inputs := make([]*gamelift.CreatePlayerSessionInput, n/benchSeats+1)
	for i := range inputs {
		h.process(fleet.ID, "host-1")
		s := do(h, world.CreateGameSession{ID: fmt.Sprint(i), Fleet: fleet.ID, Maximum: benchSeats})
		do(h, world.ActivateGameSession{Process: s.Key(), ID: s.ID})
		inputs[i] = &gamelift.CreatePlayerSessionInput{GameSessionId: &s.ID, PlayerId: aws.String("player-1"), PlayerData: aws.String("skill=10")}
	}
	return inputs
}

// sign returns the bytes of a signed request.
func sign(b *testing.B, s sending) []byte {
	r := httptest.NewRequest(s.method, "http://muster.example"+s.path, bytes.NewReader([]byte(s.body)))
	for k, v := range s.header {
		r.Header.Set(k, v)
	}
	sum := sha256.Sum256([]byte(s.body))
	if err := v4.NewSigner().SignHTTP(b.Context(), benchKey, r, hex.EncodeToString(sum[:]), "gamelift", "us-east-1", time.Now()); err != nil {
		b.Fatal(err)
	}
	var wire bytes.Buffer
	if err := r.Write(&wire); err != nil {
		b.Fatal(err)
	}
	return wire.Bytes()
}

// noopHandler is the least that a door can do.
func noopHandler(v *auth.Verifier) http.Handler {
	answer := bytes.Repeat([]byte("x"), 600) // about what a player session takes
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err == nil {
			err = v.Verify(r, body)
		}
		if err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		_, _ = w.Write(answer)
	})
}

// A benchLoad is a server with its clients, who leave most of the machine to
// it.
type benchLoad struct {
	clients []*bufio.ReadWriter
	took    time.Duration
}

func newBenchLoad(b *testing.B, handler http.Handler) *benchLoad {
	server := httptest.NewServer(handler)
	b.Cleanup(server.Close)
	load := &benchLoad{}
	for range benchClients {
		conn, err := net.Dial("tcp", server.Listener.Addr().String())
		if err != nil {
			b.Fatal(err)
		}
		b.Cleanup(func() { _ = conn.Close() })
		load.clients = append(load.clients, bufio.NewReadWriter(bufio.NewReader(conn), bufio.NewWriter(conn)))
	}
	return load
}

// send sends the requests of players from to to, each client one after
// another.
func (l *benchLoad) send(b *testing.B, requests [][]byte, from, to int) {
	began := time.Now()
	var all sync.WaitGroup
	for i, client := range l.clients {
		all.Go(func() {
			for player := from + i; player < to; player += benchClients {
				if err := exchange(client, requests[player/benchSeats]); err != nil {
					b.Error(err)
					return
				}
			}
		})
	}
	all.Wait()
	l.took += time.Since(began)
}

func exchange(client *bufio.ReadWriter, request []byte) error {
	if _, err := client.Write(request); err != nil {
		return err
	}
	if err := client.Flush(); err != nil {
		return err
	}
	answer, err := http.ReadResponse(client.Reader, nil)
	if err != nil {
		return err
	}
	body, err := io.ReadAll(answer.Body)
	if err == nil && answer.StatusCode != http.StatusOK {
		err = fmt.Errorf("got %d %s", answer.StatusCode, body)
	}
	return err
}

// BenchmarkDoor is what CreatePlayerSession takes without network and
// signature, one after another.
func BenchmarkDoor(b *testing.B) {
	h := newHouse(b, world.Settings{})
	var bodies []string
	for _, in := range h.benchInputs(b.N) {
		bodies = append(bodies, string(awswire.AppendJSON(nil, in)))
	}
	b.ReportAllocs()
	b.ResetTimer()
	for n := range b.N {
		if w := jsonSending("CreatePlayerSession", bodies[n/benchSeats]).to(h.door); w.Code != http.StatusOK {
			b.Fatal(w.Body)
		}
	}
}

// BenchmarkSearchGameSessions is a page of twenty game sessions of forty,
// without network and signature.
func BenchmarkSearchGameSessions(b *testing.B) {
	h := newHouse(b, world.Settings{})
	h.benchInputs(0)
	for i := range 40 {
		h.process("fleet-1", "host-1")
		s := do(h, world.CreateGameSession{
			ID: fmt.Sprint("s", i), Fleet: "fleet-1", Maximum: 8, Name: "a game",
			Properties: map[string]string{"map": "dust", "mode": "ctf", "level": fmt.Sprint(i), "region": "eu"},
		})
		do(h, world.ActivateGameSession{Process: s.Key(), ID: s.ID})
	}
	request := jsonSending("SearchGameSessions", `{"FleetId":"fleet-1","Limit":20,"FilterExpression":"gameSessionProperties.mode = 'ctf'","SortExpression":"creationTimeMillis ASC"}`)
	b.ReportAllocs()
	for b.Loop() {
		if w := request.to(h.door); w.Code != http.StatusOK {
			b.Fatal(w.Body)
		}
	}
}
