package bench

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"time"

	"github.com/musterhq/muster/gamelift"
)

// An arena is a fleet on a running server, with one compute.
type arena struct {
	*client
	fleet, endpoint, token string
}

func furnish(ctx context.Context, url string) (*arena, error) {
	c, err := dial(ctx, url)
	if err != nil {
		return nil, err
	}
	a := &arena{client: c}
	if err := a.furnish(); err != nil {
		c.close()
		return nil, err
	}
	return a, nil
}

func (a *arena) furnish() error {
	if err := a.ask("CreateLocation", `{"LocationName":"`+seedLocation+`"}`, nil); err != nil {
		return err
	}
	var made struct{ FleetAttributes struct{ FleetId string } }
	if err := a.ask("CreateFleet", `{"Name":"bench","ComputeType":"ANYWHERE","Locations":[{"Location":"`+seedLocation+`"}]}`, &made); err != nil {
		return err
	}
	a.fleet = made.FleetAttributes.FleetId
	var compute struct {
		Compute struct{ GameLiftServiceSdkEndpoint string }
	}
	where := fmt.Sprintf(`{"FleetId":"%s","ComputeName":"%s"`, a.fleet, seedCompute)
	if err := a.ask("RegisterCompute", where+`,"IpAddress":"127.0.0.1","Location":"`+seedLocation+`"}`, &compute); err != nil {
		return err
	}
	var auth struct{ AuthToken string }
	if err := a.ask("GetComputeAuthToken", where+"}", &auth); err != nil {
		return err
	}
	a.endpoint, a.token = compute.Compute.GameLiftServiceSdkEndpoint, auth.AuthToken
	return nil
}

// host connects a game server and returns once it is ready for a game session.
func (a *arena) host(ctx context.Context) (*gamelift.Host, error) {
	h := &gamelift.Host{
		WebSocketURL: a.endpoint, AuthToken: a.token, HostID: seedCompute, FleetID: a.fleet, Port: 7777,
		LookupEnv: func(string) (string, bool) { return "", false }, Logger: slog.New(slog.DiscardHandler),
	}
	err := h.Init(ctx)
	if err == nil {
		err = h.NotifyProcessReady(ctx)
	}
	if err != nil {
		h.Close()
		return nil, err
	}
	return h, nil
}

// patience is how long a host's first heartbeat, without which it gets no game
// session, may be on its way.
const patience = 10 * time.Second

// create makes a game session as soon as a host is ready for it, and returns
// its ARN and when the request that did was sent.
func (a *arena) create(ctx context.Context) (arn string, sent time.Time, err error) {
	body := fmt.Sprintf(`{"FleetId":"%s","MaximumPlayerSessionCount":%d,"Name":"a game","GameProperties":[{"Key":"map","Value":"dust"},{"Key":"mode","Value":"ctf"}]}`, a.fleet, seats)
	for begin := time.Now(); ; {
		sent = time.Now()
		var made struct {
			GameSession struct{ GameSessionId string }
		}
		err := a.ask("CreateGameSession", body, &made)
		if err == nil || !strings.Contains(err.Error(), "FleetCapacityExceeded") || time.Since(begin) > patience || ctx.Err() != nil {
			return made.GameSession.GameSessionId, sent, err
		}
	}
}

// awaitActive asks without pause until a game session is ACTIVE.
func (a *arena) awaitActive(ctx context.Context, arn string) error {
	body := []byte(`{"GameSessionId":"` + arn + `"}`)
	for begin := time.Now(); time.Since(begin) < patience && ctx.Err() == nil; {
		answer, err := a.send(jsonWire, "DescribeGameSessions", body)
		if err != nil || bytes.Contains(answer, []byte(`"Status":"ACTIVE"`)) {
			return err
		}
	}
	return errors.Join(fmt.Errorf("game session %s has not become ACTIVE within %v", arn, patience), ctx.Err())
}
