package faulty_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/musterhq/muster/internal/journal"
	"github.com/musterhq/muster/internal/journal/faulty"
	"github.com/musterhq/muster/internal/journal/suite"
)

func TestWithoutFaults(t *testing.T) {
	suite.Run(t, func(testing.TB) suite.Storage {
		d := new(faulty.Disk)
		return func() (journal.Journal, error) { return d.Open(), nil }
	})
}

// one is a plan in which the n-th call of a method has the fault.
func one(op faulty.Op, n int, f faulty.Fault) func(faulty.Call) faulty.Fate {
	return func(c faulty.Call) faulty.Fate {
		if c.Op == op && c.N == n {
			return faulty.Fate{Fault: f}
		}
		return faulty.Fate{}
	}
}

func block(seq uint64) journal.Block {
	return journal.Block{Seq: seq, Data: []byte(fmt.Sprint(seq)), Archive: []journal.Record{{Key: fmt.Sprint(seq)}}}
}

// state is what is durable: the data of the blocks, and the snapshot.
func state(t *testing.T, j journal.Journal) (blocks, snapshot string) {
	t.Helper()
	s, err := j.LoadSnapshot(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if s.Seq != 0 {
		b, err := io.ReadAll(s)
		if err != nil {
			t.Fatal(err)
		}
		snapshot = string(b)
	}
	var data []string
	for b, err := range j.Read(t.Context(), s.Seq+1) {
		if err != nil {
			t.Fatal(err)
		}
		if _, ok, err := j.Find(t.Context(), string(b.Data)); !ok || err != nil {
			t.Errorf("block %d is there, its record: %v, %v", b.Seq, ok, err)
		}
		data = append(data, string(b.Data))
	}
	return strings.Join(data, " "), snapshot
}

func TestAppend(t *testing.T) {
	for _, c := range []struct {
		fault   faulty.Fault
		answer  error
		durable string // at once
		after   error  // the answer to a second attempt
	}{
		{faulty.None, nil, "1 2", journal.ErrConflict},
		{faulty.Refuse, faulty.ErrFault, "1", nil},
		{faulty.Tear, faulty.ErrFault, "1", nil},
		{faulty.Lose, faulty.ErrFault, "1 2", journal.ErrConflict},
		{faulty.Late, faulty.ErrFault, "1", journal.ErrConflict},
		{faulty.CrashBefore, faulty.ErrCrashed, "1", nil},
		{faulty.CrashAfter, faulty.ErrCrashed, "1 2", journal.ErrConflict},
	} {
		t.Run(fmt.Sprint(c.fault), func(t *testing.T) {
			d := &faulty.Disk{Plan: one(faulty.Append, 2, c.fault)}
			j := d.Open()
			if err := j.Append(t.Context(), block(1)); err != nil {
				t.Fatal(err)
			}
			if err := j.Append(t.Context(), block(2)); !errors.Is(err, c.answer) {
				t.Errorf("answer %v, want %v", err, c.answer)
			}
			if errors.Is(c.answer, faulty.ErrCrashed) {
				if _, err := j.Last(t.Context()); !errors.Is(err, faulty.ErrCrashed) {
					t.Errorf("after the crash: %v", err)
				}
				j = d.Open()
			}
			if blocks, _ := state(t, j); blocks != c.durable {
				t.Errorf("durable is %q, want %q", blocks, c.durable)
			}
			if err := j.Append(t.Context(), block(2)); !errors.Is(err, c.after) {
				t.Errorf("a second attempt: %v, want %v", err, c.after)
			}
			if blocks, _ := state(t, j); blocks != "1 2" {
				t.Errorf("in the end %q", blocks)
			}
		})
	}
}

// A late block comes also after the crash of who sent it, and before what the
// next one sends.
func TestLateAfterCrash(t *testing.T) {
	d := &faulty.Disk{Plan: one(faulty.Append, 1, faulty.Late)}
	j := d.Open()
	if err := j.Append(t.Context(), block(1)); !errors.Is(err, faulty.ErrFault) {
		t.Fatal(err)
	}
	j = d.Open()
	if last, err := j.Last(t.Context()); last != 0 || err != nil {
		t.Fatalf("last is %d, %v", last, err)
	}
	if err := j.Append(t.Context(), journal.Block{Seq: 1, Data: []byte("other")}); !errors.Is(err, journal.ErrConflict) {
		t.Errorf("append: %v, want ErrConflict", err)
	}
	if blocks, _ := state(t, j); blocks != "1" {
		t.Errorf("durable is %q", blocks)
	}
}

func TestSnapshot(t *testing.T) {
	whole := strings.Repeat("snapshot", 1000)
	for fault, want := range map[faulty.Fault]string{
		faulty.None: whole, faulty.Refuse: "old", faulty.Tear: "old", faulty.Lose: whole,
		faulty.CrashBefore: "old", faulty.CrashAfter: whole,
	} {
		d := &faulty.Disk{Plan: one(faulty.SaveSnapshot, 2, fault)}
		j := d.Open()
		for seq := range uint64(2) {
			if err := j.Append(t.Context(), block(seq+1)); err != nil {
				t.Fatal(err)
			}
		}
		save := func(seq uint64, content string) error {
			return j.SaveSnapshot(t.Context(), seq, func(w io.Writer) error {
				_, err := io.WriteString(w, content)
				return err
			})
		}
		if err := save(1, "old"); err != nil {
			t.Fatal(err)
		}
		if err := save(2, whole); (err == nil) != (fault == faulty.None) {
			t.Errorf("fault %d: save answers %v", fault, err)
		}
		if _, got := state(t, d.Open()); got != want {
			t.Errorf("fault %d: the snapshot is %.20q, want %.20q", fault, got, want)
		}
	}
}

// Reads that break off say so, and the next ones are whole.
func TestTornReads(t *testing.T) {
	d := new(faulty.Disk)
	j := d.Open()
	for seq := range uint64(5) {
		if err := j.Append(t.Context(), block(seq+1)); err != nil {
			t.Fatal(err)
		}
	}
	err := j.SaveSnapshot(t.Context(), 1, func(w io.Writer) error {
		_, err := io.WriteString(w, "snapshot")
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	d.Plan = func(c faulty.Call) faulty.Fate {
		if c.N == 1 && (c.Op == faulty.Read || c.Op == faulty.LoadSnapshot) {
			return faulty.Fate{Fault: faulty.Tear}
		}
		return faulty.Fate{}
	}
	s, err := j.LoadSnapshot(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if got, err := io.ReadAll(s); string(got) != "snap" || !errors.Is(err, faulty.ErrFault) {
		t.Errorf("read %q of the snapshot, %v", got, err)
	}
	var seqs []uint64
	for b, readErr := range j.Read(t.Context(), 2) {
		seqs, err = append(seqs, b.Seq), readErr
	}
	if !slices.Equal(seqs, []uint64{2, 3, 0}) || !errors.Is(err, faulty.ErrFault) {
		t.Errorf("read blocks %d, %v", seqs, err)
	}
	if blocks, snapshot := state(t, j); blocks != "2 3 4 5" || snapshot != "snapshot" {
		t.Errorf("the next time %q, %q", blocks, snapshot)
	}
}

// The test says how long a slow call takes; a crash meanwhile decides nothing
// but what had happened before.
func TestHold(t *testing.T) {
	for name, c := range map[string]struct {
		fate    faulty.Fate
		durable string
	}{
		"before": {faulty.Fate{Hold: true}, ""},
		"after":  {faulty.Fate{HoldAnswer: true}, "1"},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				d := &faulty.Disk{
					Plan:  func(c2 faulty.Call) faulty.Fate { return map[faulty.Op]faulty.Fate{faulty.Append: c.fate}[c2.Op] },
					Pause: func(context.Context, faulty.Call) { time.Sleep(time.Hour) },
				}
				j := d.Open()
				answer := make(chan error, 1)
				go func() { answer <- j.Append(t.Context(), block(1)) }()
				synctest.Wait()
				d.Crash()
				if err := <-answer; !errors.Is(err, faulty.ErrCrashed) {
					t.Errorf("append: %v, want ErrCrashed", err)
				}
				if blocks, _ := state(t, d.Open()); blocks != c.durable {
					t.Errorf("durable is %q, want %q", blocks, c.durable)
				}
			})
		})
	}
}

// A plan by chance depends on its seed alone, and holds to its chances.
func TestChances(t *testing.T) {
	c := faulty.Chances{Refuse: 0.1, Tear: 0.1, Lose: 0.1, Late: 0.1, CrashBefore: 0.1, CrashAfter: 0.1, Hold: 0.3, HoldAnswer: 0.3}
	const calls = 10_000
	plan, again, other := c.Plan(1), c.Plan(1), c.Plan(2)
	counts := map[faulty.Fault]int{}
	var holds, answers, differ int
	for n := range calls {
		call := faulty.Call{Op: faulty.Append, N: n}
		f := plan(call)
		if f != again(call) {
			t.Fatal("one seed makes two plans")
		}
		if f != other(call) {
			differ++
		}
		counts[f.Fault]++
		holds += map[bool]int{true: 1}[f.Hold]
		answers += map[bool]int{true: 1}[f.HoldAnswer]
	}
	for fault, want := range map[faulty.Fault]int{
		faulty.None: 4000, faulty.Refuse: 1000, faulty.Tear: 1000, faulty.Lose: 1000,
		faulty.Late: 1000, faulty.CrashBefore: 1000, faulty.CrashAfter: 1000,
	} {
		if got := counts[fault]; got < want*8/10 || got > want*12/10 {
			t.Errorf("fault %d came %d times in %d calls, want about %d", fault, got, calls, want)
		}
	}
	if holds < 2500 || holds > 3500 || answers < 2500 || answers > 3500 || differ < calls/2 {
		t.Errorf("%d holds, %d of answers, %d calls differ between seeds", holds, answers, differ)
	}
}
