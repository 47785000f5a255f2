package gate_test

import (
	"bufio"
	"context"
	"encoding/binary"
	"fmt"
	"io"
	"net"
	"net/http"

	"github.com/musterhq/muster/internal/journal"
)

func newJournal() *journal.Memory { return new(journal.Memory) }

// A rawClient is a connection without a library, so that it can misbehave.
type rawClient struct {
	h    *house
	conn net.Conn
	r    *bufio.Reader
}

// raw asks for a socket and reads nothing of the answer yet.
func (h *house) raw(target string) *rawClient {
	h.Helper()
	return h.rawTo("localhost:9080", target)
}

func (h *house) rawTo(host, target string) *rawClient {
	h.Helper()
	conn, err := h.pipes.dial(context.Background(), "", "")
	if err != nil {
		h.Fatal(err)
	}
	h.Cleanup(func() { conn.Close() })
	if err := requestUpgrade(conn, host, target); err != nil {
		h.Fatal(err)
	}
	return &rawClient{h, conn, bufio.NewReader(conn)}
}

func requestUpgrade(w io.Writer, host, target string) error {
	_, err := fmt.Fprintf(w, "GET %s HTTP/1.1\r\nHost: %s\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"+
		"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n", target, host)
	return err
}

func (c *rawClient) handshake() {
	c.h.Helper()
	res, err := http.ReadResponse(c.r, nil)
	if err != nil || res.StatusCode != http.StatusSwitchingProtocols {
		c.h.Fatal(res, err)
	}
	for _, name := range []string{"Sec-Websocket-Extensions", "Sec-Websocket-Protocol"} {
		if v := res.Header.Get(name); v != "" {
			c.h.Errorf("%s: %s", name, v)
		}
	}
}

// status reads the answer's status and leaves the rest of it.
func (c *rawClient) status() int {
	c.h.Helper()
	res, err := http.ReadResponse(c.r, nil)
	if err != nil {
		c.h.Fatal(err)
	}
	return res.StatusCode
}

func (c *rawClient) frame() string {
	c.h.Helper()
	b, err := readFrame(c.r)
	if err != nil {
		c.h.Fatal(err)
	}
	return string(b)
}

// textFrame masks with zeros, which changes nothing.
func textFrame(text string) []byte {
	b := []byte{0x81}
	switch n := len(text); {
	case n < 126:
		b = append(b, 0x80|byte(n))
	case n < 1<<16:
		b = binary.BigEndian.AppendUint16(append(b, 0x80|126), uint16(n))
	default:
		b = binary.BigEndian.AppendUint64(append(b, 0x80|127), uint64(n))
	}
	return append(append(b, 0, 0, 0, 0), text...)
}

// readFrame reads an unmasked frame.
func readFrame(r io.Reader) ([]byte, error) {
	var head [2]byte
	if _, err := io.ReadFull(r, head[:]); err != nil {
		return nil, err
	}
	n := uint64(head[1])
	if extra := map[uint64]int{126: 2, 127: 8}[n]; extra > 0 {
		var size [8]byte
		if _, err := io.ReadFull(r, size[8-extra:]); err != nil {
			return nil, err
		}
		n = binary.BigEndian.Uint64(size[:])
	}
	b := make([]byte, n)
	_, err := io.ReadFull(r, b)
	return b, err
}
