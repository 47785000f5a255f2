package main

import (
	"context"
	"fmt"
	"os"
	"regexp"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/gamelift"
	"github.com/aws/aws-sdk-go-v2/service/gamelift/types"
)

type computeCmd struct {
	Register   computeRegister   `cmd:"" help:"Register a machine with a fleet."`
	List       computeList       `cmd:"" help:"List a fleet's machines."`
	Token      computeToken      `cmd:"" help:"Print an auth token for the game servers of a machine."`
	Deregister computeDeregister `cmd:"" help:"Remove a machine from a fleet."`
}

// whichCompute is the flag that names a compute.
type whichCompute struct {
	whichFleet
	Name string `help:"Name of the machine; by default this host's name." placeholder:"NAME"`
}

// What a compute's name may not contain. Source: GameLift API, ComputeName.
var notInComputeName = regexp.MustCompile(`[^a-zA-Z0-9-]+`)

// compute returns the compute's name: a host's name without what GameLift
// does not take.
func (w whichCompute) compute() (string, error) {
	if w.Name != "" {
		return w.Name, nil
	}
	host, err := os.Hostname()
	if err != nil {
		return "", fmt.Errorf("this host has no name, give one with --name: %w", err)
	}
	return notInComputeName.ReplaceAllString(host, "-"), nil
}

type computeRegister struct {
	remote
	format
	whichCompute
	IP       string `help:"Address that players reach the machine at." name:"ip" default:"127.0.0.1"`
	Location string `help:"The fleet's location it is in; may be left out when there is only one." placeholder:"LOCATION"`
}

func (c computeRegister) Run(ctx context.Context, o *output) error {
	client, err := c.client(ctx)
	if err != nil {
		return err
	}
	id, err := c.id(ctx, client)
	if err != nil {
		return err
	}
	name, err := c.compute()
	if err != nil {
		return err
	}
	in := &gamelift.RegisterComputeInput{FleetId: &id, ComputeName: &name, IpAddress: &c.IP}
	if c.Location != "" {
		in.Location = &c.Location
	}
	out, err := client.RegisterCompute(ctx, in)
	if err != nil {
		return err
	}
	o.next(`eval "$(muster env --fleet %s --compute %s)" and start your game server`, id, name)
	return c.print(o, []*types.Compute{out.Compute}, "ComputeName", "FleetId", "IpAddress", "Location", "GameLiftServiceSdkEndpoint")
}

type computeList struct {
	remote
	format
	whichFleet
}

func (c computeList) Run(ctx context.Context, o *output) error {
	client, err := c.client(ctx)
	if err != nil {
		return err
	}
	id, err := c.id(ctx, client)
	if err != nil {
		return err
	}
	var rows []types.Compute
	for pages := gamelift.NewListComputePaginator(client, &gamelift.ListComputeInput{FleetId: &id}); pages.HasMorePages(); {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return err
		}
		rows = append(rows, page.ComputeList...)
	}
	return c.print(o, rows, "ComputeName", "IpAddress", "Location", "ComputeStatus")
}

type computeToken struct {
	remote
	whichCompute
}

func (c computeToken) Run(ctx context.Context, o *output) error {
	client, err := c.client(ctx)
	if err != nil {
		return err
	}
	id, err := c.id(ctx, client)
	if err != nil {
		return err
	}
	name, err := c.compute()
	if err != nil {
		return err
	}
	out, err := client.GetComputeAuthToken(ctx, &gamelift.GetComputeAuthTokenInput{FleetId: &id, ComputeName: &name})
	if err != nil {
		return err
	}
	_, err = fmt.Fprintln(o.out, aws.ToString(out.AuthToken))
	return err
}

type computeDeregister struct {
	remote
	whichCompute
}

func (c computeDeregister) Run(ctx context.Context, o *output) error {
	client, err := c.client(ctx)
	if err != nil {
		return err
	}
	id, err := c.id(ctx, client)
	if err != nil {
		return err
	}
	name, err := c.compute()
	if err != nil {
		return err
	}
	_, err = client.DeregisterCompute(ctx, &gamelift.DeregisterComputeInput{FleetId: &id, ComputeName: &name})
	return err
}
