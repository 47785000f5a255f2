package sqlite_test

import (
	"bytes"
	"errors"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/musterhq/muster/internal/journal"
	"github.com/musterhq/muster/internal/journal/sqlite"
)

// snapshotFiles are the snapshots in a folder, the oldest first.
func snapshotFiles(t testing.TB, dir string) []string {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(dir, "snapshot-*"))
	if err != nil {
		t.Fatal(err)
	}
	return files
}

// change rewrites a file.
func change(t testing.TB, path string, how func([]byte) []byte) {
	t.Helper()
	b, err := os.ReadFile(path)
	if err == nil {
		err = os.WriteFile(path, how(b), 0o600)
	}
	if err != nil {
		t.Fatal(err)
	}
}

func flip(at func(size int) int) func([]byte) []byte {
	return func(b []byte) []byte {
		b[at(len(b))] ^= 0x10
		return b
	}
}

// saved returns a folder with snapshots at 2, 4 and 6, and 7 blocks.
func saved(t *testing.T) string {
	dir := t.TempDir()
	j := open(t, dir)
	for _, content := range []string{"two", "four", "six"} {
		for range 2 {
			fill(t, j)
		}
		save(t, j, strings.Repeat(content, 1000))
	}
	fill(t, j)
	if err := j.Close(); err != nil {
		t.Fatal(err)
	}
	return dir
}

// fill appends one block after the last.
func fill(t testing.TB, j *sqlite.Journal) {
	t.Helper()
	last, err := j.Last(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	appendOne(t, j, journal.Block{Seq: last + 1, Data: []byte("block")})
}

func TestKeepsTwoSnapshots(t *testing.T) {
	files := snapshotFiles(t, saved(t))
	if len(files) != 2 || !strings.HasSuffix(files[0], "4") || !strings.HasSuffix(files[1], "6") {
		t.Errorf("the folder has the snapshots %v", files)
	}
}

// A damaged snapshot costs nothing but the time to replay from the one before.
func TestDamagedSnapshot(t *testing.T) {
	for name, damage := range map[string]func([]byte) []byte{
		"empty":       func(b []byte) []byte { return nil },
		"short head":  func(b []byte) []byte { return b[:10] },
		"no seal":     func(b []byte) []byte { return b[:len(b)-12] },
		"short seal":  func(b []byte) []byte { return b[:len(b)-1] },
		"cut":         func(b []byte) []byte { return b[:len(b)/2] },
		"longer":      func(b []byte) []byte { return append(b, 0) },
		"magic":       flip(func(int) int { return 0 }),
		"number":      flip(func(int) int { return 12 }),
		"first byte":  flip(func(int) int { return 20 }),
		"last byte":   flip(func(n int) int { return n - 13 }),
		"length":      flip(func(n int) int { return n - 12 }),
		"checksum":    flip(func(n int) int { return n - 1 }),
		"another one": func(b []byte) []byte { return slices.Concat(b, b) },
	} {
		t.Run(name, func(t *testing.T) {
			dir := saved(t)
			change(t, snapshotFiles(t, dir)[1], damage)
			checkFallsBack(t, dir)
		})
	}
}

// checkFallsBack wants snapshot 4, its blocks, and a word about what happened.
func checkFallsBack(t *testing.T, dir string) {
	t.Helper()
	var log bytes.Buffer
	j, err := sqlite.Open(dir, &sqlite.Options{Log: slog.New(slog.NewTextHandler(&log, nil))})
	if err != nil {
		t.Fatal(err)
	}
	defer j.Close()
	if seq, content := load(t, j); seq != 4 || content != strings.Repeat("four", 1000) {
		t.Fatalf("loaded snapshot %d: %.20q, want 4", seq, content)
	}
	if !strings.Contains(log.String(), snapshotFiles(t, dir)[1]) {
		t.Errorf("logged %q, want the damaged file", log.String())
	}
	var blocks int
	for _, err := range j.Read(t.Context(), 5) {
		if err != nil {
			t.Fatal(err)
		}
		blocks++
	}
	if blocks != 3 {
		t.Errorf("%d blocks after snapshot 4, want 3", blocks)
	}
	save(t, j, "seven")
	if files := snapshotFiles(t, dir); len(files) != 2 || !strings.HasSuffix(files[0], "4") {
		t.Errorf("the next snapshot left %v, want the damaged one gone", files)
	}
}

func TestEverySnapshotDamaged(t *testing.T) {
	dir := saved(t)
	for _, file := range snapshotFiles(t, dir) {
		change(t, file, flip(func(n int) int { return n / 2 }))
	}
	checkRefused(t, dir, journal.ErrCorrupt)
	for _, file := range snapshotFiles(t, dir) {
		if err := os.Remove(file); err != nil {
			t.Fatal(err)
		}
	}
	checkRefused(t, dir, journal.ErrCorrupt)
}

func TestNewerSnapshot(t *testing.T) {
	dir := saved(t)
	change(t, snapshotFiles(t, dir)[1], func(b []byte) []byte {
		b[8] = 9
		return b
	})
	checkRefused(t, dir, journal.ErrVersion)
}

func checkRefused(t *testing.T, dir string, want error) {
	t.Helper()
	j := open(t, dir)
	defer j.Close()
	if s, err := j.LoadSnapshot(t.Context()); !errors.Is(err, want) {
		t.Errorf("loaded snapshot %d, %v, want %v", s.Seq, err, want)
	}
}

// Before the second snapshot every block is there, and none is needed.
func TestFirstSnapshotDamaged(t *testing.T) {
	dir := t.TempDir()
	j := open(t, dir)
	fill(t, j)
	save(t, j, "one")
	change(t, snapshotFiles(t, dir)[0], flip(func(n int) int { return n / 2 }))
	if seq, _ := load(t, j); seq != 0 {
		t.Errorf("loaded snapshot %d, want none", seq)
	}
	for b, err := range j.Read(t.Context(), 1) {
		if err != nil || b.Seq != 1 {
			t.Errorf("read %d, %v", b.Seq, err)
		}
	}
}

// A snapshot without the blocks it was made from: some are lost.
func TestLostBlocks(t *testing.T) {
	dir := saved(t)
	for _, file := range []string{"muster.db", "muster.db-wal"} {
		if err := os.Remove(filepath.Join(dir, file)); err != nil && !errors.Is(err, os.ErrNotExist) {
			t.Fatal(err)
		}
	}
	checkRefused(t, dir, journal.ErrCorrupt)
}

// crashed returns a folder as a process leaves it that is killed after some
// blocks.
func crashed(t *testing.T) string {
	dir, copied := t.TempDir(), t.TempDir()
	j := open(t, dir)
	for range 5 {
		fill(t, j)
	}
	if err := os.CopyFS(copied, os.DirFS(dir)); err != nil {
		t.Fatal(err)
	}
	return copied
}

// A page that the disk damaged is not the end of the log, unless it could be:
// whatever is missing from an open folder is of the last transaction.
func TestDamagedLog(t *testing.T) {
	good := crashed(t)
	log, err := os.ReadFile(filepath.Join(good, "muster.db-wal"))
	if err != nil {
		t.Fatal(err)
	}
	refused := 0
	for at := 0; at < len(log); at += 509 {
		dir := t.TempDir()
		if err := os.CopyFS(dir, os.DirFS(good)); err != nil {
			t.Fatal(err)
		}
		change(t, filepath.Join(dir, "muster.db-wal"), flip(func(int) int { return at }))
		j, err := sqlite.Open(dir, nil)
		if errors.Is(err, journal.ErrCorrupt) {
			refused++
			continue
		}
		if err != nil {
			t.Fatal(err)
		}
		if last, err := j.Last(t.Context()); err != nil || last < 4 {
			t.Errorf("byte %d of %d: the last block is %d, %v", at, len(log), last, err)
		}
		if err := j.Close(); err != nil {
			t.Fatal(err)
		}
	}
	if refused == 0 {
		t.Error("no damage was refused")
	}
	for size := range 40 { // what a crash broke off
		dir := t.TempDir()
		if err := os.CopyFS(dir, os.DirFS(good)); err != nil {
			t.Fatal(err)
		}
		change(t, filepath.Join(dir, "muster.db-wal"), func(b []byte) []byte { return b[:len(b)*size/40] })
		open(t, dir)
	}
}

// A log whose first page the disk zeroed is not an empty one.
func TestZeroedLog(t *testing.T) {
	for _, size := range []int{32, 4096} { // the head alone, and a page of the disk
		dir := crashed(t)
		change(t, filepath.Join(dir, "muster.db-wal"), func(b []byte) []byte {
			clear(b[:size])
			return b
		})
		j, err := sqlite.Open(dir, nil)
		if err == nil {
			err = j.Close()
		}
		if !errors.Is(err, journal.ErrCorrupt) {
			t.Errorf("opened a log of which %d bytes are zero: %v", size, err)
		}
	}
}

// A log without its database is not a new folder.
func TestLogAlone(t *testing.T) {
	dir := crashed(t)
	if err := os.Remove(filepath.Join(dir, "muster.db")); err != nil {
		t.Fatal(err)
	}
	if _, err := sqlite.Open(dir, nil); !errors.Is(err, journal.ErrCorrupt) {
		t.Errorf("opened a log without its database: %v", err)
	}
}

// What a crash left of a snapshot is not in the way.
func TestUnfinishedSnapshot(t *testing.T) {
	dir := saved(t)
	path := filepath.Join(dir, "snapshot.unfinished")
	if err := os.WriteFile(path, make([]byte, 1000), 0o600); err != nil {
		t.Fatal(err)
	}
	j := open(t, dir)
	if seq, _ := load(t, j); seq != 6 {
		t.Errorf("loaded snapshot %d, want 6", seq)
	}
	if _, err := os.Stat(path); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("the unfinished snapshot is still there: %v", err)
	}
}

// A file in the place of a snapshot is refused, or it is one that was saved.
func FuzzSnapshot(f *testing.F) {
	dir := f.TempDir()
	j := open(f, dir)
	fill(f, j)
	const content = "the content"
	err := j.SaveSnapshot(f.Context(), 1, func(w io.Writer) error {
		_, err := io.WriteString(w, content)
		return err
	})
	if err != nil {
		f.Fatal(err)
	}
	path := snapshotFiles(f, dir)[0]
	good, err := os.ReadFile(path)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(good)
	f.Add(good[:len(good)-1])
	f.Add([]byte{})
	f.Fuzz(func(t *testing.T, file []byte) {
		if err := os.WriteFile(path, file, 0o600); err != nil {
			t.Fatal(err)
		}
		s, err := j.LoadSnapshot(t.Context())
		switch {
		case errors.Is(err, journal.ErrVersion):
		case err != nil:
			t.Error(err)
		case s.Seq == 0: // damaged, and so all is read from block 1
			if bytes.Equal(file, good) {
				t.Error("refused what was saved")
			}
		default:
			got, err := io.ReadAll(s)
			if err != nil || !bytes.Equal(file[20:len(file)-12], got) {
				t.Errorf("loaded %q from %q, %v", got, file, err)
			}
			if err := s.Close(); err != nil {
				t.Error(err)
			}
		}
	})
}
