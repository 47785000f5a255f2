package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/gamelift"
	"github.com/aws/aws-sdk-go-v2/service/gamelift/types"

	"github.com/musterhq/muster"
)

type fleetCmd struct {
	Create   fleetCreate   `cmd:"" help:"Create an Anywhere fleet, and its location if there is none."`
	List     fleetList     `cmd:"" help:"List the fleets."`
	Describe fleetDescribe `cmd:"" help:"Show what a fleet is doing."`
	Delete   fleetDelete   `cmd:"" help:"Delete a fleet: its game servers are asked to end."`
}

// onFleet are the flags of commands about one fleet.
type onFleet struct {
	remote
	Fleet given `help:"Fleet id, ARN or name; may be left out when there is only one." placeholder:"FLEET"`
}

// open returns a client and the id of the fleet that is meant.
func (f onFleet) open(ctx context.Context) (*gamelift.Client, string, error) {
	c, err := f.client(ctx)
	if err != nil {
		return nil, "", err
	}
	fleet, err := findFleet(ctx, c, string(f.Fleet))
	return c, aws.ToString(fleet.FleetId), err
}

// findFleet returns the fleet with this id, ARN or name, or the only one there
// is.
func findFleet(ctx context.Context, c *gamelift.Client, fleet string) (none types.FleetAttributes, err error) {
	fleets, err := allFleets(ctx, c)
	if err != nil {
		return none, err
	}
	var named []types.FleetAttributes
	var ids []string
	for _, a := range fleets {
		switch {
		case fleet != "" && (aws.ToString(a.FleetId) == fleet || aws.ToString(a.FleetArn) == fleet):
			return a, nil
		case fleet == "" || aws.ToString(a.Name) == fleet:
			named = append(named, a)
			ids = append(ids, aws.ToString(a.FleetId))
		}
	}
	switch {
	case len(named) == 1:
		return named[0], nil
	case len(named) > 1:
		return none, usageError(fmt.Sprintf("%d fleets could be meant: name one of %s by its id", len(ids), strings.Join(ids, ", ")))
	case fleet == "":
		return none, fmt.Errorf("there is no fleet: create one with muster fleet create NAME (%w)", muster.ErrNotFound)
	}
	return none, fmt.Errorf("there is no fleet with the id, ARN or name %q: see muster fleet list (%w)", fleet, muster.ErrNotFound)
}

func allFleets(ctx context.Context, c *gamelift.Client) ([]types.FleetAttributes, error) {
	var out []types.FleetAttributes
	for pages := gamelift.NewDescribeFleetAttributesPaginator(c, &gamelift.DescribeFleetAttributesInput{}); pages.HasMorePages(); {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return nil, err
		}
		out = append(out, page.FleetAttributes...)
	}
	return out, nil
}

type fleetCreate struct {
	remote
	format
	Name        given  `arg:"" help:"Name of the fleet."`
	Location    string `help:"Custom location." default:"custom-local" env:"-"`
	Description string `help:"What it is for." env:"-"`
}

func (c fleetCreate) Run(ctx context.Context, o *output) error {
	client, err := c.client(ctx)
	if err != nil {
		return err
	}
	var exists *types.ConflictException
	if _, err := client.CreateLocation(ctx, &gamelift.CreateLocationInput{LocationName: &c.Location}); err != nil && !errors.As(err, &exists) {
		return err
	}
	in := &gamelift.CreateFleetInput{
		Name: c.Name.ptr(), ComputeType: types.ComputeTypeAnywhere,
		Locations: []types.LocationConfiguration{{Location: &c.Location}},
	}
	if c.Description != "" {
		in.Description = &c.Description
	}
	out, err := client.CreateFleet(ctx, in)
	if err != nil {
		return err
	}
	o.next("muster compute register --fleet %s%s", aws.ToString(out.FleetAttributes.FleetId), c.flags())
	return c.print(o, []*types.FleetAttributes{out.FleetAttributes}, "FleetId", "Name", "Status")
}

type fleetList struct {
	remote
	format
}

func (c fleetList) Run(ctx context.Context, o *output) error {
	client, err := c.client(ctx)
	if err != nil {
		return err
	}
	fleets, err := allFleets(ctx, client)
	if err != nil {
		return err
	}
	return c.print(o, fleets, "FleetId", "Name", "Status", "CreationTime")
}

type fleetDescribe struct {
	onFleet
	format
	Named given `arg:"" optional:"" name:"fleet" help:"Fleet id, ARN or name; the same as --fleet."`
}

func (c fleetDescribe) Run(ctx context.Context, o *output) error {
	c.Fleet = cmp.Or(c.Named, c.Fleet)
	client, id, err := c.open(ctx)
	if err != nil {
		return err
	}
	locations, err := client.DescribeFleetLocationAttributes(ctx, &gamelift.DescribeFleetLocationAttributesInput{FleetId: &id})
	if err != nil {
		return err
	}
	var rows []*types.FleetUtilization
	for _, l := range locations.LocationAttributes {
		u, err := client.DescribeFleetLocationUtilization(ctx, &gamelift.DescribeFleetLocationUtilizationInput{FleetId: &id, Location: l.LocationState.Location})
		if err != nil {
			return err
		}
		rows = append(rows, u.FleetUtilization)
	}
	return c.print(o, rows, "FleetId", "Location", "ActiveServerProcessCount", "ActiveGameSessionCount", "CurrentPlayerSessionCount", "MaximumPlayerSessionCount")
}

type fleetDelete struct {
	remote
	Fleet given `arg:"" help:"Fleet id, ARN or name."`
}

func (c fleetDelete) Run(ctx context.Context, o *output) error {
	client, err := c.client(ctx)
	if err != nil {
		return err
	}
	fleet, err := findFleet(ctx, client, string(c.Fleet))
	if err != nil {
		return err
	}
	if _, err := client.DeleteFleet(ctx, &gamelift.DeleteFleetInput{FleetId: fleet.FleetId}); err != nil {
		return err
	}
	o.next("muster fleet list%s", c.flags())
	_, err = fmt.Fprintf(o.out, "deleted fleet %s, named %q\n", aws.ToString(fleet.FleetId), aws.ToString(fleet.Name))
	return err
}
