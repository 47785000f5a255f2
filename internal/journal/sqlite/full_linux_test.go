package sqlite_test

import (
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strconv"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/musterhq/muster/internal/journal"
	"github.com/musterhq/muster/internal/journal/sqlite"
)

// limitFiles makes every file of this process full at so many bytes, as a disk
// without space does, and returns what makes space again.
func limitFiles(t *testing.T, bytes uint64) (lift func()) {
	t.Helper()
	var before unix.Rlimit
	if err := unix.Getrlimit(unix.RLIMIT_FSIZE, &before); err != nil {
		t.Fatal(err)
	}
	now := before
	now.Cur = bytes
	if err := unix.Setrlimit(unix.RLIMIT_FSIZE, &now); err != nil {
		t.Fatal(err)
	}
	lift = func() {
		if err := unix.Setrlimit(unix.RLIMIT_FSIZE, &before); err != nil {
			t.Fatal(err)
		}
	}
	t.Cleanup(lift)
	return lift
}

// On a full disk appends and snapshots fail and say so, reads go on, nothing
// acknowledged is lost, and with new space it goes on where it was.
func TestFullDisk(t *testing.T) {
	dir := t.TempDir()
	j := openWith(t, dir, settling)
	fill(t, j)
	save(t, j, "good")
	lift := limitFiles(t, 24<<20) // beyond the size at which the log is copied into the database
	full := fillUp(t, j)
	for range 3 {
		if err := j.Append(t.Context(), blockOf(full)); !errors.Is(err, journal.ErrFull) {
			t.Fatalf("append to a full disk: %v, want ErrFull", err)
		}
	}
	err := j.SaveSnapshot(t.Context(), full-1, func(w io.Writer) error {
		_, err := w.Write(make([]byte, 30<<20))
		return err
	})
	if !errors.Is(err, journal.ErrFull) {
		t.Errorf("snapshot on a full disk: %v, want ErrFull", err)
	}
	checkBlocks(t, j, full-1)
	lift()
	if err := j.Append(t.Context(), blockOf(full)); err != nil {
		t.Errorf("append with new space: %v", err)
	}
	save(t, j, "better")
	if err := j.Close(); err != nil {
		t.Fatal(err)
	}
	j = openWith(t, dir, settling)
	checkBlocks(t, j, full)
	if seq, content := load(t, j); seq != full || content != "better" {
		t.Errorf("loaded snapshot %d: %q, want %d", seq, content, full)
	}
}

// A folder that there is no space to open, either.
func TestOpenFullDisk(t *testing.T) {
	openIfPoor()
	const room = 16 << 10 // less than the index of the write-ahead log takes
	if got := openPoor(t, t.TempDir(), room); got != "full" {
		t.Errorf("opened on a full disk: %s, want ErrFull", got)
	}
}

// A folder of the first format that finds no space to become one of this
// stays what it is, and is taken over when there is.
func TestFormat1FullDisk(t *testing.T) {
	openIfPoor()
	const records = 5000
	dir := ofFormat1(t, records)
	if got := openPoor(t, dir, 64<<10); got != "full" {
		t.Errorf("opened a folder to take over on a full disk: %s, want ErrFull", got)
	}
	checkFormat1(t, open(t, dir), records)
}

// What tells a process of its own, by the same test, to open a folder with
// little room: the files that the test process itself writes are longer.
const poorFolder, poorRoom = "MUSTER_TEST_POOR_FOLDER", "MUSTER_TEST_POOR_ROOM"

// openPoor opens a folder in a process whose files hold so many bytes at most,
// and returns what came of it.
func openPoor(t *testing.T, dir string, room int) string {
	t.Helper()
	poor := exec.CommandContext(t.Context(), os.Args[0], "-test.run", "^"+t.Name()+"$")
	poor.Env = append(os.Environ(), poorFolder+"="+dir, poorRoom+"="+strconv.Itoa(room))
	out, err := poor.CombinedOutput()
	if err != nil {
		t.Errorf("%v\n%s", err, out)
	}
	return string(out)
}

// openIfPoor is all that a test does in such a process.
func openIfPoor() {
	dir := os.Getenv(poorFolder)
	if dir == "" {
		return
	}
	defer os.Exit(0)
	room, err := strconv.ParseUint(os.Getenv(poorRoom), 10, 64)
	if err == nil {
		err = unix.Setrlimit(unix.RLIMIT_FSIZE, &unix.Rlimit{Cur: room, Max: room})
	}
	if err != nil {
		fmt.Print(err)
		return
	}
	switch j, err := sqlite.Open(dir, nil); {
	case err == nil:
		fmt.Print("it is open: ", j.Close())
	case errors.Is(err, journal.ErrFull):
		fmt.Print("full")
	default:
		fmt.Print(err)
	}
}

// blockOf is a block of 50 KB, with a record.
func blockOf(seq uint64) journal.Block {
	b := crashBlock(seq)
	b.Data = make([]byte, 50<<10)
	return b
}

// fillUp appends until the disk is full, and returns the number that failed.
func fillUp(t *testing.T, j *sqlite.Journal) uint64 {
	t.Helper()
	for seq := uint64(2); seq < 1000; seq++ {
		err := j.Append(t.Context(), blockOf(seq))
		if errors.Is(err, journal.ErrFull) {
			return seq
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	t.Fatal("the disk did not fill up")
	return 0
}

// checkBlocks wants the blocks to last, each with its record.
func checkBlocks(t *testing.T, j *sqlite.Journal, last uint64) {
	t.Helper()
	next := uint64(2)
	for b, err := range j.Read(t.Context(), next) {
		if err != nil {
			t.Fatal(err)
		}
		key := crashBlock(b.Seq).Archive[0].Key
		if _, ok, err := j.Find(t.Context(), key); !ok || err != nil || b.Seq != next {
			t.Fatalf("block %d, want %d; its record: %v, %v", b.Seq, next, ok, err)
		}
		next++
	}
	if got, err := j.Last(t.Context()); got != last || next != last+1 || err != nil {
		t.Fatalf("blocks to %d, the last is %d, %v, want %d", next-1, got, err, last)
	}
}
