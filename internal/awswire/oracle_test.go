package awswire_test

import (
	"encoding/json"
	"math/rand"
	"reflect"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/musterhq/muster/internal/awswire"
)

// sameInstant sets aside in which zone a client shows a time, and nothing
// else.
var sameInstant = cmp.Comparer(func(a, b time.Time) bool { return a.Equal(b) })

// document is the slow, obvious model of what a value is on the wire: what
// encoding/json makes of the same document.
func document(v reflect.Value) any {
	switch v.Kind() {
	case reflect.Pointer:
		return document(v.Elem())
	case reflect.Struct:
		if v.Type() == timeType {
			return float64(v.Interface().(time.Time).UnixMilli()) / 1000
		}
		doc := map[string]any{}
		for i := range v.NumField() {
			f := v.Type().Field(i)
			if f.IsExported() && f.Name != "ResultMetadata" && !(v.Field(i).IsZero() && v.Field(i).Kind() != reflect.Float64) {
				doc[f.Name] = document(v.Field(i))
			}
		}
		return doc
	case reflect.Slice:
		if v.Type().Elem().Kind() == reflect.Uint8 {
			return v.Bytes()
		}
		list := make([]any, v.Len())
		for i := range list {
			list[i] = document(v.Index(i))
		}
		return list
	case reflect.Map:
		doc := map[string]any{}
		for _, key := range v.MapKeys() {
			doc[key.String()] = document(v.MapIndex(key))
		}
		return doc
	}
	return v.Interface()
}

// forget unsets about a third of the members.
func forget(r *rand.Rand, v reflect.Value) {
	switch v.Kind() {
	case reflect.Pointer:
		forget(r, v.Elem())
	case reflect.Slice:
		for i := range v.Len() {
			forget(r, v.Index(i))
		}
	case reflect.Struct:
		if v.Type() == timeType {
			return
		}
		for i := range v.NumField() {
			if f := v.Field(i); f.CanSet() && r.Intn(3) == 0 {
				f.SetZero()
			} else if f.CanSet() && !f.IsZero() {
				forget(r, f)
			}
		}
	}
}

// eachShape runs f on the input and the output of every operation, with some
// members set.
func eachShape(t *testing.T, f func(t *testing.T, v any)) {
	r := rand.New(rand.NewSource(2))
	for _, op := range operations() {
		for _, typ := range []reflect.Type{op.Type.In(2).Elem(), op.Type.Out(0).Elem()} {
			t.Run(typ.Name(), func(t *testing.T) {
				for range 10 {
					v := reflect.New(typ)
					fill(r, v.Elem())
					forget(r, v.Elem())
					f(t, v.Interface())
				}
			})
		}
	}
}

func TestAppendJSONAgainstEncodingJSON(t *testing.T) {
	eachShape(t, func(t *testing.T, v any) {
		model, err := json.Marshal(document(reflect.ValueOf(v)))
		if err != nil {
			t.Fatal(err)
		}
		var want, got any
		if err := json.Unmarshal(model, &want); err != nil {
			t.Fatal(err)
		}
		doc := awswire.AppendJSON(nil, v)
		if err := json.Unmarshal(doc, &got); err != nil {
			t.Fatalf("%v: %s", err, doc)
		}
		if d := cmp.Diff(want, got); d != "" {
			t.Fatal(d)
		}
	})
}

func TestUnmarshalJSONAgainstEncodingJSON(t *testing.T) {
	eachShape(t, func(t *testing.T, v any) {
		model, err := json.MarshalIndent(document(reflect.ValueOf(v)), "", "  ")
		if err != nil {
			t.Fatal(err)
		}
		got := reflect.New(reflect.TypeOf(v).Elem()).Interface()
		if err := awswire.UnmarshalJSON(model, got); err != nil {
			t.Fatal(err)
		}
		if d := cmp.Diff(v, got, same); d != "" {
			t.Fatal(d)
		}
	})
}

func TestRoundTrip(t *testing.T) {
	eachShape(t, func(t *testing.T, v any) {
		for name, codec := range codecs {
			got := reflect.New(reflect.TypeOf(v).Elem()).Interface()
			if err := codec.unmarshal(codec.append(nil, v), got); err != nil {
				t.Fatalf("%s: %v", name, err)
			}
			if d := cmp.Diff(v, got, same); d != "" {
				t.Fatal(name, d)
			}
		}
	})
}

var codecs = map[string]struct {
	append    func([]byte, any) []byte
	unmarshal func([]byte, any) error
}{
	"JSON": {awswire.AppendJSON, awswire.UnmarshalJSON},
	"CBOR": {awswire.AppendCBOR, awswire.UnmarshalCBOR},
}
