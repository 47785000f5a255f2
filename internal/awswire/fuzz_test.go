package awswire_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"testing"
	"unicode/utf8"

	"github.com/aws/aws-sdk-go-v2/service/gamelift"
	"github.com/aws/aws-sdk-go-v2/service/gamelift/types"
	"github.com/aws/smithy-go/encoding/cbor"
	cbor2 "github.com/fxamacker/cbor/v2"
	"github.com/google/go-cmp/cmp"

	"github.com/musterhq/muster/internal/awswire"
)

// everyKind has members of every kind, under short names.
type everyKind struct {
	Text  *string
	Enum  types.FleetType
	Int   *int32
	Long  *int64
	Float *float32
	Real  *float64
	Yes   *bool
	Blob  []byte
	List  []types.Player
	Map   map[string]types.AttributeValue
	Names []string
	Times *types.Event
	Fleet *gamelift.CreateFleetInput
}

// roundTrip checks that what was decoded is the same after a walk over either
// wire, and that others can read what we append.
func roundTrip(t *testing.T, v *everyKind) {
	for name, codec := range codecs {
		doc := codec.append(nil, v)
		var again everyKind
		if err := codec.unmarshal(doc, &again); err != nil {
			t.Fatalf("%s: %v in our own %q", name, err, doc)
		}
		if !bytes.Equal(doc, codec.append(nil, &again)) {
			t.Fatal(name, cmp.Diff(v, &again, same))
		}
	}
	if doc := awswire.AppendJSON(nil, v); !json.Valid(doc) {
		t.Fatalf("not JSON: %q", doc)
	}
	if _, err := cbor.Decode(awswire.AppendCBOR(nil, v)); err != nil {
		t.Fatal(err)
	}
}

func FuzzUnmarshalJSON(f *testing.F) {
	for _, doc := range []string{
		`{}`, `{"Text":"a\u00e9\ud83d\ude00\n","Enum":"X","Int":-5,"Long":9007199254740993,"Float":1.5e3,"Real":-0.0,"Yes":true,"Blob":"AAEC"}`,
		`{"List":[{"LatencyInMs":{"a":1},"PlayerAttributes":{"k":{"S":"s","SL":["a"],"SDM":{"x":0.5}}}}],"Names":["",null],"Times":{"EventTime":1.5}}`,
		`{"x":[[[{"y":null}]]],"Fleet":{"Tags":[{"Key":"k"}]},"Map":{"a":{"N":1e-7}}}`,
	} {
		f.Add([]byte(doc))
	}
	f.Fuzz(func(t *testing.T, doc []byte) {
		var v everyKind
		err := awswire.UnmarshalJSON(doc, &v)
		wellFormed := len(doc) == 0 || json.Valid(doc) && utf8.Valid(doc)
		if err == nil && !wellFormed {
			t.Fatalf("accepted %q", doc)
		}
		var syntax *awswire.SyntaxError
		if errors.As(err, &syntax) && wellFormed {
			t.Fatalf("%v in %q", err, doc)
		}
		if err == nil {
			roundTrip(t, &v)
		}
	})
}

func FuzzUnmarshalCBOR(f *testing.F) {
	for _, doc := range []string{
		"\xa0", "\xbf\xff", "\xa1\x64Text\x7f\x61a\x61b\xff", "\xa1\x63Int\xf9\x44\x00", "\xa1\x65Times\xa1\x69EventTime\xc1\xfb\x41\xd5\xe5\xa6\x49\x0e\x97\x89",
		"\xa1\x64List\x81\xa1\x6bLatencyInMs\xa1\x61a\x01", "\xa2\x64Blob\x43\x00\x01\x02\x61x\x9f\x01\xf7\xff",
	} {
		f.Add([]byte(doc))
	}
	reference, err := cbor2.DecOptions{MaxNestedLevels: 65535}.DecMode()
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, doc []byte) {
		var v everyKind
		if err := awswire.UnmarshalCBOR(doc, &v); err != nil || len(doc) == 0 {
			return
		}
		if err := reference.Wellformed(doc); err != nil {
			t.Fatalf("accepted % x: %v", doc, err)
		}
		roundTrip(t, &v)
	})
}
