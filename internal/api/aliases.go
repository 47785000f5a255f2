package api

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/service/gamelift"
	"github.com/aws/aws-sdk-go-v2/service/gamelift/types"

	"github.com/musterhq/muster/internal/ledger"
	"github.com/musterhq/muster/internal/world"
)

func (v *visit) createAlias(ctx context.Context, in *gamelift.CreateAliasInput) (*gamelift.CreateAliasOutput, error) {
	tags, err := tagMap(in.Tags)
	if err != nil {
		return nil, err
	}
	a, err := ledger.Do(ctx, v.Ledger, world.CreateAlias{
		ID: "alias-" + v.newID(), Name: value(in.Name), Description: value(in.Description), Routing: routing(in.RoutingStrategy), Tags: tags,
	})
	if err != nil {
		return nil, err
	}
	return &gamelift.CreateAliasOutput{Alias: v.alias(&a)}, nil
}

func (v *visit) describeAlias(ctx context.Context, in *gamelift.DescribeAliasInput) (*gamelift.DescribeAliasOutput, error) {
	a, err := ledger.View(ctx, v.Ledger, func(w *world.World) (world.Alias, error) { return w.Alias(value(in.AliasId)) })
	if err != nil {
		return nil, err
	}
	return &gamelift.DescribeAliasOutput{Alias: v.alias(&a)}, nil
}

func (v *visit) updateAlias(ctx context.Context, in *gamelift.UpdateAliasInput) (*gamelift.UpdateAliasOutput, error) {
	cmd := world.UpdateAlias{Alias: value(in.AliasId), Name: in.Name, Description: in.Description}
	if in.RoutingStrategy != nil {
		r := routing(in.RoutingStrategy)
		cmd.Routing = &r
	}
	a, err := ledger.Do(ctx, v.Ledger, cmd)
	if err != nil {
		return nil, err
	}
	return &gamelift.UpdateAliasOutput{Alias: v.alias(&a)}, nil
}

func (v *visit) deleteAlias(ctx context.Context, in *gamelift.DeleteAliasInput) (*gamelift.DeleteAliasOutput, error) {
	_, err := ledger.Do(ctx, v.Ledger, world.DeleteAlias{Alias: value(in.AliasId)})
	return &gamelift.DeleteAliasOutput{}, err
}

func (v *visit) listAliases(ctx context.Context, in *gamelift.ListAliasesInput) (*gamelift.ListAliasesOutput, error) {
	p, err := pageOf(in.Limit, in.NextToken, pageMost, "ListAliases", value(in.Name), string(in.RoutingStrategyType))
	if err != nil {
		return nil, err
	}
	matching, err := ledger.View(ctx, v.Ledger, func(w *world.World) ([]world.Alias, error) {
		var out []world.Alias
		for _, a := range w.Aliases() {
			named := in.Name == nil || *in.Name == a.Name
			typed := in.RoutingStrategyType == "" || string(in.RoutingStrategyType) == string(a.Routing.Type)
			if named && typed {
				out = append(out, a)
			}
		}
		return out, nil
	})
	if err != nil {
		return nil, err
	}
	part, next := take(p, matching, func(a world.Alias) string { return ageKey(a.Serial, a.ID) })
	out := &gamelift.ListAliasesOutput{Aliases: make([]types.Alias, len(part)), NextToken: next}
	for i := range part {
		out.Aliases[i] = *v.alias(&part[i])
	}
	return out, nil
}

func (v *visit) resolveAlias(ctx context.Context, in *gamelift.ResolveAliasInput) (*gamelift.ResolveAliasOutput, error) {
	f, err := ledger.View(ctx, v.Ledger, func(w *world.World) (world.Fleet, error) { return w.ResolveAlias(value(in.AliasId)) })
	if err != nil {
		return nil, err
	}
	arn := v.Ledger.Settings().FleetARN(f.ID)
	return &gamelift.ResolveAliasOutput{FleetId: &f.ID, FleetArn: &arn}, nil
}

func routing(r *types.RoutingStrategy) world.Routing {
	if r == nil {
		return world.Routing{}
	}
	return world.Routing{Type: world.RoutingType(r.Type), Fleet: value(r.FleetId), Message: value(r.Message)}
}

func (v *visit) alias(a *world.Alias) *types.Alias {
	arn := v.Ledger.Settings().AliasARN(a.ID)
	return &types.Alias{
		AliasId: &a.ID, AliasArn: &arn, Name: &a.Name, Description: text(&a.Description),
		CreationTime: moment(a.Created), LastUpdatedTime: moment(a.Updated),
		RoutingStrategy: &types.RoutingStrategy{
			Type: types.RoutingStrategyType(a.Routing.Type), FleetId: text(&a.Routing.Fleet), Message: text(&a.Routing.Message),
		},
	}
}
