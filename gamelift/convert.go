package gamelift

import (
	"errors"
	"maps"
	"math"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/gamelift/types"
	"github.com/aws/smithy-go"

	"github.com/musterhq/muster"
)

// optional leaves an empty string out of a request.
func optional(s string) *string {
	if s == "" {
		return nil
	}
	return &s
}

func limit(n int) *int32 {
	if n == 0 {
		return nil
	}
	return aws.Int32(int32(min(n, math.MaxInt32)))
}

func gameProperties(properties map[string]string) (all []types.GameProperty) {
	for _, key := range slices.Sorted(maps.Keys(properties)) {
		all = append(all, types.GameProperty{Key: aws.String(key), Value: aws.String(properties[key])})
	}
	return all
}

func sessionConfig(s types.GameSession) muster.SessionConfig {
	session := muster.SessionConfig{
		CreationTime:    aws.ToTime(s.CreationTime),
		TerminationTime: aws.ToTime(s.TerminationTime),
		CreatorID:       aws.ToString(s.CreatorId),
		MatchmakingData: aws.ToString(s.MatchmakerData),
		SessionData:     aws.ToString(s.GameSessionData),
		SessionID:       aws.ToString(s.GameSessionId),
		Name:            aws.ToString(s.Name),
		DNSName:         aws.ToString(s.DnsName),
		IPAddress:       aws.ToString(s.IpAddress),
		Port:            port(int(aws.ToInt32(s.Port))),
		MaxPlayers:      count(int(aws.ToInt32(s.MaximumPlayerSessionCount))),
		CurrentPlayers:  count(int(aws.ToInt32(s.CurrentPlayerSessionCount))),
		Status:          muster.SessionStatus(s.Status),
		StatusReason:    muster.SessionStatusReason(s.StatusReason),
	}
	if len(s.GameProperties) > 0 {
		session.Properties = make(map[string]string, len(s.GameProperties))
	}
	for _, property := range s.GameProperties {
		session.Properties[aws.ToString(property.Key)] = aws.ToString(property.Value)
	}
	return session
}

// tlsDomain ends the DNS names of TLS-enabled fleets. Only such a name must be
// used instead of the IP address; others need not resolve for a player.
const tlsDomain = ".amazongamelift.com"

func connectionConfig(s types.PlayerSession) muster.SessionConnectionConfig {
	connection := muster.SessionConnectionConfig{
		PlayerSessionID: aws.ToString(s.PlayerSessionId),
		IPAddress:       aws.ToString(s.IpAddress),
		Port:            port(int(aws.ToInt32(s.Port))),
	}
	if name := aws.ToString(s.DnsName); strings.HasSuffix(name, tlsDomain) {
		connection.DNSName = name
	}
	return connection
}

func port(n int) uint16 {
	if n < 0 || n > math.MaxUint16 {
		return 0
	}
	return uint16(n)
}

func count(n int) uint64 { return uint64(max(n, 0)) }

// sentinel returns package muster's name for an error of the service. What has
// no code never came from it.
// Source: GameLift service API, the errors of its operations and Common Errors.
func sentinel(err error) error {
	var api smithy.APIError
	if !errors.As(err, &api) {
		return muster.ErrUnavailable
	}
	// An error that its operation does not list keeps its namespace.
	code := api.ErrorCode()[strings.LastIndex(api.ErrorCode(), "#")+1:]
	switch strings.TrimSuffix(code, "Exception") {
	case "InvalidRequest", "UnsupportedRegion", "Validation", "ValidationError", "TaggingFailed", "Serialization",
		"UnknownOperation", "MalformedHttpRequest", "RequestEntityTooLarge":
		return muster.ErrInvalidRequest
	case "NotFound":
		return muster.ErrNotFound
	case "GameSessionFull":
		return muster.ErrSessionFull
	case "InvalidGameSessionStatus", "InvalidFleetStatus", "TerminalRoutingStrategy", "NotReady":
		return muster.ErrNotActive
	case "FleetCapacityExceeded", "OutOfCapacity", "LimitExceeded":
		return muster.ErrNoCapacity
	case "Conflict", "IdempotentParameterMismatch":
		return muster.ErrConflict
	case "Unauthorized", "AccessDenied", "UnrecognizedClient", "InvalidSignature", "IncompleteSignature",
		"MissingAuthenticationToken", "InvalidClientTokenId", "NotAuthorized", "RequestExpired",
		"ExpiredToken", "SignatureDoesNotMatch", "OptInRequired":
		return muster.ErrUnauthorized
	}
	return muster.ErrUnavailable
}
