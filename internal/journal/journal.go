// Package journal is the durable memory of a muster server: what it must be
// able to do, and the simplest thing that does it, [Memory].
//
// A journal keeps three things for the ledger: the log of blocks, from which
// the world is rebuilt; one snapshot, which bounds how much of the log must be
// replayed; and the archive, where records of what ended are found after the
// world has forgotten them. It knows nothing of what is in them.
//
// Start with [Journal]. journal/sqlite is the journal of a server with a data
// folder, journal/faulty one that fails on purpose, and journal/suite the
// tests that every journal passes.
package journal

import (
	"cmp"
	"context"
	"errors"
	"io"
	"iter"
	"strings"
)

// What a journal can refuse for. Implementations wrap them with what was
// tried and what the operator can do about it.
var (
	// ErrConflict: the block's number does not follow the last one, because
	// somebody else appended. Nothing was written.
	ErrConflict = errors.New("block does not follow the last one in the journal")
	// ErrGone: the block was dropped because a snapshot covers it.
	ErrGone = errors.New("block was dropped, a snapshot covers it")
	// ErrVersion: the journal was written by a newer muster.
	ErrVersion = errors.New("journal has a newer format than this muster reads")
	// ErrLocked: another process has the journal open.
	ErrLocked = errors.New("journal is in use by another process")
	// ErrCorrupt: what was stored can not be read back as it was written.
	ErrCorrupt = errors.New("journal is damaged")
	// ErrFull: no space left, or a quota reached. It works again when there is space.
	ErrFull = errors.New("no space left for the journal")
	// ErrReadOnly: the journal can be read but not written.
	ErrReadOnly = errors.New("journal can not be written")
	// ErrClosed: the journal was closed.
	ErrClosed = errors.New("journal is closed")
)

// A Block is one group commit.
type Block struct {
	Seq  uint64 // 1, 2, 3 … without gaps
	Data []byte // opaque to the journal, versioned by its writer
	// Archive moves records out of the writer's memory: they become durable
	// with the block or not at all. Of two records with one key the later wins.
	Archive []Record
}

// A Record is something that ended: found by its key, or listed under a reference.
type Record struct {
	Key     string   // unique and not empty; a record replaces an earlier one of the same key
	Refs    []string // what it is listed under, for example "fleet/fleet-1"; a set: it comes back sorted
	Order   int64    // its place in those lists: ascending, then by Key. Best nearly unique, such as a time
	Expires int64    // when Trim may delete it, and all that is listed under its key: Unix milliseconds, 0 means never
	Data    []byte   // opaque to the journal
}

// Cursor is the place of r in every list it is in.
func (r Record) Cursor() Cursor { return Cursor{Order: r.Order, Key: r.Key} }

// A Cursor is a place in a list of records. The zero value stands before the first.
type Cursor struct {
	Order int64
	Key   string
}

// Compare orders places as lists do, by Order and then by Key.
func (c Cursor) Compare(d Cursor) int {
	return cmp.Or(cmp.Compare(c.Order, d.Order), strings.Compare(c.Key, d.Key))
}

// Before reports whether a list that continues after c still shows the record at d.
func (c Cursor) Before(d Cursor) bool {
	return c == Cursor{} || c.Compare(d) < 0
}

// A Journal is a log, its snapshot and the archive, on one piece of storage.
//
// All methods may be called at the same time. None keeps or changes a slice
// it was given, and what they return belongs to the caller; empty and nil
// bytes are the same. With a context that is done a method does nothing and
// answers its error; a write that has begun is not broken off. After Close
// every method answers ErrClosed; Close waits for the calls on their way, and
// a second Close does nothing.
type Journal interface {
	Log
	Snapshots
	Archive
	io.Closer
}

// A Log is the sequence of blocks.
type Log interface {
	// Append makes the block durable: on nil it survives the loss of power,
	// and every later call sees it. b.Seq must be the last number + 1,
	// otherwise the answer is ErrConflict and nothing was written. Any other
	// error leaves the outcome unknown; Last and Read settle it.
	Append(ctx context.Context, b Block) error

	// Last is the number of the last block, 0 before the first. It never goes
	// down, also when a snapshot dropped every block.
	Last(ctx context.Context) (uint64, error)

	// Read yields the blocks from number from (at least 1) to the last, in
	// order and without gaps, with Data but without Archive. An error ends it:
	// ErrGone if a wanted block was dropped. From a number beyond the last it
	// yields nothing. Appends are not held up by a slow reader.
	Read(ctx context.Context, from uint64) iter.Seq2[Block, error]
}

// Snapshots bound how much of the log has to be replayed.
type Snapshots interface {
	// SaveSnapshot makes what write writes the snapshot at seq, at most
	// Last and not below the snapshot before it. Once it is durable the blocks
	// up to seq may be dropped; a journal may keep some to survive a damaged
	// snapshot. If write or the journal fails, the snapshot before stays in
	// force. Appends go on meanwhile. One call at a time; others wait.
	SaveSnapshot(ctx context.Context, seq uint64, write func(io.Writer) error) error

	// LoadSnapshot opens the newest snapshot that is whole, which the caller
	// closes. If there is none the answer is the zero Snapshot.
	LoadSnapshot(ctx context.Context) (Snapshot, error)
}

// A Snapshot as it was written: what Read yields from Seq+1 continues it.
type Snapshot struct {
	Seq  uint64
	Size int64 // bytes
	io.ReadCloser
}

// An Archive keeps the records that came with blocks.
type Archive interface {
	// Find returns the record with the key, also when it has expired and Trim
	// has not come to it; false if there is none.
	Find(ctx context.Context, key string) (Record, bool, error)

	// List returns up to limit records under ref that come after the cursor,
	// ordered by Order and then Key, among them expired ones that Trim has not
	// come to. Fewer than limit means the list has ended.
	List(ctx context.Context, ref string, after Cursor, limit int) ([]Record, error)

	// Trim deletes up to limit records that expired at now (Unix milliseconds)
	// or before, the earliest first, and before each of them the records that
	// are listed under its key, expired or not. It says how many. Fewer than limit
	// means that none are left.
	Trim(ctx context.Context, now int64, limit int) (int, error)
}
