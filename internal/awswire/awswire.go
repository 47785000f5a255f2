// Package awswire converts the types of an aws-sdk-go-v2 service client to and
// from the documents which that client and its older relatives exchange with
// the service: AWS JSON 1.1 and Smithy RPC v2 CBOR.
//
// It borrows the SDK's types because their member names are the wire's names.
// One description of a type, made once by reflection, drives four walks: two
// that append a document and one that decodes, from either of two readers.
//
// It is no general JSON or CBOR package: it knows the kinds that the GameLift
// model is made of and panics on others. It checks types, never lengths or
// patterns.
//
// Start at [AppendJSON] and [UnmarshalJSON], then read shape.go.
package awswire

import "reflect"

// AppendJSON appends v, a structure of the SDK or a pointer to one, to b as
// AWS JSON 1.1 and returns the longer slice.
//
// Members that are not set are left out, as are enums without a value; a list
// or map that is empty but not nil is written. Timestamps are seconds since
// 1970 with three decimals, blobs base64, map keys sorted. HTML is not
// escaped, and text that is not UTF-8 has its bad bytes replaced by U+FFFD.
//
// Source: AWS JSON 1.1 protocol; GameLift service API, timestamps.
func AppendJSON(b []byte, v any) []byte {
	s, val := open(v)
	return s.appendJSON(b, val)
}

// AppendCBOR appends v, a structure of the SDK or a pointer to one, to b as a
// Smithy RPC v2 CBOR document and returns the longer slice.
//
// It leaves out and keeps what AppendJSON does. Lengths are definite, integers
// are CBOR integers in their shortest form, a float32 stays one, timestamps
// are tag 1 around a float64 of seconds, map keys are sorted.
//
// Source: Smithy RPC v2 CBOR protocol.
func AppendCBOR(b []byte, v any) []byte {
	s, val := open(v)
	return s.appendCBOR(b, val)
}

// UnmarshalJSON decodes an AWS JSON 1.1 document into v, a pointer to a
// structure of the SDK, replacing what it held.
//
// Unknown members are skipped, null leaves a member unset, names are matched
// exactly, and the last of several members of one name wins. A document of no
// bytes is an empty structure. A value of the wrong type is a [*TypeError], a
// broken document a [*SyntaxError], one with more elements than any caller
// means [ErrTooLarge]; v is then partly filled. A whole number may be written
// as 4.0 or 4e0. The bytes of data are not kept.
func UnmarshalJSON(data []byte, v any) error {
	if len(data) == 0 {
		data = []byte("{}")
	}
	return decode(&jsonReader{data: data}, v)
}

// UnmarshalCBOR decodes a Smithy RPC v2 CBOR document into v, under the rules
// of UnmarshalJSON. Indefinite lengths, half floats and tags are understood;
// a tag says nothing that the member's own type does not.
func UnmarshalCBOR(data []byte, v any) error {
	if len(data) == 0 {
		data = []byte{majorMap << 5}
	}
	r := &cborReader{data: data}
	r.open = r.room[:0]
	return decode(r, v)
}

// open returns the plan for a structure and the structure itself, which is
// the zero one for a nil pointer.
func open(v any) (*shape, reflect.Value) {
	val := reflect.ValueOf(v)
	if val.Kind() == reflect.Pointer {
		if val.IsNil() {
			val = reflect.New(val.Type().Elem())
		}
		val = val.Elem()
	}
	return planOf(val.Type()), val
}
