package api

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/service/gamelift"
	"github.com/aws/aws-sdk-go-v2/service/gamelift/types"

	"github.com/musterhq/muster/internal/ledger"
	"github.com/musterhq/muster/internal/world"
)

// The operations on whole fleets are AWS's view of the home Region, where an
// Anywhere fleet has nothing: here they sum up all locations of the fleet, and
// name none.

func (v *visit) describeFleetUtilization(ctx context.Context, in *gamelift.DescribeFleetUtilizationInput) (*gamelift.DescribeFleetUtilizationOutput, error) {
	usages, next, err := v.fleetUsages(ctx, "DescribeFleetUtilization", in.FleetIds, in.Limit, in.NextToken)
	if err != nil {
		return nil, err
	}
	out := &gamelift.DescribeFleetUtilizationOutput{FleetUtilization: make([]types.FleetUtilization, len(usages)), NextToken: next}
	for i, u := range usages {
		out.FleetUtilization[i] = *v.utilization(u)
	}
	return out, nil
}

func (v *visit) describeFleetLocationUtilization(ctx context.Context, in *gamelift.DescribeFleetLocationUtilizationInput) (*gamelift.DescribeFleetLocationUtilizationOutput, error) {
	u, err := v.locationUsage(ctx, in.FleetId, in.Location)
	if err != nil {
		return nil, err
	}
	return &gamelift.DescribeFleetLocationUtilizationOutput{FleetUtilization: v.utilization(u)}, nil
}

func (v *visit) describeFleetCapacity(ctx context.Context, in *gamelift.DescribeFleetCapacityInput) (*gamelift.DescribeFleetCapacityOutput, error) {
	usages, next, err := v.fleetUsages(ctx, "DescribeFleetCapacity", in.FleetIds, in.Limit, in.NextToken)
	if err != nil {
		return nil, err
	}
	out := &gamelift.DescribeFleetCapacityOutput{FleetCapacity: make([]types.FleetCapacity, len(usages)), NextToken: next}
	for i, u := range usages {
		out.FleetCapacity[i] = *v.capacity(u)
	}
	return out, nil
}

func (v *visit) describeFleetLocationCapacity(ctx context.Context, in *gamelift.DescribeFleetLocationCapacityInput) (*gamelift.DescribeFleetLocationCapacityOutput, error) {
	u, err := v.locationUsage(ctx, in.FleetId, in.Location)
	if err != nil {
		return nil, err
	}
	return &gamelift.DescribeFleetLocationCapacityOutput{FleetCapacity: v.capacity(u)}, nil
}

// usage is what a fleet, or one location of it, is doing.
type usage struct {
	world.Usage
	fleet string // id
	busy  int    // of the computes, those with a game session
}

// usageOf reads the usage of a fleet; of one location unless it is "".
func usageOf(w *world.World, fleet, location string) (usage, error) {
	f, err := w.Fleet(fleet)
	if err != nil {
		return usage{}, err
	}
	u, err := w.FleetUsage(f.ID, location)
	if err != nil {
		return usage{}, err
	}
	processes, err := w.Processes(f.ID)
	if err != nil {
		return usage{}, err
	}
	hosting := map[string]bool{}
	for _, p := range processes {
		if p.Session != "" {
			hosting[p.Key.Compute] = true
		}
	}
	computes, err := w.Computes(f.ID, location)
	busy := 0
	for _, c := range computes {
		if hosting[c.Name] {
			busy++
		}
	}
	return usage{u, f.ID, busy}, err
}

func (v *visit) locationUsage(ctx context.Context, fleet, location *string) (usage, error) {
	return ledger.View(ctx, v.Ledger, func(w *world.World) (usage, error) { return usageOf(w, value(fleet), value(location)) })
}

func (v *visit) fleetUsages(ctx context.Context, operation string, ids []string, limit *int32, token *string) ([]usage, *string, error) {
	fleets, next, err := v.namedFleets(ctx, operation, ids, limit, token)
	if err != nil {
		return nil, nil, err
	}
	usages, err := ledger.View(ctx, v.Ledger, func(w *world.World) ([]usage, error) {
		var out []usage
		for _, f := range fleets {
			if u, err := usageOf(w, f.ID, ""); err == nil { // else it was deleted just now
				out = append(out, u)
			}
		}
		return out, nil
	})
	return usages, next, err
}

func (v *visit) utilization(u usage) *types.FleetUtilization {
	arn := v.Ledger.Settings().FleetARN(u.fleet)
	return &types.FleetUtilization{
		FleetId: &u.fleet, FleetArn: &arn, Location: text(&u.Location),
		ActiveServerProcessCount:  number(u.Processes),
		ActiveGameSessionCount:    number(u.Sessions),
		CurrentPlayerSessionCount: number(u.Players),
		MaximumPlayerSessionCount: number(u.MaximumPlayers),
	}
}

// capacity counts computes as instances. A fleet is as large as what was
// registered with it: nothing else is desired of it.
func (v *visit) capacity(u usage) *types.FleetCapacity {
	arn := v.Ledger.Settings().FleetARN(u.fleet)
	return &types.FleetCapacity{
		FleetId: &u.fleet, FleetArn: &arn, Location: text(&u.Location),
		InstanceCounts: &types.EC2InstanceCounts{
			DESIRED: number(u.Computes), MINIMUM: number(u.Computes), MAXIMUM: number(u.Computes), ACTIVE: number(u.Computes),
			IDLE: number(u.Computes - u.busy), PENDING: number(0), TERMINATING: number(0),
		},
	}
}
