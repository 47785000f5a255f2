package sqlite

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"hash"
	"hash/crc32"
	"io"
	"os"

	"github.com/musterhq/muster/internal/journal"
)

// A sealed file is a head, the content and a seal:
//
//	head: magic (8 bytes), format (uint32), sequence number (uint64)
//	seal: length of the content (uint64), CRC-32C of head, content and length (uint32)
//
// all of it little-endian. A file without its seal was never finished.
const (
	sealedMagic  = "musterSN"
	sealedFormat = 1
	headSize     = 8 + 4 + 8
	sealSize     = 8 + 4
	// syncEvery is how much is written between syncs: the disk works through a
	// large snapshot bit by bit, and an append's sync does not stand behind all of it.
	syncEvery = 256 << 10
)

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// writeSealed writes a sealed file and makes it durable, but for its name.
func writeSealed(path string, seq uint64, write func(io.Writer) error) error {
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return err
	}
	defer f.Close() // again; the first time tells
	s := &sealer{file: f, sum: crc32.New(castagnoli), buf: make([]byte, 0, syncEvery)}
	if _, err := s.Write(head(seq)); err != nil {
		return err
	}
	if err := write(s); err != nil {
		return err
	}
	if err := s.seal(); err != nil {
		return err
	}
	return f.Close()
}

func head(seq uint64) []byte {
	b := append(make([]byte, 0, headSize), sealedMagic...)
	b = binary.LittleEndian.AppendUint32(b, sealedFormat)
	return binary.LittleEndian.AppendUint64(b, seq)
}

// A sealer writes head and content of a sealed file. An error stays.
type sealer struct {
	file *os.File
	sum  hash.Hash32
	size uint64 // written to it, with the head
	buf  []byte
	err  error
}

func (s *sealer) Write(p []byte) (int, error) {
	s.sum.Write(p)
	s.size += uint64(len(p))
	for rest := p; len(rest) > 0; {
		n := min(len(rest), cap(s.buf)-len(s.buf))
		s.buf = append(s.buf, rest[:n]...)
		rest = rest[n:]
		if len(s.buf) == cap(s.buf) {
			s.flush()
		}
	}
	if s.err != nil {
		return 0, s.err
	}
	return len(p), nil
}

func (s *sealer) flush() {
	if s.err == nil {
		_, s.err = s.file.Write(s.buf)
	}
	if s.err == nil {
		s.err = s.file.Sync()
	}
	s.buf = s.buf[:0]
}

func (s *sealer) seal() error {
	if _, err := s.Write(binary.LittleEndian.AppendUint64(nil, s.size-headSize)); err != nil {
		return err
	}
	s.buf = binary.LittleEndian.AppendUint32(s.buf, s.sum.Sum32())
	s.flush()
	return s.err
}

// checkSealed reads a sealed file through to its seal, and returns its number
// and the length of its content, which begins at headSize.
func checkSealed(f io.Reader) (seq uint64, size int64, err error) {
	var h [headSize]byte
	if _, err := io.ReadFull(f, h[:]); err != nil {
		return 0, 0, unfinished(err)
	}
	if !bytes.HasPrefix(h[:], []byte(sealedMagic)) {
		return 0, 0, fmt.Errorf("%w: not a snapshot", journal.ErrCorrupt)
	}
	if v := binary.LittleEndian.Uint32(h[8:]); v != sealedFormat {
		return 0, 0, fmt.Errorf("%w: snapshot format %d, this one reads %d", journal.ErrVersion, v, sealedFormat)
	}
	o := opener{sum: crc32.New(castagnoli)}
	o.sum.Write(h[:])
	if _, err := io.CopyBuffer(&o, f, make([]byte, 256<<10)); err != nil {
		return 0, 0, err
	}
	size, err = o.check()
	return binary.LittleEndian.Uint64(h[12:]), size, err
}

// An opener sums all it is given but the last bytes, which may be the seal.
type opener struct {
	sum  hash.Hash32
	size int64 // summed
	tail []byte
}

func (o *opener) Write(p []byte) (int, error) {
	o.tail = append(o.tail, p...)
	if n := len(o.tail) - sealSize; n > 0 {
		o.sum.Write(o.tail[:n])
		o.size += int64(n)
		o.tail = append(o.tail[:0], o.tail[n:]...)
	}
	return len(p), nil
}

// check compares the seal with what was summed.
func (o *opener) check() (size int64, err error) {
	if len(o.tail) < sealSize {
		return 0, unfinished(io.ErrUnexpectedEOF)
	}
	o.sum.Write(o.tail[:8])
	if binary.LittleEndian.Uint64(o.tail) != uint64(o.size) || binary.LittleEndian.Uint32(o.tail[8:]) != o.sum.Sum32() {
		return 0, fmt.Errorf("%w: the snapshot does not match its checksum", journal.ErrCorrupt)
	}
	return o.size, nil
}

func unfinished(err error) error {
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return fmt.Errorf("%w: the snapshot ends too early", journal.ErrCorrupt)
	}
	return err
}
