package world_test

import (
	"errors"
	"fmt"
	"reflect"
	"strings"
	"time"

	"github.com/musterhq/muster/internal/world"
)

// commands are what a script can say.
var commands = map[string]func(*stage, []string){
	"create-location":        command[world.CreateLocation],
	"delete-location":        command[world.DeleteLocation],
	"create-fleet":           command[world.CreateFleet],
	"update-fleet":           command[world.UpdateFleet],
	"delete-fleet":           command[world.DeleteFleet],
	"create-fleet-locations": command[world.CreateFleetLocations],
	"delete-fleet-locations": command[world.DeleteFleetLocations],
	"create-alias":           command[world.CreateAlias],
	"update-alias":           command[world.UpdateAlias],
	"delete-alias":           command[world.DeleteAlias],
	"tag-resource":           command[world.TagResource],
	"untag-resource":         command[world.UntagResource],
	"register-compute":       command[world.RegisterCompute],
	"deregister-compute":     command[world.DeregisterCompute],
	"issue-compute-token":    command[world.IssueComputeToken],
	"connect":                command[world.ConnectProcess],
	"disconnect":             command[world.DisconnectProcess],
	"process-ready":          command[world.ActivateProcess],
	"heartbeat":              command[world.Heartbeat],
	"tell-process":           command[world.TellProcess],
	"process-ending":         command[world.EndProcess],
	"restart":                command[world.Restart],
	"create-game-session":    command[world.CreateGameSession],
	"update-game-session":    command[world.UpdateGameSession],
	"terminate-game-session": command[world.TerminateGameSession],
	"activate-game-session":  command[world.ActivateGameSession],
	"set-player-policy":      command[world.SetPlayerPolicy],
	"create-player-sessions": command[world.CreatePlayerSessions],
	"accept-player":          command[world.AcceptPlayer],
	"remove-player":          command[world.RemovePlayer],
	"resolve-alias":          func(s *stage, args []string) { look(s, s.world.ResolveAlias, args) },
	"tags":                   func(s *stage, args []string) { look(s, s.world.Tags, args) },
	"fleet-events":           func(s *stage, args []string) { look(s, s.world.FleetEvents, args) },
	"settings":               settings,
}

// command runs the command C with its fields set from words like name=value.
func command[C world.Command[A], A any](s *stage, args []string) {
	var c C
	s.fill(&c, args)
	decide(s, c, answer)
}

func settings(s *stage, args []string) {
	var set world.Settings
	s.fill(&set, args)
	s.settings(set)
}

// look prints what a query says of its one argument.
func look[A any](s *stage, query func(string) (A, error), args []string) {
	a, err := query(args[0])
	if err != nil {
		s.printf("! %s: %s", code(err), err)
		return
	}
	v := reflect.ValueOf(a)
	if v.Kind() != reflect.Slice {
		s.printf("= %s", text(v))
		return
	}
	for i := range v.Len() {
		s.printf("%s", describe(v.Index(i).Interface()))
	}
}

func code(err error) string {
	var c world.Code
	if errors.As(err, &c) {
		return string(c)
	}
	return "no code"
}

func recalled(err error) string {
	var need *world.Recall
	if errors.As(err, &need) {
		return need.Key
	}
	return ""
}

// given runs the usual beginnings without printing them:
//
//	given fleet [name=value…]     location custom-home, fleet-1 in it, host-1 of it
//	given idle p1 p2              processes on host-1 that are ready for a game session
//	given session g1 [name=value…] ACTIVE game session fleet-1/custom-home/g1, on the process that is its turn
//	given players g1 ann ben      who are in it
func (s *stage) given(args []string) {
	defer func(quiet bool) { s.quiet = quiet }(s.quiet)
	s.quiet = true
	switch args[0] {
	case "fleet":
		s.run("create-location name=custom-home")
		s.run("create-fleet id=fleet-1 name=arena locations=custom-home " + strings.Join(args[1:], " "))
		s.run("register-compute fleet=fleet-1 name=host-1 ip=10.0.0.1 location=custom-home")
	case "idle":
		for _, p := range args[1:] {
			s.run("connect key=fleet-1/host-1/" + p + " conn=conn-" + p + " trusted=true")
			s.run("process-ready key=fleet-1/host-1/" + p + " port=7777")
			s.run("heartbeat key=fleet-1/host-1/" + p + " healthy=true")
		}
	case "session":
		s.run("create-game-session id=" + args[1] + " fleet=fleet-1 " + strings.Join(args[2:], " "))
		g, err := s.world.GameSession("fleet-1/custom-home/" + args[1])
		if err != nil {
			s.t.Fatal(err)
		}
		s.run(fmt.Sprintf("activate-game-session process=fleet-1/%s/%s id=%s", g.Compute, g.Process, g.ID))
	case "players":
		id := "fleet-1/custom-home/" + args[1]
		g, err := s.world.GameSession(id)
		if err != nil {
			s.t.Fatal(err)
		}
		for _, name := range args[2:] {
			s.run("create-player-sessions session=" + id + " players=psess-" + name + ":" + name)
			s.run(fmt.Sprintf("accept-player process=fleet-1/%s/%s session=%s id=psess-%s", g.Compute, g.Process, id, name))
		}
	default:
		s.t.Fatalf("given %s: there is no such beginning", args[0])
	}
}

func (a archive) find(key string, at world.Instant) *world.Record {
	if r := a[key]; r != nil && (r.Expires == 0 || r.Expires > int64(at)) {
		return r
	}
	return nil
}

// since writes an instant as the time since the script began.
func since(at world.Instant) string { return "+" + at.Sub(epoch).String() }

// split splits a line at its blanks, but for those in double quotes.
func split(line string) []string {
	var words []string
	quoted := false
	for _, part := range strings.FieldsFunc(line, func(r rune) bool {
		if r == '"' {
			quoted = !quoted
		}
		return r == ' ' && !quoted
	}) {
		words = append(words, strings.ReplaceAll(part, `"`, ""))
	}
	return words
}

var (
	durationType = reflect.TypeFor[time.Duration]()
	instantType  = reflect.TypeFor[world.Instant]()
)
