package server_test

import (
	"bufio"
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/musterhq/muster/server"
)

// run runs a server until the test ends and returns its URL.
func run(t *testing.T, cfg server.Config) string {
	t.Helper()
	ready, done := make(chan string, 1), make(chan error, 1)
	cfg.Ready = func(url string) { ready <- url }
	ctx, stop := context.WithCancel(context.Background())
	go func() { done <- server.New(cfg).Run(ctx) }()
	select {
	case url := <-ready:
		t.Cleanup(func() {
			stop()
			if err := <-done; err != nil {
				t.Errorf("run: %v", err)
			}
		})
		return url
	case err := <-done:
		stop()
		t.Fatalf("run: %v", err)
		return ""
	}
}

// refused runs a server that must not start and returns why it did not.
func refused(t *testing.T, cfg server.Config) string {
	t.Helper()
	err := server.New(cfg).Run(t.Context())
	if err == nil {
		t.Fatal("it ran")
	}
	return err.Error()
}

func TestRefusedConfigurations(t *testing.T) {
	none := server.Auth{None: true}
	for _, test := range []struct {
		name string
		cfg  server.Config
		want string
	}{
		{"no word on authentication", server.Config{}, "authenticated"},
		{"both ways of authentication", server.Config{Auth: server.Auth{None: true, Keys: "keys"}}, "not both"},
		{"none where others can reach it", server.Config{Listen: "0.0.0.0:0", Auth: none}, "others can reach"},
		{"none on a name that is not loopback", server.Config{Listen: "example.org:0", Auth: none}, "others can reach"},
		{"none on every address", server.Config{Listen: ":0", Auth: none}, "others can reach"},
		{"no port", server.Config{Listen: "127.0.0.1", Auth: none}, "HOST:PORT"},
		{"certificate without key", server.Config{Auth: none, TLS: server.TLS{Cert: "c.pem"}}, "needs its key"},
		{"snapshots every less than nothing", server.Config{Auth: none, SnapshotEvery: -1}, "positive"},
		{"two certificates", server.Config{Auth: none, TLS: server.TLS{Cert: "c.pem", Key: "k.pem", SelfSigned: true}}, "choose one"},
		{"self-signed, but nowhere to keep it", server.Config{Auth: none, TLS: server.TLS{SelfSigned: true}}, "folder"},
		{"region that SDKs refuse", server.Config{Auth: none, Region: "local"}, "us-east-1"},
		{"account that SDKs refuse", server.Config{Auth: none, Account: "me"}, "12 digits"},
		{"endpoint that is no websocket's", server.Config{Auth: none, SDKEndpoint: "https://games.example"}, "wss://HOST:PORT"},
		{"endpoint without host", server.Config{Auth: none, SDKEndpoint: "games.example:443"}, "wss://HOST:PORT"},
		{"period that is over", server.Config{Auth: none, Periods: server.Periods{Tail: -1}}, "tail"},
		{"limit below zero", server.Config{Auth: none, Periods: server.Periods{HealthLimit: -1}}, "health limit"},
		{"endpoint that SDKs refuse", server.Config{Auth: none, SDKEndpoint: "ws://" + strings.Repeat("x", 128)}, "128"},
		{"keys that are not there", server.Config{Auth: server.Auth{Keys: "/no/such/file"}}, "no such file"},
	} {
		t.Run(test.name, func(t *testing.T) {
			if got := refused(t, test.cfg); !strings.Contains(got, test.want) {
				t.Errorf("refused with %q, want something on %q", got, test.want)
			}
		})
	}
}

func TestRunTwice(t *testing.T) {
	s := server.New(server.Config{Listen: "127.0.0.1:0", Auth: server.Auth{None: true}})
	over, end := context.WithCancel(t.Context())
	end()
	if err := s.Run(over); err != nil {
		t.Fatal(err)
	}
	if err := s.Run(over); err == nil {
		t.Error("it ran again")
	}
}

func TestPortInUse(t *testing.T) {
	url := run(t, server.Config{Listen: "127.0.0.1:0", Auth: server.Auth{None: true}})
	why := refused(t, server.Config{Listen: strings.TrimPrefix(url, "http://"), Auth: server.Auth{None: true}})
	if !strings.Contains(why, "--listen") {
		t.Errorf("refused with %q, want what to do about it", why)
	}
}

func get(t *testing.T, client *http.Client, url string) (int, string) {
	t.Helper()
	answer, err := client.Get(url)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	body, err := io.ReadAll(answer.Body)
	if err != nil {
		t.Fatal(err)
	}
	return answer.StatusCode, string(body)
}

func TestPages(t *testing.T) {
	url := run(t, server.Config{Listen: "127.0.0.1:0", Auth: server.Auth{None: true}, Version: "1.2.3"})
	for page, want := range map[string]string{
		"/":        "GameLift API",
		"/healthz": "ok",
		"/readyz":  `{"ledger":"ok"}`,
		"/metrics": `muster_build_info{version="1.2.3"} 1`,
	} {
		if status, body := get(t, http.DefaultClient, url+page); status != 200 || !strings.Contains(body, want) {
			t.Errorf("%s: %d %q, want %q", page, status, body, want)
		}
	}
	if status, _ := get(t, http.DefaultClient, url+"/nowhere"); status != 404 {
		t.Errorf("/nowhere: %d", status)
	}
}

// TestOnePortForTLSAndPlain serves both on one port to this machine.
func TestOnePortForTLSAndPlain(t *testing.T) {
	dir := t.TempDir()
	url := run(t, server.Config{Listen: "127.0.0.1:0", Auth: server.Auth{None: true}, TLS: server.TLS{SelfSigned: true, Dir: dir}})
	host, ok := strings.CutPrefix(url, "https://")
	if !ok {
		t.Fatalf("URL %s", url)
	}
	pem, err := os.ReadFile(filepath.Join(dir, "muster-cert.pem"))
	if err != nil {
		t.Fatal(err)
	}
	trusting := clientTrusting(t, pem)
	if status, _ := get(t, trusting, url+"/healthz"); status != 200 {
		t.Errorf("TLS: %d", status)
	}
	if status, _ := get(t, http.DefaultClient, "http://"+host+"/healthz"); status != 200 {
		t.Errorf("plain: %d", status)
	}
	old := &tls.Config{InsecureSkipVerify: true, MaxVersion: tls.VersionTLS11}
	if conn, err := tls.Dial("tcp", host, old); err == nil {
		conn.Close()
		t.Error("TLS 1.1 was taken")
	}
	if info, err := os.Stat(filepath.Join(dir, "muster-key.pem")); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("key file: %v, %v", info, err)
	}
}

// TestSelfSignedForOthers listens on every address: the certificate is good
// for those of this machine, and made anew when it is to be good for more.
func TestSelfSignedForOthers(t *testing.T) {
	dir, keys := t.TempDir(), filepath.Join(t.TempDir(), "keys")
	if err := os.WriteFile(keys, []byte("AKIDEXAMPLE verysecret\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	cfg := server.Config{Listen: "0.0.0.0:0", Auth: server.Auth{Keys: keys}, TLS: server.TLS{SelfSigned: true, Dir: dir}}
	certificate := func() *x509.Certificate {
		t.Helper()
		pair, err := tls.LoadX509KeyPair(filepath.Join(dir, "muster-cert.pem"), filepath.Join(dir, "muster-key.pem"))
		if err != nil {
			t.Fatal(err)
		}
		return pair.Leaf
	}
	url := run(t, cfg)
	if !strings.HasPrefix(url, "https://127.0.0.1:") {
		t.Errorf("URL %s, want one that can be connected to", url)
	}
	host, err := os.Hostname()
	if err != nil {
		t.Fatal(err)
	}
	first := certificate()
	for _, name := range []string{"localhost", "127.0.0.1", "::1", host} {
		if err := first.VerifyHostname(name); err != nil {
			t.Error(err)
		}
	}
	run(t, cfg)
	if !certificate().Equal(first) {
		t.Error("a certificate that was good was replaced")
	}
	cfg.SDKEndpoint = "wss://games.example:443"
	run(t, cfg)
	if err := certificate().VerifyHostname("games.example"); err != nil {
		t.Error(err)
	}
}

// TestSilentConnections holds many connections open that never say a word:
// others are served all the same, and the server stops in spite of them.
func TestSilentConnections(t *testing.T) {
	for _, selfSigned := range []bool{false, true} {
		url := run(t, server.Config{Listen: "127.0.0.1:0", Auth: server.Auth{None: true}, TLS: server.TLS{SelfSigned: selfSigned, Dir: t.TempDir()}})
		_, host, _ := strings.Cut(url, "://")
		for range 1000 {
			conn, err := net.Dial("tcp", host)
			if err != nil {
				t.Fatal(err)
			}
			defer conn.Close()
		}
		hurry := &http.Client{Timeout: 5 * time.Second}
		if status, _ := get(t, hurry, "http://"+host+"/healthz"); status != 200 {
			t.Errorf("behind 1,000 silent connections: %d", status)
		}
	}
}

// TestShutdown stops a server that has a request under way and a connection
// that never said a word: the one is waited for, the other is not.
func TestShutdown(t *testing.T) {
	ready, done := make(chan string, 1), make(chan error, 1)
	ctx, stop := context.WithCancel(t.Context())
	go func() {
		done <- server.New(server.Config{Listen: "127.0.0.1:0", Auth: server.Auth{None: true}, Ready: func(url string) { ready <- url }}).Run(ctx)
	}()
	host := strings.TrimPrefix(<-ready, "http://")
	silent, busy := dial(t, host), dial(t, host)
	fmt.Fprint(busy, "POST / HTTP/1.1\r\nHost: muster\r\nX-Amz-Target: GameLift.ListFleets\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n")
	answers := bufio.NewReader(busy)
	if line, err := answers.ReadString('\n'); err != nil || !strings.Contains(line, "100 Continue") {
		t.Fatalf("%q, %v: want the server to read the body", line, err)
	}
	stop()
	if _, err := silent.Read(make([]byte, 1)); err != io.EOF {
		t.Errorf("the silent connection: %v, want its end", err)
	}
	fmt.Fprint(busy, "{}")
	if text, err := io.ReadAll(answers); err != nil || !strings.Contains(string(text), "200 OK") {
		t.Errorf("the request under way was answered %q, %v", text, err)
	}
	if err := <-done; err != nil {
		t.Errorf("run: %v", err)
	}
}

func dial(t *testing.T, host string) net.Conn {
	t.Helper()
	conn, err := net.Dial("tcp", host)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	return conn
}

// TestDataFolderInUse starts a second server on the folder of the first.
func TestDataFolderInUse(t *testing.T) {
	dir := t.TempDir()
	cfg := server.Config{Listen: "127.0.0.1:0", Auth: server.Auth{None: true}, Data: dir}
	run(t, cfg)
	if why := refused(t, cfg); !strings.Contains(why, dir) {
		t.Errorf("refused with %q, want one that names the folder", why)
	}
}

// TestLogsDamage says what the journal made up for.
func TestLogsDamage(t *testing.T) {
	cfg := server.Config{Listen: "127.0.0.1:0", Data: t.TempDir(), Auth: server.Auth{None: true}}
	t.Run("before", func(t *testing.T) { run(t, cfg) })
	snapshot := filepath.Join(cfg.Data, "snapshot-00000000000000000001")
	if err := os.WriteFile(snapshot, []byte("damaged"), 0o600); err != nil {
		t.Fatal(err)
	}
	var log bytes.Buffer
	cfg.Log = slog.New(slog.NewTextHandler(&log, nil))
	t.Run("after", func(t *testing.T) { run(t, cfg) })
	if !strings.Contains(log.String(), snapshot) {
		t.Errorf("logged %q, want the damaged file", log.String())
	}
}

// TestLogsHoldNoSecrets starts a server with keys and lets a wrong signature in.
func TestLogsHoldNoSecrets(t *testing.T) {
	keys := filepath.Join(t.TempDir(), "keys")
	if err := os.WriteFile(keys, []byte("AKIDEXAMPLE verysecret\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	var log bytes.Buffer
	url := run(t, server.Config{
		Listen: "127.0.0.1:0", Auth: server.Auth{Keys: keys},
		Log: slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug})),
	})
	request, _ := http.NewRequest(http.MethodPost, url, strings.NewReader("{}"))
	request.Header.Set("X-Amz-Target", "GameLift.ListFleets")
	answer, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	answer.Body.Close()
	if answer.StatusCode < 400 || answer.StatusCode >= 500 {
		t.Errorf("an unsigned request: %s", answer.Status)
	}
	if strings.Contains(log.String(), "verysecret") || !strings.Contains(log.String(), "chmod 600") {
		t.Errorf("log: %s\nwant a warning that the file is not private, and no secret", log.String())
	}
}

func clientTrusting(t *testing.T, pem []byte) *http.Client {
	t.Helper()
	pool := x509.NewCertPool()
	if !pool.AppendCertsFromPEM(pem) {
		t.Fatal("no certificate")
	}
	transport := &http.Transport{TLSClientConfig: &tls.Config{RootCAs: pool}}
	t.Cleanup(transport.CloseIdleConnections)
	return &http.Client{Transport: transport}
}
