package gate

import (
	"bufio"
	"net"
	"net/http"

	"github.com/coder/websocket"
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
	ws, err := websocket.Accept(slim, r, nil)
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
