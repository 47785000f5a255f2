package api

import (
	"context"
	"slices"

	"github.com/aws/aws-sdk-go-v2/service/gamelift"
	"github.com/aws/aws-sdk-go-v2/service/gamelift/types"

	"github.com/musterhq/muster/internal/ledger"
	"github.com/musterhq/muster/internal/world"
)

func (v *visit) createLocation(ctx context.Context, in *gamelift.CreateLocationInput) (*gamelift.CreateLocationOutput, error) {
	tags, err := tagMap(in.Tags)
	if err != nil {
		return nil, err
	}
	l, err := ledger.Do(ctx, v.Ledger, world.CreateLocation{Name: value(in.LocationName), Tags: tags})
	if err != nil {
		return nil, err
	}
	model := v.location(l)
	return &gamelift.CreateLocationOutput{Location: &model}, nil
}

func (v *visit) deleteLocation(ctx context.Context, in *gamelift.DeleteLocationInput) (*gamelift.DeleteLocationOutput, error) {
	_, err := ledger.Do(ctx, v.Ledger, world.DeleteLocation{Name: value(in.LocationName)})
	return &gamelift.DeleteLocationOutput{}, err
}

// listLocations lists custom locations: muster has none of AWS's.
func (v *visit) listLocations(ctx context.Context, in *gamelift.ListLocationsInput) (*gamelift.ListLocationsOutput, error) {
	scope := []string{"ListLocations"}
	for _, f := range in.Filters {
		scope = append(scope, string(f))
	}
	p, err := pageOf(in.Limit, in.NextToken, locationsMost, scope...)
	if err != nil {
		return nil, err
	}
	if len(in.Filters) > 0 && !slices.Contains(in.Filters, types.LocationFilterCustom) {
		return &gamelift.ListLocationsOutput{Locations: []types.LocationModel{}}, nil
	}
	all, err := ledger.View(ctx, v.Ledger, func(w *world.World) ([]world.Location, error) { return w.Locations(), nil })
	if err != nil {
		return nil, err
	}
	part, next := take(p, all, func(l world.Location) string { return l.Name })
	out := &gamelift.ListLocationsOutput{Locations: make([]types.LocationModel, len(part)), NextToken: next}
	for i, l := range part {
		out.Locations[i] = v.location(l)
	}
	return out, nil
}

func (v *visit) location(l world.Location) types.LocationModel {
	arn := v.Ledger.Settings().LocationARN(l.Name)
	return types.LocationModel{LocationName: &l.Name, LocationArn: &arn}
}
