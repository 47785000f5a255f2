package main

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"runtime/debug"
	"strings"
	"time"

	"github.com/musterhq/muster/server"
)

// listening are the flags that every server has.
type listening struct {
	Listen      given  `help:"HOST:PORT for everything." default:"127.0.0.1:9080"`
	SDKEndpoint string `help:"URL that game servers are told to connect to; by default ws or wss at the host that RegisterCompute was sent to." name:"sdk-endpoint" placeholder:"URL"`
	Region      string `help:"Region in ARNs." default:"us-east-1"`
	Account     string `help:"Account in ARNs." default:"000000000000"`

	TLSCert       given `help:"Certificate in a PEM file." name:"tls-cert" placeholder:"FILE"`
	TLSKey        given `help:"Its key in a PEM file." name:"tls-key" placeholder:"FILE"`
	TLSSelfSigned bool  `help:"Make a certificate, or use the one made before (C++ and C# game servers want TLS and take any certificate)." name:"tls-self-signed"`

	LogLevel slog.Level `help:"Least level to log: DEBUG, INFO, WARN, ERROR." default:"INFO"`
	LogJSON  bool       `help:"Log in JSON." name:"log-json"`

	Periods periods `embed:"" group:"Periods (0 means AWS's value)"`
}

// periods are server.Periods as flags.
type periods struct {
	Reservation    time.Duration `help:"RESERVED player session until TIMEDOUT." default:"60s"`
	Activation     time.Duration `help:"ACTIVATING game session until TERMINATED." default:"600s"`
	Health         time.Duration `help:"Longest time between two health reports." default:"70s"`
	HealthLimit    int           `help:"Missed or false health reports that end a process." default:"3"`
	Ready          time.Duration `help:"From InitSDK to ProcessReady." default:"5m"`
	ReconnectGrace time.Duration `help:"From a lost socket to a crashed process." default:"5m"`
	RestartGrace   time.Duration `help:"After a restart, until a silent process has missed a report." default:"3m"`
	Termination    time.Duration `help:"From asking a process to end to taking it as ended." default:"5m"`
	TokenLife      time.Duration `help:"Of a compute auth token." default:"3h"`
	Retention      time.Duration `help:"Of ended sessions and their idempotency tokens." default:"720h"`
	Tail           time.Duration `help:"Of ended sessions in memory." default:"60s"`
}

func (p periods) server() server.Periods {
	return server.Periods{
		Reservation: p.Reservation, Activation: p.Activation, Health: p.Health, HealthLimit: p.HealthLimit,
		Ready: p.Ready, ReconnectGrace: p.ReconnectGrace, RestartGrace: p.RestartGrace, Termination: p.Termination,
		TokenLife: p.TokenLife, Retention: p.Retention, Tail: p.Tail,
	}
}

func (l listening) server(o *output) server.Config {
	return server.Config{
		Listen: string(l.Listen), SDKEndpoint: l.SDKEndpoint, Region: l.Region, Account: l.Account,
		TLS:     server.TLS{Cert: string(l.TLSCert), Key: string(l.TLSKey), SelfSigned: l.TLSSelfSigned},
		Periods: l.Periods.server(), Log: l.log(o), Version: version,
	}
}

func (l listening) log(o *output) *slog.Logger {
	options := &slog.HandlerOptions{Level: l.LogLevel}
	if l.LogJSON {
		return slog.New(slog.NewJSONHandler(o.err, options))
	}
	return slog.New(slog.NewTextHandler(o.err, options))
}

type serveCmd struct {
	listening
	Data given  `help:"Folder of the journal." required:"" placeholder:"DIR"`
	Auth string `help:"Who may ask: keys (signed requests), none (everybody; loopback only)." enum:"keys,none" default:"keys"`
	Keys given  `help:"File of access keys, one 'ID SECRET' a line." placeholder:"FILE"`

	SnapshotEvery size `help:"How much journal there is at most before the whole state is saved, so that a restart need not read more." default:"32MiB"`
}

// Help implements kong.HelpProvider.
func (serveCmd) Help() string {
	return `Examples:
  muster serve --data ./data --auth none
  muster serve --data /var/lib/muster --listen 0.0.0.0:9080 --keys /etc/muster/keys --tls-self-signed

Plain HTTP is served to loopback addresses only once TLS is on. SIGTERM stops
in order: requests under way are answered, game servers reconnect by
themselves when muster is back.`
}

func (c serveCmd) Run(ctx context.Context, o *output) error {
	cfg := c.listening.server(o)
	cfg.Data, cfg.SnapshotEvery = string(c.Data), int64(c.SnapshotEvery)
	switch {
	case c.Auth == "none" && c.Keys != "":
		return usageError("--keys is given with --auth none: leave one out")
	case c.Auth == "keys" && c.Keys == "":
		return usageError("--auth keys needs --keys FILE with lines of 'ID SECRET' (or --auth none on a loopback address)")
	}
	cfg.Auth = server.Auth{None: c.Auth == "none", Keys: string(c.Keys)}
	return serve(ctx, o, cfg, "journal in "+cfg.Data)
}

type devCmd struct{ listening }

// Help implements kong.HelpProvider.
func (devCmd) Help() string {
	return `Everything is forgotten when it stops. Examples:
  muster dev
  muster dev --listen 127.0.0.1:0 --reservation 5s`
}

func (c devCmd) Run(ctx context.Context, o *output) error {
	cfg := c.listening.server(o)
	cfg.Auth.None = true
	if cfg.TLS.SelfSigned {
		dir, err := os.UserCacheDir()
		if err != nil {
			return fmt.Errorf("find a folder for the self-signed certificate: %w", err)
		}
		cfg.TLS.Dir = filepath.Join(dir, "muster")
		if err := os.MkdirAll(cfg.TLS.Dir, 0o700); err != nil {
			return err
		}
	}
	return serve(ctx, o, cfg, "in memory: nothing survives this process")
}

// startGC is the GC percentage until a server is ready: what it reads then is
// nearly all kept, so that looking for garbage in it costs more than it finds.
const startGC = 400

// serve runs a server and says where it listens.
func serve(ctx context.Context, o *output, cfg server.Config, where string) error {
	gc := debug.SetGCPercent(startGC)
	cfg.Ready = func(url string) {
		debug.SetGCPercent(gc)
		banner(o, cfg, url, where)
	}
	return server.New(cfg).Run(ctx)
}

func banner(o *output, cfg server.Config, url, where string) {
	fmt.Fprintf(o.out, "muster %s, %s\n", version, where)
	fmt.Fprintf(o.out, "├─ AWS API     %s\n", url)
	fmt.Fprintf(o.out, "├─ Server SDK  %s\n", forGameServers(sdkURL(cfg, url)))
	fmt.Fprintf(o.out, "└─ Metrics     %s/metrics\n", url)
	if cfg.Auth.None {
		fmt.Fprintln(o.out, "NO AUTHENTICATION: everybody on this machine may do everything. Not for production.")
	}
	key := ""
	if !cfg.Auth.None {
		key = "set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY to a key of " + cfg.Auth.Keys + ", then "
	}
	o.next(`%seval "$(muster env%s)"; muster fleet create demo`, key, envFlags(cfg, url))
}

// envFlags returns the flags with which muster env finds the server.
func envFlags(cfg server.Config, url string) string {
	flags := ""
	if url != defaultEndpoint {
		flags += " --endpoint " + word(url)
	}
	if cfg.TLS.SelfSigned {
		flags += " --ca " + word(server.SelfSignedCertificate(cfg))
	}
	return flags
}

// forGameServers adds to an endpoint who cannot use it: without TLS, the
// server SDKs in C++ and C# hang or throw, and do not say why.
func forGameServers(endpoint string) string {
	if strings.HasPrefix(endpoint, "ws:") {
		endpoint += "  (C++ and C# want TLS: muster dev --tls-self-signed)"
	}
	return endpoint
}

func sdkURL(cfg server.Config, url string) string {
	if cfg.SDKEndpoint != "" {
		return cfg.SDKEndpoint
	}
	return "ws" + url[len("http"):]
}
