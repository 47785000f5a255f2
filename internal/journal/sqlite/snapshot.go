package sqlite

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"

	"github.com/musterhq/muster/internal/journal"
)

// Snapshots are sealed files named by their number. The newest is in force.
// The one before it is kept, and the blocks from there on, so that a snapshot
// the disk damaged costs time at the next start but loses nothing.
const (
	snapshotName   = "snapshot-%020d"
	unfinishedName = "snapshot.unfinished"
)

// SaveSnapshot implements [journal.Snapshots].
func (j *Journal) SaveSnapshot(ctx context.Context, seq uint64, write func(io.Writer) error) error {
	end, err := j.begin(ctx)
	if err != nil {
		return err
	}
	defer end()
	j.saving.Lock()
	defer j.saving.Unlock()
	if err := j.save(ctx, seq, write); err != nil {
		return fmt.Errorf("save snapshot %d: %w", seq, explain(err))
	}
	if err := j.prune(ctx, seq); err != nil {
		j.log.Warn("old blocks and snapshots can not be deleted, the next snapshot tries again", "err", explain(err))
	}
	return nil
}

// save makes the snapshot, under another name until it is finished.
func (j *Journal) save(ctx context.Context, seq uint64, write func(io.Writer) error) error {
	last, err := j.Last(ctx)
	if err != nil {
		return err
	}
	saved, err := snapshots(j.dir)
	if err != nil {
		return err
	}
	lowest := slices.Max(append(saved, 1))
	if seq < lowest || seq > last {
		return fmt.Errorf("it must be from %d to %d", lowest, last)
	}
	unfinished := filepath.Join(j.dir, unfinishedName)
	if err := writeSealed(unfinished, seq, write); err != nil {
		return errors.Join(err, os.Remove(unfinished))
	}
	if err := os.Rename(unfinished, j.snapshot(seq)); err != nil {
		return err
	}
	return syncFolder(j.dir)
}

// prune deletes what is needed neither for the snapshot at seq nor for the
// whole one before it. As long as there is none before it all blocks stay.
func (j *Journal) prune(ctx context.Context, seq uint64) error {
	saved, err := snapshots(j.dir)
	if err != nil {
		return err
	}
	var before uint64
	for _, old := range saved { // the newest first
		switch {
		case old >= seq:
		case before == 0 && j.whole(old):
			before = old
		default:
			if err := os.Remove(j.snapshot(old)); err != nil {
				return err
			}
		}
	}
	return j.drop(ctx, before)
}

// LoadSnapshot implements [journal.Snapshots].
func (j *Journal) LoadSnapshot(ctx context.Context) (journal.Snapshot, error) {
	var none journal.Snapshot
	end, err := j.begin(ctx)
	if err != nil {
		return none, err
	}
	defer end()
	first, err := j.first(ctx)
	if err != nil {
		return none, err
	}
	saved, err := snapshots(j.dir)
	if err != nil {
		return none, err
	}
	last, err := j.Last(ctx)
	if err != nil {
		return none, err
	}
	if len(saved) > 0 && saved[0] > last { // the blocks it covers were durable before it
		return none, fmt.Errorf("%w: %s is there, and the log ends at block %d: restore the folder from a backup", journal.ErrCorrupt, j.snapshot(saved[0]), last)
	}
	damage := fmt.Errorf("%w: a snapshot is missing", journal.ErrCorrupt)
	for _, seq := range append(saved, 0) {
		if seq+1 < first {
			break // the blocks after it are gone
		}
		if seq == 0 {
			return none, nil
		}
		s, err := j.load(seq)
		if err == nil {
			return s, nil
		}
		damage = fmt.Errorf("load %s: %w", j.snapshot(seq), err)
		if !errors.Is(err, journal.ErrCorrupt) {
			return none, explain(damage)
		}
		j.log.Warn("a snapshot is damaged, going back to the one before it", "err", damage)
	}
	return none, fmt.Errorf("%w: restore the folder from a backup", damage)
}

// load opens a snapshot at its content, if it is whole.
func (j *Journal) load(seq uint64) (journal.Snapshot, error) {
	f, err := os.Open(j.snapshot(seq))
	if err != nil {
		return journal.Snapshot{}, err
	}
	inside, size, err := checkSealed(f)
	if err == nil && inside != seq {
		err = fmt.Errorf("%w: the snapshot inside is %d", journal.ErrCorrupt, inside)
	}
	if err != nil {
		return journal.Snapshot{}, errors.Join(err, f.Close())
	}
	return journal.Snapshot{Seq: seq, Size: size, ReadCloser: content{io.NewSectionReader(f, headSize, size), f}}, nil
}

// whole reports whether a snapshot could be loaded.
func (j *Journal) whole(seq uint64) bool {
	s, err := j.load(seq)
	return err == nil && s.Close() == nil
}

// content is what was written into a sealed file.
type content struct {
	io.Reader
	io.Closer
}

// first is the number of the first block that is left, 0 if there is none.
func (j *Journal) first(ctx context.Context) (first uint64, err error) {
	err = j.reading(ctx, func(r *reader) error {
		n, err := number(r.first)
		first = uint64(n)
		return err
	})
	return first, err
}

func (j *Journal) snapshot(seq uint64) string {
	return filepath.Join(j.dir, fmt.Sprintf(snapshotName, seq))
}

// snapshots returns the numbers of the finished snapshots, the newest first.
func snapshots(dir string) ([]uint64, error) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil, err
	}
	var seqs []uint64
	for _, e := range entries {
		var seq uint64
		if _, err := fmt.Sscanf(e.Name(), snapshotName, &seq); err == nil && e.Name() == fmt.Sprintf(snapshotName, seq) {
			seqs = append(seqs, seq)
		}
	}
	slices.Sort(seqs)
	slices.Reverse(seqs)
	return seqs, nil
}

// removeUnfinished removes the snapshot that a crash broke off.
func removeUnfinished(dir string) error {
	err := os.Remove(filepath.Join(dir, unfinishedName))
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return err
}
