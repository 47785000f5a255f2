package main

import (
	"bufio"
	"context"
	"encoding/pem"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"
)

// TestMain puts a command muster into the PATH of every test: this test
// binary, run again.
func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){
		"muster": func() {
			ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
			context.AfterFunc(ctx, stop)
			os.Exit(run(ctx, os.Args[1:], os.Stdout, os.Stderr))
		},
	})
}

// TestScripts runs the command line as a person would.
func TestScripts(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir: filepath.Join("testdata", "script"),
		Setup: func(e *testscript.Env) error {
			e.Setenv("HOME", e.WorkDir)
			s := &scriptServer{dir: e.WorkDir}
			e.Values[serverKey{}] = s
			e.Defer(func() { s.stop() })
			return nil
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){"server": startServer},
	})
}

// TestInterrupted interrupts a command before it has asked: that is not done.
func TestInterrupted(t *testing.T) {
	ctx, interrupt := context.WithCancel(t.Context())
	interrupt()
	var stderr strings.Builder
	code := run(ctx, []string{"fleet", "list", "--endpoint", "http://127.0.0.1:1"}, io.Discard, &stderr)
	if code != exitFailed || !strings.Contains(stderr.String(), "interrupted") {
		t.Errorf("exit code %d, %q", code, stderr.String())
	}
}

// TestUnwritten prints where nothing can be written: that is not done.
func TestUnwritten(t *testing.T) {
	out, in := io.Pipe()
	out.Close()
	for _, line := range []string{"version", "env"} {
		if code := run(t.Context(), strings.Fields(line), in, io.Discard); code != exitFailed {
			t.Errorf("muster %s: exit code %d, want %d", line, code, exitFailed)
		}
	}
}

// TestExitCodes holds the codes to what the help promises.
func TestExitCodes(t *testing.T) {
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	plain := httptest.NewServer(http.NotFoundHandler())
	defer plain.Close()
	t.Setenv("AWS_MAX_ATTEMPTS", "1")
	silent, err := net.Listen("tcp", "127.0.0.1:0") // takes connections, and reads none
	if err != nil {
		t.Fatal(err)
	}
	defer silent.Close()
	rude := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }))
	defer rude.Close()
	safe := httptest.NewUnstartedServer(http.NotFoundHandler())
	safe.Config.ErrorLog = log.New(io.Discard, "", 0) // of handshakes that are meant to fail
	safe.StartTLS()
	defer safe.Close()
	ca := filepath.Join(t.TempDir(), "ca.pem")
	if err := os.WriteFile(ca, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: safe.Certificate().Raw}), 0o600); err != nil {
		t.Fatal(err)
	}
	_, port, _ := net.SplitHostPort(safe.Listener.Addr().String())
	for _, c := range []struct {
		line string
		code int
		hint string
	}{
		{"dev --listen " + taken.Addr().String(), exitFailed, "another muster"},
		{"serve --data d", exitUsage, "--keys FILE"},
		{"dev --listen nonsense", exitUsage, "HOST:PORT"},
		{"dev --listen 127.0.0.1:99999", exitUsage, "HOST:PORT"},
		{"dev --account abc", exitUsage, "12 digits"},
		{"dev --sdk-endpoint nonsense", exitUsage, "ws://HOST:PORT"},
		{"dev --tls-cert cert", exitUsage, "needs its key"},
		{"dev --region moon", exitUsage, "us-east-1"},
		{"dev --tail=-1s", exitUsage, "positive"},
		{"dev --listen 0.0.0.0:0", exitUsage, "others can reach"},
		{"serve --data d --auth none --tls-cert cert --tls-key key --tls-self-signed", exitUsage, "choose one"},
		{"bench --only foo", exitUsage, "join"},
		{"demo --players 0", exitUsage, "at least one player"},
		{"demo --players 2000000000", exitUsage, "at most 1000"},
		{"demo --sessions 1001", exitUsage, "at most 1000"},
		{"session search --limit 0", exitUsage, "at least 1"},
		{"fleet list --endpoint nowhere", exitUsage, "http://HOST:PORT"},
		{"fleet list --endpoint http://127.0.0.1:1", exitUnavailable, "is it running?"},
		{"fleet list --endpoint " + strings.Replace(plain.URL, "http:", "https:", 1), exitUnavailable, "plain HTTP"},
		{"fleet list --timeout 100ms --endpoint http://" + silent.Addr().String(), exitUnavailable, "no answer within 100ms"},
		{"fleet list --timeout 0s", exitUsage, "--timeout 0s"},
		{"fleet list --endpoint http://nosuch.invalid:9180", exitUnavailable, "there is no host nosuch.invalid"},
		{"fleet list --endpoint " + plain.URL, exitUnavailable, "is no muster"},
		{"fleet list --endpoint " + rude.URL, exitUnavailable, "--endpoint https://127.0.0.1:"},
		{"fleet list --endpoint " + strings.Replace(safe.URL, "https:", "http:", 1), exitUnavailable, "--endpoint https://127.0.0.1:"},
		{"fleet list --endpoint " + safe.URL, exitUnavailable, "or of muster dev in "},
		{"fleet list --ca " + ca + " --endpoint https://localhost:" + port, exitUnavailable, "certificate is not for localhost"},
	} {
		var stderr strings.Builder
		code := run(t.Context(), strings.Fields(c.line), io.Discard, &stderr)
		if code != c.code || !strings.Contains(stderr.String(), c.hint) {
			t.Errorf("muster %s: exit code %d, want %d and a word about %q:\n%s", c.line, code, c.code, c.hint, stderr.String())
		}
	}
}

// TestBanner runs a server until it has said where it is.
func TestBanner(t *testing.T) {
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	out, in := io.Pipe()
	done := make(chan int, 1)
	go func() {
		defer in.Close()
		done <- run(ctx, []string{"dev", "--listen", "127.0.0.1:0"}, in, io.Discard)
	}()
	var banner strings.Builder
	for lines := bufio.NewScanner(out); lines.Scan(); {
		banner.WriteString(lines.Text() + "\n")
		if strings.Contains(lines.Text(), "NO AUTHENTICATION") {
			stop()
		}
	}
	if code := <-done; code != 0 {
		t.Errorf("exit code %d", code)
	}
	for _, want := range []string{"AWS API     http://127.0.0.1:", "Server SDK  ws://127.0.0.1:", "--tls-self-signed", "/metrics"} {
		if !strings.Contains(banner.String(), want) {
			t.Errorf("no %q in\n%s", want, banner.String())
		}
	}
}

// startServer is the script command
//
//	server [ARGS…]
//
// It ends the server that ran before, in order, and runs muster with the
// arguments on a free port until the script ends. It sets
// AWS_ENDPOINT_URL_GAMELIFT. Without arguments it just ends the one before.
func startServer(ts *testscript.TestScript, neg bool, args []string) {
	s := ts.Value(serverKey{}).(*scriptServer)
	ts.Check(s.stop())
	if neg || len(args) == 0 {
		return
	}
	url, err := s.start(args)
	ts.Check(err)
	ts.Setenv("AWS_ENDPOINT_URL_GAMELIFT", url)
}
