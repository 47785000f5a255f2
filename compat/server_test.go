package compat

import (
	"bufio"
	"flag"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"syscall"
	"testing"
)

var binaryFile = flag.String("muster", "", "binary to test, such as a release; by default one is built")

// muster is the binary under test, built once.
var muster = sync.OnceValues(func() (string, error) {
	if *binaryFile != "" {
		return *binaryFile, nil
	}
	binary, err := filepath.Abs("../bin/muster-compat") // not in git
	if err != nil {
		return "", err
	}
	out, err := exec.Command("go", "build", "-C", "..", "-o", binary, "./cmd/muster").CombinedOutput()
	if err != nil {
		return "", fmt.Errorf("build muster: %w\n%s", err, out)
	}
	return binary, nil
})

// A server is a running muster.
type server struct {
	http string // base of its URLs without TLS
	cert string // file of its certificate
}

var listening = regexp.MustCompile(`AWS API +https://(\S+)`)

// startServer starts a muster with a folder and a key file of its own, for as
// long as the test. It has TLS, and plain text for this machine.
func startServer(t testing.TB) server {
	t.Helper()
	binary, err := muster()
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	keys := filepath.Join(dir, "keys")
	lines := fmt.Sprintf("%s %s\n%s %s %s\n", keyID, secret, tempID, tempKey, token)
	if err := os.WriteFile(keys, []byte(lines), 0o600); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(binary, "serve", "--data", filepath.Join(dir, "data"), "--auth", "keys", "--keys", keys,
		"--listen", "127.0.0.1:0", "--tls-self-signed", "--log-level", "WARN",
		"--reservation", "10m") // however slow the clients are
	cmd.Env = cleanEnvironment(t)
	var log strings.Builder
	cmd.Stderr = &log
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	output := bufio.NewReader(stdout)
	t.Cleanup(func() { stop(t, cmd, output, &log) })
	return server{"http://" + address(t, output), filepath.Join(dir, "data", "muster-cert.pem")}
}

// address reads the banner.
func address(t testing.TB, output *bufio.Reader) string {
	t.Helper()
	for {
		line, err := output.ReadString('\n')
		if m := listening.FindStringSubmatch(line); m != nil {
			return m[1]
		}
		if err != nil {
			t.Fatalf("muster has not said where it listens: %v", err)
		}
	}
}

// stop checks that SIGTERM ends the server in order.
func stop(t testing.TB, cmd *exec.Cmd, output io.Reader, log *strings.Builder) {
	_ = cmd.Process.Signal(syscall.SIGTERM)
	_, _ = io.Copy(io.Discard, output)
	if err := cmd.Wait(); err != nil {
		t.Errorf("muster has ended with %v", err)
	}
	if log.Len() > 0 && t.Failed() {
		t.Logf("muster's log:\n%s", log)
	}
}
