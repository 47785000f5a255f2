package api

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/service/gamelift"
	"github.com/aws/aws-sdk-go-v2/service/gamelift/types"

	"github.com/musterhq/muster/internal/ledger"
	"github.com/musterhq/muster/internal/world"
)

func (v *visit) registerCompute(ctx context.Context, in *gamelift.RegisterComputeInput) (*gamelift.RegisterComputeOutput, error) {
	c, err := ledger.Do(ctx, v.Ledger, world.RegisterCompute{
		Fleet: value(in.FleetId), Name: value(in.ComputeName), IP: value(in.IpAddress), DNS: value(in.DnsName),
		Location: value(in.Location), Certificate: value(in.CertificatePath),
	})
	if err != nil {
		return nil, err
	}
	return &gamelift.RegisterComputeOutput{Compute: v.compute(&c)}, nil
}

func (v *visit) deregisterCompute(ctx context.Context, in *gamelift.DeregisterComputeInput) (*gamelift.DeregisterComputeOutput, error) {
	_, err := ledger.Do(ctx, v.Ledger, world.DeregisterCompute{Fleet: value(in.FleetId), Name: value(in.ComputeName)})
	return &gamelift.DeregisterComputeOutput{}, err
}

func (v *visit) describeCompute(ctx context.Context, in *gamelift.DescribeComputeInput) (*gamelift.DescribeComputeOutput, error) {
	c, err := ledger.View(ctx, v.Ledger, func(w *world.World) (world.Compute, error) {
		return w.Compute(value(in.FleetId), value(in.ComputeName))
	})
	if err != nil {
		return nil, err
	}
	return &gamelift.DescribeComputeOutput{Compute: v.compute(&c)}, nil
}

// listCompute finds nothing for another status than ACTIVE, nor for a
// container group definition: no compute here has one.
func (v *visit) listCompute(ctx context.Context, in *gamelift.ListComputeInput) (*gamelift.ListComputeOutput, error) {
	p, err := pageOf(in.Limit, in.NextToken, pageMost, "ListCompute", value(in.FleetId), value(in.Location),
		string(in.ComputeStatus), value(in.ContainerGroupDefinitionName))
	if err != nil {
		return nil, err
	}
	all, err := ledger.View(ctx, v.Ledger, func(w *world.World) ([]world.Compute, error) {
		return w.Computes(value(in.FleetId), value(in.Location))
	})
	if err != nil {
		return nil, err
	}
	if in.ContainerGroupDefinitionName != nil || in.ComputeStatus != "" && in.ComputeStatus != types.ListComputeInputStatusActive {
		all = nil
	}
	part, next := take(p, all, func(c world.Compute) string { return c.Name })
	out := &gamelift.ListComputeOutput{ComputeList: make([]types.Compute, len(part)), NextToken: next}
	for i := range part {
		out.ComputeList[i] = *v.compute(&part[i])
	}
	return out, nil
}

// compute fills in every member that an Anywhere compute has: the clients of
// AWS take the endpoint without looking whether it is there.
func (v *visit) compute(c *world.Compute) *types.Compute {
	settings := v.Ledger.Settings()
	fleetARN, computeARN, endpoint := settings.FleetARN(c.Fleet), settings.ComputeARN(c.Name), v.sdkEndpoint()
	ip, dns := reach(&c.IP, &c.DNS)
	return &types.Compute{
		FleetId: &c.Fleet, FleetArn: &fleetARN, ComputeName: &c.Name, ComputeArn: &computeARN,
		ComputeStatus: types.ComputeStatusActive, Location: &c.Location, CreationTime: moment(c.Created),
		IpAddress: ip, DnsName: dns, GameLiftServiceSdkEndpoint: &endpoint,
	}
}

func (v *visit) sdkEndpoint() string {
	switch {
	case v.SDKEndpoint != nil:
		return v.SDKEndpoint(v.request)
	case v.request.TLS != nil:
		return "wss://" + v.request.Host
	}
	return "ws://" + v.request.Host
}
