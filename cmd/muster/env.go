package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/gamelift"
	"github.com/google/uuid"
)

type envCmd struct {
	remote
	Fleet   given `help:"Print what a game server of this fleet needs, too." placeholder:"FLEET" env:"-"`
	Compute given `help:"Machine that the game server runs on; by default this host's name." placeholder:"NAME" env:"-"`
	O3DE    bool  `help:"Print the settings of O3DE's AWSGameLift gem instead." name:"o3de" env:"-"`
}

// Help implements kong.HelpProvider.
func (envCmd) Help() string {
	return `Examples:
  eval "$(muster env)"                                AWS SDKs and muster's own commands
  eval "$(muster env --fleet demo)"                   and a game server started from this shell
  muster env --fleet demo --o3de                      settings for O3DE's server launcher
  eval "$(muster env --endpoint https://127.0.0.1:9080 --ca ./data/muster-cert.pem)"

A process id is good for one run of a game server: print the environment anew
for each. With --ca, game servers in Go and AWS SDKs are told to trust that certificate;
those in C++ and C# take any. AWS CLI versions before 2.13 ignore the endpoint:
use muster aws, or --endpoint-url.`
}

func (c envCmd) Run(ctx context.Context, o *output) error {
	vars, err := c.clientVars(ctx)
	if err != nil {
		return err
	}
	if c.Fleet != "" || c.Compute != "" || c.O3DE {
		process, err := c.processVars(ctx)
		if err != nil {
			return err
		}
		if c.O3DE {
			return printO3DE(o, process)
		}
		vars = append(vars, process...)
	}
	for _, v := range vars {
		if _, err := fmt.Fprintf(o.out, "export %s=%s\n", v[0], quote(v[1])); err != nil {
			return err
		}
	}
	return nil
}

// quote writes a value for a POSIX shell.
func quote(s string) string { return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'" }

// plainWord is what every shell takes for one word as it is.
var plainWord = regexp.MustCompile(`^[\w%+,./:@-]+$`)

// word writes s as one word of a command line to paste.
func word(s string) string {
	if plainWord.MatchString(s) {
		return s
	}
	return quote(s)
}

// clientVars are what AWS SDKs read. Credentials are made up where there are
// none: SDKs refuse to start without.
func (r remote) clientVars(ctx context.Context) ([][2]string, error) {
	if err := r.check(); err != nil {
		return nil, err
	}
	cfg, err := r.config(ctx)
	if err != nil {
		return nil, err
	}
	vars := [][2]string{{"AWS_ENDPOINT_URL_GAMELIFT", r.Endpoint}, {"AWS_REGION", r.Region}, {"AWS_DEFAULT_REGION", r.Region}}
	if nobody(cfg) {
		vars = append(vars, [2]string{"AWS_ACCESS_KEY_ID", "muster"}, [2]string{"AWS_SECRET_ACCESS_KEY", "muster"})
	}
	// One that the shell had before, for AWS, is no reason to change whom its Go
	// programs trust.
	if inherited := r.CA == os.Getenv("AWS_CA_BUNDLE"); r.CA != "" && (!inherited || strings.HasPrefix(r.Endpoint, "https:")) {
		file, err := filepath.Abs(r.CA) // for whatever folder it is read in
		if err != nil {
			return nil, err
		}
		vars = append(vars, [2]string{"AWS_CA_BUNDLE", file}, [2]string{"SSL_CERT_FILE", file})
	}
	return vars, nil
}

// processVars are what server SDKs read. Source: GameLift server SDK 5,
// environment variables.
func (c envCmd) processVars(ctx context.Context) ([][2]string, error) {
	client, id, name, err := onCompute{onFleet{c.remote, c.Fleet}, c.Compute}.open(ctx)
	if err != nil {
		return nil, err
	}
	compute, err := client.DescribeCompute(ctx, &gamelift.DescribeComputeInput{FleetId: &id, ComputeName: &name})
	if err != nil {
		return nil, fmt.Errorf("%w (register it with: muster compute register --fleet %s --name %s%s)", err, id, name, c.flags())
	}
	token, err := client.GetComputeAuthToken(ctx, &gamelift.GetComputeAuthTokenInput{FleetId: &id, ComputeName: &name})
	if err != nil {
		return nil, err
	}
	return [][2]string{
		{"GAMELIFT_SDK_WEBSOCKET_URL", aws.ToString(compute.Compute.GameLiftServiceSdkEndpoint)},
		{"GAMELIFT_SDK_AUTH_TOKEN", aws.ToString(token.AuthToken)},
		{"GAMELIFT_SDK_FLEET_ID", aws.ToString(compute.Compute.FleetId)},
		{"GAMELIFT_SDK_HOST_ID", name},
		{"GAMELIFT_SDK_PROCESS_ID", "process-" + uuid.NewString()},
	}, nil
}

// printO3DE prints the settings of O3DE's server launcher that mean the same.
// Source: AWSGameLift gem, console variables.
func printO3DE(o *output, vars [][2]string) error {
	cvars := map[string]string{
		"GAMELIFT_SDK_WEBSOCKET_URL": "sv_gameliftAnywhereWebSocketUrl",
		"GAMELIFT_SDK_AUTH_TOKEN":    "sv_gameliftAnywhereAuthToken",
		"GAMELIFT_SDK_FLEET_ID":      "sv_gameliftAnywhereFleetId",
		"GAMELIFT_SDK_HOST_ID":       "sv_gameliftAnywhereHostId",
		"GAMELIFT_SDK_PROCESS_ID":    "sv_gameliftAnywhereProcessId",
	}
	fmt.Fprint(o.out, "--sv_gameLiftEnabled=true --sv_gameliftAnywhereEnabled=true")
	for _, v := range vars {
		fmt.Fprintf(o.out, " --%s=%q", cvars[v[0]], v[1])
	}
	_, err := fmt.Fprintln(o.out)
	return err
}
