package api

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/gamelift"
	"github.com/aws/aws-sdk-go-v2/service/gamelift/types"

	"github.com/musterhq/muster/internal/ledger"
	"github.com/musterhq/muster/internal/world"
)

func (v *visit) createFleet(ctx context.Context, in *gamelift.CreateFleetInput) (*gamelift.CreateFleetOutput, error) {
	if err := checkAnywhere(in); err != nil {
		return nil, err
	}
	tags, err := tagMap(in.Tags)
	if err != nil {
		return nil, err
	}
	runtime, err := runtimeOf(in.RuntimeConfiguration)
	if err != nil {
		return nil, err
	}
	cmd := world.CreateFleet{
		ID: "fleet-" + v.newID(), Name: value(in.Name), Description: value(in.Description), Locations: locationNames(in.Locations),
		Cost: value(cost(in.AnywhereConfiguration)), Protection: string(in.NewGameSessionProtectionPolicy),
		MetricGroups: in.MetricGroups, Runtime: runtime, Tags: tags,
	}
	if in.ResourceCreationLimitPolicy != nil {
		if cmd.CreatorLimit, err = creatorLimit(in.ResourceCreationLimitPolicy); err != nil {
			return nil, err
		}
	}
	f, err := ledger.Do(ctx, v.Ledger, cmd)
	if err != nil {
		return nil, err
	}
	home := world.FleetLocation{Name: v.Ledger.Settings().Region, Status: f.Status}
	return &gamelift.CreateFleetOutput{
		FleetAttributes: v.fleet(&f), LocationStates: locationStates(append(f.Locations, home)),
	}, nil
}

// checkAnywhere refuses what only a fleet of AWS's own machines can have,
// rather than ignore it.
func checkAnywhere(in *gamelift.CreateFleetInput) error {
	if in.ComputeType != types.ComputeTypeAnywhere {
		return invalid("muster has fleets of ComputeType ANYWHERE only, and a request without one asks for EC2: set ComputeType to ANYWHERE")
	}
	for _, m := range []struct {
		name  string
		given bool
	}{
		{"BuildId", in.BuildId != nil},
		{"CertificateConfiguration", in.CertificateConfiguration != nil && in.CertificateConfiguration.CertificateType == types.CertificateTypeGenerated},
		{"EC2InboundPermissions", len(in.EC2InboundPermissions) > 0},
		{"EC2InstanceType", in.EC2InstanceType != ""},
		{"InstanceRoleArn", in.InstanceRoleArn != nil},
		{"InstanceRoleCredentialsProvider", in.InstanceRoleCredentialsProvider != ""},
		{"PeerVpcAwsAccountId", in.PeerVpcAwsAccountId != nil},
		{"PeerVpcId", in.PeerVpcId != nil},
		{"PlayerGatewayMode", in.PlayerGatewayMode != "" && in.PlayerGatewayMode != types.PlayerGatewayModeDisabled},
		{"ScriptId", in.ScriptId != nil},
	} {
		if m.given {
			return invalid("an Anywhere fleet of muster has no " + m.name + ": leave it out")
		}
	}
	return nil
}

func (v *visit) deleteFleet(ctx context.Context, in *gamelift.DeleteFleetInput) (*gamelift.DeleteFleetOutput, error) {
	_, err := ledger.Do(ctx, v.Ledger, world.DeleteFleet{Fleet: value(in.FleetId)})
	return &gamelift.DeleteFleetOutput{}, err
}

// listFleets finds nothing for a build or a script: no Anywhere fleet has one.
func (v *visit) listFleets(ctx context.Context, in *gamelift.ListFleetsInput) (*gamelift.ListFleetsOutput, error) {
	p, err := pageOf(in.Limit, in.NextToken, pageMost, "ListFleets", value(in.BuildId), value(in.ScriptId))
	if err != nil {
		return nil, err
	}
	if in.BuildId != nil || in.ScriptId != nil {
		return &gamelift.ListFleetsOutput{FleetIds: []string{}}, nil
	}
	fleets, next, err := v.fleetPage(ctx, p)
	if err != nil {
		return nil, err
	}
	out := &gamelift.ListFleetsOutput{FleetIds: make([]string, len(fleets)), NextToken: next}
	for i, f := range fleets {
		out.FleetIds[i] = f.ID
	}
	return out, nil
}

func (v *visit) describeFleetAttributes(ctx context.Context, in *gamelift.DescribeFleetAttributesInput) (*gamelift.DescribeFleetAttributesOutput, error) {
	fleets, next, err := v.namedFleets(ctx, "DescribeFleetAttributes", in.FleetIds, in.Limit, in.NextToken)
	if err != nil {
		return nil, err
	}
	out := &gamelift.DescribeFleetAttributesOutput{FleetAttributes: make([]types.FleetAttributes, len(fleets)), NextToken: next}
	for i := range fleets {
		out.FleetAttributes[i] = *v.fleet(&fleets[i])
	}
	return out, nil
}

// namedFleets returns the fleets with these ids or ARNs, less those that do
// not exist; or, of all fleets, a page.
func (v *visit) namedFleets(ctx context.Context, operation string, ids []string, limit *int32, token *string) ([]world.Fleet, *string, error) {
	if len(ids) == 0 {
		p, err := pageOf(limit, token, pageMost, operation)
		if err != nil {
			return nil, nil, err
		}
		return v.fleetPage(ctx, p)
	}
	fleets, err := ledger.View(ctx, v.Ledger, func(w *world.World) ([]world.Fleet, error) {
		var out []world.Fleet
		for _, id := range ids {
			if f, err := w.Fleet(id); err == nil {
				out = append(out, f)
			}
		}
		return out, nil
	})
	return fleets, nil, err
}

func (v *visit) fleetPage(ctx context.Context, p page) ([]world.Fleet, *string, error) {
	all, err := ledger.View(ctx, v.Ledger, func(w *world.World) ([]world.Fleet, error) { return w.Fleets(), nil })
	if err != nil {
		return nil, nil, err
	}
	part, next := take(p, all, func(f world.Fleet) string { return ageKey(f.Serial, f.ID) })
	return part, next, nil
}

func (v *visit) updateFleetAttributes(ctx context.Context, in *gamelift.UpdateFleetAttributesInput) (*gamelift.UpdateFleetAttributesOutput, error) {
	cmd := world.UpdateFleet{
		Fleet: value(in.FleetId), Name: in.Name, Description: in.Description, Cost: cost(in.AnywhereConfiguration),
		Protection: enum(in.NewGameSessionProtectionPolicy), MetricGroups: in.MetricGroups,
	}
	if in.ResourceCreationLimitPolicy != nil {
		limit, err := creatorLimit(in.ResourceCreationLimitPolicy)
		if err != nil {
			return nil, err
		}
		cmd.CreatorLimit = &limit
	}
	f, err := ledger.Do(ctx, v.Ledger, cmd)
	if err != nil {
		return nil, err
	}
	arn := v.Ledger.Settings().FleetARN(f.ID)
	return &gamelift.UpdateFleetAttributesOutput{FleetId: &f.ID, FleetArn: &arn}, nil
}

// describeFleetEvents lists the newest events first.
func (v *visit) describeFleetEvents(ctx context.Context, in *gamelift.DescribeFleetEventsInput) (*gamelift.DescribeFleetEventsOutput, error) {
	from, to := value(in.StartTime), value(in.EndTime)
	p, err := pageOf(in.Limit, in.NextToken, pageMost, "DescribeFleetEvents", value(in.FleetId), from.String(), to.String())
	if err != nil {
		return nil, err
	}
	if in.StartTime != nil && in.EndTime != nil && to.Before(from) {
		return nil, invalid("the EndTime is before the StartTime")
	}
	var fleet world.Fleet
	all, err := ledger.View(ctx, v.Ledger, func(w *world.World) (_ []world.FleetEvent, err error) {
		if fleet, err = w.Fleet(value(in.FleetId)); err != nil {
			return nil, err
		}
		return w.FleetEvents(fleet.ID)
	})
	if err != nil {
		return nil, err
	}
	all = slices.DeleteFunc(all, func(e world.FleetEvent) bool {
		at := e.At.Time()
		return in.StartTime != nil && at.Before(from) || in.EndTime != nil && at.After(to)
	})
	newestFirst := func(e world.FleetEvent) string { return ageKey(^e.Serial, "") }
	part, next := take(p, all, newestFirst)
	out := &gamelift.DescribeFleetEventsOutput{Events: make([]types.Event, len(part)), NextToken: next}
	for i, e := range part {
		out.Events[i] = event(fleet.ID, e)
	}
	return out, nil
}

func event(fleet string, e world.FleetEvent) types.Event {
	id, one := fleet+"-"+strconv.FormatUint(e.Serial, 10), int64(1)
	return types.Event{
		EventId: &id, ResourceId: &fleet, EventCode: types.EventCode(e.Code), Message: &e.Message,
		EventTime: moment(e.At), Count: &one,
	}
}

// fleet returns the attributes that an Anywhere fleet has.
func (v *visit) fleet(f *world.Fleet) *types.FleetAttributes {
	arn := v.Ledger.Settings().FleetARN(f.ID)
	out := &types.FleetAttributes{
		FleetId: &f.ID, FleetArn: &arn, Name: &f.Name, Description: text(&f.Description),
		CreationTime: moment(f.Created), Status: types.FleetStatus(f.Status), ComputeType: types.ComputeTypeAnywhere,
		NewGameSessionProtectionPolicy: types.ProtectionPolicy(f.Protection), MetricGroups: f.MetricGroups,
		CertificateConfiguration: &types.CertificateConfiguration{CertificateType: types.CertificateTypeDisabled},
		PlayerGatewayMode:        types.PlayerGatewayModeDisabled,
	}
	if f.Cost != "" {
		out.AnywhereConfiguration = &types.AnywhereConfiguration{Cost: &f.Cost}
	}
	if f.CreatorLimit != (world.CreatorLimit{}) {
		out.ResourceCreationLimitPolicy = &types.ResourceCreationLimitPolicy{
			NewGameSessionsPerCreator: number(f.CreatorLimit.Sessions),
			PolicyPeriodInMinutes:     number(int(f.CreatorLimit.Period / time.Minute)),
		}
	}
	return out
}

func cost(a *types.AnywhereConfiguration) *string {
	if a == nil {
		return nil
	}
	return a.Cost
}

// periodMost bounds the period of a creation limit, in minutes: it is more
// than anybody waits, and less than a Duration can hold.
const periodMost = 100 * 365 * 24 * 60

func creatorLimit(p *types.ResourceCreationLimitPolicy) (world.CreatorLimit, error) {
	minutes := value(p.PolicyPeriodInMinutes)
	if minutes > periodMost {
		return world.CreatorLimit{}, invalid(fmt.Sprintf("a PolicyPeriodInMinutes of %d is too long: give at most %d, a hundred years", minutes, periodMost))
	}
	return world.CreatorLimit{
		Sessions: int(value(p.NewGameSessionsPerCreator)),
		Period:   time.Duration(minutes) * time.Minute,
	}, nil
}

// processesMost is how many server processes a runtime configuration may
// start on one compute. Source: GameLift service API, RuntimeConfiguration.
const processesMost = 50

func runtimeOf(in *types.RuntimeConfiguration) (world.Runtime, error) {
	if in == nil {
		return world.Runtime{}, nil
	}
	out := world.Runtime{
		MaxActivations: int(value(in.MaxConcurrentGameSessionActivations)),
		Activation:     time.Duration(value(in.GameSessionActivationTimeoutSeconds)) * time.Second,
	}
	total := 0
	for _, p := range in.ServerProcesses {
		n := int(value(p.ConcurrentExecutions))
		out.Processes = append(out.Processes, world.LaunchConfiguration{LaunchPath: value(p.LaunchPath), Parameters: value(p.Parameters), Concurrency: n})
		total += n
	}
	if total > processesMost {
		return out, invalid("the RuntimeConfiguration has " + strconv.Itoa(total) + " concurrent executions: a compute runs " + strconv.Itoa(processesMost) + " at the most")
	}
	return out, nil
}
