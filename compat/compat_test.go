package compat

import (
	"slices"
	"strings"
	"testing"

	"github.com/musterhq/muster/internal/api"
)

// TestCompatibility plays every story with every client, each against a server
// of its own, and compares what came of it with docs/COMPATIBILITY.md.
func TestCompatibility(t *testing.T) {
	clients := kinds(t)
	r := newReport(clients)
	t.Run("environment", func(t *testing.T) { testEnvironment(t, clients, r) })
	t.Run("clients", func(t *testing.T) {
		for _, s := range stories() {
			t.Run(s.title, func(t *testing.T) {
				t.Parallel()
				s.test(t, clients, r)
			})
		}
		for name, test := range map[string]func(*testing.T, []kind, *report){
			"not offered": testNotOffered,
			"credentials": testCredentials,
			"pages":       testPages,
			"path":        testPath,
		} {
			t.Run(name, func(t *testing.T) {
				t.Parallel()
				test(t, clients, r)
			})
		}
		t.Run("game servers", func(t *testing.T) {
			t.Parallel()
			testReplay(t, r)
		})
	})
	r.compare(t)
}

// test plays a story with all clients; the others must hear what the first
// one has heard.
func (s story) test(t *testing.T, clients []kind, r *report) {
	reference := s.play(t, clients[0], r)
	for _, k := range clients[1:] {
		t.Run(k.String(), func(t *testing.T) {
			t.Parallel()
			if err := agree(reference, s.play(t, k, r), k); err != nil {
				t.Error(err)
				r.disagree(s, k)
			}
		})
	}
}

func stories() []story {
	return []story{locations, fleets, places, aliases, computes, gameSessions, searches, playerSessions, tags}
}

// unprovoked are the exceptions that no client can bring about, and why. An
// entry is for one operation, or with * for all of them.
var unprovoked = map[string]string{
	"* InternalServiceException":                            "is for failures of the server itself",
	"* UnauthorizedException":                               "is for AWS's permissions: whoever has a key may do everything",
	"* UnsupportedRegionException":                          "a muster is one Region",
	"* NotReadyException":                                   "is for computes that are being validated: here they are ready at once",
	"CreateFleet LimitExceededException":                    "there is no quota of fleets",
	"CreateFleet ConflictException":                         "two fleets may have one name",
	"UpdateFleetAttributes LimitExceededException":          "there is no quota",
	"UpdateFleetAttributes ConflictException":               "the order of two updates decides",
	"CreateFleetLocations LimitExceededException":           "there is no quota of locations",
	"CreateLocation LimitExceededException":                 "there is no quota of locations",
	"CreateAlias LimitExceededException":                    "there is no quota of aliases",
	"CreateAlias ConflictException":                         "two aliases may have one name",
	"RegisterCompute LimitExceededException":                "there is no quota of computes",
	"CreateGameSession ConflictException":                   "a token that does not fit is an IdempotentParameterMismatchException",
	"UpdateGameSession ConflictException":                   "the order of two updates decides",
	"CreatePlayerSession TerminalRoutingStrategyException":  "player sessions are not made by alias",
	"CreatePlayerSessions TerminalRoutingStrategyException": "player sessions are not made by alias",
	"ListFleets NotFoundException":                          "what is not there is left out",
	"DescribeFleetAttributes NotFoundException":             "what is not there is left out",
	"DescribeFleetUtilization NotFoundException":            "what is not there is left out",
	"DescribeFleetCapacity NotFoundException":               "what is not there is left out",
	"DeleteFleet TaggingFailedException":                    "tags go with what has them",
	"DeleteAlias TaggingFailedException":                    "tags go with what has them",
	"UntagResource TaggingFailedException":                  "a key that is not there is no error",
	"ListTagsForResource TaggingFailedException":            "reading changes nothing",
}

// TestEveryException checks that the stories have a good call of each
// operation and provoke each of its exceptions, or that there is a reason why
// they cannot.
func TestEveryException(t *testing.T) {
	told := map[string]bool{}
	for _, s := range stories() {
		for _, step := range s.steps {
			if step.event == nil && !step.setting {
				told[strings.TrimSpace(step.operation+" "+step.exception)] = true
			}
		}
	}
	for _, o := range api.Operations() {
		if o.Offered && !told[o.Name] {
			t.Errorf("no story has a good %s", o.Name)
		}
		for _, exception := range o.Exceptions {
			provoked := told[o.Name+" "+exception]
			excused := unprovoked[o.Name+" "+exception] != "" || unprovoked["* "+exception] != ""
			if o.Offered && provoked == excused {
				t.Errorf("%s %s: provoked is %v, excused is %v", o.Name, exception, provoked, excused)
			}
		}
	}
}

// offered returns the names of the operations that muster offers, or does not.
func offered(yes bool) []string {
	var names []string
	for _, o := range api.Operations() {
		if o.Offered == yes {
			names = append(names, o.Name)
		}
	}
	slices.Sort(names)
	return names
}
