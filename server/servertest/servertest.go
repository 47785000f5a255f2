// Package servertest runs a whole muster inside a test: every AWS SDK and
// every GameLift game server can be pointed at it, and time passes when the
// test says so.
//
// Start with [New] and [Server.NewFleet].
package servertest

import (
	"context"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	awsgamelift "github.com/aws/aws-sdk-go-v2/service/gamelift"
	"github.com/aws/aws-sdk-go-v2/service/gamelift/types"

	"github.com/musterhq/muster/gamelift"
	"github.com/musterhq/muster/server"
)

// A Server is a muster in memory, without authentication, on a port of its
// own. It stops when its test ends.
type Server struct {
	URL   string
	Clock *Clock

	server *server.Server
}

// New starts a server.
func New(t testing.TB) *Server {
	t.Helper()
	return Start(t, server.Config{})
}

// Start starts a server of the given configuration. Clock and Ready are
// replaced, and an empty Listen or Auth is filled in. With Auth.Keys or TLS,
// give Config a key and an HTTPClient that trusts the certificate: it, Client
// and NewFleet know of neither.
func Start(t testing.TB, cfg server.Config) *Server {
	t.Helper()
	s := &Server{Clock: NewClock(time.Now())}
	ready := make(chan string, 1)
	cfg.Clock, cfg.Ready = s.Clock, func(url string) { ready <- url }
	if cfg.Listen == "" {
		cfg.Listen = "127.0.0.1:0"
	}
	if cfg.Auth == (server.Auth{}) {
		cfg.Auth.None = true
	}
	s.server = server.New(cfg)
	ctx, stop := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- s.server.Run(ctx) }()
	select {
	case s.URL = <-ready:
	case err := <-done:
		stop()
		t.Fatalf("start muster: %v", err)
	}
	t.Cleanup(func() {
		stop()
		if err := <-done; err != nil {
			t.Errorf("muster: %v", err)
		}
	})
	return s
}

// Advance moves the server's time on by d and returns when everything that
// became due by it has happened. Nothing has happened in between: a game
// server has missed no health report unless d is longer than it may be silent.
// Game servers report in real time, so calls in a row add up: one that is to
// live through minutes of them needs a HeartbeatInterval of milliseconds, and
// to have reported in between.
func (s *Server) Advance(t testing.TB, d time.Duration) {
	t.Helper()
	s.Clock.Advance(d)
	if err := s.server.Settle(context.Background()); err != nil {
		t.Fatalf("advance by %v: %v", d, err)
	}
}

// Config returns an AWS configuration for the server, for any client of the
// AWS SDK.
func (s *Server) Config() aws.Config {
	return aws.Config{
		Region: "us-east-1", BaseEndpoint: &s.URL,
		Credentials: credentials.NewStaticCredentialsProvider("test", "test", ""),
	}
}

// Client returns the players' side of the provider for the server.
func (s *Server) Client() *gamelift.Client {
	cfg := s.Config()
	return &gamelift.Client{Config: &cfg}
}

// A Fleet is an Anywhere fleet with one location and one compute.
type Fleet struct {
	ID, Location, Compute string

	endpoint, token string
}

// NewFleet makes a fleet that game servers can connect to.
func (s *Server) NewFleet(t testing.TB) *Fleet {
	t.Helper()
	f, err := s.furnish(context.Background())
	if err != nil {
		t.Fatalf("make a fleet: %v", err)
	}
	return f
}

func (s *Server) furnish(ctx context.Context) (*Fleet, error) {
	api := awsgamelift.NewFromConfig(s.Config())
	f := &Fleet{Location: "custom-test", Compute: "test-machine"}
	locations, err := api.ListLocations(ctx, &awsgamelift.ListLocationsInput{Filters: []types.LocationFilter{types.LocationFilterCustom}})
	if err != nil {
		return nil, err
	}
	if len(locations.Locations) == 0 {
		if _, err := api.CreateLocation(ctx, &awsgamelift.CreateLocationInput{LocationName: &f.Location}); err != nil {
			return nil, err
		}
	}
	made, err := api.CreateFleet(ctx, &awsgamelift.CreateFleetInput{
		Name: aws.String("test"), ComputeType: types.ComputeTypeAnywhere,
		Locations: []types.LocationConfiguration{{Location: &f.Location}},
	})
	if err != nil {
		return nil, err
	}
	f.ID = *made.FleetAttributes.FleetId
	compute, err := api.RegisterCompute(ctx, &awsgamelift.RegisterComputeInput{
		FleetId: &f.ID, ComputeName: &f.Compute, IpAddress: aws.String("127.0.0.1"), Location: &f.Location,
	})
	if err != nil {
		return nil, err
	}
	token, err := api.GetComputeAuthToken(ctx, &awsgamelift.GetComputeAuthTokenInput{FleetId: &f.ID, ComputeName: &f.Compute})
	if err != nil {
		return nil, err
	}
	f.endpoint, f.token = *compute.Compute.GameLiftServiceSdkEndpoint, *token.AuthToken
	return f, nil
}

// NewHost returns a game server of the fleet that is not connected yet: set
// what else it needs and call Init. It is closed when the test ends.
func (f *Fleet) NewHost(t testing.TB, port int) *gamelift.Host {
	h := &gamelift.Host{
		WebSocketURL: f.endpoint, AuthToken: f.token, HostID: f.Compute, FleetID: f.ID, Port: port,
		LookupEnv: func(string) (string, bool) { return "", false },
	}
	t.Cleanup(h.Close)
	return h
}
