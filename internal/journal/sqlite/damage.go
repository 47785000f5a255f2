package sqlite

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"

	"github.com/musterhq/muster/internal/journal"
)

// The write-ahead log is a head and one frame a page, with a checksum of all
// that comes before. Source: sqlite.org/fileformat2.html, section 4.
const (
	walHead   = 32
	frameHead = 24
	pageSize  = 4096
)

// checkLog refuses a write-ahead log of which the engine would drop what was
// acknowledged. The engine takes the log to end with the first page that does
// not match its checksum, since so does one that a crash broke off. But a
// transaction is on disk before the next one is written: what a crash broke
// off has none after it.
func checkLog(database string) error {
	f, err := os.Open(database + "-wal")
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	defer f.Close()
	r := bufio.NewReaderSize(f, 1<<20)
	var head [walHead]byte
	if _, err := io.ReadFull(r, head[:]); err != nil {
		return brokenOff(err)
	}
	if info, err := os.Stat(database); errors.Is(err, fs.ErrNotExist) || err == nil && info.Size() == 0 {
		return fmt.Errorf("%w: muster.db is gone, and its write-ahead log is there: restore the folder from a backup", journal.ErrCorrupt)
	}
	return walk(r, head[:])
}

// walk reads the frames of a write-ahead log. It goes on where the engine
// stops, and looks for a frame that follows the end of a transaction.
func walk(r io.Reader, head []byte) error {
	var lost [8]byte // what a page that the disk zeroed has for a salt, and its sum fits
	salt, sum, commit := head[16:24], walSum{}.add(head[:24]), false
	ended := sum != storedSum(head[24:]) || bytes.Equal(salt, lost[:])
	if ended {
		salt = nil
	}
	for frame := make([]byte, frameHead+pageSize); ; {
		if _, err := io.ReadFull(r, frame); err != nil {
			return brokenOff(err)
		}
		if salt == nil && !bytes.Equal(frame[8:16], lost[:]) {
			salt = bytes.Clone(frame[8:16])
		}
		current := bytes.Equal(frame[8:16], salt) // not of the log that was here before
		stored := storedSum(frame[16:])
		fits := current && sum.add(frame[:8]).add(frame[frameHead:]) == stored
		ended = ended || !fits
		if ended && fits && commit {
			return fmt.Errorf("%w: the write-ahead log does not match its checksums: restore the folder from a backup", journal.ErrCorrupt)
		}
		sum, commit = stored, current && binary.BigEndian.Uint32(frame[4:]) != 0
	}
}

// brokenOff is no error if the log ends anywhere.
func brokenOff(err error) error {
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return nil
	}
	return err
}

// A walSum is the checksum of a write-ahead log.
type walSum [2]uint32

func (s walSum) add(b []byte) walSum {
	for ; len(b) >= 8; b = b[8:] {
		s[0] += binary.LittleEndian.Uint32(b) + s[1]
		s[1] += binary.LittleEndian.Uint32(b[4:]) + s[0]
	}
	return s
}

func storedSum(b []byte) walSum {
	return walSum{binary.BigEndian.Uint32(b), binary.BigEndian.Uint32(b[4:])}
}
