package compat

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"
)

// A story is a list of steps against a server of its own.
type story struct {
	title string
	steps []step
}

// A step is one call, or something that happens between calls. Documents name
// what earlier steps have kept as ${name}; ${x40} is 40 times an x.
type step struct {
	operation string
	about     string // what the call shows
	input     string // JSON document
	setting   bool   // made by hand, whichever client the story is of
	event     func(*stage)

	output    string // pattern, as of match
	exception string
	message   string
	whole     bool              // message is all of it, not a part
	kept      map[string]string // names, by path in the output
}

// given is a call that sets the scene.
func given(operation, input string) step {
	return step{operation: operation, input: input, setting: true}
}

// ask is a call by the client.
func ask(operation, about, input string) step {
	return step{operation: operation, about: about, input: input}
}

// meanwhile is something that happens elsewhere.
func meanwhile(event func(*stage)) step { return step{event: event} }

// gives says what the output is to have: see match.
func (s step) gives(pattern string) step {
	s.output = pattern
	return s
}

// fails says which exception is to come, and a part of its message.
func (s step) fails(exception, part string) step {
	s.exception, s.message = exception+"Exception", part
	return s
}

// exactly makes the part all of the message.
func (s step) exactly() step {
	s.whole = true
	return s
}

// keep names a part of the output for later steps.
func (s step) keep(name, path string) step {
	kept := map[string]string{name: path}
	for n, p := range s.kept {
		kept[n] = p
	}
	s.kept = kept
	return s
}

// A stage is where a story is played.
type stage struct {
	*testing.T
	server server
	hand   client // sets the scene
	client client // is tested
	began  time.Time
	names  map[string]string
	games  map[string]*gameServer
}

// newStage starts a server for a client to be tested.
func newStage(t *testing.T, k kind) *stage {
	s := startServer(t)
	return &stage{
		T: t, server: s, hand: openGoV2(t, accessTo(s.http)), client: k.open(t, accessTo(s.http)),
		began: time.Now(), names: map[string]string{}, games: map[string]*gameServer{},
	}
}

// A hearing is what a client has heard of one step.
type hearing struct {
	step int
	outcome
}

// play plays a story with a client and returns what it has heard. A slow
// client makes each operation answer each of its exceptions once.
func (s story) play(t *testing.T, k kind, r *report) []hearing {
	stage := newStage(t, k)
	var heard []hearing
	refused := map[string]bool{}
	for i, step := range s.steps {
		if step.event != nil {
			step.event(stage)
			continue
		}
		if refusal := step.operation + step.exception; step.exception != "" {
			step.setting = k.slow && refused[refusal]
			refused[refusal] = true
		}
		o, known, ok := stage.perform(step, k)
		if step.setting {
			continue
		}
		r.count(step, k, known, ok)
		if known {
			heard = append(heard, hearing{i, o})
		}
	}
	return heard
}

// perform makes a call and checks what comes of it. A client that is too old
// for it is helped out, so that the story can go on.
func (s *stage) perform(step step, k kind) (o outcome, known, ok bool) {
	input := json.RawMessage(s.expand(step.input))
	ctx, cancel := context.WithTimeout(s.Context(), patience)
	defer cancel()
	err, heardBy := errUnknown, k
	if !step.setting {
		o, err = s.client.call(ctx, step.operation, input)
	}
	known = !errors.Is(err, errUnknown)
	if !known {
		heardBy = kind{noEmpty: true}
		o, err = s.hand.call(ctx, step.operation, input)
	}
	if err == nil {
		err = s.check(step, heardBy, o)
	}
	if err != nil {
		s.Errorf("%s, %s: %v", step.operation, step.about, err)
	}
	for name, path := range step.kept {
		if s.names[name] = text(at(o.output, path)); s.names[name] == "" {
			s.Fatalf("%s, %s: no %s in %v", step.operation, step.about, path, o)
		}
	}
	return o, known, err == nil
}

func (s *stage) check(step step, k kind, o outcome) error {
	if o.exception != step.exception {
		return fmt.Errorf("exception %q (%s), want %q; output %v", o.exception, o.message, step.exception, o.output)
	}
	if o.exception == "" {
		if err := checkTimes(o.output, s.began); err != nil {
			return err
		}
		return k.match(s.expand(step.output), o.output)
	}
	want := s.expand(step.message)
	if step.whole && o.message != want || !strings.Contains(o.message, want) {
		return fmt.Errorf("message %q, want %q", o.message, want)
	}
	if k.typed && !o.typed {
		return fmt.Errorf("%s is not of the client's own type", o.exception)
	}
	return nil
}

func (s *stage) expand(text string) string {
	return os.Expand(text, func(name string) string {
		if n, err := strconv.Atoi(strings.TrimPrefix(name, "x")); err == nil {
			return strings.Repeat("x", n)
		}
		value, ok := s.names[name]
		if !ok {
			s.Fatalf("no step has kept %q", name)
		}
		return value
	})
}

// connect starts a game server on a compute of the fleet that the story calls
// ${fleet}, ready for a game session.
func connect(name, compute string) step {
	return meanwhile(func(s *stage) {
		s.Helper()
		o, err := s.hand.call(s.Context(), "GetComputeAuthToken", json.RawMessage(s.expand(`{"FleetId":"${fleet}","ComputeName":"`+compute+`"}`)))
		if err != nil || o.exception != "" {
			s.Fatal(o, err)
		}
		query := url.Values{
			"Authorization": {text(o.output["AuthToken"])}, "FleetId": {s.names["fleet"]}, "ComputeId": {compute},
			"pID": {name}, "sdkLanguage": {"Go"}, "sdkVersion": {"5.6.0"},
		}
		s.games[name] = dial(s.T, "ws"+strings.TrimPrefix(s.server.http, "http"), query, nil)
		s.games[name].ready(7777)
	})
}

// activate has a game server take the session that was created on it.
func activate(name string) step {
	return meanwhile(func(s *stage) { s.games[name].activate() })
}

// admit has a game server let a player in.
func admit(name, playerSession string) step {
	return meanwhile(func(s *stage) {
		g := s.games[name]
		g.do("AcceptPlayerSession", map[string]any{"GameSessionId": g.session, "PlayerSessionId": s.expand(playerSession)})
	})
}

// leave has a game server let a player go.
func leave(name, playerSession string) step {
	return meanwhile(func(s *stage) {
		g := s.games[name]
		g.do("RemovePlayerSession", map[string]any{"GameSessionId": g.session, "PlayerSessionId": s.expand(playerSession)})
	})
}

// end has a game server say that it ends.
func end(name string) step {
	return meanwhile(func(s *stage) { s.games[name].do("TerminateServerProcess", nil) })
}
