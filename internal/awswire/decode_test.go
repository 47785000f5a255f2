package awswire_test

import (
	"bytes"
	"encoding/hex"
	"errors"
	"math"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/gamelift"
	"github.com/aws/aws-sdk-go-v2/service/gamelift/types"
	"github.com/google/go-cmp/cmp"

	"github.com/musterhq/muster/internal/awswire"
)

func TestUnmarshalJSON(t *testing.T) {
	create := func(in gamelift.CreateGameSessionInput) any { return &in }
	for doc, want := range map[string]any{
		``:                             create(gamelift.CreateGameSessionInput{}),
		` { } `:                        create(gamelift.CreateGameSessionInput{}),
		`{"FleetId":null,"Name":"n"}`:  create(gamelift.CreateGameSessionInput{Name: aws.String("n")}),
		`{"fleetId":"f","NAME":"n"}`:   create(gamelift.CreateGameSessionInput{}), // names are exact
		`{"noSmithyDocumentSerde":{}}`: create(gamelift.CreateGameSessionInput{}),
		`{"Name":"a","Name":"b"}`:      create(gamelift.CreateGameSessionInput{Name: aws.String("b")}),
		`{"Name":"a","Name":null}`:     create(gamelift.CreateGameSessionInput{}),
		`{"X":[{"y":[1,-2.5e3,"\u0000",true,false,null,{}]},[]],"Name":"n"}`: create(gamelift.CreateGameSessionInput{Name: aws.String("n")}),
		`{"MaximumPlayerSessionCount":4.0}`:                                  create(gamelift.CreateGameSessionInput{MaximumPlayerSessionCount: aws.Int32(4)}),
		`{"MaximumPlayerSessionCount":4e0}`:                                  create(gamelift.CreateGameSessionInput{MaximumPlayerSessionCount: aws.Int32(4)}),
		`{"MaximumPlayerSessionCount":-2147483648}`:                          create(gamelift.CreateGameSessionInput{MaximumPlayerSessionCount: aws.Int32(math.MinInt32)}),
		`{"GameProperties":[]}`:                                              create(gamelift.CreateGameSessionInput{GameProperties: []types.GameProperty{}}),
		`{"GameProperties":[{"Key":"k"},null]}`:                              create(gamelift.CreateGameSessionInput{GameProperties: []types.GameProperty{{Key: aws.String("k")}, {}}}),
		`{"Name":"\u00e9\ud83d\ude00\/\"\\\b\f\n\r\t"}`:                      create(gamelift.CreateGameSessionInput{Name: aws.String("é😀/\"\\\b\f\n\r\t")}),
		`{"Name":"\ud83d\ud83d\ude00 \ude00 \ud83dx \ud83d\n"}`:              create(gamelift.CreateGameSessionInput{Name: aws.String("\ufffd😀 \ufffd \ufffdx \ufffd\n")}),
		`{"PlayerDataMap":{"a":null,"b":"","a":null}}`:                       &gamelift.CreatePlayerSessionsInput{PlayerDataMap: map[string]string{"b": ""}},
		`{"N\u0061me":"n"}`:                                                  create(gamelift.CreateGameSessionInput{Name: aws.String("n")}),
		`{"StartTime":1469498468.057}`:                                       &gamelift.DescribeFleetEventsInput{StartTime: aws.Time(time.UnixMilli(1469498468057).UTC())},
		`{"StartTime":-1}`:                                                   &gamelift.DescribeFleetEventsInput{StartTime: aws.Time(time.Unix(-1, 0).UTC())},
		`{"ZipFile":"AAEC"}`:                                                 &gamelift.CreateScriptInput{ZipFile: []byte{0, 1, 2}},
		`{"PlayerDataMap":{"a":"1","b":"2","a":"3"}}`:                        &gamelift.CreatePlayerSessionsInput{PlayerDataMap: map[string]string{"a": "3", "b": "2"}},
		`{"Players":[{"LatencyInMs":{"us-east-1":40},"PlayerAttributes":{"skill":{"N":5}}}]}`: &gamelift.StartMatchmakingInput{Players: []types.Player{{
			LatencyInMs:      map[string]int32{"us-east-1": 40},
			PlayerAttributes: map[string]types.AttributeValue{"skill": {N: aws.Float64(5)}},
		}}},
		`{"PlayerLatencies":[{"LatencyInMilliseconds":47.5}]}`: &gamelift.StartGameSessionPlacementInput{PlayerLatencies: []types.PlayerLatency{{LatencyInMilliseconds: aws.Float32(47.5)}}},
	} {
		t.Run(doc, func(t *testing.T) {
			got := reflect.New(reflect.TypeOf(want).Elem()).Interface()
			if err := awswire.UnmarshalJSON([]byte(doc), got); err != nil {
				t.Fatal(err)
			}
			if d := cmp.Diff(want, got, same); d != "" {
				t.Fatal(d)
			}
		})
	}
}

func TestUnmarshalReplaces(t *testing.T) {
	in := gamelift.CreateGameSessionInput{Name: aws.String("old")}
	if err := awswire.UnmarshalJSON([]byte(`{"FleetId":"f"}`), &in); err != nil {
		t.Fatal(err)
	}
	if in.Name != nil {
		t.Errorf("the name is still %q", *in.Name)
	}
}

// TestUnmarshalKeepsNothing overwrites the document after it was decoded.
func TestUnmarshalKeepsNothing(t *testing.T) {
	for name, codec := range codecs {
		doc := codec.append(nil, joinInput())
		var got gamelift.CreatePlayerSessionInput
		if err := codec.unmarshal(doc, &got); err != nil {
			t.Fatal(err)
		}
		clear(doc)
		if d := cmp.Diff(joinInput(), &got, same); d != "" {
			t.Error(name, d)
		}
	}
}

func TestTypeErrors(t *testing.T) {
	for _, test := range []struct {
		doc  string
		in   any
		want awswire.TypeError
	}{
		{`null`, &gamelift.CreateGameSessionInput{}, awswire.TypeError{Path: "", Want: "a structure", Got: "null"}},
		{`[]`, &gamelift.CreateGameSessionInput{}, awswire.TypeError{Path: "", Want: "a structure", Got: "a list"}},
		{`{"FleetId":5}`, &gamelift.CreateGameSessionInput{}, awswire.TypeError{Path: "FleetId", Want: "a string", Got: "a number"}},
		{`{"FleetId":{}}`, &gamelift.CreateGameSessionInput{}, awswire.TypeError{Path: "FleetId", Want: "a string", Got: "a map"}},
		{`{"MaximumPlayerSessionCount":"4"}`, &gamelift.CreateGameSessionInput{}, awswire.TypeError{Path: "MaximumPlayerSessionCount", Want: "an integer", Got: "a string"}},
		{`{"MaximumPlayerSessionCount":4.5}`, &gamelift.CreateGameSessionInput{}, awswire.TypeError{Path: "MaximumPlayerSessionCount", Want: "an integer", Got: "a fraction"}},
		{`{"MaximumPlayerSessionCount":2147483648}`, &gamelift.CreateGameSessionInput{}, awswire.TypeError{Path: "MaximumPlayerSessionCount", Want: "an integer of 32 bits", Got: "a number out of its range"}},
		{`{"MaximumPlayerSessionCount":1e400}`, &gamelift.CreateGameSessionInput{}, awswire.TypeError{Path: "MaximumPlayerSessionCount", Want: "an integer of 32 bits", Got: "a number out of its range"}},
		{`{"GameProperties":{}}`, &gamelift.CreateGameSessionInput{}, awswire.TypeError{Path: "GameProperties", Want: "a list", Got: "a map"}},
		{`{"GameProperties":[{},{"Key":true}]}`, &gamelift.CreateGameSessionInput{}, awswire.TypeError{Path: "GameProperties[1].Key", Want: "a string", Got: "a boolean"}},
		{`{"GameProperties":[7]}`, &gamelift.CreateGameSessionInput{}, awswire.TypeError{Path: "GameProperties[0]", Want: "a structure", Got: "a number"}},
		{`{"PlayerDataMap":{"a":[]}}`, &gamelift.CreatePlayerSessionsInput{}, awswire.TypeError{Path: `PlayerDataMap["a"]`, Want: "a string", Got: "a list"}},
		{`{"PlayerDataMap":{"` + strings.Repeat("k", 1000) + `":[]}}`, &gamelift.CreatePlayerSessionsInput{}, awswire.TypeError{Path: `PlayerDataMap["` + strings.Repeat("k", 64) + `"]`, Want: "a string", Got: "a list"}},
		{`{"PlayerDataMap":[]}`, &gamelift.CreatePlayerSessionsInput{}, awswire.TypeError{Path: "PlayerDataMap", Want: "a map", Got: "a list"}},
		{`{"AcceptanceRequired":"true"}`, &gamelift.CreateMatchmakingConfigurationInput{}, awswire.TypeError{Path: "AcceptanceRequired", Want: "a boolean", Got: "a string"}},
		{`{"ZipFile":"*"}`, &gamelift.CreateScriptInput{}, awswire.TypeError{Path: "ZipFile", Want: "a blob in base64", Got: "another string"}},
		{`{"StartTime":"2026-11-22T00:00:00Z"}`, &gamelift.DescribeFleetEventsInput{}, awswire.TypeError{Path: "StartTime", Want: "a timestamp in epoch seconds", Got: "a string"}},
		{`{"StartTime":1469498468057}`, &gamelift.DescribeFleetEventsInput{}, awswire.TypeError{Path: "StartTime", Want: "a timestamp in epoch seconds", Got: "a number out of its range"}},
		{`{"PlayerLatencies":[{"LatencyInMilliseconds":1e39}]}`, &gamelift.StartGameSessionPlacementInput{}, awswire.TypeError{Path: "PlayerLatencies[0].LatencyInMilliseconds", Want: "a number of 32 bits", Got: "a number out of its range"}},
		{`{"Players":[{"PlayerAttributes":{"s":{"N":"NaN"}}}]}`, &gamelift.StartMatchmakingInput{}, awswire.TypeError{Path: `Players[0].PlayerAttributes["s"].N`, Want: "a number", Got: "a string"}},
	} {
		t.Run(test.doc, func(t *testing.T) {
			err := awswire.UnmarshalJSON([]byte(test.doc), test.in)
			var got *awswire.TypeError
			if !errors.As(err, &got) || *got != test.want {
				t.Fatalf("got %v, want %v", err, &test.want)
			}
		})
	}
}

func TestBrokenJSON(t *testing.T) {
	for doc, offset := range map[string]int{
		`{`: 1, `{"`: 2, `{"a`: 3, `{"a"`: 4, `{"a":`: 5, `{"a":1`: 6, `{"a":1,`: 7, `{"a":"\`: 7, `{"a":"\u12`: 8,
		`{"a":1,}`: 7, `{"a":[1,]}`: 8, `{"a":[1 2]}`: 8, `{,}`: 1, `{a:1}`: 1, `{"a" 1}`: 5, `{"a":[}`: 6, `{"a":[1}}`: 7,
		`{"a":01}`: 7, `{"a":-}`: 6, `{"a":1.}`: 7, `{"a":.5}`: 5, `{"a":1e}`: 7, `{"a":+1}`: 5, `{"a":nul}`: 5, `{"a":NaN}`: 5, `{"a":'x'}`: 5,
		`{"a":"\x"}`: 7, `{"a":"\u12g4"}`: 8, "{\"a\":\"\n\"}": 6, "{\"a\":\"\\n\x01\"}": 8, "{\"a\":\"\xff\"}": 7, "{\"a\":\"\\n\xc3\"}": 9,
		"\ufeff{}": 0, `{} {}`: 3, `{}x`: 2, `[`: -1, ` `: 1, `nothing`: 0,
	} {
		t.Run(doc, func(t *testing.T) {
			err := awswire.UnmarshalJSON([]byte(doc), &gamelift.CreateGameSessionInput{})
			if offset < 0 { // the wrong type shows before the end is missed
				var typed *awswire.TypeError
				if !errors.As(err, &typed) {
					t.Fatalf("got %v", err)
				}
				return
			}
			var got *awswire.SyntaxError
			if !errors.As(err, &got) || got.Offset != offset {
				t.Fatalf("got %v, want a syntax error at byte %d", err, offset)
			}
		})
	}
}

func fromHex(t *testing.T, s string) []byte {
	t.Helper()
	b, err := hex.DecodeString(strings.ReplaceAll(s, " ", ""))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// TestUnmarshalCBOR reads what the Go SDK was seen to send, and the same in
// every other way that CBOR has for it.
func TestUnmarshalCBOR(t *testing.T) {
	const captured = "a467466c656574496467666c6565742d3178194d6178696d756d506c6179657253657373696f6e436f756e74046e47616d6550726f7065727469657381a2634b6579636d61706556616c75656464757374704964656d706f74656e6379546f6b656e63616263"
	want := &gamelift.CreateGameSessionInput{
		FleetId:                   aws.String("fleet-1"),
		MaximumPlayerSessionCount: aws.Int32(4),
		GameProperties:            []types.GameProperty{{Key: aws.String("map"), Value: aws.String("dust")}},
		IdempotencyToken:          aws.String("abc"),
	}
	for name, doc := range map[string]string{
		"captured":           captured,
		"self-described":     "d9d9f7" + captured,
		"indefinite":         strings.Replace(captured, "a467", "bf67", 1) + "ff",
		"indefinite list":    strings.Replace(captured, "6581a2634b6579636d61706556616c75656464757374", "659fa2634b6579636d61706556616c75656464757374ff", 1),
		"chunks of text":     strings.Replace(captured, "67666c6565742d31", "7f65666c656574622d3160ff", 1),
		"long head":          strings.Replace(captured, "67666c6565742d31", "7b0000000000000007666c6565742d31", 1),
		"long integer":       strings.Replace(captured, "756e7404", "756e741a00000004", 1),
		"half float":         strings.Replace(captured, "756e7404", "756e74f94400", 1),
		"double":             strings.Replace(captured, "756e7404", "756e74fb4010000000000000", 1),
		"unknown members":    "aa" + captured[2:] + "6178f6 61798302f500 617a816174 61759f01ff 6176fb3ff8000000000000 6177f7",
		"unknown simple":     "a5" + captured[2:] + "6178f8ff",
		"null":               "a5" + captured[2:] + "644e616d65f6",
		"undefined":          "a5" + captured[2:] + "644e616d65f7",
		"earlier duplicate":  "a5" + "67466c656574496460" + captured[2:],
		"key in two chunks":  strings.Replace(captured, "67466c6565744964", "7f65466c656574624964ff", 1),
		"tagged text":        strings.Replace(captured, "67666c6565742d31", "d82067666c6565742d31", 1),
		"indefinite, nested": "bf" + strings.Replace(captured[2:], "6581a2634b6579636d61706556616c75656464757374", "659fbf634b6579636d61706556616c75656464757374ffff", 1) + "ff",
	} {
		t.Run(name, func(t *testing.T) {
			var got gamelift.CreateGameSessionInput
			if err := awswire.UnmarshalCBOR(fromHex(t, doc), &got); err != nil {
				t.Fatal(err)
			}
			if d := cmp.Diff(want, &got, same); d != "" {
				t.Fatal(d)
			}
		})
	}
}

func TestUnmarshalCBORTimes(t *testing.T) {
	const key = "a169537461727454696d65" // {"StartTime":
	for doc, want := range map[string]int64{
		"c1fb41d5e5a6490e9789": 1469487396_228, // tag 1, float64
		"fb41d5e5a6490e9789":   1469487396_228,
		"c11a5796c2e4":         1469498084_000,
		"c120":                 -1_000,
		"c1f93c00":             1_000,
		"c1fa3fc00000":         1_500,
	} {
		var got gamelift.DescribeFleetEventsInput
		if err := awswire.UnmarshalCBOR(fromHex(t, key+doc), &got); err != nil {
			t.Fatal(doc, err)
		}
		if got.StartTime.UnixMilli() != want {
			t.Errorf("%s: got %d ms, want %d", doc, got.StartTime.UnixMilli(), want)
		}
	}
	for _, doc := range []string{"c060", "c1f97e00", "c1fb7ff0000000000000", "c11b7fffffffffffffff", "c11bffffffffffffffff", "c13bffffffffffffffff"} {
		var typed *awswire.TypeError
		if err := awswire.UnmarshalCBOR(fromHex(t, key+doc), new(gamelift.DescribeFleetEventsInput)); !errors.As(err, &typed) {
			t.Errorf("%s: got %v, want a type error", doc, err)
		}
	}
}

func TestBrokenCBOR(t *testing.T) {
	for name, doc := range map[string]string{
		"cut head":           "b9",
		"cut argument":       "b900",
		"cut text":           "a167466c65",
		"no value":           "a167466c6565744964",
		"huge count":         "bb7fffffffffffffff",
		"huge list":          "a16178 9b7fffffffffffffff",
		"huge text":          "a17bffffffffffffffff41",
		"open map":           "bf6178",
		"map without end":    "bf",
		"break as value":     "a16178ff",
		"key without value":  "bf6178ff",
		"reserved length":    "a161781c",
		"reserved simple":    "a16178f808",
		"indefinite integer": "a161781f",
		"indefinite tag":     "a16178df00",
		"chunk of bytes":     "a161787f4161ff",
		"chunk of chunks":    "a161787f7f6161ffff",
		"open text":          "a161787f6161",
		"number as key":      "a10102",
		"text not UTF-8":     "a1617861ff",
		"two documents":      "a0a0",
		"only a tag":         "c1",
	} {
		t.Run(name, func(t *testing.T) {
			var broken *awswire.SyntaxError
			err := awswire.UnmarshalCBOR(fromHex(t, doc), new(gamelift.CreateGameSessionInput))
			if !errors.As(err, &broken) {
				t.Fatalf("got %v, want a syntax error", err)
			}
		})
	}
}

// TestBounds shows that a small document makes neither a deep stack nor a
// large memory.
func TestBounds(t *testing.T) {
	const deep = 1 << 20
	var in gamelift.CreateGameSessionInput
	for name, err := range map[string]error{
		"deep JSON list": awswire.UnmarshalJSON([]byte(`{"X":`+strings.Repeat("[", deep)), &in),
		"deep JSON map":  awswire.UnmarshalJSON([]byte(`{"X":`+strings.Repeat(`{"a":`, deep)), &in),
		"deep CBOR list": awswire.UnmarshalCBOR(append([]byte{0xa1, 0x61, 'X'}, bytes.Repeat([]byte{0x81}, deep)...), &in),
		"wide JSON list": awswire.UnmarshalJSON([]byte(`{"GameProperties":[`+strings.Repeat("null,", deep)+`null]}`), &in),
		"wide CBOR list": awswire.UnmarshalCBOR(append(append([]byte{0xa1, 0x6e}, "GameProperties\x9f"...), bytes.Repeat([]byte{0xf6}, deep)...), &in),
	} {
		if !errors.Is(err, awswire.ErrTooLarge) {
			t.Errorf("%s: got %v, want ErrTooLarge", name, err)
		}
	}
	if err := awswire.UnmarshalCBOR(append([]byte{0xa1, 0x61, 'X'}, append(bytes.Repeat([]byte{0xc1}, deep), 0)...), &in); err != nil {
		t.Errorf("many tags: %v", err)
	}
}
