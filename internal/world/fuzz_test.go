package world_test

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"testing"

	"github.com/musterhq/muster/internal/world"
)

func FuzzDecodeCommits(f *testing.F) {
	for _, e := range samples() {
		f.Add(block(e))
	}
	f.Add(world.AppendCommits(nil, nil))
	f.Add(world.AppendCommits(nil, []world.Commit{{At: epoch, Events: samples()}, {At: -1}, {At: epoch}}))
	f.Fuzz(func(t *testing.T, data []byte) {
		commits, err := world.DecodeCommits(data)
		if err != nil {
			if !errors.Is(err, world.ErrCorrupt) && !errors.Is(err, world.ErrVersion) {
				t.Errorf("neither corrupt nor newer: %v", err)
			}
			return
		}
		// What can be read can be written, and read again as the same.
		once := world.AppendCommits(nil, commits)
		again, err := world.DecodeCommits(once)
		if err != nil || !bytes.Equal(world.AppendCommits(nil, again), once) {
			t.Errorf("written and read again it is another block: %v", err)
		}
	})
}

func FuzzRestore(f *testing.F) {
	files, err := filepath.Glob(formats + "snapshot-*.cbor")
	if err != nil || len(files) == 0 {
		f.Fatalf("no snapshots: %v", err)
	}
	for _, name := range files {
		data, err := os.ReadFile(name)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(data)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		w := world.New(world.Settings{})
		if err := w.Restore(parts(data)); err != nil {
			if !errors.Is(err, world.ErrCorrupt) && !errors.Is(err, world.ErrVersion) {
				t.Errorf("neither corrupt nor newer: %v", err)
			}
			return
		}
		once := snapshot(t, w)
		if !bytes.Equal(once, snapshot(t, restore(t, world.Settings{}, once))) {
			t.Errorf("written and read again it is another world")
		}
		// A world that was let in can be lived in.
		for range 100 {
			due := w.NextDue()
			if due == 0 {
				break
			}
			if n, _, err := world.Execute(w, max(due, 1), nil, world.Tick{Limit: 1}); n != 1 || err != nil {
				t.Fatalf("a tick ran %d: %v", n, err)
			}
		}
	})
}
