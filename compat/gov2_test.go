package compat

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"reflect"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/gamelift"
	"github.com/aws/smithy-go"
)

// goV2 is aws-sdk-go-v2.
type goV2 struct{ *gamelift.Client }

func openGoV2(t testing.TB, a access) client {
	t.Helper()
	cfg, err := config.LoadDefaultConfig(t.Context(), config.WithRegion(region), config.WithRetryMaxAttempts(1),
		config.WithSharedConfigFiles(nil), config.WithSharedCredentialsFiles(nil),
		config.WithCredentialsProvider(credentials.NewStaticCredentialsProvider(a.KeyID, a.Secret, a.Token)))
	if err != nil {
		t.Fatal(err)
	}
	return goV2{gamelift.NewFromConfig(cfg, func(o *gamelift.Options) {
		if a.Endpoint != "" {
			o.BaseEndpoint = &a.Endpoint
		}
		if a.Skew != 0 {
			o.HTTPSignerV4 = skewed{v4.NewSigner(), a.Skew}
		}
	})}
}

// skewed signs as a machine does whose clock is off.
type skewed struct {
	*v4.Signer
	by time.Duration
}

func (s skewed) SignHTTP(ctx context.Context, c aws.Credentials, r *http.Request, hash, service, region string, at time.Time, options ...func(*v4.SignerOptions)) error {
	return s.Signer.SignHTTP(ctx, c, r, hash, service, region, at.Add(s.by), options...)
}

func (c goV2) call(ctx context.Context, operation string, input json.RawMessage) (outcome, error) {
	method := reflect.ValueOf(c.Client).MethodByName(operation)
	if !method.IsValid() {
		return outcome{}, errUnknown
	}
	in, err := decodeInput(method.Type().In(1), input)
	if err != nil {
		return outcome{}, err
	}
	results := method.Call([]reflect.Value{reflect.ValueOf(ctx), in})
	err, _ = results[1].Interface().(error)
	var refused smithy.APIError
	switch {
	case errors.As(err, &refused):
		return outcome{
			exception: refused.ErrorCode(), message: refused.ErrorMessage(),
			typed: reflect.TypeOf(refused).Elem().Name() == refused.ErrorCode(),
		}, nil
	case err != nil:
		return outcome{}, err
	}
	return outcome{output: members(results[0].Elem())}, nil
}

// decodeInput reads a document into what a pointer of type t points to.
// Errors: errUnknown for a member that it does not have.
func decodeInput(t reflect.Type, document json.RawMessage) (reflect.Value, error) {
	in := reflect.New(t.Elem())
	d := json.NewDecoder(bytes.NewReader(document))
	d.DisallowUnknownFields()
	if err := d.Decode(in.Interface()); err != nil {
		return in, fmt.Errorf("%w: %w", errUnknown, err)
	}
	return in, nil
}

// members returns what is set in a structure of either Go SDK.
func members(v reflect.Value) map[string]any {
	out := map[string]any{}
	for i := range v.NumField() {
		field := v.Type().Field(i)
		if !field.IsExported() || field.Name == "ResultMetadata" {
			continue
		}
		if value, set := plain(v.Field(i)); set {
			out[field.Name] = value
		}
	}
	return out
}

// plain returns a value as encoding/json would read it, and whether it is set.
func plain(v reflect.Value) (value any, set bool) {
	switch v.Kind() {
	case reflect.Pointer:
		if v.IsNil() {
			return nil, false
		}
		value, _ = plain(v.Elem())
		return value, true
	case reflect.Slice:
		list := make([]any, v.Len())
		for i := range list {
			list[i], _ = plain(v.Index(i))
		}
		return list, !v.IsNil()
	case reflect.Map:
		object := map[string]any{}
		for _, name := range v.MapKeys() {
			object[name.String()], _ = plain(v.MapIndex(name))
		}
		return object, !v.IsNil()
	case reflect.Struct:
		if at, ok := v.Interface().(time.Time); ok {
			return at.Format(time.RFC3339Nano), true
		}
		return members(v), true
	case reflect.String: // an enum that is not set is empty
		return v.String(), v.Len() > 0
	case reflect.Int32, reflect.Int64:
		return float64(v.Int()), true
	case reflect.Float32, reflect.Float64:
		return v.Float(), true
	case reflect.Bool:
		return v.Bool(), true
	}
	panic("no document has a " + v.Type().String())
}

func (c goV2) all(ctx context.Context, operation string, input map[string]any, size int) ([]any, error) {
	switch operation {
	case "ListFleets":
		return drain(ctx, operation, gamelift.NewListFleetsPaginator(c.Client, fill[gamelift.ListFleetsInput](input, size)))
	case "DescribeGameSessions":
		return drain(ctx, operation, gamelift.NewDescribeGameSessionsPaginator(c.Client, fill[gamelift.DescribeGameSessionsInput](input, size)))
	case "SearchGameSessions":
		return drain(ctx, operation, gamelift.NewSearchGameSessionsPaginator(c.Client, fill[gamelift.SearchGameSessionsInput](input, size)))
	case "DescribePlayerSessions":
		return drain(ctx, operation, gamelift.NewDescribePlayerSessionsPaginator(c.Client, fill[gamelift.DescribePlayerSessionsInput](input, size)))
	}
	return nil, errUnknown
}

// fill makes an input with a Limit.
func fill[I any](input map[string]any, size int) *I {
	document, err := json.Marshal(withLimit(input, size))
	if err != nil {
		panic(err)
	}
	in := new(I)
	if err := json.Unmarshal(document, in); err != nil {
		panic(err)
	}
	return in
}

func withLimit(input map[string]any, size int) map[string]any {
	out := map[string]any{"Limit": size}
	for name, value := range input {
		out[name] = value
	}
	return out
}

type paginator[O any] interface {
	HasMorePages() bool
	NextPage(context.Context, ...func(*gamelift.Options)) (O, error)
}

func drain[O any](ctx context.Context, operation string, p paginator[O]) ([]any, error) {
	var pages []map[string]any
	for p.HasMorePages() {
		out, err := p.NextPage(ctx)
		if err != nil {
			return nil, err
		}
		pages = append(pages, members(reflect.ValueOf(out).Elem()))
	}
	return gather(operation, pages), nil
}
