package server

import (
	"cmp"
	"context"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"github.com/musterhq/muster/internal/api"
	"github.com/musterhq/muster/internal/gate"
	"github.com/musterhq/muster/internal/ledger"
	"github.com/musterhq/muster/internal/world"
)

// meters are what /metrics shows. No label names a session, a player or a
// process: their number has no bound.
type meters struct {
	registry *prometheus.Registry
	calls    *prometheus.HistogramVec
	commits  prometheus.Histogram
	commands prometheus.Counter

	mu    sync.RWMutex
	known map[kind]prometheus.Observer // of calls
}

// A kind of request, by the labels it is counted under.
type kind struct{ operation, protocol, exception string }

func newMeters(version string) *meters {
	m := &meters{
		registry: prometheus.NewRegistry(), known: map[kind]prometheus.Observer{},
		calls: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "muster_api_request_duration_seconds", Help: "Time to answer a GameLift API request.",
			Buckets: prometheus.ExponentialBuckets(0.0005, 2, 14),
		}, []string{"operation", "protocol", "code"}),
		commits: prometheus.NewHistogram(prometheus.HistogramOpts{
			Name: "muster_store_commit_seconds", Help: "Time to make one block of commands durable.",
			Buckets: prometheus.ExponentialBuckets(0.0001, 2, 16),
		}),
		commands: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "muster_store_commands_total", Help: "Commands made durable.",
		}),
	}
	build := prometheus.NewGaugeVec(prometheus.GaugeOpts{Name: "muster_build_info", Help: "Always 1."}, []string{"version"})
	build.WithLabelValues(version).Set(1)
	m.registry.MustRegister(m.calls, m.commits, m.commands, build,
		collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	return m
}

func (m *meters) handler() http.Handler {
	return promhttp.HandlerFor(m.registry, promhttp.HandlerOpts{})
}

// call counts a request. Finding its histogram by labels takes longer than
// counting, and there are few kinds of requests.
func (m *meters) call(c api.Call) {
	k := kind{c.Operation, c.Protocol, c.Exception}
	m.mu.RLock()
	seen := m.known[k]
	m.mu.RUnlock()
	if seen == nil {
		seen = m.calls.WithLabelValues(k.operation, k.protocol, cmp.Or(k.exception, "ok"))
		m.mu.Lock()
		m.known[k] = seen
		m.mu.Unlock()
	}
	seen.Observe(c.Took.Seconds())
}

func (m *meters) commit(c ledger.Committed) {
	m.commits.Observe(c.Took.Seconds())
	m.commands.Add(float64(c.Commands))
}

// watch adds what is counted when somebody asks.
func (m *meters) watch(l *ledger.Ledger, g *gate.Gate) {
	m.registry.MustRegister(&census{ledger: l}, prometheus.NewGaugeFunc(prometheus.GaugeOpts{
		Name: "muster_gate_connections", Help: "Game servers' sockets that are open.",
	}, func() float64 { return float64(g.Connected()) }))
}

// census is a collector of what is live.
type census struct{ ledger *ledger.Ledger }

func described(name, help string, labels ...string) *prometheus.Desc {
	return prometheus.NewDesc(name, help, append([]string{"fleet", "location"}, labels...), nil)
}

var (
	processesDesc = described("muster_server_processes", "Live server processes.", "status")
	sessionsDesc  = described("muster_game_sessions", "Live game sessions.", "status")
	playersDesc   = described("muster_player_sessions", "Player sessions that hold a slot.", "status")
	slotsDesc     = described("muster_player_slots_free", "Free slots in ACTIVE game sessions that take players.")
)

// Describe implements prometheus.Collector.
func (c *census) Describe(out chan<- *prometheus.Desc) {
	for _, d := range []*prometheus.Desc{processesDesc, sessionsDesc, playersDesc, slotsDesc} {
		out <- d
	}
}

// Collect implements prometheus.Collector.
func (c *census) Collect(out chan<- prometheus.Metric) {
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	counts, err := ledger.View(ctx, c.ledger, func(w *world.World) ([]world.Census, error) { return w.Census(), nil })
	if err != nil {
		return // no metrics are better than wrong ones
	}
	gauge := func(d *prometheus.Desc, n int, labels ...string) {
		out <- prometheus.MustNewConstMetric(d, prometheus.GaugeValue, float64(n), labels...)
	}
	for _, n := range counts {
		for status, count := range n.Processes {
			gauge(processesDesc, count, n.Fleet, n.Location, strings.ToLower(string(status)))
		}
		for status, count := range n.Sessions {
			gauge(sessionsDesc, count, n.Fleet, n.Location, strings.ToLower(string(status)))
		}
		for status, count := range n.Players {
			gauge(playersDesc, count, n.Fleet, n.Location, strings.ToLower(string(status)))
		}
		gauge(slotsDesc, n.FreeSlots, n.Fleet, n.Location)
	}
}
