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

// onCompute are the flags of commands about one compute.
type onCompute struct {
	onFleet
	Name given `help:"Name of the machine; by default this host's name." placeholder:"NAME" env:"-"`
}

// What a compute's name may not contain. Source: GameLift API, ComputeName.
var notInComputeName = regexp.MustCompile(`[^a-zA-Z0-9-]+`)

// open returns a client, the id of the fleet and the name of the compute.
func (c onCompute) open(ctx context.Context) (client *gamelift.Client, fleet, name string, err error) {
	if client, fleet, err = c.onFleet.open(ctx); err == nil {
		name, err = computeName(string(c.Name))
	}
	return client, fleet, name, err
}

// computeName returns the name given, or else this host's, without what
// GameLift does not take.
func computeName(given string) (string, error) {
	if given != "" {
		return given, nil
	}
	host, err := os.Hostname()
	if err != nil {
		return "", fmt.Errorf("this host has no name, give one with --name: %w", err)
	}
	return notInComputeName.ReplaceAllString(host, "-"), nil
}

type computeRegister struct {
	onCompute
	format
	IP       string `help:"Address that players reach the machine at." name:"ip" default:"127.0.0.1" env:"-"`
	Location given  `help:"The fleet's location it is in; may be left out when there is only one." placeholder:"LOCATION" env:"-"`
}

func (c computeRegister) Run(ctx context.Context, o *output) error {
	client, id, name, err := c.open(ctx)
	if err != nil {
		return err
	}
	in := &gamelift.RegisterComputeInput{FleetId: &id, ComputeName: &name, IpAddress: &c.IP, Location: set(string(c.Location))}
	out, err := client.RegisterCompute(ctx, in)
	if err != nil {
		return err
	}
	o.next(`eval "$(muster env --fleet %s --compute %s%s)" # and start your game server`, id, name, c.flags())
	return c.print(o, []*types.Compute{out.Compute}, "ComputeName", "FleetId", "IpAddress", "Location", "GameLiftServiceSdkEndpoint")
}

type computeList struct {
	onFleet
	format
}

func (c computeList) Run(ctx context.Context, o *output) error {
	client, id, err := c.open(ctx)
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

type computeToken struct{ onCompute }

func (c computeToken) Run(ctx context.Context, o *output) error {
	client, id, name, err := c.open(ctx)
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

// computeDeregister takes no machine for the one that is meant: what is removed
// is named.
type computeDeregister struct {
	onFleet
	Name given `help:"Name of the machine." required:"" placeholder:"NAME" env:"-"`
}

func (c computeDeregister) Run(ctx context.Context, o *output) error {
	client, id, err := c.open(ctx)
	if err != nil {
		return err
	}
	if _, err := client.DeregisterCompute(ctx, &gamelift.DeregisterComputeInput{FleetId: &id, ComputeName: c.Name.ptr()}); err != nil {
		return err
	}
	o.next("muster compute list --fleet %s%s", id, c.flags())
	_, err = fmt.Fprintf(o.out, "removed compute %s from fleet %s\n", c.Name, id)
	return err
}
