package memory

import (
	"fmt"
	"maps"
	"math"
	"slices"
	"unicode/utf8"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/gamelift"
	"github.com/aws/aws-sdk-go-v2/service/gamelift/types"

	"github.com/musterhq/muster"
	"github.com/musterhq/muster/internal/limits"
)

// checkCreate refuses what the muster server would, so that what works here
// works there.
func checkCreate(r muster.CreateSessionRequest) error {
	if err := r.Validate(); err != nil {
		return err
	}
	if r.Queued() {
		return fmt.Errorf("%w: the memory provider has no queues: leave queue name and placement id out", muster.ErrInvalidRequest)
	}
	if r.MaxPlayers > math.MaxInt32 {
		return fmt.Errorf("%w: %d players are more than the service can count", muster.ErrInvalidRequest, r.MaxPlayers)
	}
	in := &gamelift.CreateGameSessionInput{
		CreatorId: optional(r.CreatorID), GameSessionData: optional(r.SessionData), IdempotencyToken: optional(r.IdempotencyToken),
		MaximumPlayerSessionCount: aws.Int32(int32(r.MaxPlayers)), Name: optional(r.Name),
	}
	texts := []string{r.CreatorID, r.SessionData, r.Name}
	for _, key := range slices.Sorted(maps.Keys(r.Properties)) {
		in.GameProperties = append(in.GameProperties, types.GameProperty{Key: aws.String(key), Value: aws.String(r.Properties[key])})
		texts = append(texts, key, r.Properties[key])
	}
	return check("CreateGameSession", in, texts...)
}

func checkSearch(r muster.SearchSessionsRequest) error {
	if err := r.Validate(); err != nil {
		return err
	}
	return check("SearchGameSessions", &gamelift.SearchGameSessionsInput{
		FilterExpression: optional(r.FilterExpression), SortExpression: optional(r.SortExpression), NextToken: optional(r.NextToken),
	}, r.FilterExpression)
}

func checkReserve(r muster.JoinSessionRequest) error {
	if err := r.Validate(); err != nil {
		return err
	}
	return check("CreatePlayerSession", &gamelift.CreatePlayerSessionInput{
		GameSessionId: optional(r.SessionID), PlayerId: optional(r.PlayerID), PlayerData: optional(r.PlayerData),
	}, r.PlayerID, r.PlayerData)
}

// check also refuses texts that no server could be sent.
func check(operation string, in any, texts ...string) error {
	if err := limits.Check(operation, in); err != nil {
		return fmt.Errorf("%w: %w", muster.ErrInvalidRequest, err)
	}
	for _, text := range texts {
		if !utf8.ValidString(text) {
			return fmt.Errorf("%w: text that is not UTF-8: encode binary data, by base64 for instance", muster.ErrInvalidRequest)
		}
	}
	return nil
}

// optional leaves an empty string out of a request.
func optional(s string) *string {
	if s == "" {
		return nil
	}
	return &s
}
