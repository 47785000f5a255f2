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
	"os"
	"runtime"
	"runtime/pprof"
	"strconv"
	"sync"
	"time"

	"github.com/musterhq/muster/internal/auth"
	"github.com/musterhq/muster/internal/web"
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
	log := slog.New(slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: slog.LevelWarn}))
	beside := web.New(instruments(keys), log)
	var parts sync.WaitGroup
	defer parts.Wait()
	parts.Go(func() { _ = beside.Serve(listener) })
	defer beside.Stop(ctx)
	err = server.New(server.Config{
		Listen: "127.0.0.1:0", Data: s.Data, Auth: server.Auth{Keys: s.Keys}, Log: log,
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

// instruments is the baseline, the live memory, and profiles.
func instruments(keys *auth.Verifier) http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /live", live)
	mux.HandleFunc("GET /profile", profile)
	base := &baseline{keys: keys}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodPost { // past the mux, as a server's requests are
			base.ServeHTTP(w, r)
			return
		}
		mux.ServeHTTP(w, r)
	})
}

// A baseline does the least that a door can do, behind the same HTTP server: it
// reads the request, checks its signature, and answers a document that is always
// the same.
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

// live answers the heap and stacks that are in use once garbage is collected,
// in bytes.
func live(w http.ResponseWriter, _ *http.Request) {
	for range 2 {
		runtime.GC()
	}
	var stats runtime.MemStats
	runtime.ReadMemStats(&stats)
	fmt.Fprint(w, stats.HeapInuse+stats.StackInuse)
}

// profile answers what the processor has done for some time, given in the
// query. There is no profile of the heap: a binary that could make one would
// keep books on its memory all the time.
func profile(w http.ResponseWriter, r *http.Request) {
	d, err := time.ParseDuration(r.FormValue("for"))
	if err == nil {
		err = pprof.StartCPUProfile(w)
	}
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	defer pprof.StopCPUProfile()
	select {
	case <-time.After(d):
	case <-r.Context().Done():
	}
}
