package main

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"net"
	"os"
	"time"

	"github.com/musterhq/muster/examples/arena"
	"github.com/musterhq/muster/gamelift"
)

// arenaCmd is one game server of the demo. The GAMELIFT_SDK_* variables say
// where muster is.
type arenaCmd struct {
	Kept    bool   `help:"End with whoever holds the other end of standard input." env:"-"`
	Address string `help:"Where players come in." default:"127.0.0.1:0" env:"-"`
}

func (c arenaCmd) Run(ctx context.Context, o *output) error {
	if c.Kept {
		ctx = whileKept(ctx)
	}
	log := slog.New(slog.NewTextHandler(o.err, nil))
	conn, err := net.ListenPacket("udp", c.Address)
	if err != nil {
		return fmt.Errorf("listen for players: %w", err)
	}
	defer conn.Close()
	host := &gamelift.Host{Port: conn.LocalAddr().(*net.UDPAddr).Port, Logger: log}
	defer host.Close()
	hurry, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	if err := host.Init(hurry); err != nil {
		return err
	}
	return (&arena.Server{Host: announcing{host, o.out}, Conn: conn, Log: log}).Run(ctx)
}

// whileKept ends when standard input does: whoever started this process has
// ended, too, and be it by a kill.
func whileKept(ctx context.Context) context.Context {
	kept, lost := context.WithCancel(ctx)
	go func() { // until the process ends
		io.Copy(io.Discard, os.Stdin)
		lost()
	}()
	return kept
}

// announcing tells who started the process when it is ready for a session.
type announcing struct {
	*gamelift.Host
	out io.Writer
}

func (a announcing) NotifyProcessReady(ctx context.Context) error {
	if err := a.Host.NotifyProcessReady(ctx); err != nil {
		return err
	}
	_, err := fmt.Fprintln(a.out, "ready")
	return err
}
