package sqlite_test

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"testing"

	"github.com/musterhq/muster/internal/journal"
	"github.com/musterhq/muster/internal/journal/sqlite"
)

const (
	victimFolder = "MUSTER_TEST_VICTIM_FOLDER"
	kills        = 25
)

// crashBlock is block n of the crash test, of a size that is different each time.
func crashBlock(n uint64) journal.Block {
	text := fmt.Sprint("block ", n, " ")
	return journal.Block{
		Seq:  n,
		Data: []byte(strings.Repeat(text, int(n*7919%3000))),
		Archive: []journal.Record{{
			Key: fmt.Sprint(n), Refs: []string{"all"}, Order: int64(n), Data: []byte(text),
		}, {
			Key: "the last", Refs: []string{"last"}, Order: int64(n),
		}},
	}
}

func crashSnapshot(n uint64) string { return strings.Repeat(fmt.Sprint("snapshot ", n, " "), 50_000) }

// victim appends to the folder until it is killed. It prints each number once
// the block is acknowledged, and takes snapshots all the while.
func victim(dir string) error {
	ctx := context.Background()
	j, err := sqlite.Open(dir, settling)
	if err != nil {
		return err
	}
	last, err := j.Last(ctx)
	if err != nil {
		return err
	}
	acknowledged := make(chan uint64)
	go func() { // until the process ends
		for n := range acknowledged {
			if err := j.SaveSnapshot(ctx, n, func(w io.Writer) error {
				_, err := io.WriteString(w, crashSnapshot(n))
				return err
			}); err != nil {
				fmt.Println(err)
			}
		}
	}()
	for n := last + 1; ; n++ {
		if err := j.Append(ctx, crashBlock(n)); err != nil {
			return err
		}
		fmt.Println(n)
		select {
		case acknowledged <- n:
		default:
		}
	}
}

// Whatever the moment at which the process is killed: every block it was told
// is durable is there, with its record, and so is a whole snapshot to begin from.
func TestKill(t *testing.T) {
	dir := t.TempDir()
	var acknowledged uint64
	for range kills {
		acknowledged = max(acknowledged, killed(t, dir, 1+rand.IntN(60)))
		checkAfterCrash(t, dir, acknowledged)
	}
}

// killed runs a victim until it has acknowledged some blocks, kills it, and
// returns the last number it printed.
func killed(t *testing.T, dir string, blocks int) (last uint64) {
	cmd := exec.CommandContext(t.Context(), os.Args[0])
	cmd.Env = append(os.Environ(), victimFolder+"="+dir)
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	lines := bufio.NewScanner(out)
	for n := 0; lines.Scan(); n++ {
		if n == blocks { // it goes on meanwhile
			if err := cmd.Process.Kill(); err != nil {
				t.Fatal(err)
			}
		}
		if last, err = strconv.ParseUint(lines.Text(), 10, 64); err != nil {
			t.Fatal(lines.Text())
		}
	}
	_ = cmd.Wait() // it was killed
	return last
}

func checkAfterCrash(t *testing.T, dir string, acknowledged uint64) {
	t.Helper()
	j := openWith(t, dir, settling)
	defer j.Close()
	last, err := j.Last(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if last < acknowledged || last > acknowledged+1 {
		t.Fatalf("the last block is %d, acknowledged was %d", last, acknowledged)
	}
	next := checkSnapshot(t, j) + 1
	for b, err := range j.Read(t.Context(), next) {
		if err != nil {
			t.Fatal(err)
		}
		if want := crashBlock(next); b.Seq != next || string(b.Data) != string(want.Data) {
			t.Fatalf("block %d: %.40q, want block %d: %.40q", b.Seq, b.Data, next, want.Data)
		}
		next++
	}
	if next != last+1 {
		t.Fatalf("read up to block %d, want %d", next-1, last)
	}
	checkRecords(t, j, last)
}

// checkRecords wants the records of the blocks to last.
func checkRecords(t *testing.T, j *sqlite.Journal, last uint64) {
	t.Helper()
	rs, err := j.List(t.Context(), "all", journal.Cursor{}, int(last)+1)
	if err != nil || len(rs) != int(last) {
		t.Fatalf("%d records after %d blocks, %v", len(rs), last, err)
	}
	for _, want := range rs {
		got, ok, err := j.Find(t.Context(), want.Key)
		if !ok || err != nil || got.Order != want.Order {
			t.Fatalf("find %s: %v, %v, %d", want.Key, ok, err, got.Order)
		}
	}
	rs, err = j.List(t.Context(), "last", journal.Cursor{}, 10)
	if err != nil || len(rs) != 1 || rs[0].Order != int64(last) {
		t.Fatalf("of a record replaced by each of %d blocks there is %v, %v", last, rs, err)
	}
}

func checkSnapshot(t *testing.T, j *sqlite.Journal) uint64 {
	t.Helper()
	seq, content := load(t, j)
	if seq > 0 && content != crashSnapshot(seq) {
		t.Fatalf("snapshot %d holds %.40q", seq, content)
	}
	return seq
}

// load returns the snapshot in force, 0 if there is none.
func load(t *testing.T, j *sqlite.Journal) (uint64, string) {
	t.Helper()
	s, err := j.LoadSnapshot(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if s.Seq == 0 {
		return 0, ""
	}
	defer s.Close()
	content, err := io.ReadAll(s)
	if err != nil {
		t.Fatal(err)
	}
	return s.Seq, string(content)
}
