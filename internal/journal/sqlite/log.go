package sqlite

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"math"

	"github.com/musterhq/muster/internal/journal"
)

const (
	// A reader fetches this much at a time: it must not keep the write-ahead
	// log from starting anew while its caller thinks.
	readBlocks, readBytes = 256, 1 << 20
	// Old blocks are deleted this much at a time, for appends to come between.
	dropBlocks, dropBytes = 256, 1 << 20
)

// Append implements [journal.Log].
func (j *Journal) Append(ctx context.Context, b journal.Block) error {
	err := j.writing(ctx, func(w *writer) error {
		last, err := number(w.last)
		if err != nil {
			return err
		}
		if b.Seq != uint64(last)+1 {
			return fmt.Errorf("%w, which is %d", journal.ErrConflict, last)
		}
		if err := exec(w.insertBlock, last+1, b.Data); err != nil {
			return err
		}
		return w.file(b.Archive)
	})
	if err != nil {
		return fmt.Errorf("append block %d: %w", b.Seq, err)
	}
	return nil
}

// Last implements [journal.Log].
func (j *Journal) Last(ctx context.Context) (last uint64, err error) {
	err = j.reading(ctx, func(r *reader) error {
		n, err := number(r.last)
		last = uint64(n)
		return err
	})
	return last, err
}

// Read implements [journal.Log].
func (j *Journal) Read(ctx context.Context, from uint64) iter.Seq2[journal.Block, error] {
	return func(yield func(journal.Block, error) bool) {
		for next := max(from, 1); next <= math.MaxInt64; {
			blocks, err := j.batch(ctx, next)
			if err != nil {
				yield(journal.Block{}, fmt.Errorf("read block %d: %w", next, err))
				return
			}
			if len(blocks) == 0 {
				return
			}
			for _, b := range blocks {
				if !yield(b, nil) {
					return
				}
			}
			next += uint64(len(blocks))
		}
	}
}

// batch returns some blocks from the number on, none if it is beyond the last.
func (j *Journal) batch(ctx context.Context, from uint64) (blocks []journal.Block, err error) {
	err = j.reading(ctx, func(r *reader) error {
		var size int
		var gap bool
		err := query(r.blocks, func() bool {
			b := journal.Block{Seq: uint64(r.blocks.ColumnInt64(0)), Data: r.blocks.ColumnBlob(1, nil)}
			gap = b.Seq != from+uint64(len(blocks))
			if gap {
				return false
			}
			blocks = append(blocks, b)
			size += len(b.Data)
			return size < readBytes
		}, int64(from), int64(readBlocks))
		if gap && len(blocks) == 0 {
			err = errors.Join(err, journal.ErrGone)
		}
		return err
	})
	return blocks, err
}

// drop deletes the blocks up to the number in small transactions. The last
// block always stays: it is what remembers the number.
func (j *Journal) drop(ctx context.Context, upTo uint64) error {
	for more := true; more; {
		err := j.write.transact(ctx, func() (err error) {
			more, err = j.write.dropSome(int64(upTo))
			return err
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// dropSome deletes some of the blocks up to the number, and reports whether
// there may be more.
func (w *writer) dropSome(upTo int64) (more bool, err error) {
	last, err := number(w.last)
	if err != nil {
		return false, err
	}
	upTo = min(upTo, last-1)
	var highest, size, count int64
	err = query(w.oldBlocks, func() bool {
		highest = w.oldBlocks.ColumnInt64(0)
		size += w.oldBlocks.ColumnInt64(1)
		count++
		return size < dropBytes
	}, upTo, int64(dropBlocks))
	if err != nil || count == 0 {
		return false, err
	}
	return highest < upTo, exec(w.deleteBlocks, highest)
}
