package main

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"strings"
	"testing"

	"github.com/musterhq/muster"
	"github.com/musterhq/muster/server/servertest"
)

// TestCreateOnlyActive creates sessions on game servers that do not make them
// ACTIVE: the command says which session there is, why it is no use, and does
// not exit as if it were done.
func TestCreateOnlyActive(t *testing.T) {
	for _, c := range []struct {
		name    string
		willing bool // the game server's answer, once it gives one
		wait    string
		code    int
		row     string // on standard output
		hint    string // on standard error
	}{
		{"refused", false, "10m", exitFailed, "TERMINATED", "is TERMINATED: its game server"},
		{"slow", true, "1ms", exitFailed, "ACTIVATING", "is still ACTIVATING after 1ms"},
		{"nobody waits", true, "0s", 0, "ACTIVATING", "next: muster session describe arn:"},
		{"interrupted", true, "10m", exitFailed, "ACTIVATING", "interrupted"},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := servertest.New(t)
			fleet := s.NewFleet(t)
			host := fleet.NewHost(t, 7777)
			answer := make(chan struct{})
			if c.name == "refused" {
				close(answer)
			} else {
				t.Cleanup(func() { close(answer) }) // before the host is closed, which waits for it
			}
			host.Connect(muster.SessionNotifications{OnCreateSessionBegin: func(context.Context, muster.SessionConfig) bool {
				<-answer
				return c.willing
			}})
			if err := host.Init(t.Context()); err != nil {
				t.Fatal(err)
			}
			if err := host.NotifyProcessReady(t.Context()); err != nil {
				t.Fatal(err)
			}
			ctx, interrupt := context.WithCancel(t.Context())
			defer interrupt()
			endpoint := s.URL
			if c.name == "interrupted" {
				endpoint = tapped(t, s.URL, "DescribeGameSessions", interrupt)
			}
			var stdout, stderr strings.Builder
			code := run(ctx, strings.Fields("session create --endpoint "+endpoint+" --wait "+c.wait), &stdout, &stderr)
			if code != c.code || !strings.Contains(stderr.String(), c.hint) {
				t.Errorf("exit code %d, want %d and a word about %q:\n%s", code, c.code, c.hint, stderr.String())
			}
			if !strings.Contains(stdout.String(), "arn:") || !strings.Contains(stdout.String(), c.row) {
				t.Errorf("not said which session there is and that it is %s:\n%s", c.row, stdout.String())
			}
		})
	}
}

// TestDescribe prints a game session and its players, either way.
func TestDescribe(t *testing.T) {
	s := servertest.New(t)
	fleet := s.NewFleet(t)
	host := fleet.NewHost(t, 7777)
	if err := errors.Join(host.Init(t.Context()), host.NotifyProcessReady(t.Context())); err != nil {
		t.Fatal(err)
	}
	var created, table, document strings.Builder
	if code := run(t.Context(), []string{"session", "create", "--endpoint", s.URL, "--output", "json"}, &created, io.Discard); code != 0 {
		t.Fatalf("exit code %d:\n%s", code, &created)
	}
	var made struct{ GameSessionId string }
	if err := json.Unmarshal([]byte(strings.Trim(created.String(), "[]\n")), &made); err != nil {
		t.Fatalf("%v:\n%s", err, &created)
	}
	id := made.GameSessionId
	if _, err := s.Client().ReserveSession(t.Context(), muster.JoinSessionRequest{SessionID: id, PlayerID: "ann"}); err != nil {
		t.Fatal(err)
	}
	describe := []string{"session", "describe", id, "--endpoint", s.URL}
	if code := run(t.Context(), describe, &table, io.Discard); code != 0 || !strings.Contains(table.String(), id) || !strings.Contains(table.String(), "ann") {
		t.Errorf("exit code %d:\n%s", code, &table)
	}
	code := run(t.Context(), append(describe, "--output", "json"), &document, io.Discard)
	var got struct {
		GameSession    struct{ GameSessionId string }
		PlayerSessions []struct{ PlayerId, Status string }
	}
	if err := json.Unmarshal([]byte(document.String()), &got); err != nil || code != 0 {
		t.Fatalf("exit code %d, %v:\n%s", code, err, &document)
	}
	if got.GameSession.GameSessionId != id || len(got.PlayerSessions) != 1 || got.PlayerSessions[0].PlayerId != "ann" || got.PlayerSessions[0].Status != "RESERVED" {
		t.Errorf("got %s", &document)
	}
}

// tapped returns the URL of a way to the server that calls heard before it
// passes an operation on.
func tapped(t *testing.T, to, operation string, heard func()) string {
	target, err := url.Parse(to)
	if err != nil {
		t.Fatal(err)
	}
	proxy := httputil.NewSingleHostReverseProxy(target)
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if strings.HasSuffix(r.URL.Path+r.Header.Get("X-Amz-Target"), operation) {
			io.Copy(io.Discard, r.Body)
			heard()
			<-r.Context().Done() // the client hangs up: nobody answers it
			return
		}
		proxy.ServeHTTP(w, r)
	}))
	t.Cleanup(s.Close)
	return s.URL
}
