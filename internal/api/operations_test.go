package api_test

import (
	"bytes"
	"errors"
	"io"
	"net/http"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/gamelift"
	"github.com/aws/smithy-go"
	"github.com/aws/smithy-go/middleware"
	"github.com/fxamacker/cbor/v2"

	"github.com/musterhq/muster/internal/api"
	"github.com/musterhq/muster/internal/world"
)

// sdkOperations are the names of the operations that the official client has.
func sdkOperations() []string {
	var names []string
	client := reflect.TypeFor[*gamelift.Client]()
	for i := range client.NumMethod() {
		if m := client.Method(i); m.Type.NumIn() == 4 { // receiver, context, input, options
			names = append(names, m.Name)
		}
	}
	return names
}

func TestOperationsAreComplete(t *testing.T) {
	var names []string
	for _, o := range api.Operations() {
		names = append(names, o.Name)
	}
	equal(t, names, sdkOperations())
}

// allExceptions are those that the SDK has types for.
var allExceptions = []string{
	"ConflictException", "FleetCapacityExceededException", "GameSessionFullException", "IdempotentParameterMismatchException",
	"InternalServiceException", "InvalidFleetStatusException", "InvalidGameSessionStatusException", "InvalidRequestException",
	"LimitExceededException", "NotFoundException", "NotReadyException", "OutOfCapacityException", "TaggingFailedException",
	"TerminalRoutingStrategyException", "UnauthorizedException", "UnsupportedRegionException",
}

// The official client turns an exception into its type only where the model
// has it: so it says for every operation which exceptions are modeled.
func TestExceptionsAreModeled(t *testing.T) {
	answer := &oneAnswer{}
	client := gamelift.New(gamelift.Options{Region: "us-east-1", HTTPClient: answer, RetryMaxAttempts: 1, APIOptions: []func(*middleware.Stack) error{
		func(s *middleware.Stack) error {
			_, _ = s.Initialize.Remove("OperationInputValidation") // not every operation has it
			return nil
		},
	}})
	for _, o := range api.Operations() {
		method := reflect.ValueOf(client).MethodByName(o.Name)
		in := reflect.New(method.Type().In(1).Elem())
		var modeled []string
		for _, exception := range allExceptions {
			answer.exception = exception
			err, _ := method.Call([]reflect.Value{reflect.ValueOf(t.Context()), in})[1].Interface().(error)
			var ae smithy.APIError
			if !errors.As(err, &ae) || ae.ErrorCode() != exception {
				t.Fatalf("%s: sent %s, got %v", o.Name, exception, err)
			}
			if _, generic := ae.(*smithy.GenericAPIError); !generic {
				modeled = append(modeled, exception)
			}
		}
		if o.Offered && !slices.Equal(o.Exceptions, modeled) {
			t.Errorf("%s\nhas    %v\nmodels %v", o.Name, o.Exceptions, modeled)
		}
		for _, exception := range o.Exceptions {
			if !slices.Contains(modeled, exception) {
				t.Errorf("%s can answer %s, which is not modeled", o.Name, exception)
			}
		}
	}
}

// oneAnswer is a service that answers every request with one exception.
type oneAnswer struct{ exception string }

func (a *oneAnswer) Do(r *http.Request) (*http.Response, error) {
	body, err := cbor.Marshal(map[string]string{"__type": a.exception})
	return &http.Response{
		StatusCode: http.StatusBadRequest, Header: http.Header{"Smithy-Protocol": {"rpc-v2-cbor"}},
		Body: io.NopCloser(bytes.NewReader(body)), Request: r,
	}, err
}

func TestNotOffered(t *testing.T) {
	h := newHouse(t, world.Settings{})
	for _, o := range api.Operations() {
		if o.Offered {
			continue
		}
		err := apiError(h.post(t.Context(), o.Name, "{}"))
		var ae smithy.APIError
		if !errors.As(err, &ae) || ae.ErrorCode() != "InvalidRequestException" || !strings.Contains(ae.ErrorMessage(), o.Name+" is not offered by muster") {
			t.Errorf("%s: got %v", o.Name, err)
		}
	}
}
