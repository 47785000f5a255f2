package main

import (
	"context"
	"fmt"
	"log/slog"
	"net"
	"time"

	"github.com/musterhq/muster/examples/arena"
	"github.com/musterhq/muster/gamelift"
)

// arenaCmd is one game server of the demo. The GAMELIFT_SDK_* variables say
// where muster is.
type arenaCmd struct {
	Address string `help:"Where players come in." default:"127.0.0.1:0" env:"-"`
}

func (c arenaCmd) Run(ctx context.Context, o *output) error {
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
	return (&arena.Server{Host: host, Conn: conn, Log: log}).Run(ctx)
}
