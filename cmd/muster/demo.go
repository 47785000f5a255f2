package main

import (
	"context"
	"fmt"
	"log/slog"
	"net"
	"os"
	"os/exec"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsgamelift "github.com/aws/aws-sdk-go-v2/service/gamelift"
	"github.com/aws/aws-sdk-go-v2/service/gamelift/types"
	"github.com/google/uuid"

	"github.com/musterhq/muster/gamelift"
	"github.com/musterhq/muster/server"
)

type demoCmd struct {
	Duration time.Duration `help:"How long players start new games." default:"12s" env:"-"`
	Players  int           `help:"How many players." default:"8" env:"-"`
	Sessions int           `help:"How many game servers, and so game sessions at a time." default:"3" env:"-"`
	Listen   given         `help:"HOST:PORT of the server; by default 127.0.0.1:9080, or a free port if that is taken." placeholder:"HOST:PORT" env:"-"`
}

// most is how many players and game servers a demo has: a slip of the finger
// must not take the machine.
const most = 1000

// Help implements kong.HelpProvider.
func (demoCmd) Help() string {
	return `Starts a muster in memory, game servers as processes of their own, and players
that search, create, join over UDP, play and leave. A session destroys itself
when its last player leaves, and a new game server takes its server's place.
Fails unless it has seen each step. Example:
  muster demo --players 20 --sessions 5 --duration 30s`
}

func (c demoCmd) Run(ctx context.Context, o *output) error {
	if c.Players < 1 || c.Sessions < 1 || c.Duration <= 0 {
		return usageError("a demo needs at least one player, one session and some time")
	}
	if c.Players > most || c.Sessions > most {
		return usageError(fmt.Sprintf("a demo has at most %d players and %[1]d sessions", most))
	}
	w := newWatch(o)
	interrupted := ctx
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	var parts sync.WaitGroup
	defer parts.Wait()
	defer stop()

	url, failed, err := c.startServer(ctx, o, &parts)
	if err != nil {
		return err
	}
	// The demo's clients find its own server whatever the environment says.
	cfg := aws.Config{Region: "us-east-1", Credentials: madeUp, BaseEndpoint: &url}
	client := awsgamelift.NewFromConfig(cfg)
	fleet, env, err := furnishDemo(ctx, client)
	if err != nil {
		return err
	}
	w.say("fleet", "%s: players find sessions with: muster session search --endpoint %s", fleet, url)
	for n := range c.Sessions {
		parts.Go(func() { keepGameServer(ctx, w, fmt.Sprint("server-", n+1), env) })
	}
	parts.Go(func() { watchSessions(ctx, w, client, fleet) })
	if err := c.play(ctx, w, cfg, fleet); err != nil {
		return err
	}
	select {
	case err := <-failed:
		return err
	default:
		missing := w.summary()
		if interrupted.Err() != nil {
			return interrupted.Err() // what was not seen is no fault then
		}
		return missing
	}
}

// startServer runs a muster in memory and returns its URL once it serves.
func (c demoCmd) startServer(ctx context.Context, o *output, parts *sync.WaitGroup) (string, <-chan error, error) {
	ready, failed := make(chan string, 1), make(chan error, 1)
	cfg := server.Config{
		Listen: string(c.Listen), Auth: server.Auth{None: true}, Version: version,
		Log:   slog.New(slog.NewTextHandler(o.err, &slog.HandlerOptions{Level: slog.LevelWarn})),
		Ready: func(url string) { ready <- url },
	}
	if cfg.Listen == "" {
		cfg.Listen = freePort("127.0.0.1:9080")
	}
	parts.Go(func() {
		if err := server.New(cfg).Run(ctx); err != nil {
			failed <- err
		}
	})
	select {
	case url := <-ready:
		banner(o, cfg, url, "demo: in memory, for as long as this runs")
		return url, failed, nil
	case err := <-failed:
		return "", nil, err
	case <-ctx.Done():
		return "", nil, ctx.Err()
	}
}

// freePort returns address, or the same host with any port if it is taken.
func freePort(address string) string {
	l, err := net.Listen("tcp", address)
	if err != nil {
		host, _, _ := net.SplitHostPort(address)
		return net.JoinHostPort(host, "0")
	}
	l.Close()
	return address
}

// furnishDemo makes a location, a fleet and a compute, as anybody would with
// the AWS API, and returns the fleet and the variables that game servers read.
func furnishDemo(ctx context.Context, c *awsgamelift.Client) (fleet string, env []string, err error) {
	location, name := aws.String("custom-demo"), aws.String("demo-machine")
	if _, err := c.CreateLocation(ctx, &awsgamelift.CreateLocationInput{LocationName: location}); err != nil {
		return "", nil, err
	}
	made, err := c.CreateFleet(ctx, &awsgamelift.CreateFleetInput{
		Name: aws.String("demo-arena"), ComputeType: types.ComputeTypeAnywhere,
		Locations: []types.LocationConfiguration{{Location: location}},
	})
	if err != nil {
		return "", nil, err
	}
	id := made.FleetAttributes.FleetId
	compute, err := c.RegisterCompute(ctx, &awsgamelift.RegisterComputeInput{FleetId: id, ComputeName: name, IpAddress: aws.String("127.0.0.1"), Location: location})
	if err != nil {
		return "", nil, err
	}
	token, err := c.GetComputeAuthToken(ctx, &awsgamelift.GetComputeAuthTokenInput{FleetId: id, ComputeName: name})
	if err != nil {
		return "", nil, err
	}
	return *id, []string{
		gamelift.EnvWebSocketURL + "=" + *compute.Compute.GameLiftServiceSdkEndpoint,
		gamelift.EnvAuthToken + "=" + *token.AuthToken,
		gamelift.EnvFleetID + "=" + *id,
		gamelift.EnvHostID + "=" + *name,
	}, nil
}

// keepGameServer runs one game server after another: each hosts one session
// and exits.
func keepGameServer(ctx context.Context, w *watch, name string, env []string) {
	self, err := os.Executable()
	if err != nil {
		w.say(name, "cannot start: %v", err)
		return
	}
	for run := 1; ctx.Err() == nil; run++ {
		cmd := exec.CommandContext(ctx, self, "arena", "--kept")
		cmd.Cancel = func() error { return cmd.Process.Signal(os.Interrupt) }
		cmd.WaitDelay = 5 * time.Second
		cmd.Stdout = readiness{w, name}
		cmd.Env = append(os.Environ(), append(env, gamelift.EnvProcessID+"="+uuid.NewString())...)
		_, err := cmd.StdinPipe() // the system closes it if this process is killed
		if err == nil {
			err = cmd.Start()
		}
		if err != nil {
			w.say(name, "cannot start: %v", err)
			return
		}
		if run == 1 {
			w.say(name, "started, process %d", cmd.Process.Pid)
		} else {
			w.saw("new game server took the place of the old", name, "started anew, process %d", cmd.Process.Pid)
		}
		if err := cmd.Wait(); err != nil && ctx.Err() == nil {
			w.say(name, "ended: %v", err)
			sleep(ctx, time.Second) // one that fails at once must not be started all the time
		}
	}
}

// readiness hears the one line that a game server prints: it is ready.
type readiness struct {
	watch *watch
	name  string
}

func (r readiness) Write(line []byte) (int, error) {
	r.watch.saw("game server ready", r.name, "waits for a session")
	return len(line), nil
}

// watchSessions says what becomes of game sessions.
func watchSessions(ctx context.Context, w *watch, c *awsgamelift.Client, fleet string) {
	status := map[string]types.GameSessionStatus{}
	for t := time.NewTicker(50 * time.Millisecond); ; {
		select {
		case <-ctx.Done():
			t.Stop()
			return
		case <-t.C:
		}
		for pages := awsgamelift.NewDescribeGameSessionsPaginator(c, &awsgamelift.DescribeGameSessionsInput{FleetId: &fleet}); pages.HasMorePages(); {
			page, err := pages.NextPage(ctx)
			if err != nil {
				break
			}
			for _, s := range page.GameSessions {
				sessionBecame(w, s, status[*s.GameSessionId])
				status[*s.GameSessionId] = s.Status
			}
		}
	}
}

func sessionBecame(w *watch, s types.GameSession, before types.GameSessionStatus) {
	if s.Status == before {
		return
	}
	who := "session"
	switch s.Status {
	case types.GameSessionStatusTerminated:
		w.saw("session destroyed after its last player left", who, "%s %s", shortID(*s.GameSessionId), s.Status)
	default:
		w.say(who, "%s %s at %s:%d", shortID(*s.GameSessionId), s.Status, *s.IpAddress, *s.Port)
	}
}
