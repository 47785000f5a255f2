package mustertest_test

import (
	"os"
	"os/exec"
	"strings"
	"testing"

	"github.com/musterhq/muster/mustertest"
)

// faultVariable carries a fault to a process of this test's own making.
const faultVariable = "MUSTERTEST_FAULT"

func TestSolution(t *testing.T) {
	fault := os.Getenv(faultVariable)
	mustertest.Run(t, func(*testing.T) mustertest.Fixture { return fixture(fault) })
}

// TestFaultsAreFound runs the suite on solutions with one fault each, in
// processes of their own, and expects the test that should find it to fail.
func TestFaultsAreFound(t *testing.T) {
	for fault, finder := range map[string]string{
		"loses properties":                  "create/session reaches a game server",
		"counts to a million":               "create/nothing is cut",
		"shares processes":                  "create/one process hosts one session",
		"forgets tokens":                    "create/idempotency token",
		"ignores contexts":                  "create/cancelled",
		"finds loading sessions":            "search/only active sessions",
		"ignores filters":                   "search/filter",
		"knows no pages":                    "search/sort and pages",
		"sells seats while loading":         "search/only active sessions",
		"oversells":                         "join/full session",
		"keeps players who left":            "join/full session",
		"lets players into closed sessions": "join/closed session",
		"keeps released slots":              "join/failed connection gives the slot back",
		"reserves for ever":                 "join/unused reservation expires",
		"is ready twice":                    "host/ready once",
		"lets everybody in":                 "host/one of many validations succeeds",
		"accepts twice":                     "host/validate",
		"uses dead processes":               "host/refused begin destroys",
		"ends no empty session":             "host/last player leaves",
		"ends every empty session":          "host/empty session can be kept",
		"ends no session":                   "host/refused destroy",
		"revives the dead":                  "host/destroy before ready",
		"takes the dying":                   "host/refused destroy before ready",
		"waits for health":                  "host/hanging health check",
		"ignores health":                    "host/unhealthy process gets no session",
	} {
		t.Run(fault, func(t *testing.T) {
			test := exec.Command(os.Args[0], "-test.run", "^TestSolution$/^"+strings.ReplaceAll(strings.ReplaceAll(finder, " ", "_"), "/", "$/^")+"$")
			test.Env = append(os.Environ(), faultVariable+"="+fault)
			output, err := test.CombinedOutput()
			if err == nil || !strings.Contains(string(output), "--- FAIL: TestSolution/"+strings.ReplaceAll(finder, " ", "_")) {
				t.Errorf("%q does not find it (%v):\n%s", finder, err, output)
			}
		})
	}
}
