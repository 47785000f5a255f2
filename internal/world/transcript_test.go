package world_test

import (
	"bytes"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/musterhq/muster/internal/world"
)

var rewrite = flag.Bool("rewrite", false, "write what happens into the transcripts, instead of comparing")

// TestTranscripts plays the scripts in testdata. In a script, a line that
// begins with "> " is a command; the indented lines after it are what
// happened; everything else is for its reader.
//
//	> create-location name=custom-a      a command of package world, by the names of its fields
//	> +10s                               time passes; what is due runs when it is due
//	> stall 1ms                          time passes, but nothing runs yet
//	> given idle p1 p2                   some commands at once, see given_test.go
//	> show                               the state
//
// What happens is events, records that go to the archive, lookups in it, and
// then the answer or the error:
//
//	PlayerAccepted ID=psess-1
//	archive session/…
//	recall session/… : found
//	= the answer
//	! code: text of the error
func TestTranscripts(t *testing.T) {
	scripts, err := filepath.Glob("testdata/*.txt")
	if err != nil || len(scripts) == 0 {
		t.Fatalf("no scripts: %v", err)
	}
	for _, name := range scripts {
		t.Run(strings.TrimSuffix(filepath.Base(name), ".txt"), func(t *testing.T) {
			want, err := os.ReadFile(name)
			if err != nil {
				t.Fatal(err)
			}
			have := newStage(t).play(string(want))
			if *rewrite {
				if err := os.WriteFile(name, []byte(have), 0o666); err != nil {
					t.Fatal(err)
				}
				return
			}
			if have != string(want) {
				t.Errorf("%s: %s\nrun the test with -rewrite and read the difference", name, firstDifference(string(want), have))
			}
		})
	}
}

func firstDifference(want, have string) string {
	w, h := strings.Split(want, "\n"), strings.Split(have, "\n")
	for i := range min(len(w), len(h)) {
		if w[i] != h[i] {
			return fmt.Sprintf("line %d\nwant %s\nhave %s", i+1, w[i], h[i])
		}
	}
	return fmt.Sprintf("want %d lines, have %d", len(w), len(h))
}

// A stage plays one script.
type stage struct {
	t      *testing.T
	world  *world.World
	replay *world.World
	now    world.Instant
	past   archive
	out    strings.Builder
	quiet  bool
}

func newStage(t *testing.T) *stage {
	s := &stage{t: t, now: epoch, past: archive{}}
	s.settings(world.Settings{})
	return s
}

func (s *stage) settings(set world.Settings) {
	s.world, s.replay = world.New(set), world.New(set)
}

// play returns the script with what happens in it now.
func (s *stage) play(script string) string {
	for _, line := range strings.Split(strings.TrimSuffix(script, "\n"), "\n") {
		command, ok := strings.CutPrefix(line, "> ")
		switch {
		case ok:
			s.out.WriteString(line + "\n")
			s.run(command)
		case strings.HasPrefix(line, "  "):
		default:
			s.out.WriteString(line + "\n")
		}
	}
	s.restartsTheSame()
	return s.out.String()
}

func (s *stage) run(line string) {
	words := split(line)
	switch name := words[0]; {
	case strings.HasPrefix(name, "+"):
		d, err := time.ParseDuration(name[1:])
		if err != nil {
			s.t.Fatalf("%s: %v", line, err)
		}
		s.pass(d)
	case name == "stall":
		d, err := time.ParseDuration(words[1])
		if err != nil {
			s.t.Fatalf("%s: %v", line, err)
		}
		s.now = s.now.Add(d)
	case name == "given":
		s.given(words[1:])
	case name == "show":
		s.show()
	default:
		command, ok := commands[name]
		if !ok {
			s.t.Fatalf("%s: there is no such command", line)
		}
		command(s, words[1:])
	}
	if err := s.world.Check(); err != nil {
		s.t.Fatalf("%s: %v", line, err)
	}
}

// pass lets d pass.
func (s *stage) pass(d time.Duration) {
	until, last := s.now.Add(d), world.Instant(0)
	for due := s.world.NextDue(); due != 0 && due <= until; due = s.world.NextDue() {
		if s.now = max(s.now, due); s.now != last {
			s.printf("at %s", since(s.now))
		}
		last = s.now
		decide(s, world.Tick{Limit: 1}, silent)
	}
	s.now = until
}

// silent is for commands whose answer says nothing.
func silent(any) string { return "" }

// decide runs a command and prints what comes of it.
func decide[A any](s *stage, c world.Command[A], show func(any) string) {
	before := snapshot(s.t, s.world)
	known := world.Past{}
	for {
		answer, outcome, err := world.Execute(s.world, s.now, known, c)
		if need := recalled(err); need != "" {
			known[need] = s.past.find(need, s.now)
			s.printf("recall %s: %s", need, map[bool]string{true: "found", false: "not found"}[known[need] != nil])
			continue
		}
		for _, e := range outcome.Events {
			s.printf("%s", describe(e))
		}
		for _, r := range outcome.Archive {
			s.printf("archive %s", r.Key)
			s.past[r.Key] = &r
		}
		if err != nil {
			if !bytes.Equal(before, snapshot(s.t, s.world)) {
				s.t.Fatalf("a refused command changed something: %v", err)
			}
			s.printf("! %s: %s", code(err), err)
		} else if text := show(answer); text != "" {
			s.printf("= %s", text)
		}
		s.follow(outcome.Events)
		return
	}
}

// follow lets the replay have the events as a journal would give them.
func (s *stage) follow(events []world.Event) {
	commits, err := world.DecodeCommits(world.AppendCommits(nil, []world.Commit{{At: s.now, Events: events}}))
	if err != nil {
		s.t.Fatal(err)
	}
	for _, c := range commits {
		s.replay.Apply(c.At, c.Events)
	}
}

// restartsTheSame checks that the events, and a snapshot, give the same world.
func (s *stage) restartsTheSame() {
	want := snapshot(s.t, s.world)
	if !bytes.Equal(want, snapshot(s.t, s.replay)) {
		s.t.Errorf("the events do not give the same world")
	}
	if !bytes.Equal(want, snapshot(s.t, restore(s.t, s.world.Settings(), want))) {
		s.t.Errorf("the snapshot does not give the same world")
	}
}

func (s *stage) printf(format string, args ...any) {
	if !s.quiet {
		s.out.WriteString("  " + shorten(fmt.Sprintf(format, args...)) + "\n")
	}
}

// shorten leaves out what every ARN of a game session begins with.
func shorten(text string) string {
	return strings.ReplaceAll(text, "arn:aws:gamelift:us-east-1::gamesession/", "")
}
