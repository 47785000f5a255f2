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
// serves one player. Set the fields before the first call; a Client must not
// be copied.
type Client struct {
	// Provider does the work. Required.
	Provider Provider
	// Handler connects and disconnects the player. Required for joining and
	// leaving only.
	Handler ClientHandler

	mu     sync.Mutex
	joined bool
}

var _ Sessions = (*Client)(nil)

// releaseTime bounds giving a slot back, which must happen even when the
// caller's context has ended.
const releaseTime = 5 * time.Second

// CreateSession implements [Sessions].
func (c *Client) CreateSession(ctx context.Context, request CreateSessionRequest) (string, error) {
	if err := request.Validate(); err != nil {
		return "", fmt.Errorf("create session: %w", err)
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
// [Client.ConnectSession]. Without a handler it returns [ErrNoHandler] before
// a slot is reserved.
func (c *Client) JoinSession(ctx context.Context, request JoinSessionRequest) error {
	if err := request.Validate(); err != nil {
		return &StepError{"join session", StepValidate, err}
	}
	if c.Handler == nil {
		return &StepError{"join session", StepConnect, ErrNoHandler}
	}
	connection, err := c.ReserveSession(ctx, request)
	if err != nil {
		return err
	}
	return c.ConnectSession(ctx, connection)
}

// ReserveSession is the first step of joining alone: it reserves a slot and
// says where to connect. The slot expires unless it is used in time.
func (c *Client) ReserveSession(ctx context.Context, request JoinSessionRequest) (SessionConnectionConfig, error) {
	if err := request.Validate(); err != nil {
		return SessionConnectionConfig{}, &StepError{"join session", StepValidate, err}
	}
	connection, err := c.Provider.ReserveSession(ctx, request)
	if err != nil {
		return SessionConnectionConfig{}, &StepError{"join session", StepReserve, err}
	}
	return connection, nil
}

// ConnectSession is the second step of joining alone: it connects the player
// with a slot reserved here or elsewhere, by a back end for instance. If that
// fails the slot is given back where the provider can.
func (c *Client) ConnectSession(ctx context.Context, connection SessionConnectionConfig) error {
	if connection.PlayerSessionID == "" {
		return &StepError{"join session", StepValidate, invalid("player session id is required")}
	}
	if c.Handler == nil {
		return &StepError{"join session", StepConnect, ErrNoHandler}
	}
	err := guard(func() error { return c.Handler.RequestPlayerJoinSession(ctx, connection) })
	if err != nil {
		err = &StepError{"join session", StepConnect, err}
		return errors.Join(err, c.release(ctx, connection))
	}
	c.setJoined(true)
	return nil
}

func (c *Client) release(ctx context.Context, connection SessionConnectionConfig) error {
	releaser, ok := c.Provider.(Releaser)
	if !ok {
		return nil
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), releaseTime)
	defer cancel()
	if err := releaser.ReleaseSession(ctx, connection); err != nil {
		return &StepError{"join session", StepRelease, err}
	}
	return nil
}

// LeaveSession implements [Sessions]. Of several calls at the same time one
// disconnects and the others return [ErrNoSession].
func (c *Client) LeaveSession(ctx context.Context) error {
	if c.Handler == nil {
		return fmt.Errorf("leave session: %w", ErrNoHandler)
	}
	if !c.setJoined(false) {
		return fmt.Errorf("leave session: %w: join one first", ErrNoSession)
	}
	err := guard(func() error { return c.Handler.RequestPlayerLeaveSession(ctx) })
	if err != nil {
		c.setJoined(true)
		return fmt.Errorf("leave session: %w", err)
	}
	return nil
}

// setJoined returns what was set before.
func (c *Client) setJoined(joined bool) (before bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	before, c.joined = c.joined, joined
	return before
}
