package awswire_test

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/gamelift"
	"github.com/aws/aws-sdk-go-v2/service/gamelift/types"

	"github.com/musterhq/muster/internal/awswire"
)

func joined() *gamelift.CreatePlayerSessionOutput {
	return &gamelift.CreatePlayerSessionOutput{PlayerSession: &types.PlayerSession{
		PlayerSessionId: aws.String("psess-63f415d2-71d9-6ecd-c479-d066ccab3ced"),
		PlayerId:        aws.String("player-1"),
		GameSessionId:   aws.String("arn:aws:gamelift:us-west-2::gamesession/fleet-8a8e55eb/custom-here/6aa3a161"),
		FleetId:         aws.String("fleet-8a8e55eb"),
		FleetArn:        aws.String("arn:aws:gamelift:us-west-2:123456789012:fleet/fleet-8a8e55eb"),
		CreationTime:    aws.Time(time.UnixMilli(1469498468057).UTC()),
		Status:          types.PlayerSessionStatusReserved,
		IpAddress:       aws.String("127.0.0.1"),
		DnsName:         aws.String("localhost"),
		Port:            aws.Int32(1935),
	}}
}

func joinInput() *gamelift.CreatePlayerSessionInput {
	return &gamelift.CreatePlayerSessionInput{
		GameSessionId: aws.String("arn:aws:gamelift:us-west-2::gamesession/fleet-8a8e55eb/custom-here/6aa3a161"),
		PlayerId:      aws.String("player-1"),
		PlayerData:    aws.String(`{"team":"red"}`),
	}
}

func BenchmarkAppend(b *testing.B) {
	for name, codec := range codecs {
		b.Run(name, func(b *testing.B) {
			v, buf := joined(), []byte(nil)
			b.ReportAllocs()
			for b.Loop() {
				buf = codec.append(buf[:0], v)
			}
		})
	}
}

func BenchmarkUnmarshal(b *testing.B) {
	for name, codec := range codecs {
		b.Run("CreatePlayerSessionInput/"+name, func(b *testing.B) {
			doc := codec.append(nil, joinInput())
			b.ReportAllocs()
			for b.Loop() {
				var in gamelift.CreatePlayerSessionInput
				if err := codec.unmarshal(doc, &in); err != nil {
					b.Fatal(err)
				}
			}
		})
		b.Run("CreatePlayerSessionOutput/"+name, func(b *testing.B) {
			doc := codec.append(nil, joined())
			b.ReportAllocs()
			for b.Loop() {
				var out gamelift.CreatePlayerSessionOutput
				if err := codec.unmarshal(doc, &out); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// BenchmarkUnmarshalEncodingJSON is the standard library at the same document,
// for comparison.
func BenchmarkUnmarshalEncodingJSON(b *testing.B) {
	doc := awswire.AppendJSON(nil, joinInput())
	b.ReportAllocs()
	for b.Loop() {
		var in gamelift.CreatePlayerSessionInput
		if err := json.Unmarshal(doc, &in); err != nil {
			b.Fatal(err)
		}
	}
}
