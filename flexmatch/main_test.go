package flexmatch_test

import (
	"flag"
	"os"
	"testing"
)

// TestMain draws more cases for the properties than rapid does by itself: a
// hundred miss most of the mistakes that a few hundred find.
func TestMain(m *testing.M) {
	flag.Parse()
	given := false
	flag.Visit(func(f *flag.Flag) { given = given || f.Name == "rapid.checks" })
	if !given {
		if err := flag.Set("rapid.checks", "500"); err != nil {
			panic(err)
		}
	}
	os.Exit(m.Run())
}
