package bench

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync/atomic"
	"time"

	"github.com/fxamacker/cbor/v2"
)

// fastest is more than the joins a second that any machine of today makes; so
// many slots are kept ready.
const fastest = 60_000

// joins measures CreatePlayerSession under load, in turns with the baseline.
func joins(ctx context.Context, r *run) error {
	data := r.folder("join")
	room := int(2*float64(r.Scale.Pairs+1)*r.Scale.Round.Seconds()*fastest)/seats + 1
	arns, err := sowHalls(ctx, data, room)
	if err != nil {
		return err
	}
	c, err := r.load(ctx, data)
	if err != nil {
		return err
	}
	d := &doorkeeper{arns: arns}
	for _, w := range []wire{jsonWire, cborWire} {
		if err = r.joinsBy(ctx, c, d, w); err != nil {
			break
		}
	}
	return errors.Join(err, c.stop())
}

func sowHalls(ctx context.Context, data string, n int) ([]string, error) {
	s, err := openSeed(ctx, data)
	if err != nil {
		return nil, err
	}
	arns, err := s.sow(ctx, n, hall)
	return arns, errors.Join(err, s.close())
}

// A doorkeeper makes requests to join: seats players for each game session,
// one game session after the other.
type doorkeeper struct {
	arns []string
	next atomic.Int64
}

var errNoSeats = errors.New("all seats are taken: this machine is faster than expected")

// join sends one request, or nothing but the like of it to a baseline.
func (d *doorkeeper) join(c *client, w wire, taken bool) error {
	n := d.next.Load()
	if taken {
		n = d.next.Add(1) - 1
	}
	if n/seats >= int64(len(d.arns)) {
		return errNoSeats
	}
	_, err := c.send(w, "CreatePlayerSession", d.body(w, int(n)))
	return err
}

func (d *doorkeeper) body(w wire, n int) []byte {
	arn := d.arns[n/seats]
	if w.name == jsonWire.name {
		return fmt.Appendf(make([]byte, 0, 256), `{"GameSessionId":"%s","PlayerId":"player-%09d","PlayerData":"skill=10"}`, arn, n)
	}
	body, err := cbor.Marshal(struct{ GameSessionId, PlayerId, PlayerData string }{arn, fmt.Sprintf("player-%09d", n), "skill=10"})
	if err != nil {
		panic(err) // strings can be encoded
	}
	return body
}

// joinsBy measures pairs of rounds by one protocol. The first pair warms up.
func (r *run) joinsBy(ctx context.Context, c *child, d *doorkeeper, w wire) error {
	base, err := gather(ctx, c.Instruments, r.Scale.Clients)
	if err != nil {
		return err
	}
	defer base.disperse()
	door, err := gather(ctx, c.Server, r.Scale.Clients)
	if err != nil {
		return err
	}
	defer door.disperse()
	var rates, bases, ratios []float64
	var took []time.Duration
	for pair := range r.Scale.Pairs + 1 {
		noop, err := base.press(ctx, r.Scale.Round, func(c *client) error { return d.join(c, w, false) })
		if err != nil {
			return err
		}
		done := r.profileBeside(ctx, c, "join-"+w.name, pair == r.Scale.Pairs)
		real, err := door.press(ctx, r.Scale.Round, func(c *client) error { return d.join(c, w, true) })
		if err := errors.Join(err, <-done); err != nil {
			return err
		}
		if pair > 0 {
			rates, bases, ratios = append(rates, real.rate), append(bases, noop.rate), append(ratios, real.rate/noop.rate)
			took = append(took, real.took...)
		}
	}
	r.reportJoins(w, rates, bases, ratios, took)
	return nil
}

// profileBeside profiles the child's CPU during a round, if that is wanted.
func (r *run) profileBeside(ctx context.Context, c *child, name string, wanted bool) <-chan error {
	done := make(chan error, 1)
	if !wanted || r.Profiles == "" {
		done <- nil
		return done
	}
	go func() { done <- r.profile(ctx, c, name, "profile", r.Scale.Round) }()
	return done
}

func (r *run) reportJoins(w wire, rates, bases, ratios []float64, took []time.Duration) {
	name := "CreatePlayerSession, " + w.name
	how := fmt.Sprintf("%d clients, HTTP, SigV4, SQLite FULL; median of %d rounds of %v", r.Scale.Clients, r.Scale.Pairs, r.Scale.Round)
	r.report(Figure{"join", name, Quantity{quantile(rates, 0.5), "per second"}, "", how})
	r.report(Figure{
		"join", name + ", of the HTTP stack", Quantity{quantile(ratios, 0.5), ""}, "at least 0.6",
		fmt.Sprintf("median of pairs (%s) to a handler that checks the signature and answers a fixed body, %.0f per second", spread(ratios), quantile(slices.Clone(bases), 0.5)),
	})
	r.report(Figure{"join", name + ", p50", milliseconds(quantile(took, 0.5)), "", "the same requests"})
	r.report(Figure{"join", name + ", p99", milliseconds(quantile(took, 0.99)), "", "the same requests"})
}
