// Command muster is the muster server and everything to use it with: see
// muster --help.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"strings"
	"syscall"

	"github.com/alecthomas/kong"
)

// cli is the command line. Flags that say how a server is run can be set by
// variables that begin with MUSTER_; those that say what to do once cannot
// (env:"-"), or a server's variables would reach into other commands.
type cli struct {
	Config kong.ConfigFlag  `help:"JSON file of flags, by their long names." placeholder:"FILE"`
	Print  kong.VersionFlag `name:"version" help:"Print the version." env:"-"`

	Demo    demoCmd    `cmd:"" help:"Watch the whole life of game sessions: a server, game servers and players, all on this machine."`
	Dev     devCmd     `cmd:"" help:"Run a server in memory, on this machine, without authentication."`
	Serve   serveCmd   `cmd:"" help:"Run a server whose sessions survive it."`
	Env     envCmd     `cmd:"" help:"Print the environment that points AWS SDKs, or a game server, at a muster."`
	AWS     awsCmd     `cmd:"" name:"aws" help:"Run the installed AWS CLI against a muster."`
	Session sessionCmd `cmd:"" help:"Create, search, describe, join and terminate game sessions."`
	Fleet   fleetCmd   `cmd:"" help:"Create, list, describe and delete fleets."`
	Compute computeCmd `cmd:"" help:"Register the machines that game servers run on."`
	Rules   rulesCmd   `cmd:"" help:"Validate, explain and simulate FlexMatch rule sets."`
	Bench   benchCmd   `cmd:"" help:"Measure a muster on this machine."`
	Version versionCmd `cmd:"" help:"Print the version."`
	Arena   arenaCmd   `cmd:"" hidden:"" help:"Run one game server of the demo."`

	BenchServer benchServerCmd `cmd:"" hidden:"" help:"Run the server that bench puts load on."`
}

const description = `Sessions for multiplayer games: create, search, join and leave them.

muster speaks Amazon GameLift's own protocols, so AWS SDKs, the AWS CLI and
GameLift 5.x game servers work with it as they are, without an AWS account.

Examples:
  muster demo                            see it work
  muster dev                             a server to develop against
  eval "$(muster env)"                   point AWS SDKs at it
  muster aws list-fleets                 or the AWS CLI
  muster serve --data ./data --auth keys --keys keys.txt

Exit codes: 0 done, 1 it went wrong, 2 wrong usage, 3 not found, 4 refused,
5 the server cannot be reached or cannot answer now. muster aws passes on the
AWS CLI's own.`

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop) // a second signal ends the process at once
	code := run(ctx, os.Args[1:], os.Stdout, os.Stderr)
	stop()
	os.Exit(code)
}

// run runs one command line and returns its exit code.
func run(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	var c cli
	code, exited := 0, false
	parser, err := kong.New(&c,
		kong.Name("muster"), kong.Description(description), kong.UsageOnError(),
		kong.Writers(stdout, stderr), kong.DefaultEnvars("MUSTER"), kong.Configuration(readConfig),
		kong.Vars{"version": "muster " + version},
		kong.ConfigureHelp(kong.HelpOptions{Compact: true, WrapUpperBound: 100}),
		kong.Exit(func(n int) { code, exited = n, true }),
	)
	if err != nil {
		fmt.Fprintln(stderr, "muster:", err)
		return exitFailed
	}
	if len(args) == 0 {
		args = []string{"--help"}
	}
	command, err := parser.Parse(args)
	if exited {
		return code
	}
	if err != nil {
		fmt.Fprintf(stderr, "muster: %v\nSee: muster %s--help\n", err, commandOf(err))
		return exitUsage
	}
	command.BindTo(ctx, (*context.Context)(nil))
	command.Bind(&output{out: stdout, err: stderr})
	err = command.Run()
	var other passedOn
	if errors.As(err, &other) {
		return int(other)
	}
	if err != nil {
		fmt.Fprintln(stderr, "muster:", explain(err))
		return exitCode(err)
	}
	return 0
}

// commandOf returns the command that a parse error is about, without its
// arguments and with a space after it, or "".
func commandOf(err error) string {
	var parse *kong.ParseError
	if !errors.As(err, &parse) || parse.Context.Command() == "" {
		return ""
	}
	command, _, _ := strings.Cut(parse.Context.Command(), " <")
	return command + " "
}

// version is set by the release build with -ldflags. What is not released is no
// "dev": that is a command.
var version = "devel"

type versionCmd struct{}

func (versionCmd) Run(o *output) error {
	_, err := fmt.Fprintln(o.out, "muster", version)
	return err
}
