package gate_test

import (
	"errors"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/musterhq/muster/internal/gate"
	"github.com/musterhq/muster/internal/world"
)

func TestAdmission(t *testing.T) {
	const arn = "arn:aws:gamelift:us-west-2:000000000000:"
	for name, c := range map[string]struct {
		target string
		status int    // 101 if it is let in
		hint   string // in the answer, and in the log
	}{
		"go":           {"/?" + query(process), 101, ""},
		"c++":          {"/?Authorization=tok-abc&ComputeId=host-1&FleetId=fleet-1&pID=proc-1&sdkLanguage=Cpp&sdkVersion=5.4.0", 101, ""},
		"c#":           {"/?pID=proc-1&sdkVersion=5.1.1&sdkLanguage=CSharp&Authorization=tok-abc&ComputeId=host-1&FleetId=fleet-1", 101, ""},
		"path":         {"/sdk?" + query(process), 101, ""},
		"slash":        {"/sdk/?" + query(process), 101, ""},
		"fleet ARN":    {"/?pID=proc-1&ComputeId=host-1&Authorization=tok-abc&FleetId=" + arn + "fleet/fleet-1", 101, ""},
		"escaped ARN":  {"/?pID=proc-1&ComputeId=host-1&Authorization=tok-abc&FleetId=" + url.QueryEscape(arn+"fleet/fleet-1"), 101, ""},
		"stray values": {"/?pID=proc-1&ComputeId=host-1&FleetId=fleet-1&Authorization=tok-abc&x=1&%zz=%&=&;", 101, ""},
		"raw pID":      {"/?pID=50%off&ComputeId=host-1&FleetId=fleet-1&Authorization=tok-abc", 101, ""},

		"wrong token":     {"/?" + strings.Replace(query(process), token, "tok-xyz", 1), 403, "get-compute-auth-token"},
		"no token":        {"/?pID=proc-1&ComputeId=host-1&FleetId=fleet-1", 403, "get-compute-auth-token"},
		"unknown fleet":   {"/?" + strings.Replace(query(process), fleet, "fleet-9", 1), 403, "list-fleets"},
		"unknown compute": {"/?" + strings.Replace(query(process), host, "host-9", 1), 403, "register-compute"},
		"signed":          {"/?pID=proc-1&ComputeId=host-1&FleetId=fleet-1&Authorization=SigV4&X-Amz-Signature=ab", 403, "get-compute-auth-token"},
		"no process":      {"/?ComputeId=host-1&FleetId=fleet-1&Authorization=tok-abc", 400, "pID"},
		"long process":    {"/?" + query(strings.Repeat("p", 257)), 400, "pID"},
		"nothing":         {"/", 400, "pID"},
	} {
		t.Run(name, func(t *testing.T) {
			inHouse(t, nil, func(h *house) {
				s, res := h.dial(c.target)
				if s != nil {
					if c.status != http.StatusSwitchingProtocols {
						t.Fatalf("let in, want %d", c.status)
					}
					s.ask("ActivateServerProcess", fields{"Port": 7777}).want(200)
					return
				}
				body, _ := io.ReadAll(res.Body)
				if res.StatusCode != c.status || !strings.Contains(string(body), c.hint) {
					t.Errorf("got %d %s, want %d and a word about %s", res.StatusCode, body, c.status, c.hint)
				}
				if log := h.log.String(); !strings.Contains(log, "level=ERROR") || !strings.Contains(log, c.hint) {
					t.Errorf("the log has no word about %s:\n%s", c.hint, log)
				} else if strings.Contains(log, "tok-") {
					t.Errorf("a token is in the log:\n%s", log)
				}
			})
		})
	}
}

func TestTokenOutlivesItselfInAProcess(t *testing.T) {
	inHouse(t, nil, func(h *house) {
		s := h.ready(process)
		for range 4 * 60 { // tokens live for 3 hours
			time.Sleep(time.Minute)
			s.ask("HeartbeatServerProcess", fields{"HealthStatus": true}).want(200)
		}
		if _, res := h.dial("/?" + query("proc-2")); res == nil || res.StatusCode != 403 {
			t.Errorf("a new process with an expired token: %v, want 403", res)
		}
		s.vanish()
		h.connect(process)
	})
}

func TestTrust(t *testing.T) {
	inHouse(t, func(g *gate.Gate) { g.Trust = true }, func(h *house) {
		for _, q := range []string{"", "&Authorization=whatever", "&Authorization=SigV4"} {
			if s, res := h.dial("/?pID=p" + url.QueryEscape(q) + "&ComputeId=host-1&FleetId=fleet-1" + q); s == nil {
				t.Errorf("%q: %v", q, res)
			}
		}
		if _, res := h.dial("/?pID=p&ComputeId=host-9&FleetId=fleet-1"); res == nil || res.StatusCode != 403 {
			t.Errorf("an unknown compute: %v, want 403", res)
		}
	})
}

// TestSignature: a signature is good for minutes, but not only for them if
// the process began with it.
func TestSignature(t *testing.T) {
	good := true
	verify := func(q url.Values) error {
		if good && q.Get("X-Amz-Signature") == "f00" && q.Get("X-Amz-Security-Token") == "a+/=" {
			return nil
		}
		return errors.New("the signature has expired: check the clock")
	}
	const target = "/?pID=proc-1&ComputeId=host-1&FleetId=fleet-1&Authorization=SigV4&X-Amz-Security-Token=a%2B%2F%3D&X-Amz-Signature="
	inHouse(t, func(g *gate.Gate) { g.VerifySigned = verify }, func(h *house) {
		s, res := h.dial(target + "f00")
		if s == nil {
			t.Fatal(res)
		}
		s.vanish()
		good = false
		if s, res = h.dial(target + "f00"); s == nil {
			t.Fatalf("a live process with the signature that it began with: %v", res)
		}
		for _, other := range []string{"f01", ""} {
			if _, res := h.dial(target + other); res == nil || res.StatusCode != 403 {
				t.Errorf("signature %q: %v, want 403", other, res)
			}
		}
		if _, res := h.dial(strings.Replace(target, "proc-1", "proc-2", 1) + "f00"); res == nil || res.StatusCode != 403 {
			t.Errorf("another process: %v, want 403", res)
		}
		if log := h.log.String(); !strings.Contains(log, "check the clock") {
			t.Errorf("the log does not say why:\n%s", log)
		}
	})
}

func TestNoWebsocket(t *testing.T) {
	inHouse(t, nil, func(h *house) {
		client := &http.Client{Transport: &http.Transport{DialContext: h.pipes.dial, DisableKeepAlives: true}}
		for name, header := range map[string]http.Header{
			"plain":  {},
			"no key": {"Upgrade": {"websocket"}, "Connection": {"Upgrade"}, "Sec-Websocket-Version": {"13"}},
		} {
			req, err := http.NewRequest("GET", "http://muster/?"+query(process), nil)
			if err != nil {
				t.Fatal(err)
			}
			req.Header = header
			res, err := client.Do(req)
			if err != nil {
				t.Fatal(err)
			}
			res.Body.Close()
			if res.StatusCode < 400 || res.StatusCode > 499 {
				t.Errorf("%s: status %d", name, res.StatusCode)
			}
		}
		synctest.Wait()
		if h.gate.Connected() != 0 {
			t.Error("there is a socket")
		}
		if p := h.process(process); p.Conn != "" {
			t.Errorf("the process counts as connected: %+v", p)
		}
	})
}

// TestOrigin: some websocket clients name an origin, if not always with the
// port. Only where there are no tokens does it tell web pages from them.
func TestOrigin(t *testing.T) {
	for origin, foreign := range map[string]bool{
		"": false, "http://localhost": false, "https://LOCALHOST:9080": false, "http://evil.example": true, "http://127.0.0.1": true, "null": true,
	} {
		for _, trust := range []bool{false, true} {
			inHouse(t, func(g *gate.Gate) { g.Trust = trust }, func(h *house) {
				c := h.raw("/?" + query(process) + " HTTP/1.1\r\nOrigin: " + origin + "\r\nX-Rest: ")
				want := http.StatusSwitchingProtocols
				if foreign && trust {
					want = http.StatusForbidden
				}
				if got := c.status(); got != want {
					t.Errorf("origin %q, trust %v: status %d, want %d", origin, trust, got, want)
				}
			})
		}
	}
}

// TestOriginThatLeadsHere is of a web page whose host's name leads to this
// machine, so that it is no foreign one to a browser.
func TestOriginThatLeadsHere(t *testing.T) {
	inHouse(t, func(g *gate.Gate) { g.Trust = true }, func(h *house) {
		c := h.rawTo("muster", "/?"+query(process)+" HTTP/1.1\r\nOrigin: http://muster\r\nX-Rest: ")
		if got := c.status(); got != http.StatusForbidden {
			t.Errorf("status %d, want 403", got)
		}
	})
}

// TestBadHandshakeTakesNoPlace: a request that cannot become a websocket does
// not cost the process the one that it has.
func TestBadHandshakeTakesNoPlace(t *testing.T) {
	inHouse(t, nil, func(h *house) {
		s := h.ready(process)
		c := h.raw("/?" + query(process) + " HTTP/1.1\r\nSec-WebSocket-Version: 8\r\nX-Rest: ")
		if got := c.status(); got != http.StatusBadRequest {
			t.Errorf("status %d, want 400", got)
		}
		if _, err := h.createSession(); err != nil {
			t.Fatal(err)
		}
		s.push("CreateGameSession")
	})
}

func TestUnrecordedConnection(t *testing.T) {
	inHouse(t, nil, func(h *house) {
		h.journal.breakDown(true)
		failed := make(chan int)
		go func() {
			_, res := h.dial("/?" + query(process))
			failed <- res.StatusCode
		}()
		if status := <-failed; status != http.StatusServiceUnavailable {
			t.Errorf("status %d, want 503", status)
		}
		h.journal.breakDown(false)
		time.Sleep(time.Second)
		if s := h.ready(process); !s.open() {
			t.Error("dropped")
		}
		if p := h.process(process); p.Status != world.ProcessIdle {
			t.Errorf("got %+v", p)
		}
	})
}

// TestGivenUpConnectionTakesNoPlace has a client that gives up on a connection
// while the journal takes nothing, and succeeds with the next.
func TestGivenUpConnectionTakesNoPlace(t *testing.T) {
	inHouse(t, nil, func(h *house) {
		h.ready(process).vanish()
		h.journal.breakDown(true)
		first := h.raw("/?" + query(process))
		time.Sleep(5 * time.Second)
		first.conn.Close()
		time.Sleep(4*time.Second + 200*time.Millisecond)
		second := h.raw("/?" + query(process))
		synctest.Wait()
		h.journal.breakDown(false)
		second.handshake()
		time.Sleep(20 * time.Second)
		if _, err := h.createSession(); err != nil {
			t.Fatal(err)
		}
		if frame := second.frame(); !strings.Contains(frame, "CreateGameSession") {
			t.Errorf("got %s", frame)
		}
	})
}
