package journal

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"iter"
	"slices"
	"sync"
)

// Memory is a journal that lives as long as the process, for tests and for a
// server that keeps nothing. The zero value is an empty journal.
type Memory struct {
	saving sync.Mutex // held by SaveSnapshot, across the caller's write

	mu     sync.RWMutex
	closed bool
	kept   *kept // nil until the first use
}

// kept is what survives Close, as a disk would.
type kept struct {
	dropped  uint64   // blocks 1 to dropped are gone
	blocks   [][]byte // block dropped+1 and on
	covered  uint64   // the number the snapshot stands at
	snapshot []byte   // nil: none
	shelf    shelf
}

func (k *kept) last() uint64 { return k.dropped + uint64(len(k.blocks)) }

// Reopen closes m and returns a journal with what was in it, as opening a data
// folder does after a crash: calls still on their way to m can do no more harm.
func (m *Memory) Reopen() *Memory {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.closed = true
	return &Memory{kept: m.kept}
}

// Close ends the use of m. What it holds is seen again by Reopen.
func (m *Memory) Close() error {
	m.saving.Lock()
	defer m.saving.Unlock()
	m.mu.Lock()
	defer m.mu.Unlock()
	m.closed = true
	return nil
}

// Append implements [Log].
func (m *Memory) Append(ctx context.Context, b Block) error {
	return m.write(ctx, func(k *kept) error {
		if b.Seq != k.last()+1 {
			return fmt.Errorf("append block %d after %d: %w", b.Seq, k.last(), ErrConflict)
		}
		k.blocks = append(k.blocks, bytes.Clone(b.Data))
		for _, r := range b.Archive {
			k.shelf.put(r)
		}
		return nil
	})
}

// Last implements [Log].
func (m *Memory) Last(ctx context.Context) (last uint64, err error) {
	err = m.read(ctx, func(k *kept) error {
		last = k.last()
		return nil
	})
	return last, err
}

// Read implements [Log].
func (m *Memory) Read(ctx context.Context, from uint64) iter.Seq2[Block, error] {
	return func(yield func(Block, error) bool) {
		for seq := from; ; seq++ {
			b, ok, err := m.block(ctx, seq)
			if err != nil {
				yield(Block{}, err)
				return
			}
			if !ok || !yield(b, nil) {
				return
			}
		}
	}
}

// block returns one block, or false beyond the last.
func (m *Memory) block(ctx context.Context, seq uint64) (b Block, ok bool, err error) {
	err = m.read(ctx, func(k *kept) error {
		if seq > k.last() {
			return nil
		}
		if seq <= k.dropped {
			return fmt.Errorf("read block %d: %w", seq, ErrGone)
		}
		b, ok = Block{Seq: seq, Data: bytes.Clone(k.blocks[seq-k.dropped-1])}, true
		return nil
	})
	return b, ok, err
}

// SaveSnapshot implements [Snapshots].
func (m *Memory) SaveSnapshot(ctx context.Context, seq uint64, write func(io.Writer) error) error {
	m.saving.Lock()
	defer m.saving.Unlock()
	if err := m.mayCover(ctx, seq); err != nil {
		return err
	}
	var buf bytes.Buffer
	if err := write(&buf); err != nil {
		return fmt.Errorf("save snapshot %d: %w", seq, err)
	}
	return m.write(ctx, func(k *kept) error {
		k.covered, k.snapshot = seq, buf.Bytes()
		k.blocks = slices.Clone(k.blocks[seq-k.dropped:])
		k.dropped = seq
		return nil
	})
}

// mayCover refuses a snapshot that is older than the one in force, or newer
// than the log.
func (m *Memory) mayCover(ctx context.Context, seq uint64) error {
	return m.read(ctx, func(k *kept) error {
		if seq < max(k.covered, 1) || seq > k.last() {
			return fmt.Errorf("save snapshot %d: it must be from %d to %d", seq, max(k.covered, 1), k.last())
		}
		return nil
	})
}

// LoadSnapshot implements [Snapshots].
func (m *Memory) LoadSnapshot(ctx context.Context) (s Snapshot, err error) {
	err = m.read(ctx, func(k *kept) error {
		if k.covered > 0 {
			s = Snapshot{k.covered, int64(len(k.snapshot)), io.NopCloser(bytes.NewReader(k.snapshot))}
		}
		return nil
	})
	return s, err
}

// Find implements [Archive].
func (m *Memory) Find(ctx context.Context, key string) (r Record, ok bool, err error) {
	err = m.read(ctx, func(k *kept) error {
		r, ok = k.shelf.find(key)
		return nil
	})
	return r, ok, err
}

// List implements [Archive].
func (m *Memory) List(ctx context.Context, ref string, after Cursor, limit int) (rs []Record, err error) {
	err = m.read(ctx, func(k *kept) error {
		rs = k.shelf.list(ref, after, limit)
		return nil
	})
	return rs, err
}

// Trim implements [Archive].
func (m *Memory) Trim(ctx context.Context, now int64, limit int) (n int, err error) {
	err = m.write(ctx, func(k *kept) error {
		n = k.shelf.trim(now, limit)
		return nil
	})
	return n, err
}

func (m *Memory) write(ctx context.Context, do func(*kept) error) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.kept == nil {
		m.kept = new(kept)
	}
	return m.use(ctx, do)
}

func (m *Memory) read(ctx context.Context, do func(*kept) error) error {
	m.mu.RLock()
	defer m.mu.RUnlock()
	return m.use(ctx, do)
}

// use runs do with what is kept, unless m is closed or the caller gave up.
func (m *Memory) use(ctx context.Context, do func(*kept) error) error {
	if m.closed {
		return ErrClosed
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	if m.kept == nil {
		return do(new(kept))
	}
	return do(m.kept)
}
