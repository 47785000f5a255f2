package faulty

import (
	"bytes"
	"context"
	"io"
	"iter"
	"slices"

	"github.com/musterhq/muster/internal/journal"
)

// A Journal is one life of a disk, from Open to Close or to the next crash. It
// implements [journal.Journal], but for the faults.
type Journal struct {
	disk    *Disk
	store   *journal.Memory // closed by a crash
	crashed bool            // guarded by disk.mu
}

var _ journal.Journal = (*Journal)(nil)

// A deed is what a call does.
type deed struct {
	whole func() error // all of it
	part  func() error // some of it, for Tear; nil: it is atomic
	later func() error // for Late; nil: it never happens
}

// do carries out a call as its fate wants it.
func (j *Journal) do(ctx context.Context, op Op, d deed) error {
	if err := j.alive(nil); err != nil {
		return err
	}
	call, fate := j.disk.next(op)
	j.disk.hold(ctx, call, fate.Hold)
	if fate.Fault == CrashBefore {
		j.crash()
	}
	if err := j.alive(nil); err != nil {
		return err
	}
	err := d.suffer(fate.Fault)
	j.disk.hold(ctx, call, fate.HoldAnswer)
	if fate.Fault == CrashAfter {
		j.crash()
	}
	return j.alive(err)
}

// suffer does as much of the deed as the fault lets it.
func (d deed) suffer(f Fault) error {
	switch {
	case f == Tear && d.part != nil:
		return d.part()
	case f == Late && d.later != nil:
		if err := d.later(); err != nil {
			return err
		}
		return ErrFault
	case f == Refuse || f == Tear || f == Late:
		return ErrFault
	}
	if err := d.whole(); err != nil {
		return err
	}
	if f == Lose {
		return ErrFault
	}
	return nil
}

// alive returns err, or ErrCrashed if this life is over.
func (j *Journal) alive(err error) error {
	j.disk.mu.Lock()
	defer j.disk.mu.Unlock()
	if j.crashed {
		return ErrCrashed
	}
	return err
}

func (j *Journal) crash() {
	j.disk.mu.Lock()
	defer j.disk.mu.Unlock()
	if !j.crashed {
		j.disk.crash()
	}
}

// Close ends this life in order.
func (j *Journal) Close() error { return j.store.Close() }

// Append implements [journal.Log].
func (j *Journal) Append(ctx context.Context, b journal.Block) error {
	return j.do(ctx, Append, deed{
		whole: func() error {
			if err := j.disk.land(ctx, j.store); err != nil {
				return err
			}
			return j.store.Append(ctx, b)
		},
		later: func() error {
			if err := j.disk.land(ctx, j.store); err != nil {
				return err
			}
			j.disk.delay(b)
			return nil
		},
	})
}

// Last implements [journal.Log].
func (j *Journal) Last(ctx context.Context) (last uint64, err error) {
	err = j.do(ctx, Last, deed{whole: func() (err error) {
		last, err = j.store.Last(ctx)
		return err
	}})
	return last, err
}

// Read implements [journal.Log].
func (j *Journal) Read(ctx context.Context, from uint64) iter.Seq2[journal.Block, error] {
	return func(yield func(journal.Block, error) bool) {
		stopped := false
		upTo := func(n int) error {
			for b, err := range j.store.Read(ctx, from) {
				if err != nil {
					return err
				}
				if n--; n < 0 {
					return ErrFault
				}
				if stopped = !yield(b, nil); stopped {
					return nil
				}
			}
			return nil
		}
		err := j.do(ctx, Read, deed{
			whole: func() error { return upTo(1 << 62) },
			part:  func() error { return upTo(2) },
		})
		if err != nil && !stopped {
			yield(journal.Block{}, err)
		}
	}
}

// SaveSnapshot implements [journal.Snapshots].
func (j *Journal) SaveSnapshot(ctx context.Context, seq uint64, write func(io.Writer) error) error {
	return j.do(ctx, SaveSnapshot, deed{
		whole: func() error { return j.store.SaveSnapshot(ctx, seq, write) },
		part: func() error {
			return j.store.SaveSnapshot(ctx, seq, func(w io.Writer) error {
				if err := write(&shortWriter{w: w, left: 100}); err != nil {
					return err
				}
				return ErrFault
			})
		},
	})
}

// LoadSnapshot implements [journal.Snapshots].
func (j *Journal) LoadSnapshot(ctx context.Context) (s journal.Snapshot, err error) {
	err = j.do(ctx, LoadSnapshot, deed{
		whole: func() (err error) {
			s, err = j.store.LoadSnapshot(ctx)
			return err
		},
		part: func() (err error) {
			if s, err = j.store.LoadSnapshot(ctx); s.Seq != 0 {
				s.ReadCloser, err = half(s)
			}
			return err
		},
	})
	if err != nil {
		return journal.Snapshot{}, err
	}
	return s, nil
}

// Find implements [journal.Archive].
func (j *Journal) Find(ctx context.Context, key string) (r journal.Record, ok bool, err error) {
	err = j.do(ctx, Find, deed{whole: func() (err error) {
		r, ok, err = j.store.Find(ctx, key)
		return err
	}})
	return r, ok, err
}

// List implements [journal.Archive].
func (j *Journal) List(ctx context.Context, ref string, after journal.Cursor, limit int) (rs []journal.Record, err error) {
	err = j.do(ctx, List, deed{whole: func() (err error) {
		rs, err = j.store.List(ctx, ref, after, limit)
		return err
	}})
	return rs, err
}

// Trim implements [journal.Archive].
func (j *Journal) Trim(ctx context.Context, now int64, limit int) (n int, err error) {
	err = j.do(ctx, Trim, deed{
		whole: func() (err error) {
			n, err = j.store.Trim(ctx, now, limit)
			return err
		},
		part: func() error {
			if _, err := j.store.Trim(ctx, now, limit/2); err != nil {
				return err
			}
			return ErrFault
		},
	})
	return n, err
}

// A shortWriter takes so many bytes and then fails.
type shortWriter struct {
	w    io.Writer
	left int
}

func (s *shortWriter) Write(p []byte) (int, error) {
	n, err := s.w.Write(p[:min(len(p), s.left)])
	s.left -= n
	if err == nil && n < len(p) {
		err = ErrFault
	}
	return n, err
}

// half is a reader that fails after half of what r has.
func half(r io.ReadCloser) (io.ReadCloser, error) {
	b, err := io.ReadAll(r)
	if err != nil {
		return nil, err
	}
	b = slices.Clip(b[:len(b)/2])
	return io.NopCloser(io.MultiReader(bytes.NewReader(b), broken{})), r.Close()
}

type broken struct{}

func (broken) Read([]byte) (int, error) { return 0, ErrFault }
