package awswire_test

import (
	"encoding/hex"
	"math"
	"reflect"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/gamelift"
	"github.com/aws/aws-sdk-go-v2/service/gamelift/types"
	"github.com/aws/smithy-go/encoding/cbor"
	"pgregory.net/rapid"

	"github.com/musterhq/muster/internal/awswire"
)

func TestAppendJSON(t *testing.T) {
	for want, v := range map[string]any{
		`{}`:                         &gamelift.DeleteAliasOutput{},
		`{"GameSessions":[]}`:        &gamelift.SearchGameSessionsOutput{GameSessions: []types.GameSession{}},
		`{"AliasId":"a"}`:            gamelift.DeleteAliasInput{AliasId: aws.String("a")}, // not a pointer
		`{"AliasId":"<b>&\"\\/é😀"}`:  &gamelift.DeleteAliasInput{AliasId: aws.String(`<b>&"\/é😀`)},
		`{"AliasId":"\n\r\t\u0000"}`: &gamelift.DeleteAliasInput{AliasId: aws.String("\n\r\t\x00")},
		`{"AliasId":"a�b�"}`:         &gamelift.DeleteAliasInput{AliasId: aws.String("a\xffb\xc3")},
		`{"GameSession":{"GameProperties":[{"Key":"k","Value":""},{}],"MaximumPlayerSessionCount":0,"Port":-1}}`: &gamelift.CreateGameSessionOutput{GameSession: &types.GameSession{
			GameProperties: []types.GameProperty{{Key: aws.String("k"), Value: aws.String("")}, {}}, MaximumPlayerSessionCount: aws.Int32(0), Port: aws.Int32(-1),
		}},
		`{"PlayerDataMap":{"a":"1","b":"2","c":"3"}}`:     &gamelift.CreatePlayerSessionsInput{PlayerDataMap: map[string]string{"c": "3", "a": "1", "b": "2"}},
		`{"PlayerDataMap":{}}`:                            &gamelift.CreatePlayerSessionsInput{PlayerDataMap: map[string]string{}},
		`{"ZipFile":"AAEC"}`:                              &gamelift.CreateScriptInput{ZipFile: []byte{0, 1, 2}},
		`{"EndTime":1469498468.05,"StartTime":-0.5}`:      &gamelift.DescribeFleetEventsInput{StartTime: aws.Time(time.UnixMilli(-500)), EndTime: aws.Time(time.UnixMilli(1469498468050))},
		`{"EndTime":1469498468}`:                          &gamelift.DescribeFleetEventsInput{EndTime: aws.Time(time.Unix(1469498468, 999))},
		`{"TargetConfiguration":{"TargetValue":1000000}}`: &gamelift.PutScalingPolicyInput{TargetConfiguration: &types.TargetConfiguration{TargetValue: aws.Float64(1e6)}},
		`{"Threshold":"-Infinity"}`:                       &gamelift.PutScalingPolicyInput{Threshold: aws.Float64(math.Inf(-1))},
		`{"Threshold":1e+21}`:                             &gamelift.PutScalingPolicyInput{Threshold: aws.Float64(1e21)},
		`{"LatencyInMilliseconds":0.1}`:                   &types.PlayerLatency{LatencyInMilliseconds: aws.Float32(0.1)},
	} {
		if got := string(awswire.AppendJSON([]byte("x"), v)); got != "x"+want {
			t.Errorf("got %s, want x%s", got, want)
		}
	}
	if got := string(awswire.AppendJSON(nil, (*gamelift.DeleteAliasInput)(nil))); got != "{}" {
		t.Errorf("nil: got %s", got)
	}
}

func TestAppendCBOR(t *testing.T) {
	for want, v := range map[string]any{
		"a0":                         &gamelift.DeleteAliasOutput{},
		"a167416c696173496463efbfbd": &gamelift.DeleteAliasInput{AliasId: aws.String("\xff")},
		"a1654c696d69741903e8":       &gamelift.ListAliasesInput{Limit: aws.Int32(1000)},
		"a1654c696d69743a7fffffff":   &gamelift.ListAliasesInput{Limit: aws.Int32(math.MinInt32)},
		"a1754c6174656e6379496e4d696c6c697365636f6e6473fa423e0000": &types.PlayerLatency{LatencyInMilliseconds: aws.Float32(47.5)},
	} {
		if got := hex.EncodeToString(awswire.AppendCBOR(nil, v)); got != want {
			t.Errorf("got %s, want %s", got, want)
		}
	}
}

// TestTimesKeepTheirMillisecond reads times as the Go SDK does.
func TestTimesKeepTheirMillisecond(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		ms := rapid.Int64Range(-1e14, 2e14).Draw(t, "ms")
		doc := awswire.AppendCBOR(nil, &gamelift.DescribeFleetEventsInput{StartTime: aws.Time(time.UnixMilli(ms))})
		v, err := cbor.Decode(doc)
		if err != nil {
			t.Fatal(err)
		}
		at, err := cbor.AsTime(v.(cbor.Map)["StartTime"])
		if err != nil || at.UnixMilli() != ms {
			t.Fatalf("%d ms came back as %d, %v", ms, at.UnixMilli(), err)
		}
	})
}

func TestAppendPanicsOnForeignTypes(t *testing.T) {
	defer func() {
		if recover() == nil {
			t.Error("a channel has no wire form")
		}
	}()
	awswire.AppendJSON(nil, struct{ C chan int }{})
}

// TestDeterministic appends one map many times.
func TestDeterministic(t *testing.T) {
	in := &gamelift.CreatePlayerSessionsInput{PlayerDataMap: map[string]string{}}
	for c := 'a'; c <= 'z'; c++ {
		in.PlayerDataMap[string(c)] = "x"
	}
	for name, codec := range codecs {
		first := codec.append(nil, in)
		for range 20 {
			if !reflect.DeepEqual(first, codec.append(nil, in)) {
				t.Fatal(name, "differs from one time to the next")
			}
		}
	}
}
