package server

import (
	"context"
	"crypto/tls"
	"errors"
	"net"
	"sync"
	"time"
)

// sniffTimeout is how long a new connection may stay silent before it is dropped.
const sniffTimeout = 10 * time.Second

// acceptPause is how long no connection is taken after one could not be.
const acceptPause = 50 * time.Millisecond

// sniffLimit is how many connections may be silent at a time; more wait in
// the kernel's queue.
const sniffLimit = 4096

// A sniffer is a listener that serves TLS and plain text on one port: TLS to
// everybody, plain text to this machine alone. It looks at the first byte of
// each connection, beside the others, so that one that stays silent holds up
// nobody.
type sniffer struct {
	net.Listener
	config *tls.Config

	ready  chan net.Conn
	room   chan struct{}
	ctx    context.Context // of the goroutines that sniff, ended by Close
	cancel context.CancelFunc
	work   sync.WaitGroup
}

func sniff(l net.Listener, config *tls.Config) *sniffer {
	ctx, cancel := context.WithCancel(context.Background())
	s := &sniffer{Listener: l, config: config, ready: make(chan net.Conn), room: make(chan struct{}, sniffLimit), ctx: ctx, cancel: cancel}
	s.work.Go(s.accept)
	return s
}

func (s *sniffer) accept() {
	defer s.cancel()
	for {
		conn, err := s.Listener.Accept()
		switch {
		case errors.Is(err, net.ErrClosed):
			return
		case err != nil: // too many open files, mostly: others will be closed
			select {
			case <-time.After(acceptPause):
			case <-s.ctx.Done():
				return
			}
			continue
		}
		select {
		case s.room <- struct{}{}:
		case <-s.ctx.Done():
			conn.Close()
			return
		}
		s.work.Go(func() {
			defer func() { <-s.room }()
			s.offer(conn)
		})
	}
}

// offer hands conn to Accept as what it turns out to be.
func (s *sniffer) offer(conn net.Conn) {
	unblock := context.AfterFunc(s.ctx, func() { conn.SetDeadline(time.Now()) })
	var first [1]byte
	conn.SetReadDeadline(time.Now().Add(sniffTimeout))
	_, err := conn.Read(first[:])
	conn.SetReadDeadline(time.Time{})
	sniffed := &sniffed{Conn: conn, first: first[:]}
	const handshake = 0x16 // TLS record type
	switch {
	case !unblock() || err != nil:
		conn.Close()
		return
	case first[0] == handshake:
		s.pass(tls.Server(sniffed, s.config))
	case loopback(conn.RemoteAddr()):
		s.pass(sniffed)
	default:
		conn.Close()
	}
}

func (s *sniffer) pass(conn net.Conn) {
	select {
	case s.ready <- conn:
	case <-s.ctx.Done():
		conn.Close()
	}
}

// Accept implements net.Listener.
func (s *sniffer) Accept() (net.Conn, error) {
	select {
	case conn := <-s.ready:
		return conn, nil
	case <-s.ctx.Done():
		return nil, net.ErrClosed
	}
}

// Close implements net.Listener and waits for what is being sniffed.
func (s *sniffer) Close() error {
	s.cancel()
	err := s.Listener.Close()
	s.work.Wait()
	return err
}

func loopback(a net.Addr) bool {
	tcp, ok := a.(*net.TCPAddr)
	return ok && tcp.IP.IsLoopback()
}

// A sniffed connection gives back the byte that was looked at.
type sniffed struct {
	net.Conn
	first []byte
}

func (c *sniffed) Read(b []byte) (int, error) {
	if len(c.first) > 0 && len(b) > 0 {
		n := copy(b, c.first)
		c.first = c.first[n:]
		return n, nil
	}
	return c.Conn.Read(b)
}
