package api_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/gamelift"
	"github.com/aws/aws-sdk-go-v2/service/gamelift/types"

	"github.com/musterhq/muster/internal/world"
)

func TestRegisterCompute(t *testing.T) {
	eachProtocol(t, func(t *testing.T, h *house) {
		h.t = t
		h.door.SDKEndpoint = func(r *http.Request) string { return "wss://muster.example:9080" }
		fleet := h.fleet("custom-hall", "custom-attic")
		in := &gamelift.RegisterComputeInput{
			FleetId: &fleet, ComputeName: aws.String("host-1"), IpAddress: aws.String("10.0.0.7"), DnsName: aws.String("host-1.example"),
			Location: aws.String("custom-hall"), CertificatePath: aws.String("/etc/cert"),
		}
		made := call[gamelift.RegisterComputeOutput](h, in).Compute
		want := types.Compute{
			FleetId: &fleet, FleetArn: aws.String("arn:aws:gamelift:us-east-1:000000000000:fleet/" + fleet),
			ComputeName: aws.String("host-1"), ComputeArn: aws.String("arn:aws:gamelift:us-east-1::compute/host-1"),
			ComputeStatus: types.ComputeStatusActive, CreationTime: made.CreationTime, Location: in.Location,
			IpAddress: in.IpAddress, DnsName: in.DnsName, GameLiftServiceSdkEndpoint: aws.String("wss://muster.example:9080"),
		}
		equal(t, *made, want)
		equal(t, *call[gamelift.RegisterComputeOutput](h, in).Compute, want) // again, unchanged
		for _, name := range []*string{made.ComputeName, made.ComputeArn} {
			equal(t, *call[gamelift.DescribeComputeOutput](h, &gamelift.DescribeComputeInput{FleetId: &fleet, ComputeName: name}).Compute, want)
		}

		change := func(f func(*gamelift.RegisterComputeInput)) *gamelift.RegisterComputeInput {
			changed := *in
			f(&changed)
			return &changed
		}
		h.refused(change(func(in *gamelift.RegisterComputeInput) { in.IpAddress = aws.String("10.0.0.8") }), "ConflictException", "host-1")
		h.refused(change(func(in *gamelift.RegisterComputeInput) { in.IpAddress, in.DnsName = nil, nil }), "InvalidRequestException", "IpAddress")
		h.refused(change(func(in *gamelift.RegisterComputeInput) { in.Location = nil }), "InvalidRequestException", "location")
		h.refused(change(func(in *gamelift.RegisterComputeInput) { in.Location = aws.String("custom-x") }), "InvalidRequestException", "custom-x")
		h.refused(change(func(in *gamelift.RegisterComputeInput) { in.FleetId = aws.String("fleet-x") }), "InvalidRequestException", "fleet-x")
		h.refused(change(func(in *gamelift.RegisterComputeInput) { in.ComputeName = aws.String("a.b") }), "InvalidRequestException", "computeName")
		h.refused(change(func(in *gamelift.RegisterComputeInput) { in.IpAddress = aws.String("host") }), "InvalidRequestException", "ipAddress")

		call[gamelift.DeregisterComputeOutput](h, &gamelift.DeregisterComputeInput{FleetId: &fleet, ComputeName: made.ComputeArn})
		for _, f := range []string{fleet, "fleet-x"} {
			h.refused(&gamelift.DeregisterComputeInput{FleetId: &f, ComputeName: made.ComputeName}, "NotFoundException", "")
			h.refused(&gamelift.DescribeComputeInput{FleetId: &f, ComputeName: made.ComputeName}, "NotFoundException", "")
			h.refused(&gamelift.GetComputeAuthTokenInput{FleetId: &f, ComputeName: made.ComputeName}, "NotFoundException", "")
		}
	})
}

// Clients index IpAddress and DnsName whichever a compute was registered by.
func TestComputeAddresses(t *testing.T) {
	eachProtocol(t, func(t *testing.T, h *house) {
		h.t = t
		fleet := h.fleet("custom-hall")
		for i, c := range []struct{ ip, dns *string }{{aws.String("2001:db8::1"), nil}, {nil, aws.String("host.example")}} {
			made := call[gamelift.RegisterComputeOutput](h, &gamelift.RegisterComputeInput{
				FleetId: &fleet, ComputeName: aws.String(fmt.Sprint("host-", i)), IpAddress: c.ip, DnsName: c.dns,
			}).Compute // the location may be left out when there is just one
			want := aws.ToString(c.ip) + aws.ToString(c.dns)
			if *made.IpAddress != want || *made.DnsName != want || *made.Location != "custom-hall" {
				t.Errorf("got %s and %s in %s, want %s", *made.IpAddress, *made.DnsName, *made.Location, want)
			}
		}
	})
}

// Unless told otherwise, game servers connect where the request came to.
func TestSDKEndpoint(t *testing.T) {
	h := newHouse(t, world.Settings{})
	plain, secure := httptest.NewServer(h.door), httptest.NewTLSServer(h.door)
	t.Cleanup(plain.Close)
	t.Cleanup(secure.Close)
	fleet := h.fleet("custom-hall")
	h.compute(fleet, "custom-hall", "host-1")
	for _, server := range []*httptest.Server{plain, secure} {
		client := gamelift.New(gamelift.Options{
			BaseEndpoint: &server.URL, Region: "us-east-1", HTTPClient: server.Client(),
			Credentials: credentials.NewStaticCredentialsProvider("AKIDEXAMPLE", "secret", ""),
		})
		out, err := client.DescribeCompute(t.Context(), &gamelift.DescribeComputeInput{FleetId: &fleet, ComputeName: aws.String("host-1")})
		if err != nil {
			t.Fatal(err)
		}
		if want := strings.Replace(server.URL, "http", "ws", 1); *out.Compute.GameLiftServiceSdkEndpoint != want {
			t.Errorf("got endpoint %s, want %s", *out.Compute.GameLiftServiceSdkEndpoint, want)
		}
	}
}

func TestListCompute(t *testing.T) {
	eachProtocol(t, func(t *testing.T, h *house) {
		h.t = t
		fleet := h.fleet("custom-hall", "custom-attic")
		for i := range 5 {
			h.compute(fleet, "custom-hall", fmt.Sprint("host-", i))
		}
		h.compute(fleet, "custom-attic", "host-9")
		list := func(in gamelift.ListComputeInput) int {
			return len(collect(t, func(token *string) ([]types.Compute, *string) {
				in.FleetId, in.Limit, in.NextToken = &fleet, aws.Int32(2), token
				out := call[gamelift.ListComputeOutput](h, &in)
				for _, c := range out.ComputeList {
					if aws.ToString(c.GameLiftServiceSdkEndpoint) == "" {
						t.Errorf("compute %s has no endpoint", *c.ComputeName)
					}
				}
				return out.ComputeList, out.NextToken
			}, func(c types.Compute) string { return *c.ComputeName }))
		}
		for _, c := range []struct {
			in   gamelift.ListComputeInput
			want int
		}{
			{gamelift.ListComputeInput{}, 6},
			{gamelift.ListComputeInput{Location: aws.String("custom-attic")}, 1},
			{gamelift.ListComputeInput{Location: aws.String("custom-nowhere")}, 0},
			{gamelift.ListComputeInput{ComputeStatus: types.ListComputeInputStatusActive}, 6},
			{gamelift.ListComputeInput{ComputeStatus: types.ListComputeInputStatusImpaired}, 0},
			{gamelift.ListComputeInput{ContainerGroupDefinitionName: aws.String("group")}, 0},
		} {
			if got := list(c.in); got != c.want {
				t.Errorf("%+v: got %d computes, want %d", c.in, got, c.want)
			}
		}
		h.refused(&gamelift.ListComputeInput{FleetId: aws.String("fleet-x")}, "InvalidRequestException", "fleet-x")
	})
}

func TestGetComputeAuthToken(t *testing.T) {
	eachProtocol(t, func(t *testing.T, h *house) {
		h.t = t
		fleet := h.fleet("custom-hall")
		h.compute(fleet, "custom-hall", "host-1")
		h.compute(fleet, "custom-hall", "host-2")
		get := func(name string) *gamelift.GetComputeAuthTokenOutput {
			return call[gamelift.GetComputeAuthTokenOutput](h, &gamelift.GetComputeAuthTokenInput{FleetId: &fleet, ComputeName: &name})
		}
		one := get("host-1")
		if !regexp.MustCompile(`^[a-zA-Z0-9\-]{1,64}$`).MatchString(*one.AuthToken) {
			t.Errorf("got token %q", *one.AuthToken)
		}
		if *one.FleetId != fleet || *one.ComputeName != "host-1" || *one.ComputeArn != "arn:aws:gamelift:us-east-1::compute/host-1" || one.FleetArn == nil {
			t.Errorf("got %+v", one)
		}
		if left := time.Until(*one.ExpirationTimestamp); left < 179*time.Minute || left > 181*time.Minute {
			t.Errorf("the token lives for %v", left)
		}
		if again := get("host-1"); *again.AuthToken != *one.AuthToken || !again.ExpirationTimestamp.Equal(*one.ExpirationTimestamp) {
			t.Error("the token is not handed out again")
		}
		if other := get("host-2"); *other.AuthToken == *one.AuthToken {
			t.Error("two computes share a token")
		}
		// A compute that was registered anew begins anew.
		call[gamelift.DeregisterComputeOutput](h, &gamelift.DeregisterComputeInput{FleetId: &fleet, ComputeName: aws.String("host-1")})
		h.compute(fleet, "custom-hall", "host-1")
		if renewed := get("host-1"); *renewed.AuthToken == *one.AuthToken {
			t.Error("a compute was handed the token of its former registration")
		}
	})
}

func TestComputeAuthTokenRenewal(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHouse(t, world.Settings{})
		fleet := h.fleet("custom-hall")
		h.compute(fleet, "custom-hall", "host-1")
		get := func() string {
			return *call[gamelift.GetComputeAuthTokenOutput](h, &gamelift.GetComputeAuthTokenInput{FleetId: &fleet, ComputeName: aws.String("host-1")}).AuthToken
		}
		first := get()
		time.Sleep(164 * time.Minute)
		if get() != first {
			t.Error("a token with 16 minutes left is not handed out again")
		}
		time.Sleep(2 * time.Minute)
		if get() == first {
			t.Error("a token with 14 minutes left is handed out again")
		}
	})
}
