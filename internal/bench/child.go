package bench

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// A child is a muster in a process of its own.
type child struct {
	place
	cmd    *exec.Cmd
	output *bufio.Reader
	log    bytes.Buffer
	ready  time.Duration // from the start of the process
}

// load starts a server to put load on, over a data folder.
func (r *run) load(ctx context.Context, data string) (*child, error) {
	c, err := r.start(ctx, "bench-server", "--data", data, "--keys", r.keys, "--kept")
	if err != nil {
		return nil, err
	}
	line, err := c.output.ReadBytes('\n')
	if err == nil {
		err = json.Unmarshal(line, &c.place)
	}
	if err != nil {
		c.stop()
		return nil, fmt.Errorf("the server has not started: %w\n%s", err, &c.log)
	}
	return c, nil
}

var banner = regexp.MustCompile(`AWS API +(http://\S+)`)

// serve starts what an operator starts, and takes the time until it serves.
func (r *run) serve(ctx context.Context, data string) (*child, error) {
	begin := time.Now()
	c, err := r.start(ctx, "serve", "--listen", "127.0.0.1:0", "--data", data, "--auth", "keys", "--keys", r.keys, "--log-level", "WARN")
	if err != nil {
		return nil, err
	}
	for {
		line, err := c.output.ReadString('\n')
		if found := banner.FindStringSubmatch(line); found != nil {
			c.ready, c.Server = time.Since(begin), found[1]
			return c, nil
		}
		if err != nil {
			c.stop()
			return nil, fmt.Errorf("muster serve has not said where it listens: %w\n%s", err, &c.log)
		}
	}
}

func (r *run) start(ctx context.Context, args ...string) (*child, error) {
	args = append(r.Command[1:len(r.Command):len(r.Command)], args...)
	c := &child{cmd: exec.CommandContext(ctx, r.Command[0], args...)}
	c.cmd.Cancel = c.end
	c.cmd.WaitDelay = 10 * time.Second
	c.cmd.Stderr = &c.log
	stdout, err := c.cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	c.output = bufio.NewReader(stdout)
	if _, err := c.cmd.StdinPipe(); err != nil { // the system closes it if this process is killed
		return nil, err
	}
	return c, c.cmd.Start()
}

// end asks the child to end, or makes it where the system has no way to ask.
func (c *child) end() error {
	if err := c.cmd.Process.Signal(syscall.SIGTERM); err == nil {
		return nil
	}
	return c.cmd.Process.Kill()
}

// stop ends the child in order.
func (c *child) stop() error {
	_ = c.end() // an error means that it has ended
	_, _ = io.Copy(io.Discard, c.output)
	if err := c.cmd.Wait(); err != nil {
		return fmt.Errorf("the server has ended with %w\n%s", err, &c.log)
	}
	return nil
}

// get fetches from one of the child's ports.
func get(ctx context.Context, url string) ([]byte, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return nil, err
	}
	answer, err := http.DefaultClient.Do(request)
	if err != nil {
		return nil, err
	}
	defer answer.Body.Close()
	return io.ReadAll(answer.Body)
}

// live returns the bytes of heap and stacks that the child cannot do without.
func (c *child) live(ctx context.Context) (float64, error) {
	text, err := get(ctx, c.Instruments+"/live")
	if err != nil {
		return 0, err
	}
	return strconv.ParseFloat(string(text), 64)
}

// What of a server's own metrics is read.
const (
	residentBytes = "process_resident_memory_bytes"
	cpuSeconds    = "process_cpu_seconds_total"
	blocksTotal   = "muster_store_commit_seconds_count"
)

// metric is metrics of one.
func (c *child) metric(ctx context.Context, name string) (float64, error) {
	numbers, err := c.metrics(ctx, name)
	if err != nil {
		return 0, err
	}
	return numbers[0], nil
}

// metrics reads some of the child's metrics, at one time. They have no labels.
func (c *child) metrics(ctx context.Context, names ...string) ([]float64, error) {
	text, err := get(ctx, c.Server+"/metrics")
	if err != nil {
		return nil, err
	}
	numbers := make([]float64, len(names))
	for i, name := range names {
		_, rest, found := strings.Cut(string(text), "\n"+name+" ")
		if !found {
			return nil, fmt.Errorf("the server does not tell %s on this system", name)
		}
		number, _, _ := strings.Cut(rest, "\n")
		if numbers[i], err = strconv.ParseFloat(number, 64); err != nil {
			return nil, err
		}
	}
	return numbers, nil
}

// profile keeps a profile of what the child's processor does for a round.
func (r *run) profile(ctx context.Context, c *child, name string) error {
	if err := os.MkdirAll(r.Profiles, 0o755); err != nil {
		return err
	}
	text, err := get(ctx, fmt.Sprintf("%s/profile?for=%v", c.Instruments, r.Scale.Round))
	if err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(r.Profiles, name+".pprof"), text, 0o644)
}
