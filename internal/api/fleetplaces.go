package api

import (
	"context"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/service/gamelift"
	"github.com/aws/aws-sdk-go-v2/service/gamelift/types"

	"github.com/musterhq/muster/internal/ledger"
	"github.com/musterhq/muster/internal/world"
)

func (v *visit) createFleetLocations(ctx context.Context, in *gamelift.CreateFleetLocationsInput) (*gamelift.CreateFleetLocationsOutput, error) {
	names := locationNames(in.Locations)
	f, err := ledger.Do(ctx, v.Ledger, world.CreateFleetLocations{Fleet: value(in.FleetId), Names: names})
	if err != nil {
		return nil, err
	}
	added := make([]world.FleetLocation, len(names))
	for i, name := range names {
		added[i] = world.FleetLocation{Name: name, Status: world.FleetNew}
	}
	arn := v.Ledger.Settings().FleetARN(f.ID)
	return &gamelift.CreateFleetLocationsOutput{FleetId: &f.ID, FleetArn: &arn, LocationStates: locationStates(added)}, nil
}

func (v *visit) deleteFleetLocations(ctx context.Context, in *gamelift.DeleteFleetLocationsInput) (*gamelift.DeleteFleetLocationsOutput, error) {
	f, err := ledger.Do(ctx, v.Ledger, world.DeleteFleetLocations{Fleet: value(in.FleetId), Names: in.Locations})
	if err != nil {
		return nil, err
	}
	arn := v.Ledger.Settings().FleetARN(f.ID)
	return &gamelift.DeleteFleetLocationsOutput{
		FleetId: &f.ID, FleetArn: &arn, LocationStates: locationStates(locationsNamed(f.Locations, in.Locations)),
	}, nil
}

// describeFleetLocationAttributes keeps the order that was asked for and
// leaves out what the fleet does not have.
func (v *visit) describeFleetLocationAttributes(ctx context.Context, in *gamelift.DescribeFleetLocationAttributesInput) (*gamelift.DescribeFleetLocationAttributesOutput, error) {
	scope := append([]string{"DescribeFleetLocationAttributes", value(in.FleetId)}, in.Locations...)
	p, err := pageOf(in.Limit, in.NextToken, pageMost, scope...)
	if err != nil {
		return nil, err
	}
	f, err := ledger.View(ctx, v.Ledger, func(w *world.World) (world.Fleet, error) { return w.Fleet(value(in.FleetId)) })
	if err != nil {
		return nil, err
	}
	part, next := f.Locations, (*string)(nil)
	if len(in.Locations) > 0 {
		part = locationsNamed(part, in.Locations)
	} else {
		slices.SortFunc(part, func(a, b world.FleetLocation) int { return strings.Compare(a.Name, b.Name) })
		part, next = take(p, part, func(l world.FleetLocation) string { return l.Name })
	}
	arn := v.Ledger.Settings().FleetARN(f.ID)
	out := &gamelift.DescribeFleetLocationAttributesOutput{FleetId: &f.ID, FleetArn: &arn, NextToken: next, LocationAttributes: []types.LocationAttributes{}}
	for _, state := range locationStates(part) {
		out.LocationAttributes = append(out.LocationAttributes, types.LocationAttributes{LocationState: &state})
	}
	return out, nil
}

// locationsNamed returns the locations with these names, in their order.
func locationsNamed(all []world.FleetLocation, names []string) []world.FleetLocation {
	var out []world.FleetLocation
	for _, name := range names {
		if i := slices.IndexFunc(all, func(l world.FleetLocation) bool { return l.Name == name }); i >= 0 {
			out = append(out, all[i])
		}
	}
	return out
}

func locationStates(all []world.FleetLocation) []types.LocationState {
	out := make([]types.LocationState, len(all))
	for i := range all {
		l := all[i]
		out[i] = types.LocationState{Location: &l.Name, Status: types.FleetStatus(l.Status), PlayerGatewayStatus: types.PlayerGatewayStatusDisabled}
	}
	return out
}

func locationNames(list []types.LocationConfiguration) []string {
	names := make([]string, len(list))
	for i, l := range list {
		names[i] = value(l.Location)
	}
	return names
}
