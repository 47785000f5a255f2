package gate

import (
	"bufio"
	"fmt"
	"net"
	"net/http"
	"strings"

	"github.com/coder/websocket"

	"github.com/musterhq/muster/internal/web"
)

// Buffers of a socket. An idle game server costs both all the time; nearly all
// frames fit, and for those that do not it takes a few more system calls.
const (
	readBuffer  = 256
	writeBuffer = 512
)

// upgrade makes c the other end of the client's websocket. There is no
// compression and no subprotocol, which the SDKs do not know.
func (c *conn) upgrade(w http.ResponseWriter, r *http.Request) error {
	slim := &slimResponse{ResponseWriter: w}
	ws, err := websocket.Accept(slim, r, &websocket.AcceptOptions{InsecureSkipVerify: true}) // checkHandshake has looked
	if err != nil {
		return err
	}
	ws.SetReadLimit(-1) // receive has its own, which sends no close frame
	c.ws, c.raw = ws, slim.raw
	if c.gate.PingEvery > 0 {
		c.patience = jitter(c.gate.PingEvery)
	}
	c.touch()
	return nil
}

// checkHandshake refuses what could not become a websocket, before it takes the
// place of one that the process has, and web pages where nothing else keeps
// them out. Game servers may name an origin too, such as their service's host
// without its port. Errors: *refusal.
func (g *Gate) checkHandshake(r *http.Request) error {
	switch version := r.Header.Get("Sec-WebSocket-Version"); {
	case r.Method != http.MethodGet || !r.ProtoAtLeast(1, 1):
		return &refusal{http.StatusBadRequest, fmt.Errorf("it asks with %s and %s: a websocket begins with GET and HTTP/1.1", r.Method, r.Proto)}
	case version != "13":
		return &refusal{http.StatusBadRequest, fmt.Errorf("its Sec-WebSocket-Version is %q: only 13 is spoken here", version)}
	case g.Trust && (foreign(r) || web.FromNamedHost(r)):
		return &refusal{http.StatusForbidden, fmt.Errorf("it is from the web page %q, which has no business here", r.Header.Get("Origin"))}
	}
	return nil
}

// foreign reports whether the request's origin is another host.
func foreign(r *http.Request) bool {
	origin := r.Header.Get("Origin")
	if _, host, ok := strings.Cut(origin, "://"); ok {
		origin = host
	}
	return origin != "" && !strings.EqualFold(hostname(origin), hostname(r.Host))
}

// hostname returns a host without its port.
func hostname(host string) string {
	if name, _, err := net.SplitHostPort(host); err == nil {
		return name
	}
	return strings.Trim(host, "[]")
}

// A slimResponse gives its connection away with small buffers instead of
// those of net/http, which then go back to where they came from.
type slimResponse struct {
	http.ResponseWriter
	raw net.Conn
}

// Hijack implements http.Hijacker.
func (s *slimResponse) Hijack() (net.Conn, *bufio.ReadWriter, error) {
	conn, rw, err := http.NewResponseController(s.ResponseWriter).Hijack()
	if err != nil {
		return nil, nil, err
	}
	s.raw = conn
	if n := rw.Reader.Buffered(); n > 0 { // frames that did not wait for our answer
		ahead, _ := rw.Reader.Peek(n)
		conn = &preceded{Conn: conn, ahead: append([]byte(nil), ahead...)}
	}
	return conn, bufio.NewReadWriter(bufio.NewReaderSize(conn, readBuffer), bufio.NewWriterSize(conn, writeBuffer)), nil
}

// A preceded connection reads what came ahead first.
type preceded struct {
	net.Conn
	ahead []byte
}

func (c *preceded) Read(b []byte) (int, error) {
	if len(c.ahead) > 0 {
		n := copy(b, c.ahead)
		c.ahead = c.ahead[n:]
		return n, nil
	}
	return c.Conn.Read(b)
}
