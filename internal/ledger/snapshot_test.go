package ledger_test

import (
	"context"
	"fmt"
	"io"
	"slices"
	"sync"
	"testing"

	"github.com/musterhq/muster/internal/journal"
	"github.com/musterhq/muster/internal/ledger"
	"github.com/musterhq/muster/internal/world"
)

// A keptJournal remembers every block there ever was, and has something
// happen whenever a piece of a snapshot is written.
type keptJournal struct {
	journal.Journal
	meanwhile func()

	mu     sync.Mutex
	blocks [][]byte
}

func (j *keptJournal) Append(ctx context.Context, b journal.Block) error {
	err := j.Journal.Append(ctx, b)
	if err == nil {
		j.mu.Lock()
		defer j.mu.Unlock()
		j.blocks = append(j.blocks, b.Data)
	}
	return err
}

func (j *keptJournal) all() [][]byte {
	j.mu.Lock()
	defer j.mu.Unlock()
	return slices.Clone(j.blocks)
}

func (j *keptJournal) SaveSnapshot(ctx context.Context, seq uint64, write func(io.Writer) error) error {
	return j.Journal.SaveSnapshot(ctx, seq, func(w io.Writer) error { return write(interrupted{w, j.meanwhile}) })
}

type interrupted struct {
	io.Writer
	meanwhile func()
}

func (w interrupted) Write(p []byte) (int, error) {
	w.meanwhile()
	return w.Writer.Write(p)
}

// TestSnapshotUnderWay saves a snapshot while game sessions begin and end and
// players come and go between its pieces. Whoever starts from it must find the
// world that all blocks together give.
func TestSnapshotUnderWay(t *testing.T) {
	const games = 1500
	settings := world.Settings{TailLimit: 100}
	j := &keptJournal{Journal: &journal.Memory{}}
	l := startWith(t, ledger.Config{Journal: j, Settings: settings})
	furnish(t, l.Ledger)
	var sessions []world.GameSession
	for n := range games {
		_, s := active(t, l.Ledger, n, 4)
		join(t, l.Ledger, s, n)
		sessions = append(sessions, s)
	}
	pieces, newest := 0, games
	j.meanwhile = func() {
		pieces++
		for i := pieces; i < len(sessions); i += 97 { // old and young, written already and not yet
			s := sessions[i]
			switch (i + pieces) % 3 {
			case 0:
				do(t, l.Ledger, world.AcceptPlayer{Process: s.Key(), Session: s.ID, ID: psessOf(i)})
			case 1:
				do(t, l.Ledger, world.EndProcess{Key: s.Key()})
			default:
				join(t, l.Ledger, s, newest)
			}
			newest++
		}
		active(t, l.Ledger, newest, 4)
	}
	if err := l.Snapshot(t.Context()); err != nil {
		t.Fatal(err)
	}
	if pieces < 5 {
		t.Fatalf("the snapshot was written in %d pieces: too few to come in between", pieces)
	}
	l.stop()
	before := len(j.all())

	l = startWith(t, ledger.Config{Journal: j, Settings: settings})
	defer l.stop()
	got, err := ledger.View(t.Context(), l.Ledger, func(w *world.World) (uint64, error) { return digest(w), nil })
	if err != nil {
		t.Fatal(err)
	}
	whole := world.New(settings)
	for i, data := range j.all() {
		commits, err := world.DecodeCommits(data)
		if err != nil {
			t.Fatal(err)
		}
		for _, c := range commits {
			whole.Apply(c.At, c.Events)
			if i >= before && digest(whole) == got {
				return
			}
		}
	}
	t.Error("the snapshot and the blocks after it give another world than all blocks do")
}

func psessOf(n int) string { return fmt.Sprint("psess-", n) }

func join(t *testing.T, l *ledger.Ledger, s world.GameSession, n int) {
	t.Helper()
	do(t, l, world.CreatePlayerSessions{Session: s.ID, Players: []world.ReservedPlayer{{ID: psessOf(n), Player: fmt.Sprint("player-", n)}}})
}
