package ledger_test

import (
	"context"
	"fmt"
	"sync/atomic"
	"testing"

	"github.com/musterhq/muster/internal/journal"
	"github.com/musterhq/muster/internal/journal/sqlite"
	"github.com/musterhq/muster/internal/ledger"
	"github.com/musterhq/muster/internal/world"
)

// BenchmarkReserve reserves player slots from 64 callers at once, each in a
// game session of its own that another takes over when it is full.
func BenchmarkReserve(b *testing.B) {
	b.Run("memory", func(b *testing.B) { benchmarkReserve(b, &journal.Memory{}) })
	b.Run("sqlite", func(b *testing.B) {
		j, err := sqlite.Open(b.TempDir(), nil)
		if err != nil {
			b.Fatal(err)
		}
		b.Cleanup(func() { j.Close() })
		benchmarkReserve(b, j)
	})
}

func benchmarkReserve(b *testing.B, j journal.Journal) {
	l := open(b, ledger.Config{Journal: j})
	furnish(b, l)
	const seats = 200
	var sessions []string
	for n := range b.N/seats + 65 {
		_, s := active(b, l, n, seats)
		sessions = append(sessions, s.ID)
	}
	var next atomic.Int64
	b.SetParallelism(32)
	b.ReportAllocs()
	b.ResetTimer()
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			n := next.Add(1)
			_, err := ledger.Do(context.Background(), l, world.CreatePlayerSessions{
				Session: sessions[n/seats],
				Players: []world.ReservedPlayer{{ID: fmt.Sprint("psess-", n), Player: fmt.Sprint("player-", n)}},
			})
			if err != nil {
				b.Error(err)
				return
			}
		}
	})
}

// BenchmarkLife takes one game session through its life, with one player.
func BenchmarkLife(b *testing.B) {
	l := open(b, ledger.Config{})
	furnish(b, l)
	b.ReportAllocs()
	for n := 0; b.Loop(); n++ {
		key, s := active(b, l, n, 4)
		id := fmt.Sprint("psess-", n)
		do(b, l, world.CreatePlayerSessions{Session: s.ID, Players: []world.ReservedPlayer{{ID: id, Player: "ann"}}})
		do(b, l, world.AcceptPlayer{Process: key, Session: s.ID, ID: id})
		do(b, l, world.RemovePlayer{Process: key, Session: s.ID, ID: id})
		do(b, l, world.EndProcess{Key: key})
	}
}
