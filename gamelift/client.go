// Package gamelift is the provider for Amazon GameLift and for every service
// that speaks its protocols, such as a muster server: only the endpoint
// differs.
//
// [Client] is the players' side, over the service API; give it to a
// [muster.Client]. [Host] is the game server's side, over the websocket of
// server SDK 5.
package gamelift

import (
	"context"
	"errors"
	"fmt"
	"math"
	"net/url"
	"sync"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/service/gamelift"
	"github.com/google/uuid"

	"github.com/musterhq/muster"
)

var (
	// ErrMissingRegion says that no region is configured anywhere.
	ErrMissingRegion = fmt.Errorf("%w: missing region: set Client.Region, AWS_REGION, or region in the profile", muster.ErrNotInitialized)
	// ErrMissingCredential says that the credential chain came to nothing.
	ErrMissingCredential = fmt.Errorf("%w: missing credential: set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or a profile", muster.ErrUnauthorized)
)

// Client is a [muster.Provider] over the GameLift service API. The zero value
// works where the AWS command line does: region, credentials and endpoint come
// from the environment and the shared files, AWS_ENDPOINT_URL_GAMELIFT
// included. Set the fields before the first call; a Client must not be copied.
type Client struct {
	// Config is used as it is; nil loads the default configuration.
	Config *aws.Config
	// Region wins over the configured one.
	Region string
	// Endpoint is the service's base URL and wins over the configured one, for
	// instance http://127.0.0.1:9080.
	Endpoint string

	mu  sync.Mutex
	api *gamelift.Client
}

var _ muster.Provider = (*Client)(nil)

// Configure finds region and credentials and builds the service client. Every
// other method does so when it is needed; call it to learn early of
// [ErrMissingRegion] and [ErrMissingCredential]. After an error it may be
// tried again; after success it does nothing. Its counterpart is
// ConfigureGameLiftClient.
func (c *Client) Configure(ctx context.Context) error {
	_, err := c.service(ctx)
	return err
}

func (c *Client) service(ctx context.Context) (*gamelift.Client, error) {
	if api := c.configured(nil); api != nil {
		return api, nil
	}
	cfg, err := c.load(ctx)
	if err != nil {
		return nil, fmt.Errorf("configure GameLift client: %w", err)
	}
	return c.configured(gamelift.NewFromConfig(cfg, func(o *gamelift.Options) {
		if c.Endpoint != "" {
			o.BaseEndpoint = aws.String(c.Endpoint)
		}
	})), nil
}

// configured returns the service client and takes the given one for it unless
// another call was faster.
func (c *Client) configured(api *gamelift.Client) *gamelift.Client {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.api == nil {
		c.api = api
	}
	return c.api
}

func (c *Client) load(ctx context.Context) (aws.Config, error) {
	if u, err := url.Parse(c.Endpoint); c.Endpoint != "" && (err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "") {
		return aws.Config{}, fmt.Errorf("%w: endpoint %q: want http://host:port or https://host:port", muster.ErrInvalidRequest, c.Endpoint)
	}
	cfg, err := c.base(ctx)
	if err != nil {
		return cfg, err
	}
	if c.Region != "" {
		cfg.Region = c.Region
	}
	if cfg.Region == "" {
		return cfg, ErrMissingRegion
	}
	if cfg.Credentials == nil {
		return cfg, ErrMissingCredential
	}
	if aws.IsCredentialsProvider(cfg.Credentials, aws.AnonymousCredentials{}) {
		return cfg, nil
	}
	if _, err := cfg.Credentials.Retrieve(ctx); err != nil {
		return cfg, fmt.Errorf("%w: %w", ErrMissingCredential, err)
	}
	return cfg, nil
}

func (c *Client) base(ctx context.Context) (aws.Config, error) {
	if c.Config != nil {
		return c.Config.Copy(), nil
	}
	cfg, err := config.LoadDefaultConfig(ctx, config.WithRegion(c.Region)) // empty changes nothing
	if err != nil {
		return cfg, fmt.Errorf("%w: %w", muster.ErrNotInitialized, err)
	}
	return cfg, nil
}

// CreateSession implements [muster.Provider]. On a fleet the id is the game
// session's ARN; through a queue it is the placement id. Without an
// idempotency token a random one is sent, so that the SDK's own retries cannot
// create a second session.
// Source: GameLift service API, CreateGameSession, StartGameSessionPlacement.
func (c *Client) CreateSession(ctx context.Context, request muster.CreateSessionRequest) (string, error) {
	if err := checkCreate(request); err != nil {
		return "", err
	}
	api, err := c.service(ctx)
	if err != nil {
		return "", err
	}
	if request.Queued() {
		return place(ctx, api, request)
	}
	if request.IdempotencyToken == "" {
		request.IdempotencyToken = uuid.NewString()
	}
	out, err := api.CreateGameSession(ctx, &gamelift.CreateGameSessionInput{
		MaximumPlayerSessionCount: aws.Int32(int32(request.MaxPlayers)),
		FleetId:                   optional(request.FleetID),
		AliasId:                   optional(request.AliasID),
		Location:                  optional(request.Location),
		CreatorId:                 optional(request.CreatorID),
		Name:                      optional(request.Name),
		IdempotencyToken:          optional(request.IdempotencyToken),
		GameSessionData:           optional(request.SessionData),
		GameProperties:            gameProperties(request.Properties),
	})
	if err != nil {
		return "", known(ctx, err)
	}
	if out.GameSession == nil || aws.ToString(out.GameSession.GameSessionId) == "" {
		return "", errEmptyAnswer
	}
	return *out.GameSession.GameSessionId, nil
}

var errEmptyAnswer = fmt.Errorf("%w: the service's answer lacks what was asked for", muster.ErrUnavailable)

func place(ctx context.Context, api *gamelift.Client, request muster.CreateSessionRequest) (string, error) {
	out, err := api.StartGameSessionPlacement(ctx, &gamelift.StartGameSessionPlacementInput{
		PlacementId:               optional(request.PlacementID),
		GameSessionQueueName:      optional(request.QueueName),
		MaximumPlayerSessionCount: aws.Int32(int32(request.MaxPlayers)),
		GameSessionName:           optional(request.Name),
		GameSessionData:           optional(request.SessionData),
		GameProperties:            gameProperties(request.Properties),
	})
	if err != nil {
		return "", known(ctx, err)
	}
	if out.GameSessionPlacement == nil || aws.ToString(out.GameSessionPlacement.PlacementId) == "" {
		return "", errEmptyAnswer
	}
	return *out.GameSessionPlacement.PlacementId, nil
}

func checkCreate(request muster.CreateSessionRequest) error {
	if err := request.Validate(); err != nil {
		return err
	}
	if request.MaxPlayers > math.MaxInt32 {
		return fmt.Errorf("%w: %d players are more than the service can count", muster.ErrInvalidRequest, request.MaxPlayers)
	}
	if !request.Queued() && request.FleetID == "" && request.AliasID == "" {
		return fmt.Errorf("%w: fleet id or alias id is required, or queue name and placement id", muster.ErrInvalidRequest)
	}
	return nil
}

// SearchSessions implements [muster.Provider]. A page has 20 sessions at most.
// Source: GameLift service API, SearchGameSessions.
func (c *Client) SearchSessions(ctx context.Context, request muster.SearchSessionsRequest) (muster.SearchSessionsResponse, error) {
	response := muster.SearchSessionsResponse{}
	if err := checkSearch(request); err != nil {
		return response, err
	}
	api, err := c.service(ctx)
	if err != nil {
		return response, err
	}
	out, err := api.SearchGameSessions(ctx, &gamelift.SearchGameSessionsInput{
		FleetId:          optional(request.FleetID),
		AliasId:          optional(request.AliasID),
		Location:         optional(request.Location),
		FilterExpression: optional(request.FilterExpression),
		SortExpression:   optional(request.SortExpression),
		NextToken:        optional(request.NextToken),
		Limit:            limit(request.MaxResults),
	})
	if err != nil {
		return response, known(ctx, err)
	}
	response.NextToken = aws.ToString(out.NextToken)
	for _, session := range out.GameSessions {
		response.SessionConfigs = append(response.SessionConfigs, sessionConfig(session))
	}
	return response, nil
}

func checkSearch(request muster.SearchSessionsRequest) error {
	if err := request.Validate(); err != nil {
		return err
	}
	if request.FleetID == "" && request.AliasID == "" {
		return fmt.Errorf("%w: fleet id or alias id is required", muster.ErrInvalidRequest)
	}
	return nil
}

// ReserveSession implements [muster.Provider]. The slot is free again 60
// seconds later unless the game server has accepted the player; GameLift has no
// call to give it back earlier.
// Source: GameLift service API, CreatePlayerSession.
func (c *Client) ReserveSession(ctx context.Context, request muster.JoinSessionRequest) (muster.SessionConnectionConfig, error) {
	if err := request.Validate(); err != nil {
		return muster.SessionConnectionConfig{}, err
	}
	api, err := c.service(ctx)
	if err != nil {
		return muster.SessionConnectionConfig{}, err
	}
	out, err := api.CreatePlayerSession(ctx, &gamelift.CreatePlayerSessionInput{
		GameSessionId: optional(request.SessionID),
		PlayerId:      optional(request.PlayerID),
		PlayerData:    optional(request.PlayerData),
	})
	if err != nil {
		return muster.SessionConnectionConfig{}, known(ctx, err)
	}
	if out.PlayerSession == nil || aws.ToString(out.PlayerSession.PlayerSessionId) == "" {
		return muster.SessionConnectionConfig{}, errEmptyAnswer
	}
	return connectionConfig(*out.PlayerSession), nil
}

// known adds what package muster calls an error of the service. A time limit of
// the HTTP client is the service's error, that of ctx is not.
func known(ctx context.Context, err error) error {
	if ctx.Err() != nil && (errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded)) {
		return err
	}
	return fmt.Errorf("%w: %w", sentinel(err), err)
}
