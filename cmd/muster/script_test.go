package main

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"regexp"
	"syscall"
)

// serverKey is where a script keeps its server.
type serverKey struct{}

// A scriptServer is the muster that a script runs, if it runs one.
type scriptServer struct {
	dir string
	cmd *exec.Cmd
}

var apiURL = regexp.MustCompile(`AWS API +(\S+)`)

// start runs a server and returns its URL.
func (s *scriptServer) start(args []string) (string, error) {
	cmd := exec.Command("muster", append(args, "--listen", "127.0.0.1:0")...)
	cmd.Dir, cmd.Stderr = s.dir, os.Stderr
	out, err := cmd.StdoutPipe()
	if err != nil {
		return "", err
	}
	if err := cmd.Start(); err != nil {
		return "", err
	}
	s.cmd = cmd
	var text []byte
	for buf := make([]byte, 4096); ; {
		n, err := out.Read(buf)
		text = append(text, buf[:n]...)
		if m := apiURL.FindSubmatch(text); m != nil {
			return string(m[1]), nil
		}
		if err != nil {
			return "", errors.Join(fmt.Errorf("muster %v ended with %q", args, text), s.stop())
		}
	}
}

// stop ends the server in order. It is an error if that is not how it ends.
func (s *scriptServer) stop() error {
	if s.cmd == nil {
		return nil
	}
	defer func() { s.cmd = nil }()
	if err := s.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		return err
	}
	return s.cmd.Wait()
}
