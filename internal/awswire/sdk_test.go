package awswire_test

import (
	"bytes"
	"context"
	"io"
	"math/rand"
	"net/http"
	"path"
	"reflect"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/gamelift"
	"github.com/aws/smithy-go/middleware"
	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/musterhq/muster/internal/awswire"
)

// same compares structures of the SDK, which the client adds metadata to.
var same = cmp.Options{
	cmpopts.IgnoreTypes(middleware.Metadata{}),
	cmp.Exporter(func(reflect.Type) bool { return true }),
}

type doFunc func(*http.Request) (*http.Response, error)

func (f doFunc) Do(r *http.Request) (*http.Response, error) { return f(r) }

func clientOf(do doFunc) *gamelift.Client {
	return gamelift.New(gamelift.Options{
		Region:       "us-east-1",
		BaseEndpoint: aws.String("http://localhost"),
		Credentials: aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) {
			return aws.Credentials{AccessKeyID: "a", SecretAccessKey: "b"}, nil
		}),
		HTTPClient: do,
	})
}

// TestEveryOperation sends every operation's input from the real client to us
// and every output from us to the real client, all members set.
func TestEveryOperation(t *testing.T) {
	ops := operations()
	if len(ops) != 120 {
		t.Fatalf("the SDK has %d operations, want the 120 of the model", len(ops))
	}
	r := rand.New(rand.NewSource(1))
	for _, op := range ops {
		t.Run(op.Name, func(t *testing.T) {
			for range 10 {
				callThroughClient(t, r, op)
			}
		})
	}
}

func callThroughClient(t *testing.T, r *rand.Rand, op reflect.Method) {
	in, got := reflect.New(op.Type.In(2).Elem()), reflect.New(op.Type.In(2).Elem())
	want := reflect.New(op.Type.Out(0).Elem())
	fill(r, in.Elem())
	fill(r, want.Elem())

	client := clientOf(func(req *http.Request) (*http.Response, error) {
		if name := path.Base(req.URL.Path); name != op.Name {
			t.Errorf("the client called %s", name)
		}
		body, err := io.ReadAll(req.Body)
		if err != nil {
			return nil, err
		}
		if err := awswire.UnmarshalCBOR(body, got.Interface()); err != nil {
			t.Errorf("decode input: %v", err)
		}
		out := awswire.AppendCBOR(nil, want.Interface())
		header := http.Header{"Smithy-Protocol": {"rpc-v2-cbor"}, "Content-Type": {"application/cbor"}}
		return &http.Response{StatusCode: 200, Header: header, Body: io.NopCloser(bytes.NewReader(out)), ContentLength: int64(len(out))}, nil
	})
	res := reflect.ValueOf(client).MethodByName(op.Name).Call([]reflect.Value{reflect.ValueOf(context.Background()), in})
	if err, _ := res[1].Interface().(error); err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(in.Interface(), got.Interface(), same); d != "" {
		t.Fatal("input (-sent +decoded)\n", d)
	}
	if d := cmp.Diff(want.Interface(), res[0].Interface(), same, sameInstant); d != "" {
		t.Fatal("output (-sent +read by the client)\n", d)
	}
}
