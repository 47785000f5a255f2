package bench

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"strconv"
	"strings"
	"time"
)

// A wire is one of the two protocols of the GameLift API.
type wire struct {
	name string
	head func(operation string) (path, headers, canonical, signed string)
}

// The two protocols. Headers are those that the wire asks for; SDKs send more.
var (
	jsonWire = wire{"JSON", func(operation string) (string, string, string, string) {
		return "/", "Content-Type: application/x-amz-json-1.1\r\nX-Amz-Target: GameLift." + operation + "\r\n",
			"content-type:application/x-amz-json-1.1\nhost:%s\nx-amz-date:", "content-type;host;x-amz-date;x-amz-target"
	}}
	cborWire = wire{"CBOR", func(operation string) (string, string, string, string) {
		return "/service/GameLift/operation/" + operation,
			"Content-Type: application/cbor\r\nAccept: application/cbor\r\nSmithy-Protocol: rpc-v2-cbor\r\n",
			"content-type:application/cbor\nhost:%s\nsmithy-protocol:rpc-v2-cbor\nx-amz-date:", "content-type;host;smithy-protocol;x-amz-date"
	}}
)

// A client sends signed requests over one connection, one after another. It
// takes as little of the machine as it can: a request is one write, an answer
// is skipped, and only the signature is made anew. Not for many goroutines.
type client struct {
	conn   net.Conn
	read   *bufio.Reader
	host   string
	heads  map[string]*head // by protocol and operation
	out    []byte
	answer []byte
}

// A head is what the requests for one operation begin with.
type head struct {
	start []byte
	signer
}

func dial(ctx context.Context, url string) (*client, error) {
	host := strings.TrimPrefix(url, "http://")
	conn, err := new(net.Dialer).DialContext(ctx, "tcp", host)
	if err != nil {
		return nil, err
	}
	return &client{conn: conn, read: bufio.NewReaderSize(conn, 64<<10), host: host, heads: map[string]*head{}}, nil
}

func (c *client) close() { c.conn.Close() }

func (c *client) head(w wire, operation string) *head {
	if h := c.heads[w.name+operation]; h != nil {
		return h
	}
	path, headers, canonical, signed := w.head(operation)
	h := &head{start: []byte("POST " + path + " HTTP/1.1\r\nHost: " + c.host + "\r\n" + headers)}
	h.canonical = "POST\n" + path + "\n\n" + fmt.Sprintf(canonical, c.host)
	h.between, h.signed = "\n\n", signed
	if w.name == jsonWire.name {
		h.between = "\nx-amz-target:GameLift." + operation + "\n\n"
	}
	c.heads[w.name+operation] = h
	return h
}

// send asks for operation and returns the answer's document, which is valid
// until the next call. An answer other than 200 is an error.
func (c *client) send(w wire, operation string, body []byte) ([]byte, error) {
	h := c.head(w, operation)
	b := append(c.out[:0], h.start...)
	b = h.appendHeaders(b, time.Now(), body)
	b = append(b, "Content-Length: "...)
	b = strconv.AppendInt(b, int64(len(body)), 10)
	b = append(append(b, "\r\n\r\n"...), body...)
	c.out = b
	if _, err := c.conn.Write(b); err != nil {
		return nil, err
	}
	return c.receive()
}

// receive reads an answer that has a Content-Length.
func (c *client) receive() ([]byte, error) {
	status, err := c.read.ReadSlice('\n')
	if err != nil {
		return nil, err
	}
	ok, length := bytes.HasPrefix(status, []byte("HTTP/1.1 200 ")), -1
	for {
		line, err := c.read.ReadSlice('\n')
		if err != nil {
			return nil, err
		}
		if len(line) <= 2 {
			break
		}
		if value, found := bytes.CutPrefix(line, []byte("Content-Length: ")); found {
			if length, err = strconv.Atoi(string(bytes.TrimSpace(value))); err != nil {
				return nil, err
			}
		}
	}
	if length < 0 {
		return nil, fmt.Errorf("an answer has no Content-Length")
	}
	if cap(c.answer) < length {
		c.answer = make([]byte, length)
	}
	c.answer = c.answer[:length]
	if _, err := io.ReadFull(c.read, c.answer); err != nil {
		return nil, err
	}
	if !ok {
		return nil, fmt.Errorf("the server has refused a request: %s", c.answer)
	}
	return c.answer, nil
}

// ask is send with documents of JSON, for what is not measured.
func (c *client) ask(operation, body string, out any) error {
	answer, err := c.send(jsonWire, operation, []byte(body))
	if err == nil && out != nil {
		err = json.Unmarshal(answer, out)
	}
	if err != nil {
		return fmt.Errorf("%s: %w", operation, err)
	}
	return nil
}
