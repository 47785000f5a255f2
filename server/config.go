// Package server is the muster server, to run or to embed: the AWS GameLift
// service API, the game servers' websocket, health and metrics on one port,
// over a durable journal or in memory.
//
// It assembles the parts and owns listeners, goroutines and the order of
// shutdown; what a game session is, it does not know. Start with [Config] and
// [Server.Run]; tests want package servertest.
package server

import (
	"errors"
	"fmt"
	"log/slog"
	"net"
	"time"

	"github.com/musterhq/muster/internal/ledger"
	"github.com/musterhq/muster/internal/world"
)

// Config is what a server is made of. The zero value is a server in memory on
// 127.0.0.1:9080 that takes no request: say how to authenticate them.
type Config struct {
	Listen string // HOST:PORT; "" means 127.0.0.1:9080, port 0 any free one
	Data   string // folder of the journal; "" means in memory
	Auth   Auth
	TLS    TLS

	// SnapshotEvery is how many bytes of the journal a restart should have to
	// read, at most, beside the state that was last saved: with more, or with
	// half of what that state takes if it is more, the state is saved anew. 0
	// means 32 MiB.
	SnapshotEvery int64

	// SDKEndpoint is the URL that RegisterCompute tells game servers to
	// connect to, at most 128 characters; "" means ws or wss at the host that
	// the request was sent to.
	SDKEndpoint string
	Region      string // in ARNs, of the form xx-word-N; "" means us-east-1
	Account     string // in ARNs, 12 digits; "" means 000000000000
	Periods     Periods

	Clock   Clock            // nil means the machine's
	Log     *slog.Logger     // nil means discard
	Version string           // for metrics and the front page
	Ready   func(url string) // called once requests are served; nil means nobody
}

// Auth says which requests are taken. Exactly one of the two is set.
type Auth struct {
	// None takes every request and every game server, signed or not. It is
	// refused unless Listen is a loopback address.
	None bool
	// Keys is the file of access keys whose signatures are taken.
	Keys string
}

// TLS says whether the port speaks TLS 1.2 and up. With TLS on, plain HTTP
// and ws are still served to loopback addresses.
type TLS struct {
	Cert, Key  string // PEM files; both or neither
	SelfSigned bool   // make a certificate, or use the one made before
	Dir        string // where a self-signed certificate is kept; "" means Data
}

func (t TLS) on() bool { return t.Cert != "" || t.SelfSigned }

// Periods are how long things last. Zero means AWS's value, or muster's where
// AWS documents none.
type Periods struct {
	Reservation    time.Duration // RESERVED player session until TIMEDOUT; 60 s
	Activation     time.Duration // ACTIVATING game session until TERMINATED, for fleets that set none; 600 s
	Health         time.Duration // longest time between two health reports; 70 s
	Ready          time.Duration // from InitSDK to ProcessReady; 5 min
	ReconnectGrace time.Duration // from a lost socket to a crashed process; 5 min
	RestartGrace   time.Duration // after muster's restart, until a silent process has missed a report; 3 min
	Termination    time.Duration // from asking a process to end to taking it as ended; 5 min
	TokenLife      time.Duration // compute auth token; 3 h
	Retention      time.Duration // ended sessions and their idempotency tokens; 30 days
	Tail           time.Duration // ended sessions in memory, before they move to disk; 60 s
	HealthLimit    int           // missed or false health reports in a row that end a process; 3
}

// Clock is where a server's time comes from.
type Clock = ledger.Clock

func (c Config) settings() world.Settings {
	p := c.Periods
	return world.Settings{
		Region: c.Region, Account: c.Account,
		Reservation: p.Reservation, Activation: p.Activation, Health: p.Health, HealthLimit: p.HealthLimit,
		Ready: p.Ready, ReconnectGrace: p.ReconnectGrace, RestartGrace: p.RestartGrace, Termination: p.Termination,
		TokenLife: p.TokenLife, Retention: p.Retention, Tail: p.Tail,
	}.WithDefaults()
}

// ErrConfig is what Run returns for a Config that makes no sense, wherever it
// runs.
var ErrConfig = errors.New("the configuration is wrong")

// check refuses what cannot work or would not be safe.
func (c Config) check() error {
	host, port, err := net.SplitHostPort(c.Listen)
	if err == nil {
		_, err = net.LookupPort("tcp", port)
	}
	switch {
	case err != nil:
		return fmt.Errorf("listen address %q: %w: choose another HOST:PORT, such as 127.0.0.1:9080", c.Listen, err)
	case c.Auth.None == (c.Auth.Keys != ""):
		return errors.New("say how requests are authenticated: by a file of keys, or not at all, and not both")
	case c.Auth.None && !loopbackHost(host):
		return fmt.Errorf("no authentication on %s, which others can reach: use keys, or listen on 127.0.0.1", c.Listen)
	case (c.TLS.Cert == "") != (c.TLS.Key == ""):
		return errors.New("a TLS certificate needs its key, and a key its certificate")
	case c.TLS.Cert != "" && c.TLS.SelfSigned:
		return errors.New("a TLS certificate is given and a self-signed one asked for: choose one")
	case c.TLS.SelfSigned && c.TLS.Dir == "" && c.Data == "":
		return errors.New("a self-signed certificate needs a folder to be kept in")
	}
	if c.SnapshotEvery < 0 {
		return fmt.Errorf("the state is to be saved every %d bytes: give a positive number, or 0 for the usual", c.SnapshotEvery)
	}
	if err := checkEndpoint(c.SDKEndpoint); err != nil {
		return err
	}
	if err := c.Periods.check(); err != nil {
		return err
	}
	return checkNames(c.settings())
}

// check refuses what would be over before it began.
func (p Periods) check() error {
	for _, period := range [...]struct {
		name string
		is   time.Duration
	}{
		{"reservation", p.Reservation},
		{"activation", p.Activation},
		{"health", p.Health},
		{"ready", p.Ready},
		{"reconnect grace", p.ReconnectGrace},
		{"restart grace", p.RestartGrace},
		{"termination", p.Termination},
		{"token life", p.TokenLife},
		{"retention", p.Retention},
		{"tail", p.Tail},
	} {
		if period.is < 0 {
			return fmt.Errorf("the %s period is %s: give a positive one, or 0 for the usual", period.name, period.is)
		}
	}
	if p.HealthLimit < 0 {
		return fmt.Errorf("the health limit is %d: give a positive one, or 0 for the usual", p.HealthLimit)
	}
	return nil
}

func loopbackHost(host string) bool {
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}
