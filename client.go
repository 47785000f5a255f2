package muster

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"sync"
	"time"
)

// Client is the session interface over any [Provider]: it validates requests,
// joins in two steps, and remembers whether there is a session to leave. It
// serves one player, who is in one session at a time. Set the fields before the
// first call; a Client must not be copied.
type Client struct {
	// Provider does the work. Required: without it creating, searching and
	// joining return [ErrNotInitialized].
	Provider Provider
	// Handler connects and disconnects the player. Required for joining and
	// leaving only. What it does when the context of a call has ended is not
	// waited for: the call has failed then.
	Handler ClientHandler

	mu    sync.Mutex
	place place
}

// place is where the player is.
type place int

const (
	outside place = iota
	joining
	inside
	leaving
)

var _ Sessions = (*Client)(nil)

// releaseTime bounds giving a slot back, which must happen even when the
// caller's context has ended.
const releaseTime = 5 * time.Second

var errNoProvider = fmt.Errorf("%w: set Client.Provider", ErrNotInitialized)

// CreateSession implements [Sessions].
func (c *Client) CreateSession(ctx context.Context, request CreateSessionRequest) (string, error) {
	if err := request.Validate(); err != nil {
		return "", fmt.Errorf("create session: %w", err)
	}
	if c.Provider == nil {
		return "", fmt.Errorf("create session: %w", errNoProvider)
	}
	id, err := c.Provider.CreateSession(ctx, request)
	if err != nil {
		return "", fmt.Errorf("create session: %w", err)
	}
	return id, nil
}

// SearchSessions implements [Sessions].
func (c *Client) SearchSessions(ctx context.Context, request SearchSessionsRequest) (SearchSessionsResponse, error) {
	if err := request.Validate(); err != nil {
		return SearchSessionsResponse{}, fmt.Errorf("search sessions: %w", err)
	}
	if c.Provider == nil {
		return SearchSessionsResponse{}, fmt.Errorf("search sessions: %w", errNoProvider)
	}
	response, err := c.Provider.SearchSessions(ctx, request)
	if err != nil {
		return SearchSessionsResponse{}, fmt.Errorf("search sessions: %w", err)
	}
	return response, nil
}

// AllSessions iterates over the sessions of all pages, fetching each page when
// it is needed. An error is the last thing it yields.
func (c *Client) AllSessions(ctx context.Context, request SearchSessionsRequest) iter.Seq2[SessionConfig, error] {
	return func(yield func(SessionConfig, error) bool) {
		for {
			page, err := c.SearchSessions(ctx, request)
			if err != nil {
				yield(SessionConfig{}, err)
				return
			}
			for _, session := range page.SessionConfigs {
				if !yield(session, nil) {
					return
				}
			}
			if page.NextToken == "" {
				return
			}
			if page.NextToken == request.NextToken {
				yield(SessionConfig{}, fmt.Errorf("search sessions: %w: the provider answers page %q with itself", ErrUnavailable, page.NextToken))
				return
			}
			request.NextToken = page.NextToken
		}
	}
}

// JoinSession implements [Sessions]: [Client.ReserveSession] followed by
// [Client.ConnectSession]. Before a slot is reserved it returns [ErrNoHandler]
// without a handler, and [ErrConflict] for a player who is in a session
// already, or on the way into one or out of it.
func (c *Client) JoinSession(ctx context.Context, request JoinSessionRequest) error {
	if err := request.Validate(); err != nil {
		return &StepError{opJoin, StepValidate, err}
	}
	return c.join(func() error {
		connection, err := c.ReserveSession(ctx, request)
		if err != nil {
			return err
		}
		return c.connect(ctx, connection)
	})
}

const opJoin = "join session"

// ReserveSession is the first step of joining alone: it reserves a slot and
// says where to connect. The slot expires unless it is used in time.
func (c *Client) ReserveSession(ctx context.Context, request JoinSessionRequest) (SessionConnectionConfig, error) {
	if err := request.Validate(); err != nil {
		return SessionConnectionConfig{}, &StepError{opJoin, StepValidate, err}
	}
	if c.Provider == nil {
		return SessionConnectionConfig{}, &StepError{opJoin, StepReserve, errNoProvider}
	}
	connection, err := c.Provider.ReserveSession(ctx, request)
	if err != nil {
		return SessionConnectionConfig{}, &StepError{opJoin, StepReserve, err}
	}
	return connection, nil
}

// ConnectSession is the second step of joining alone: it connects the player
// with a slot reserved here or elsewhere, by a back end for instance. If that
// fails the slot is given back where the provider can. A player who is in a
// session already, or on the way into one or out of it, gets [ErrConflict] and
// keeps the slot.
func (c *Client) ConnectSession(ctx context.Context, connection SessionConnectionConfig) error {
	return c.join(func() error { return c.connect(ctx, connection) })
}

// join brings the player inside if enter does.
func (c *Client) join(enter func() error) error {
	if c.Handler == nil {
		return &StepError{opJoin, StepConnect, ErrNoHandler}
	}
	if at := c.move(outside, joining); at != outside {
		return &StepError{opJoin, StepValidate, at.refusal()}
	}
	now := outside
	defer func() { c.move(joining, now) }() // also if the provider panics
	err := enter()
	if err == nil {
		now = inside
	}
	return err
}

func (c *Client) connect(ctx context.Context, connection SessionConnectionConfig) error {
	if connection.PlayerSessionID == "" {
		return &StepError{opJoin, StepValidate, invalid("player session id is required")}
	}
	err := c.handle(ctx, func() error { return c.Handler.RequestPlayerJoinSession(ctx, connection) })
	if err != nil {
		err = &StepError{opJoin, StepConnect, err}
		return errors.Join(err, c.release(ctx, connection))
	}
	return nil
}

// handle calls the game, which nobody waits for any longer when ctx has ended.
func (c *Client) handle(ctx context.Context, call func() error) error {
	if ctx.Err() != nil {
		return ended(ctx)
	}
	return await(ctx, start(call))
}

func (c *Client) release(ctx context.Context, connection SessionConnectionConfig) error {
	releaser, ok := c.Provider.(Releaser)
	if !ok {
		return nil
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), releaseTime)
	defer cancel()
	if err := releaser.ReleaseSession(ctx, connection); err != nil {
		return &StepError{opJoin, StepRelease, err}
	}
	return nil
}

// LeaveSession implements [Sessions]. While the player is on the way into a
// session or out of it, by another call, it returns [ErrConflict].
func (c *Client) LeaveSession(ctx context.Context) error {
	if c.Handler == nil {
		return fmt.Errorf("leave session: %w", ErrNoHandler)
	}
	switch at := c.move(inside, leaving); at {
	case inside:
	case outside:
		return fmt.Errorf("leave session: %w: join one first", ErrNoSession)
	default:
		return fmt.Errorf("leave session: %w", at.refusal())
	}
	if err := c.handle(ctx, func() error { return c.Handler.RequestPlayerLeaveSession(ctx) }); err != nil {
		c.move(leaving, inside)
		return fmt.Errorf("leave session: %w", err)
	}
	c.move(leaving, outside)
	return nil
}

// move takes the player from one place to another, unless the player is
// elsewhere, and returns where the player was.
func (c *Client) move(from, to place) (was place) {
	c.mu.Lock()
	defer c.mu.Unlock()
	was = c.place
	if was == from {
		c.place = to
	}
	return was
}

// refusal says why a player who is not outside cannot do more at the moment.
func (p place) refusal() error {
	why := map[place]string{
		joining: "a session is being joined: wait for that, or end its context",
		inside:  "a session is joined already: leave the session first",
		leaving: "the session is being left: wait for that",
	}
	return fmt.Errorf("%w: %s", ErrConflict, why[p])
}
