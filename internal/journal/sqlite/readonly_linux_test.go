package sqlite_test

import (
	"errors"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/musterhq/muster/internal/journal"
	"github.com/musterhq/muster/internal/journal/sqlite"
)

// asNobody runs do without the right to write what others may not write. The
// thread it changes for that ends with the goroutine.
func asNobody(t *testing.T, do func()) {
	t.Helper()
	done := make(chan struct{})
	go func() {
		defer close(done)
		if os.Geteuid() == 0 {
			runtime.LockOSThread()
			if err := unix.Setfsuid(65534); err != nil {
				t.Error(err)
				return
			}
		}
		do()
	}()
	<-done
}

// readable lets everybody look into the folders above, which belong to the test.
func readable(t *testing.T, dir string) {
	t.Helper()
	for d := dir; d != os.TempDir() && d != "/"; d = filepath.Dir(d) {
		if err := os.Chmod(d, 0o755); err != nil {
			t.Fatal(err)
		}
	}
}

func checkReadOnly(t *testing.T, dir string) {
	t.Helper()
	asNobody(t, func() {
		_, err := sqlite.Open(dir, nil)
		if !errors.Is(err, journal.ErrReadOnly) || !strings.Contains(err.Error(), dir) {
			t.Errorf("opened a folder that can not be written: %v, want ErrReadOnly and the folder", err)
		}
	})
}

func TestReadOnlyFolder(t *testing.T) {
	dir := t.TempDir()
	readable(t, dir)
	if err := os.Chmod(dir, 0o555); err != nil {
		t.Fatal(err)
	}
	checkReadOnly(t, dir)
	checkReadOnly(t, filepath.Join(dir, "new"))
}

func TestReadOnlyDatabase(t *testing.T) {
	dir := t.TempDir()
	j := open(t, dir)
	fill(t, j)
	if err := j.Close(); err != nil {
		t.Fatal(err)
	}
	readable(t, dir)
	for name, mode := range map[string]os.FileMode{"": 0o777, "lock": 0o666, "muster.db": 0o444} {
		if err := os.Chmod(filepath.Join(dir, name), mode); err != nil {
			t.Fatal(err)
		}
	}
	checkReadOnly(t, dir)
	if err := os.Chmod(filepath.Join(dir, "muster.db"), 0o600); err != nil {
		t.Fatal(err)
	}
	fill(t, open(t, dir))
}
