package awswire_test

import (
	"math/rand"
	"reflect"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/gamelift"
)

var timeType = reflect.TypeFor[time.Time]()

// operations lists the methods of the SDK's client that call the service:
// those that take a context, an input and options.
func operations() []reflect.Method {
	var ops []reflect.Method
	client := reflect.TypeFor[*gamelift.Client]()
	for i := range client.NumMethod() {
		m := client.Method(i)
		if m.Type.NumIn() == 4 && m.Type.NumOut() == 2 {
			ops = append(ops, m)
		}
	}
	return ops
}

// fill gives every member of v a value.
func fill(r *rand.Rand, v reflect.Value) {
	if v.Type() == timeType {
		v.Set(reflect.ValueOf(time.UnixMilli(r.Int63n(4e12) - 1e12).UTC()))
		return
	}
	switch v.Kind() {
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		fill(r, v.Elem())
	case reflect.Struct:
		for i := range v.NumField() {
			if f := v.Type().Field(i); f.IsExported() && f.Name != "ResultMetadata" {
				fill(r, v.Field(i))
			}
		}
	case reflect.Slice:
		n := 1 + r.Intn(3)
		v.Set(reflect.MakeSlice(v.Type(), n, n))
		for i := range n {
			fill(r, v.Index(i))
		}
	case reflect.Map:
		v.Set(reflect.MakeMap(v.Type()))
		for range 1 + r.Intn(3) {
			key, elem := reflect.New(v.Type().Key()).Elem(), reflect.New(v.Type().Elem()).Elem()
			fill(r, key)
			fill(r, elem)
			v.SetMapIndex(key, elem)
		}
	default:
		fillScalar(r, v)
	}
}

func fillScalar(r *rand.Rand, v reflect.Value) {
	switch v.Kind() {
	case reflect.String:
		v.SetString(randomText(r))
	case reflect.Int32:
		v.SetInt(int64(int32(r.Uint32())))
	case reflect.Int64:
		v.SetInt(int64(r.Uint64()))
	case reflect.Float32:
		v.SetFloat(float64(r.Float32() * 1000))
	case reflect.Float64:
		v.SetFloat(r.NormFloat64() * 1e4)
	case reflect.Bool:
		v.SetBool(r.Intn(2) == 0)
	case reflect.Uint8:
		v.SetUint(uint64(r.Intn(256)))
	default:
		panic(v.Kind().String())
	}
}

func randomText(r *rand.Rand) string {
	alphabet := []rune("abcXYZ 019-_:/é日😀\"\\<>&\n\t\x01\u2028")
	var b strings.Builder
	for range 1 + r.Intn(12) {
		b.WriteRune(alphabet[r.Intn(len(alphabet))])
	}
	return b.String()
}
