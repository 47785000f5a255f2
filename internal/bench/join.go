package bench

import (
	"context"
	"errors"
	"fmt"
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
	arns, err := halls(ctx, data, room)
	if err != nil {
		return err
	}
	c, err := r.load(ctx, data)
	if err != nil {
		return err
	}
	return errors.Join(r.joinsAt(ctx, c, &doorkeeper{arns: arns}), c.stop())
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

// joinsAt measures pairs of rounds, by one protocol and the other in turns,
// since what the server holds grows. The first of each warm up.
func (r *run) joinsAt(ctx context.Context, c *child, d *doorkeeper) error {
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
	wires := []wire{jsonWire, cborWire}
	tallies := make([]tally, len(wires))
	for pair := range r.Scale.Pairs + 1 {
		for i, w := range wires {
			noop, err := r.joinRound(ctx, c, base, func(c *client) error { return d.join(c, w, false) })
			if err != nil {
				return err
			}
			done := r.profileBeside(ctx, c, "join-"+w.name, pair == r.Scale.Pairs)
			real, err := r.joinRound(ctx, c, door, func(c *client) error { return d.join(c, w, true) })
			if err := errors.Join(err, <-done); err != nil {
				return err
			}
			if pair > 0 {
				tallies[i].add(noop, real)
			}
		}
	}
	for i, w := range wires {
		r.reportJoins(w, tallies[i])
	}
	return nil
}

// A joinRound is a round and what it took of the server.
type joinRound struct {
	round
	cpu   float64 // microseconds of the processor a request
	block float64 // requests made durable together
}

func (r *run) joinRound(ctx context.Context, c *child, cr crowd, do func(*client) error) (j joinRound, err error) {
	before, err := c.metrics(ctx, cpuSeconds, blocksTotal)
	if err != nil {
		return j, err
	}
	if j.round, err = cr.press(ctx, r.Scale.Round, do); err != nil {
		return j, err
	}
	after, err := c.metrics(ctx, cpuSeconds, blocksTotal)
	if err != nil {
		return j, err
	}
	requests := float64(len(j.took))
	j.cpu = (after[0] - before[0]) * 1e6 / requests
	j.block = requests / (after[1] - before[1])
	return j, nil
}

// A tally is what pairs of rounds have come to.
type tally struct {
	rates, bases, ratios []float64 // requests per second, and one by the other
	cpu, cpuBase, block  []float64
	took                 []time.Duration
}

func (t *tally) add(noop, real joinRound) {
	t.rates, t.bases, t.ratios = append(t.rates, real.rate), append(t.bases, noop.rate), append(t.ratios, real.rate/noop.rate)
	t.cpu, t.cpuBase, t.block = append(t.cpu, real.cpu), append(t.cpuBase, noop.cpu), append(t.block, real.block)
	t.took = append(t.took, real.took...)
}

// profileBeside profiles the child's CPU during a round, if that is wanted.
func (r *run) profileBeside(ctx context.Context, c *child, name string, wanted bool) <-chan error {
	done := make(chan error, 1)
	if !wanted || r.Profiles == "" {
		done <- nil
		return done
	}
	go func() { done <- r.profile(ctx, c, name) }()
	return done
}

func (r *run) reportJoins(w wire, t tally) {
	name := "CreatePlayerSession, " + w.name
	how := fmt.Sprintf("%d clients, HTTP, SigV4, SQLite FULL; median of %d rounds of %v", r.Scale.Clients, r.Scale.Pairs, r.Scale.Round)
	r.report(name, Quantity{quantile(t.rates, 0.5), "per second"}, "", how)
	r.report(name+", of the HTTP stack", Quantity{quantile(t.ratios, 0.5), ""}, "at least 0.6",
		fmt.Sprintf("median of pairs (%s) to a handler that checks the signature and answers a fixed body, %.0f per second", spread(t.ratios), quantile(t.bases, 0.5)))
	r.report(name+", p50", milliseconds(quantile(t.took, 0.5)), "", "the same requests")
	r.report(name+", p99", milliseconds(quantile(t.took, 0.99)), "", "the same requests")
	r.report(name+", processor", Quantity{quantile(t.cpu, 0.5), "µs"}, "",
		fmt.Sprintf("of the server's process for each; that handler takes %.1f µs", quantile(t.cpuBase, 0.5)))
	r.report(name+", in a block", Quantity{quantile(t.block, 0.5), ""}, "", "requests that one append to the journal made durable")
}
