package bench

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/pprof"
	"os"
	"runtime"
	"runtime/debug"
	"strconv"
	"sync"
	"time"

	"github.com/musterhq/muster/internal/auth"
	"github.com/musterhq/muster/server"
)

// forever is longer than any measurement.
const forever = 24 * time.Hour

// A Server is the server under load: the one that muster serve runs, and on a
// port of its own what it is measured against and with. Both are in one
// process so that they share one memory and one collector.
type Server struct {
	Data string // folder of the journal
	Keys string // file of access keys
}

// A place is where a Server listens, as it tells its parent in one line.
type place struct{ Server, Instruments string }

// Run serves until ctx is done, and writes to out where.
func (s Server) Run(ctx context.Context, out io.Writer) error {
	keys, err := auth.Open(s.Keys)
	if err != nil {
		return err
	}
	listener, err := new(net.ListenConfig).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	instruments := &http.Server{Handler: instruments(keys), ReadHeaderTimeout: 10 * time.Second, ReadTimeout: time.Minute, IdleTimeout: 2 * time.Minute}
	var parts sync.WaitGroup
	defer parts.Wait()
	parts.Go(func() { _ = instruments.Serve(listener) })
	defer instruments.Close()
	err = server.New(server.Config{
		Listen: "127.0.0.1:0", Data: s.Data, Auth: server.Auth{Keys: s.Keys},
		Log: slog.New(slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: slog.LevelWarn})),
		// The game servers of a seeded folder do not exist and will not report.
		Periods: server.Periods{Health: forever, RestartGrace: forever, ReconnectGrace: forever},
		Ready: func(url string) {
			_ = json.NewEncoder(out).Encode(place{url, "http://" + listener.Addr().String()})
		},
	}).Run(ctx)
	if errors.Is(err, context.Canceled) {
		return nil
	}
	return err
}

// instruments is the baseline, the memory, and the profiles.
func instruments(keys *auth.Verifier) http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /memory", measureMemory)
	mux.HandleFunc("GET /debug/pprof/profile", pprof.Profile)
	mux.Handle("GET /debug/pprof/", http.HandlerFunc(pprof.Index))
	base := &baseline{keys: keys}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodPost { // past the mux, as a server's requests are
			base.ServeHTTP(w, r)
			return
		}
		mux.ServeHTTP(w, r)
	})
}

// A baseline does the least that a door can do: it reads the request, checks
// its signature, and answers a document that is always the same.
type baseline struct {
	keys    *auth.Verifier
	buffers sync.Pool // of *[]byte
}

// fixedAnswer is as long as CreatePlayerSession's.
var fixedAnswer = make([]byte, 600)

func (b *baseline) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	buffer, ok := b.buffers.Get().(*[]byte)
	if !ok {
		buffer = new([]byte)
		*buffer = make([]byte, 4<<10)
	}
	defer b.buffers.Put(buffer)
	n := min(len(*buffer), int(r.ContentLength))
	body := (*buffer)[:n]
	_, err := io.ReadFull(r.Body, body)
	if err == nil {
		err = b.keys.Verify(r, body)
	}
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	h := w.Header()
	h.Set("Content-Type", r.Header.Get("Content-Type"))
	h.Set("Content-Length", strconv.Itoa(len(fixedAnswer)))
	_, _ = w.Write(fixedAnswer)
}

// Memory is what a process takes, in bytes.
type memory struct {
	Resident int64 // before anything was collected
	Live     int64 // heap and stacks in use, once it was
}

// measureMemory answers a memory.
func measureMemory(w http.ResponseWriter, _ *http.Request) {
	m := memory{Resident: resident()}
	for range 2 {
		debug.FreeOSMemory()
	}
	var stats runtime.MemStats
	runtime.ReadMemStats(&stats)
	m.Live = int64(stats.HeapInuse + stats.StackInuse)
	_ = json.NewEncoder(w).Encode(m)
}

// resident returns the resident set of this process, or zero where the system
// does not say.
func resident() int64 {
	text, err := os.ReadFile("/proc/self/statm")
	var size, pages int64
	if _, scan := fmt.Sscan(string(text), &size, &pages); err != nil || scan != nil {
		return 0
	}
	return pages * int64(os.Getpagesize())
}
