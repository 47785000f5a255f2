package api_test

import (
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/gamelift"
	"github.com/aws/aws-sdk-go-v2/service/gamelift/types"
	"github.com/google/go-cmp/cmp"

	"github.com/musterhq/muster/internal/world"
)

func anywhere(locations ...string) *gamelift.CreateFleetInput {
	in := &gamelift.CreateFleetInput{Name: aws.String("Arena"), ComputeType: types.ComputeTypeAnywhere}
	for _, l := range locations {
		in.Locations = append(in.Locations, types.LocationConfiguration{Location: aws.String(l)})
	}
	return in
}

func TestCreateFleet(t *testing.T) {
	eachProtocol(t, func(t *testing.T, h *house) {
		h.t = t
		h.location("custom-hall")
		in := anywhere("custom-hall")
		in.Description = aws.String("the big one")
		in.AnywhereConfiguration = &types.AnywhereConfiguration{Cost: aws.String("1.25")}
		in.NewGameSessionProtectionPolicy = types.ProtectionPolicyFullProtection
		in.ResourceCreationLimitPolicy = &types.ResourceCreationLimitPolicy{NewGameSessionsPerCreator: aws.Int32(3), PolicyPeriodInMinutes: aws.Int32(15)}
		in.MetricGroups = []string{"eu"}
		in.Tags = []types.Tag{{Key: aws.String("team"), Value: aws.String("red")}}
		in.RuntimeConfiguration = &types.RuntimeConfiguration{
			GameSessionActivationTimeoutSeconds: aws.Int32(30),
			ServerProcesses:                     []types.ServerProcess{{LaunchPath: aws.String("/local/game/arena"), ConcurrentExecutions: aws.Int32(50)}},
		}
		out := call[gamelift.CreateFleetOutput](h, in)
		f := out.FleetAttributes
		if !strings.HasPrefix(*f.FleetId, "fleet-") || *f.FleetArn != "arn:aws:gamelift:us-east-1:000000000000:fleet/"+*f.FleetId {
			t.Errorf("got id %s and ARN %s", *f.FleetId, *f.FleetArn)
		}
		want := types.FleetAttributes{
			FleetId: f.FleetId, FleetArn: f.FleetArn, CreationTime: f.CreationTime,
			Name: in.Name, Description: in.Description, Status: types.FleetStatusActive, ComputeType: types.ComputeTypeAnywhere,
			AnywhereConfiguration: in.AnywhereConfiguration, NewGameSessionProtectionPolicy: types.ProtectionPolicyFullProtection,
			ResourceCreationLimitPolicy: in.ResourceCreationLimitPolicy, MetricGroups: in.MetricGroups,
			CertificateConfiguration: &types.CertificateConfiguration{CertificateType: types.CertificateTypeDisabled},
			PlayerGatewayMode:        types.PlayerGatewayModeDisabled,
		}
		equal(t, *f, want)
		if age := time.Since(*f.CreationTime); age < -time.Second || age > time.Minute {
			t.Errorf("created %v ago", age)
		}
		var states []string
		for _, s := range out.LocationStates {
			states = append(states, *s.Location+" "+string(s.Status))
		}
		equal(t, states, []string{"custom-hall ACTIVE", "us-east-1 ACTIVE"})
		tags := call[gamelift.ListTagsForResourceOutput](h, &gamelift.ListTagsForResourceInput{ResourceARN: f.FleetArn}).Tags
		equal(t, tags, in.Tags)
		listed := call[gamelift.DescribeFleetAttributesOutput](h, &gamelift.DescribeFleetAttributesInput{})
		equal(t, listed.FleetAttributes, []types.FleetAttributes{want})
	})
}

func TestCreateFleetRefusals(t *testing.T) {
	eachProtocol(t, func(t *testing.T, h *house) {
		h.t = t
		h.location("custom-hall")
		for _, c := range []struct {
			change          func(*gamelift.CreateFleetInput)
			exception, part string
		}{
			{func(in *gamelift.CreateFleetInput) { in.ComputeType = "" }, "InvalidRequestException", "ANYWHERE"},
			{func(in *gamelift.CreateFleetInput) { in.ComputeType = types.ComputeTypeEc2 }, "InvalidRequestException", "ANYWHERE"},
			{func(in *gamelift.CreateFleetInput) { in.BuildId = aws.String("build-1") }, "InvalidRequestException", "BuildId"},
			{func(in *gamelift.CreateFleetInput) { in.EC2InstanceType = types.EC2InstanceTypeC4Large }, "InvalidRequestException", "EC2InstanceType"},
			{func(in *gamelift.CreateFleetInput) { in.PlayerGatewayMode = types.PlayerGatewayModeRequired }, "InvalidRequestException", "PlayerGatewayMode"},
			{func(in *gamelift.CreateFleetInput) { in.Locations = nil }, "InvalidRequestException", "Locations"},
			{func(in *gamelift.CreateFleetInput) { in.Locations[0].Location = aws.String("us-east-1") }, "InvalidRequestException", "home Region"},
			{func(in *gamelift.CreateFleetInput) { in.Locations = append(in.Locations, in.Locations[0]) }, "InvalidRequestException", "twice"},
			{func(in *gamelift.CreateFleetInput) { in.Locations[0].Location = aws.String("custom-nowhere") }, "NotFoundException", "custom-nowhere"},
			{func(in *gamelift.CreateFleetInput) { in.Name = aws.String(strings.Repeat("x", 1025)) }, "InvalidRequestException", "'name' failed to satisfy constraint"},
			{func(in *gamelift.CreateFleetInput) {
				in.AnywhereConfiguration = &types.AnywhereConfiguration{Cost: aws.String("cheap")}
			}, "InvalidRequestException", "anywhereConfiguration.cost"},
			{func(in *gamelift.CreateFleetInput) {
				in.Tags = []types.Tag{{Key: aws.String("aws:x"), Value: aws.String("")}}
			}, "TaggingFailedException", "aws:"},
			{func(in *gamelift.CreateFleetInput) {
				tag := types.Tag{Key: aws.String("k"), Value: aws.String("v")}
				in.Tags = []types.Tag{tag, tag}
			}, "TaggingFailedException", "twice"},
			{func(in *gamelift.CreateFleetInput) {
				p := types.ServerProcess{LaunchPath: aws.String("/local/game/a"), ConcurrentExecutions: aws.Int32(26)}
				in.RuntimeConfiguration = &types.RuntimeConfiguration{ServerProcesses: []types.ServerProcess{p, p}}
			}, "InvalidRequestException", "52 concurrent"},
		} {
			in := anywhere("custom-hall")
			c.change(in)
			h.refused(in, c.exception, c.part)
		}
		if ids := call[gamelift.ListFleetsOutput](h, &gamelift.ListFleetsInput{}).FleetIds; len(ids) > 0 {
			t.Errorf("refused requests have made fleets %v", ids)
		}
	})
}

func TestFleetLists(t *testing.T) {
	eachProtocol(t, func(t *testing.T, h *house) {
		h.t = t
		h.location("custom-hall")
		var ids []string
		for range 5 {
			ids = append(ids, *call[gamelift.CreateFleetOutput](h, anywhere("custom-hall")).FleetAttributes.FleetId)
		}
		listed := collect(t, func(token *string) ([]string, *string) {
			out := call[gamelift.ListFleetsOutput](h, &gamelift.ListFleetsInput{Limit: aws.Int32(2), NextToken: token})
			return out.FleetIds, out.NextToken
		}, func(id string) string { return id })
		slices.Sort(listed)
		slices.Sort(ids)
		equal(t, listed, ids)
		described := collect(t, func(token *string) ([]types.FleetAttributes, *string) {
			out := call[gamelift.DescribeFleetAttributesOutput](h, &gamelift.DescribeFleetAttributesInput{Limit: aws.Int32(2), NextToken: token})
			return out.FleetAttributes, out.NextToken
		}, func(f types.FleetAttributes) string { return *f.FleetId })
		slices.Sort(described)
		equal(t, described, ids)

		built := call[gamelift.ListFleetsOutput](h, &gamelift.ListFleetsInput{BuildId: aws.String("build-1")})
		if len(built.FleetIds) > 0 {
			t.Errorf("fleets with a build: %v", built.FleetIds)
		}
		named := call[gamelift.DescribeFleetAttributesOutput](h, &gamelift.DescribeFleetAttributesInput{
			FleetIds: []string{ids[3], "fleet-unknown", "arn:aws:gamelift:eu-west-1:123456789012:fleet/" + ids[1]}, Limit: aws.Int32(1),
		})
		if len(named.FleetAttributes) != 2 || *named.FleetAttributes[0].FleetId != ids[3] || *named.FleetAttributes[1].FleetId != ids[1] || named.NextToken != nil {
			t.Errorf("got %d fleets by id", len(named.FleetAttributes))
		}
		h.refused(&gamelift.ListFleetsInput{NextToken: aws.String("nonsense")}, "InvalidRequestException", "NextToken")
		first := call[gamelift.ListFleetsOutput](h, &gamelift.ListFleetsInput{Limit: aws.Int32(2)})
		h.refused(&gamelift.DescribeFleetAttributesInput{NextToken: first.NextToken}, "InvalidRequestException", "NextToken")
		h.refused(&gamelift.ListFleetsInput{Limit: aws.Int32(0)}, "InvalidRequestException", "'limit'")
	})
}

func TestUpdateFleetAttributes(t *testing.T) {
	eachProtocol(t, func(t *testing.T, h *house) {
		h.t = t
		fleet := h.fleet("custom-hall")
		out := call[gamelift.UpdateFleetAttributesOutput](h, &gamelift.UpdateFleetAttributesInput{
			FleetId: &fleet, Name: aws.String("New"), Description: aws.String("d"), MetricGroups: []string{"g"},
			AnywhereConfiguration:          &types.AnywhereConfiguration{Cost: aws.String("2")},
			NewGameSessionProtectionPolicy: types.ProtectionPolicyFullProtection,
			ResourceCreationLimitPolicy:    &types.ResourceCreationLimitPolicy{NewGameSessionsPerCreator: aws.Int32(1), PolicyPeriodInMinutes: aws.Int32(52_560_000)},
		})
		if *out.FleetId != fleet || !strings.HasSuffix(*out.FleetArn, fleet) {
			t.Errorf("got %s %s", *out.FleetId, *out.FleetArn)
		}
		f := call[gamelift.DescribeFleetAttributesOutput](h, &gamelift.DescribeFleetAttributesInput{FleetIds: []string{fleet}}).FleetAttributes[0]
		if *f.ResourceCreationLimitPolicy.PolicyPeriodInMinutes != 52_560_000 || *f.Name != "New" || *f.Description != "d" || *f.AnywhereConfiguration.Cost != "2" || f.MetricGroups[0] != "g" ||
			f.NewGameSessionProtectionPolicy != types.ProtectionPolicyFullProtection || *f.ResourceCreationLimitPolicy.NewGameSessionsPerCreator != 1 {
			t.Errorf("got %+v", f)
		}
		call[gamelift.UpdateFleetAttributesOutput](h, &gamelift.UpdateFleetAttributesInput{FleetId: &fleet, Description: aws.String("e")})
		f = call[gamelift.DescribeFleetAttributesOutput](h, &gamelift.DescribeFleetAttributesInput{FleetIds: []string{fleet}}).FleetAttributes[0]
		if *f.Name != "New" || *f.Description != "e" || *f.AnywhereConfiguration.Cost != "2" {
			t.Errorf("what was not given has changed: %+v", f)
		}
		h.refused(&gamelift.UpdateFleetAttributesInput{
			FleetId:                     &fleet,
			ResourceCreationLimitPolicy: &types.ResourceCreationLimitPolicy{PolicyPeriodInMinutes: aws.Int32(52_560_001)},
		}, "InvalidRequestException", "at most 52560000")
		h.refused(&gamelift.UpdateFleetAttributesInput{FleetId: aws.String("fleet-x")}, "NotFoundException", "fleet-x")
		h.refused(&gamelift.UpdateFleetAttributesInput{FleetId: aws.String("x")}, "InvalidRequestException", "fleetId")
	})
}

func TestDeleteFleet(t *testing.T) {
	eachProtocol(t, func(t *testing.T, h *house) {
		h.t = t
		fleet, keys := h.arena(1)
		h.refused(&gamelift.DeleteFleetInput{FleetId: aws.String("fleet-x")}, "NotFoundException", "fleet-x")
		call[gamelift.DeleteFleetOutput](h, &gamelift.DeleteFleetInput{FleetId: &fleet})
		f := call[gamelift.DescribeFleetAttributesOutput](h, &gamelift.DescribeFleetAttributesInput{FleetIds: []string{fleet}}).FleetAttributes[0]
		if f.Status != types.FleetStatusDeleting {
			t.Errorf("with a process left the fleet is %s", f.Status)
		}
		h.refused(&gamelift.DeleteFleetInput{FleetId: &fleet}, "InvalidFleetStatusException", "DELETING")
		h.refused(&gamelift.UpdateFleetAttributesInput{FleetId: &fleet}, "InvalidFleetStatusException", "DELETING")
		h.refused(&gamelift.CreateFleetLocationsInput{FleetId: &fleet, Locations: []types.LocationConfiguration{{Location: aws.String("custom-hall")}}}, "InvalidFleetStatusException", "DELETING")
		h.refused(&gamelift.CreateGameSessionInput{FleetId: &fleet, MaximumPlayerSessionCount: aws.Int32(2)}, "InvalidFleetStatusException", "DELETING")
		h.refused(&gamelift.RegisterComputeInput{FleetId: &fleet, ComputeName: aws.String("host-2"), IpAddress: aws.String("::1"), Location: aws.String("custom-hall")}, "InvalidRequestException", "DELETING")
		do(h, world.EndProcess{Key: keys[0]})
		h.refused(&gamelift.DeleteFleetInput{FleetId: &fleet}, "NotFoundException", fleet)
		call[gamelift.DeleteLocationOutput](h, &gamelift.DeleteLocationInput{LocationName: aws.String("custom-hall")})
	})
}

func TestFleetLocations(t *testing.T) {
	eachProtocol(t, func(t *testing.T, h *house) {
		h.t = t
		fleet := h.fleet("custom-hall", "custom-attic")
		h.location("custom-cellar")
		add := func(names ...string) *gamelift.CreateFleetLocationsInput {
			return &gamelift.CreateFleetLocationsInput{FleetId: &fleet, Locations: anywhere(names...).Locations}
		}
		added := call[gamelift.CreateFleetLocationsOutput](h, add("custom-cellar"))
		if *added.FleetId != fleet || !strings.HasSuffix(*added.FleetArn, fleet) || len(added.LocationStates) != 1 ||
			*added.LocationStates[0].Location != "custom-cellar" || added.LocationStates[0].Status != types.FleetStatusNew {
			t.Errorf("got %+v", added)
		}
		describe := func(names ...string) []string {
			return collect(t, func(token *string) ([]types.LocationAttributes, *string) {
				out := call[gamelift.DescribeFleetLocationAttributesOutput](h, &gamelift.DescribeFleetLocationAttributesInput{
					FleetId: &fleet, Locations: names, Limit: aws.Int32(2), NextToken: token,
				})
				if *out.FleetId != fleet || out.FleetArn == nil {
					t.Errorf("got fleet %s", *out.FleetId)
				}
				return out.LocationAttributes, out.NextToken
			}, func(l types.LocationAttributes) string {
				return *l.LocationState.Location + " " + string(l.LocationState.Status)
			})
		}
		equal(t, describe(), []string{"custom-attic ACTIVE", "custom-cellar ACTIVE", "custom-hall ACTIVE"})
		equal(t, describe("custom-hall", "custom-nowhere", "custom-attic"), []string{"custom-hall ACTIVE", "custom-attic ACTIVE"})

		h.compute(fleet, "custom-attic", "host-1")
		key := h.process(fleet, "host-1")
		remove := func(names ...string) *gamelift.DeleteFleetLocationsInput {
			return &gamelift.DeleteFleetLocationsInput{FleetId: &fleet, Locations: names}
		}
		removed := call[gamelift.DeleteFleetLocationsOutput](h, remove("custom-attic"))
		if len(removed.LocationStates) != 1 || removed.LocationStates[0].Status != types.FleetStatusDeleting {
			t.Errorf("got %+v", removed)
		}
		equal(t, describe("custom-attic"), []string{"custom-attic DELETING"})
		do(h, world.EndProcess{Key: key})
		equal(t, describe(), []string{"custom-cellar ACTIVE", "custom-hall ACTIVE"})

		h.refused(add("custom-cellar"), "ConflictException", "custom-cellar")
		h.refused(add("custom-nowhere"), "NotFoundException", "custom-nowhere")
		h.refused(remove("custom-attic"), "NotFoundException", "custom-attic")
		h.refused(remove("us-east-1"), "InvalidRequestException", "home Region")
		h.refused(remove("custom-cellar", "custom-hall"), "InvalidRequestException", "delete the fleet")
		fleet = "fleet-x"
		h.refused(add("custom-cellar"), "NotFoundException", "fleet-x")
		h.refused(remove("custom-cellar"), "NotFoundException", "fleet-x")
		h.refused(&gamelift.DescribeFleetLocationAttributesInput{FleetId: &fleet}, "NotFoundException", "fleet-x")
	})
}

func TestDescribeFleetEvents(t *testing.T) {
	eachProtocol(t, func(t *testing.T, h *house) {
		h.t = t
		fleet := h.fleet("custom-hall")
		call[gamelift.UpdateFleetAttributesOutput](h, &gamelift.UpdateFleetAttributesInput{FleetId: &fleet, NewGameSessionProtectionPolicy: types.ProtectionPolicyFullProtection})
		var events []types.Event
		codes := collect(t, func(token *string) ([]types.Event, *string) {
			out := call[gamelift.DescribeFleetEventsOutput](h, &gamelift.DescribeFleetEventsInput{FleetId: &fleet, Limit: aws.Int32(1), NextToken: token})
			events = append(events, out.Events...)
			return out.Events, out.NextToken
		}, func(e types.Event) string { return string(e.EventCode) })
		equal(t, codes, []string{"FLEET_NEW_GAME_SESSION_PROTECTION_POLICY_UPDATED", "FLEET_STATE_ACTIVE", "FLEET_CREATED"})
		e := events[2]
		if *e.ResourceId != fleet || *e.EventId == *events[1].EventId || *e.Message == "" || *e.Count != 1 || e.EventTime.IsZero() {
			t.Errorf("got %+v", e)
		}
		within := func(from, to *time.Time) int {
			return len(call[gamelift.DescribeFleetEventsOutput](h, &gamelift.DescribeFleetEventsInput{FleetId: &fleet, StartTime: from, EndTime: to}).Events)
		}
		early, late := e.EventTime.Add(-time.Hour), e.EventTime.Add(time.Hour)
		if within(&early, &late) != 3 || within(&late, nil) != 0 || within(nil, &early) != 0 {
			t.Error("events are not within their time")
		}
		h.refused(&gamelift.DescribeFleetEventsInput{FleetId: &fleet, StartTime: &late, EndTime: &early}, "InvalidRequestException", "EndTime")
		h.refused(&gamelift.DescribeFleetEventsInput{FleetId: aws.String("fleet-x")}, "NotFoundException", "fleet-x")
	})
}

func TestFleetUsage(t *testing.T) {
	eachProtocol(t, func(t *testing.T, h *house) {
		h.t = t
		fleet, _ := h.arena(2)
		h.compute(fleet, "custom-hall", "host-2")
		s := h.session(fleet, 4)
		call[gamelift.CreatePlayerSessionOutput](h, &gamelift.CreatePlayerSessionInput{GameSessionId: s.GameSessionId, PlayerId: aws.String("ann")})
		arn := aws.String("arn:aws:gamelift:us-east-1:000000000000:fleet/" + fleet)

		used := types.FleetUtilization{
			FleetId: &fleet, FleetArn: arn, ActiveServerProcessCount: aws.Int32(2), ActiveGameSessionCount: aws.Int32(1),
			CurrentPlayerSessionCount: aws.Int32(1), MaximumPlayerSessionCount: aws.Int32(4),
		}
		all := call[gamelift.DescribeFleetUtilizationOutput](h, &gamelift.DescribeFleetUtilizationInput{FleetIds: []string{fleet, "fleet-x"}})
		equal(t, all.FleetUtilization, []types.FleetUtilization{used})
		every := call[gamelift.DescribeFleetUtilizationOutput](h, &gamelift.DescribeFleetUtilizationInput{})
		equal(t, every.FleetUtilization, []types.FleetUtilization{used})
		used.Location = aws.String("custom-hall")
		one := call[gamelift.DescribeFleetLocationUtilizationOutput](h, &gamelift.DescribeFleetLocationUtilizationInput{FleetId: &fleet, Location: used.Location})
		equal(t, *one.FleetUtilization, used)

		capacity := types.FleetCapacity{FleetId: &fleet, FleetArn: arn, InstanceCounts: &types.EC2InstanceCounts{
			ACTIVE: aws.Int32(2), DESIRED: aws.Int32(2), MINIMUM: aws.Int32(2), MAXIMUM: aws.Int32(2), IDLE: aws.Int32(1), PENDING: aws.Int32(0), TERMINATING: aws.Int32(0),
		}}
		sizes := call[gamelift.DescribeFleetCapacityOutput](h, &gamelift.DescribeFleetCapacityInput{})
		equal(t, sizes.FleetCapacity, []types.FleetCapacity{capacity})
		capacity.Location = used.Location
		size := call[gamelift.DescribeFleetLocationCapacityOutput](h, &gamelift.DescribeFleetLocationCapacityInput{FleetId: &fleet, Location: used.Location})
		equal(t, *size.FleetCapacity, capacity)

		call[gamelift.DeregisterComputeOutput](h, &gamelift.DeregisterComputeInput{FleetId: &fleet, ComputeName: s.ComputeName})
		left := call[gamelift.DescribeFleetCapacityOutput](h, &gamelift.DescribeFleetCapacityInput{}).FleetCapacity[0].InstanceCounts
		if *left.ACTIVE != 1 || *left.IDLE != 1 {
			t.Errorf("a compute that has gone while it hosts counts: ACTIVE %d, IDLE %d, want 1 and 1", *left.ACTIVE, *left.IDLE)
		}

		for _, f := range []struct{ fleet, location string }{{fleet, "custom-nowhere"}, {"fleet-x", "custom-hall"}} {
			h.refused(&gamelift.DescribeFleetLocationUtilizationInput{FleetId: &f.fleet, Location: &f.location}, "NotFoundException", "")
			h.refused(&gamelift.DescribeFleetLocationCapacityInput{FleetId: &f.fleet, Location: &f.location}, "NotFoundException", "")
		}
	})
}

// TestFleetUsageIsBounded sums up more players than the API can count.
func TestFleetUsageIsBounded(t *testing.T) {
	eachProtocol(t, func(t *testing.T, h *house) {
		h.t = t
		fleet, _ := h.arena(2)
		h.session(fleet, math.MaxInt32)
		h.session(fleet, math.MaxInt32)
		out := call[gamelift.DescribeFleetUtilizationOutput](h, &gamelift.DescribeFleetUtilizationInput{FleetIds: []string{fleet}})
		if got := *out.FleetUtilization[0].MaximumPlayerSessionCount; got != math.MaxInt32 {
			t.Errorf("got %d, want %d", got, math.MaxInt32)
		}
	})
}

// equal compares structures of the SDK.
func equal(t testing.TB, got, want any) {
	t.Helper()
	ignore := cmp.FilterPath(func(p cmp.Path) bool { return strings.Contains(p.String(), "noSmithyDocumentSerde") }, cmp.Ignore())
	if diff := cmp.Diff(want, got, ignore); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}
