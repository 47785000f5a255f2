package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
)

type awsCmd struct {
	remote
	Args []string `arg:"" passthrough:"" help:"What to tell the AWS CLI, without 'gamelift'."`
}

// Help implements kong.HelpProvider.
func (awsCmd) Help() string {
	return `Examples:
  muster aws list-fleets
  muster aws create-game-session --fleet-id fleet-1 --maximum-player-session-count 4
Flags of muster's own come before the first of these: muster aws --endpoint URL list-fleets

Exits with the AWS CLI's own exit code once that has run.`
}

func (c awsCmd) Run(ctx context.Context, o *output) error {
	path, err := exec.LookPath("aws")
	if err != nil {
		return errors.New("the AWS CLI is not installed (on Debian: apt install awscli); muster session, fleet and compute do without it")
	}
	vars, err := c.clientVars(ctx)
	if err != nil {
		return err
	}
	args := append([]string{"gamelift", "--endpoint-url", c.Endpoint}, c.Args...)
	cmd := exec.CommandContext(ctx, path, args...)
	cmd.Env = os.Environ()
	for _, v := range vars {
		cmd.Env = append(cmd.Env, v[0]+"="+v[1])
	}
	cmd.Stdin, cmd.Stdout, cmd.Stderr = os.Stdin, o.out, o.err
	err = cmd.Run()
	var exit *exec.ExitError
	switch {
	case ctx.Err() != nil:
		return ctx.Err()
	case errors.As(err, &exit) && exit.Exited():
		return passedOn(exit.ExitCode())
	case err != nil:
		return fmt.Errorf("aws gamelift: %w", err)
	}
	return nil
}

// passedOn is the exit code of another command, which has said itself what
// went wrong.
type passedOn int

func (p passedOn) Error() string { return fmt.Sprintf("exit code %d", int(p)) }
