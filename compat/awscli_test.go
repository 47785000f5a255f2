package compat

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

// A cli is the AWS CLI on this machine.
type cli struct {
	path       string
	version    string   // such as 2.9.19
	operations []string // as they are typed
}

// findCLI prefers what the distribution has installed to what else may be in
// the PATH.
func findCLI(t testing.TB) *cli {
	t.Helper()
	c := &cli{path: "/usr/bin/aws"}
	if _, err := os.Stat(c.path); err != nil {
		if c.path, err = exec.LookPath("aws"); err != nil {
			t.Fatal("the AWS CLI is not installed: apt-get install awscli")
		}
	}
	out, err := c.run(t, "--version").Output()
	if err != nil {
		t.Fatal(err)
	}
	c.version = strings.TrimPrefix(strings.Fields(string(out))[0], "aws-cli/")
	c.operations = c.list(t)
	return c
}

// list returns the operations that the CLI has: it names them all to whoever
// types one that it has not.
func (c *cli) list(t testing.TB) []string {
	t.Helper()
	choices, _ := c.run(t, "gamelift", "no-such-operation").CombinedOutput()
	_, rest, found := bytes.Cut(choices, []byte("valid choices are:"))
	if !found {
		t.Fatalf("the AWS CLI does not say what it knows: %s", choices)
	}
	return strings.FieldsFunc(string(rest), func(r rune) bool { return r == ' ' || r == '|' || r == '\n' })
}

func (c *cli) run(t testing.TB, arguments ...string) *exec.Cmd {
	cmd := exec.CommandContext(t.Context(), c.path, arguments...)
	cmd.Env = cleanEnvironment(t)
	return cmd
}

// cleanEnvironment has nothing in it that settings of this machine's user
// could reach a client by.
func cleanEnvironment(t testing.TB) []string {
	home := t.TempDir()
	// Version 1 of the AWS CLI prints times as numbers unless told otherwise.
	config := home + "/config"
	if err := os.WriteFile(config, []byte("[default]\ncli_timestamp_format = iso8601\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	return []string{
		"PATH=" + os.Getenv("PATH"), "HOME=" + home, "AWS_CONFIG_FILE=" + config, "AWS_SHARED_CREDENTIALS_FILE=" + home + "/none",
		"AWS_EC2_METADATA_DISABLED=true", "AWS_MAX_ATTEMPTS=1", "AWS_PAGER=", "AWS_REGION=" + region, "AWS_DEFAULT_REGION=" + region, "TZ=UTC",
	}
}

// awsCLI is the AWS CLI with its options.
type awsCLI struct {
	*cli
	t           testing.TB
	endpoint    string
	environment []string
}

func (c *cli) open(t testing.TB, a access) client {
	environment := append(cleanEnvironment(t), "AWS_ACCESS_KEY_ID="+a.KeyID, "AWS_SECRET_ACCESS_KEY="+a.Secret)
	if a.Token != "" {
		environment = append(environment, "AWS_SESSION_TOKEN="+a.Token)
	}
	return awsCLI{c, t, a.Endpoint, environment}
}

// capitals are where a name gets its hyphens: PlayerSession, VpcPeering,
// EC2Instance.
var capitals = regexp.MustCompile(`([a-z0-9])([A-Z])`)

func kebab(operation string) string {
	return strings.ToLower(capitals.ReplaceAllString(operation, "$1-$2"))
}

func (c awsCLI) call(ctx context.Context, operation string, input json.RawMessage) (outcome, error) {
	name := kebab(operation)
	if !c.has(name) {
		return outcome{}, errUnknown
	}
	return c.exec(ctx, name, "--no-paginate", "--cli-input-json", string(input))
}

func (c *cli) has(name string) bool {
	for _, known := range c.operations {
		if name == known {
			return true
		}
	}
	return false
}

// refusal is how the CLI shows an exception.
var refusal = regexp.MustCompile(`(?s)An error occurred \((\w+)\) when calling the \w+ operation(?: \(reached max retries: \d+\))?: (.*)`)

func (c awsCLI) exec(ctx context.Context, name string, arguments ...string) (outcome, error) {
	arguments = append([]string{"gamelift", name, "--endpoint-url", c.endpoint, "--output", "json"}, arguments...)
	cmd := exec.CommandContext(ctx, c.path, arguments...)
	cmd.Env = c.environment
	stdout, err := cmd.Output()
	var exit *exec.ExitError
	switch {
	case errors.As(err, &exit):
		return refused(exit.Stderr)
	case err != nil:
		return outcome{}, err
	case len(bytes.TrimSpace(stdout)) == 0: // an output without members
		return outcome{output: map[string]any{}}, nil
	}
	var out map[string]any
	err = json.Unmarshal(stdout, &out)
	return outcome{output: out}, err
}

func refused(stderr []byte) (outcome, error) {
	if m := refusal.FindSubmatch(stderr); m != nil {
		return outcome{exception: string(m[1]), message: strings.TrimSpace(string(m[2]))}, nil
	}
	if bytes.Contains(stderr, []byte("Unknown parameter in input")) {
		return outcome{}, errUnknown
	}
	return outcome{}, fmt.Errorf("aws: %s", bytes.TrimSpace(stderr))
}

func (c awsCLI) all(ctx context.Context, operation string, input map[string]any, size int) ([]any, error) {
	document, err := json.Marshal(input)
	if err != nil {
		return nil, err
	}
	o, err := c.exec(ctx, kebab(operation), "--page-size", strconv.Itoa(size), "--cli-input-json", string(document))
	if err == nil && o.exception != "" {
		err = fmt.Errorf("%s: %s", o.exception, o.message)
	}
	return gather(operation, []map[string]any{o.output}), err
}
