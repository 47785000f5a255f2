package sqlite_test

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/ncruces/go-sqlite3"

	"github.com/musterhq/muster/internal/journal"
	"github.com/musterhq/muster/internal/journal/sqlite"
)

func TestLocked(t *testing.T) {
	dir := t.TempDir()
	j := open(t, dir)
	_, err := sqlite.Open(dir, nil)
	if !errors.Is(err, journal.ErrLocked) || !strings.Contains(err.Error(), fmt.Sprint(os.Getpid())) {
		t.Errorf("opened twice: %v, want ErrLocked and the process that has it", err)
	}
	if err := j.Close(); err != nil {
		t.Fatal(err)
	}
	open(t, dir)
}

func TestMakesFolder(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "50% of a?b#c &d", "Ä")
	appendOne(t, open(t, dir), journal.Block{Seq: 1})
	file := filepath.Join(dir, "muster.db")
	if _, err := sqlite.Open(file, nil); err == nil || !strings.Contains(err.Error(), file) {
		t.Errorf("opened a file as a folder: %v", err)
	}
}

// database runs statements on the database of a closed folder.
func database(t *testing.T, dir, sql string) {
	t.Helper()
	c, err := sqlite3.Open(filepath.Join(dir, "muster.db"))
	if err == nil {
		err = errors.Join(c.Exec(sql), c.Close())
	}
	if err != nil {
		t.Fatal(err)
	}
}

func TestNewerFormat(t *testing.T) {
	dir := t.TempDir()
	if err := open(t, dir).Close(); err != nil {
		t.Fatal(err)
	}
	database(t, dir, "PRAGMA user_version = 3")
	for range 2 { // a refusal lets go of the folder
		if _, err := sqlite.Open(dir, nil); !errors.Is(err, journal.ErrVersion) || !strings.Contains(err.Error(), dir) {
			t.Errorf("opened a newer format: %v, want ErrVersion and the folder", err)
		}
	}
	database(t, dir, "PRAGMA user_version = 2")
	open(t, dir)
}

func TestForeignDatabase(t *testing.T) {
	dir := t.TempDir()
	database(t, dir, "CREATE TABLE somebody (elses)")
	if _, err := sqlite.Open(dir, nil); err == nil {
		t.Error("opened a database of another program")
	}
	database(t, dir, "INSERT INTO somebody VALUES (1)") // it was left alone
}

func TestNoDatabase(t *testing.T) {
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "muster.db"), []byte(strings.Repeat("not a database ", 1000)), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := sqlite.Open(dir, nil); !errors.Is(err, journal.ErrCorrupt) {
		t.Errorf("opened garbage: %v, want ErrCorrupt", err)
	}
}

// However much goes through the journal, the folder holds what is kept.
func TestFolderIsBounded(t *testing.T) {
	const each = 300 // records a round, each kept for one round
	dir := t.TempDir()
	var sizes []int64
	for range 4 {
		j := open(t, dir)
		for range 8 {
			last, err := j.Last(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			n := archive(t, j, int(last)*each, each/100)
			for i := range uint64(5) {
				appendOne(t, j, journal.Block{Seq: last + each/100 + i + 1, Data: make([]byte, 64<<10)})
			}
			save(t, j, strings.Repeat("snapshot", 10_000))
			if _, err := j.Trim(t.Context(), int64(n-each), each); err != nil {
				t.Fatal(err)
			}
		}
		if err := j.Close(); err != nil {
			t.Fatal(err)
		}
		sizes = append(sizes, sizeOf(t, dir))
	}
	if early, late := sizes[0], sizes[len(sizes)-1]; late > early+early/4 {
		t.Errorf("the folder grows with what went through it: %d bytes", sizes)
	}
}

// save makes content the snapshot at the last block.
func save(t *testing.T, j *sqlite.Journal, content string) {
	t.Helper()
	last, err := j.Last(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	err = j.SaveSnapshot(t.Context(), last, func(w io.Writer) error {
		_, err := io.WriteString(w, content)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

func sizeOf(t *testing.T, dir string) (total int64) {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		info, err := e.Info()
		if err != nil {
			t.Fatal(err)
		}
		total += info.Size()
	}
	return total
}
