package main

import (
	"context"
	"fmt"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/gamelift"
	"github.com/aws/aws-sdk-go-v2/service/gamelift/types"

	"github.com/musterhq/muster"
)

type sessionCmd struct {
	Create    sessionCreate    `cmd:"" help:"Create a game session."`
	Search    sessionSearch    `cmd:"" help:"Search for game sessions to join."`
	Describe  sessionDescribe  `cmd:"" help:"Show a game session and its players."`
	Join      sessionJoin      `cmd:"" help:"Reserve a player slot in a game session."`
	Terminate sessionTerminate `cmd:"" help:"Ask a game session's server to end it."`
}

type sessionCreate struct {
	onFleet
	format
	Players int32             `help:"How many players it takes." default:"8" env:"-"`
	Name    string            `help:"Name to show to players." env:"-"`
	Prop    map[string]string `help:"Property that can be searched for; may be repeated." placeholder:"KEY=VALUE" mapsep:"none" env:"-"`
	Data    string            `help:"What to hand to the game server." env:"-"`
	Token   given             `help:"Idempotency token: the same one again gives the same session." placeholder:"TOKEN" env:"-"`
	Wait    time.Duration     `help:"How long to wait for the session to be ACTIVE; 0s not to wait." default:"10s" env:"-"`
}

// Help implements kong.HelpProvider.
func (sessionCreate) Help() string {
	return `Example:
  muster session create --players 4 --prop map=dust

Done is when the session is ACTIVE: exits with 1 when its game server would not
host it, or has not activated it within --wait.`
}

func (c sessionCreate) Run(ctx context.Context, o *output) error {
	client, id, err := c.open(ctx)
	if err != nil {
		return err
	}
	in := &gamelift.CreateGameSessionInput{FleetId: &id, MaximumPlayerSessionCount: &c.Players, Name: set(c.Name), GameSessionData: set(c.Data), IdempotencyToken: set(string(c.Token))}
	for k, v := range c.Prop {
		in.GameProperties = append(in.GameProperties, types.GameProperty{Key: &k, Value: &v})
	}
	out, err := client.CreateGameSession(ctx, in)
	if err != nil {
		return err
	}
	session, failed := c.waitActive(ctx, client, *out.GameSession)
	// The session is there however the waiting ended: say which one it is.
	if err := c.print(o, []types.GameSession{session}, "GameSessionId", "Status", "IpAddress", "Port", "MaximumPlayerSessionCount"); err != nil {
		return err
	}
	if session.Status == types.GameSessionStatusActive {
		o.next("muster session join %s --player me%s", *session.GameSessionId, c.flags())
	} else {
		o.next("muster session describe %s%s", *session.GameSessionId, c.flags())
	}
	return failed
}

// set returns what the SDK takes for a string: nil for none.
func set(s string) *string {
	if s == "" {
		return nil
	}
	return &s
}

// waitActive waits until a game session is ACTIVE and returns what is known of
// it. It is an error if it is not, unless nobody wants to wait.
func (c sessionCreate) waitActive(ctx context.Context, client *gamelift.Client, s types.GameSession) (types.GameSession, error) {
	const pause = 50 * time.Millisecond
	for begin := time.Now(); s.Status == types.GameSessionStatusActivating && time.Since(begin) < c.Wait; {
		select {
		case <-time.After(pause):
		case <-ctx.Done():
			return s, ctx.Err()
		}
		out, err := client.DescribeGameSessions(ctx, &gamelift.DescribeGameSessionsInput{GameSessionId: s.GameSessionId})
		if err != nil {
			return s, err
		}
		if len(out.GameSessions) == 0 {
			return s, fmt.Errorf("game session %s: %w", *s.GameSessionId, muster.ErrNotFound)
		}
		s = out.GameSessions[0]
	}
	switch {
	case c.Wait <= 0 || s.Status == types.GameSessionStatusActive:
		return s, nil
	case s.Status == types.GameSessionStatusActivating:
		return s, fmt.Errorf("the game session is still ACTIVATING after %s: its game server has not activated it; see what that one logs, or give it longer with --wait", c.Wait)
	case s.StatusReason != "":
		return s, fmt.Errorf("the game session is %s: %s", s.Status, s.StatusReason)
	}
	return s, fmt.Errorf("the game session is %s: its game server would not host it, or has ended; see what that one logs", s.Status)
}

type sessionSearch struct {
	onFleet
	format
	Filter given  `arg:"" optional:"" help:"What to look for; by default every active session." placeholder:"EXPRESSION"`
	Sort   string `help:"Order, such as 'creationTimeMillis ASC'." placeholder:"EXPRESSION" env:"-"`
	Limit  int32  `help:"How many at the most." default:"20" env:"-"`
}

// Help implements kong.HelpProvider.
func (sessionSearch) Help() string {
	return `Examples:
  muster session search
  muster session search "hasAvailablePlayerSessions=true AND gameSessionProperties.map='dust'"`
}

func (c sessionSearch) Run(ctx context.Context, o *output) error {
	if c.Limit < 1 {
		return usageError(fmt.Sprintf("--limit %d asks for nothing: give at least 1", c.Limit))
	}
	client, id, err := c.open(ctx)
	if err != nil {
		return err
	}
	in := &gamelift.SearchGameSessionsInput{FleetId: &id, FilterExpression: set(string(c.Filter)), SortExpression: set(c.Sort)}
	var rows []types.GameSession
	for pages := gamelift.NewSearchGameSessionsPaginator(client, in); pages.HasMorePages() && len(rows) < int(c.Limit); {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return err
		}
		rows = append(rows, page.GameSessions...)
	}
	rows = rows[:min(len(rows), int(c.Limit))]
	return c.print(o, rows, "GameSessionId", "Name", "CurrentPlayerSessionCount", "MaximumPlayerSessionCount", "IpAddress", "Port")
}

type sessionDescribe struct {
	remote
	format
	ID given `arg:"" help:"Game session ARN."`
}

func (c sessionDescribe) Run(ctx context.Context, o *output) error {
	client, err := c.client(ctx)
	if err != nil {
		return err
	}
	sessions, err := client.DescribeGameSessions(ctx, &gamelift.DescribeGameSessionsInput{GameSessionId: c.ID.ptr()})
	if err != nil {
		return err
	}
	if len(sessions.GameSessions) == 0 {
		return fmt.Errorf("game session %s: %w", c.ID, muster.ErrNotFound)
	}
	var players []types.PlayerSession
	for pages := gamelift.NewDescribePlayerSessionsPaginator(client, &gamelift.DescribePlayerSessionsInput{GameSessionId: c.ID.ptr()}); pages.HasMorePages(); {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return err
		}
		players = append(players, page.PlayerSessions...)
	}
	if c.Output == "json" {
		return printJSON(o, struct {
			GameSession    types.GameSession
			PlayerSessions []types.PlayerSession
		}{sessions.GameSessions[0], players})
	}
	if err := c.print(o, sessions.GameSessions, "GameSessionId", "Status", "CurrentPlayerSessionCount", "MaximumPlayerSessionCount", "IpAddress", "Port"); err != nil {
		return err
	}
	fmt.Fprintln(o.out)
	return c.print(o, players, "PlayerSessionId", "PlayerId", "Status", "CreationTime")
}

type sessionJoin struct {
	remote
	format
	ID     given  `arg:"" help:"Game session ARN."`
	Player given  `help:"Player id." required:"" placeholder:"ID" env:"-"`
	Data   string `help:"What to hand to the game server." env:"-"`
}

func (c sessionJoin) Run(ctx context.Context, o *output) error {
	client, err := c.client(ctx)
	if err != nil {
		return err
	}
	out, err := client.CreatePlayerSession(ctx, &gamelift.CreatePlayerSessionInput{GameSessionId: c.ID.ptr(), PlayerId: c.Player.ptr(), PlayerData: set(c.Data)})
	if err != nil {
		return err
	}
	o.next("connect the game client within a minute, and hand over the player session id")
	return c.print(o, []*types.PlayerSession{out.PlayerSession}, "PlayerSessionId", "IpAddress", "Port", "Status")
}

type sessionTerminate struct {
	remote
	format
	ID given `arg:"" help:"Game session ARN."`
}

func (c sessionTerminate) Run(ctx context.Context, o *output) error {
	client, err := c.client(ctx)
	if err != nil {
		return err
	}
	out, err := client.TerminateGameSession(ctx, &gamelift.TerminateGameSessionInput{GameSessionId: c.ID.ptr(), TerminationMode: types.TerminationModeTriggerOnProcessTerminate})
	if err != nil {
		return err
	}
	o.next("muster session describe %s%s", c.ID, c.flags())
	return c.print(o, []*types.GameSession{out.GameSession}, "GameSessionId", "Status")
}
