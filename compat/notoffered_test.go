package compat

import (
	"context"
	"encoding/json"
	"errors"
	"reflect"
	"strconv"
	"strings"
	"testing"

	"github.com/aws/smithy-go"
)

// testNotOffered calls every operation that muster does not offer, with an
// input that clients let out.
func testNotOffered(t *testing.T, clients []kind, r *report) {
	s := startServer(t)
	hand := openGoV2(t, accessTo(s.http)).(goV2)
	inputs := map[string]json.RawMessage{}
	for _, operation := range offered(false) {
		inputs[operation] = hand.required(t, operation)
	}
	for _, k := range clients {
		t.Run(k.String(), func(t *testing.T) {
			t.Parallel()
			c := k.open(t, accessTo(s.http))
			for i, operation := range offered(false) {
				if k.slow && i%6 != 0 {
					continue
				}
				o, err := c.call(t.Context(), operation, inputs[operation])
				known := !errors.Is(err, errUnknown)
				ok := err == nil && o.exception == "InvalidRequestException" && (o.typed || !k.typed) &&
					strings.Contains(o.message, operation+" is not offered by muster")
				if known && !ok {
					t.Errorf("%s: %q (%s), %v", operation, o.exception, o.message, err)
				}
				r.refuseOffer(k, known, ok)
			}
		})
	}
}

// required returns an input that has what the operation requires: the client
// says what is missing until nothing is.
func (c goV2) required(t *testing.T, operation string) json.RawMessage {
	t.Helper()
	method := reflect.ValueOf(c.Client).MethodByName(operation)
	in := reflect.New(method.Type().In(1).Elem())
	for range 10 {
		results := method.Call([]reflect.Value{reflect.ValueOf(context.Context(t.Context())), in})
		err, _ := results[1].Interface().(error)
		var missing smithy.InvalidParamsError
		if !errors.As(err, &missing) {
			break
		}
		for _, one := range missing.Errs() {
			var param smithy.InvalidParamError
			if !errors.As(one, &param) {
				t.Fatal(one)
			}
			_, path, _ := strings.Cut(param.Field(), ".")
			supply(in.Elem(), strings.Split(strings.ReplaceAll(strings.ReplaceAll(path, "[", "."), "]", ""), "."))
		}
	}
	document, err := json.Marshal(members(in.Elem()))
	if err != nil {
		t.Fatal(err)
	}
	return document
}

// supply sets what is at a path of members and indexes.
func supply(v reflect.Value, path []string) {
	for _, part := range path {
		if v.Kind() == reflect.Pointer {
			v = v.Elem()
		}
		switch i, err := strconv.Atoi(part); {
		case part == "": // before an index
		case err == nil:
			v = v.Index(i)
		default:
			v = v.FieldByName(part)
		}
	}
	v.Set(sample(v.Type()))
}

// sample returns some value of a type.
func sample(t reflect.Type) reflect.Value {
	v := reflect.New(t).Elem()
	switch t.Kind() {
	case reflect.Pointer:
		v.Set(reflect.New(t.Elem()))
		v.Elem().Set(sample(t.Elem()))
	case reflect.Slice:
		v.Set(reflect.Append(v, sample(t.Elem()), sample(t.Elem()))) // some lists want two
	case reflect.String:
		v.SetString("custom-sample-0000001")                      // long enough for all
		if values := v.MethodByName("Values"); values.IsValid() { // of an enum
			v.Set(values.Call(nil)[0].Index(0))
		}
	case reflect.Int32, reflect.Int64:
		v.SetInt(1)
	case reflect.Float64:
		v.SetFloat(1)
	case reflect.Bool:
		v.SetBool(true)
	}
	return v
}
