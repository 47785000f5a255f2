package main

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"net"
	"os/exec"
	"strings"
	"sync"
	"testing"
	"time"
)

// A victim is the real binary on a data folder and a port of its own, to be
// killed and started again.
type victim struct {
	dir, addr string

	mu  sync.Mutex
	cmd *exec.Cmd
	up  chan struct{} // closed while it listens
}

func newVictim(t *testing.T) *victim {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return &victim{dir: t.TempDir(), addr: l.Addr().String(), up: make(chan struct{})}
}

// start runs it and returns when it has recovered and listens.
func (v *victim) start() error {
	cmd := exec.Command("muster", "serve", "--data", v.dir, "--auth", "none", "--listen", v.addr, "--log-level", "ERROR",
		"--snapshot-every", "2KiB") // some in every life
	var said bytes.Buffer
	cmd.Stderr = &said
	out, err := cmd.StdoutPipe()
	if err != nil {
		return err
	}
	if err := cmd.Start(); err != nil {
		return err
	}
	for lines := bufio.NewScanner(out); lines.Scan(); {
		if strings.Contains(lines.Text(), v.addr) {
			v.mu.Lock()
			defer v.mu.Unlock()
			v.cmd = cmd
			close(v.up)
			return nil
		}
	}
	err = cmd.Wait() // said is complete then
	return fmt.Errorf("muster ended before it listened: %w: %s", err, said.String())
}

// kill takes its life, whatever it is doing.
func (v *victim) kill() error {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.up = make(chan struct{})
	if err := v.cmd.Process.Kill(); err != nil {
		return err
	}
	v.cmd.Wait() // it was killed: there is no other outcome
	return nil
}

// wait returns when it listens.
func (v *victim) wait(ctx context.Context) error {
	v.mu.Lock()
	up := v.up
	v.mu.Unlock()
	select {
	case <-up:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// dial waits until it listens, and then for as long as it takes to get a
// connection: game servers need not know how often it dies.
func (v *victim) dial(ctx context.Context, network, _ string) (net.Conn, error) {
	var d net.Dialer
	for {
		if err := v.wait(ctx); err != nil {
			return nil, err
		}
		conn, err := d.DialContext(ctx, network, v.addr)
		if err == nil || ctx.Err() != nil {
			return conn, err
		}
		select {
		case <-time.After(time.Millisecond):
		case <-ctx.Done():
		}
	}
}
