package compat

//lint:file-ignore SA1019 The SDK is deprecated, and games use it all the same.

import (
	"context"
	"encoding/json"
	"errors"
	"reflect"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go/aws"
	"github.com/aws/aws-sdk-go/aws/awserr"
	"github.com/aws/aws-sdk-go/aws/credentials"
	"github.com/aws/aws-sdk-go/aws/request"
	"github.com/aws/aws-sdk-go/aws/session"
	v4 "github.com/aws/aws-sdk-go/aws/signer/v4"
	"github.com/aws/aws-sdk-go/service/gamelift"
)

// goV1 is aws-sdk-go, which is no longer maintained and still in use.
type goV1 struct{ *gamelift.GameLift }

func openGoV1(t testing.TB, a access) client {
	t.Helper()
	s, err := session.NewSessionWithOptions(session.Options{
		SharedConfigState: session.SharedConfigDisable,
		Config: aws.Config{
			Region: aws.String(region), Endpoint: &a.Endpoint, MaxRetries: aws.Int(0), Logger: aws.LoggerFunc(func(...any) {}),
			Credentials: credentials.NewStaticCredentials(a.KeyID, a.Secret, a.Token),
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	c := gamelift.New(s)
	if a.Skew != 0 {
		c.Handlers.Sign.Clear()
		c.Handlers.Sign.PushBack(func(r *request.Request) {
			v4.SignSDKRequestWithCurrentTime(r, func() time.Time { return time.Now().Add(a.Skew) })
		})
	}
	return goV1{c}
}

func (c goV1) call(ctx context.Context, operation string, input json.RawMessage) (outcome, error) {
	method := reflect.ValueOf(c.GameLift).MethodByName(operation + "WithContext")
	if !method.IsValid() {
		return outcome{}, errUnknown
	}
	in, err := decodeInput(method.Type().In(1), input)
	if err != nil {
		return outcome{}, err
	}
	results := method.Call([]reflect.Value{reflect.ValueOf(ctx), in})
	err, _ = results[1].Interface().(error)
	var refused awserr.RequestFailure
	switch {
	case errors.As(err, &refused):
		return outcome{
			exception: refused.Code(), message: refused.Message(),
			typed: reflect.TypeOf(refused).Elem().Name() == refused.Code(),
		}, nil
	case err != nil:
		return outcome{}, err
	}
	return outcome{output: members(results[0].Elem())}, nil
}

func (c goV1) all(ctx context.Context, operation string, input map[string]any, size int) ([]any, error) {
	var pages []map[string]any
	var err error
	switch operation {
	case "ListFleets":
		err = c.ListFleetsPagesWithContext(ctx, fill[gamelift.ListFleetsInput](input, size), collect[*gamelift.ListFleetsOutput](&pages))
	case "DescribeGameSessions":
		err = c.DescribeGameSessionsPagesWithContext(ctx, fill[gamelift.DescribeGameSessionsInput](input, size), collect[*gamelift.DescribeGameSessionsOutput](&pages))
	case "SearchGameSessions":
		err = c.SearchGameSessionsPagesWithContext(ctx, fill[gamelift.SearchGameSessionsInput](input, size), collect[*gamelift.SearchGameSessionsOutput](&pages))
	case "DescribePlayerSessions":
		err = c.DescribePlayerSessionsPagesWithContext(ctx, fill[gamelift.DescribePlayerSessionsInput](input, size), collect[*gamelift.DescribePlayerSessionsOutput](&pages))
	default:
		err = errUnknown
	}
	return gather(operation, pages), err
}

func collect[O any](pages *[]map[string]any) func(O, bool) bool {
	return func(out O, _ bool) bool {
		*pages = append(*pages, members(reflect.ValueOf(out).Elem()))
		return true
	}
}
