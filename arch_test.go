package muster_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// module is the import path of this package.
const module = "github.com/musterhq/muster"

// floors lists the packages from the ground up. A package imports only from
// the floors below its own: two packages on one floor do not know each other.
var floors = [][]string{
	{".", "flexmatch", "internal/search", "internal/journal", "internal/awswire", "internal/sdkwire", "internal/limits", "internal/heap", "internal/web"},
	{"internal/world", "internal/journal/sqlite", "internal/journal/faulty", "internal/journal/suite", "internal/auth", "internal/hosting", "internal/simulate", "mustertest"},
	{"internal/ledger", "gamelift"},
	{"internal/api", "internal/gate", "memory", "examples/arena"},
	{"server"},
	{"server/servertest", "internal/bench"},
	{"cmd/muster"},
}

// pure lists, for packages whose result depends on their arguments alone,
// what they may use besides packages of ours.
var pure = map[string]string{
	"internal/world": "bufio bytes cmp crypto/sha256 encoding/binary errors fmt io iter maps math slices strings time " +
		"github.com/fxamacker/cbor/v2",
	"internal/search": "cmp encoding/base64 encoding/binary errors fmt hash/crc32 hash/fnv iter maps math math/bits slices sort strconv strings time unicode unicode/utf8",
	"flexmatch":       "bytes cmp container/heap encoding/json errors fmt hash/fnv io iter maps math math/bits math/rand/v2 slices sort strconv strings time unicode unicode/utf8",
}

// clock lists what a pure package must not use of package time.
var clock = []string{"Now", "Since", "Until", "Sleep", "After", "AfterFunc", "Tick", "NewTimer", "NewTicker"}

// TestFloors reads the sources itself, rather than asking the go command,
// so that a cached result never outlives them.
func TestFloors(t *testing.T) {
	floor := map[string]int{}
	for i, names := range floors {
		for _, name := range names {
			floor[name] = i
		}
	}
	err := fs.WalkDir(os.DirFS("."), ".", func(file string, d fs.DirEntry, err error) error {
		if err == nil && d.IsDir() && elsewhere(file) {
			return fs.SkipDir
		}
		if err != nil || d.IsDir() || !strings.HasSuffix(file, ".go") || strings.HasSuffix(file, "_test.go") {
			return err
		}
		self := path.Dir(file)
		mine, ok := floor[self]
		if !ok {
			t.Errorf("%s: package is on no floor", file)
		}
		f, err := parser.ParseFile(token.NewFileSet(), file, nil, parser.SkipObjectResolution)
		if err != nil {
			return err
		}
		for _, spec := range f.Imports {
			imp, _ := strconv.Unquote(spec.Path.Value)
			if imp == module {
				imp += "/."
			}
			name, ours := strings.CutPrefix(imp, module+"/")
			if ours && floor[name] >= mine {
				t.Errorf("%s: floor %d imports %s from floor %d", file, mine, name, floor[name])
			}
			if self == "." && !ours && strings.Contains(imp, ".") {
				t.Errorf("%s: the root imports %s: standard library only", file, imp)
			}
			if allowed, isPure := pure[self]; isPure && !ours && !strings.Contains(" "+allowed+" ", " "+imp+" ") {
				t.Errorf("%s: pure package imports %s", file, imp)
			}
		}
		if pure[self] != "" {
			ast.Inspect(f, func(n ast.Node) bool {
				if sel, ok := n.(*ast.SelectorExpr); ok {
					if x, ok := sel.X.(*ast.Ident); ok && x.Name == "time" && slices.Contains(clock, sel.Sel.Name) {
						t.Errorf("%s: pure package calls time.%s", file, sel.Sel.Name)
					}
				}
				return true
			})
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

// TestFloorsAreDocumented compares the floors with ARCHITECTURE.md's table.
func TestFloorsAreDocumented(t *testing.T) {
	text, err := os.ReadFile("ARCHITECTURE.md")
	if err != nil {
		t.Fatal(err)
	}
	for i, names := range floors {
		_, row, _ := strings.Cut(string(text), "\n| "+strconv.Itoa(i)+" | ")
		row, _, _ = strings.Cut(row, " |\n")
		documented := strings.Fields(strings.NewReplacer("`muster` (root)", ".", "`", "").Replace(row))
		want := slices.Sorted(slices.Values(names))
		if got := slices.Sorted(slices.Values(documented)); !slices.Equal(got, want) {
			t.Errorf("ARCHITECTURE.md: floor %d is %q, want %q", i, got, want)
		}
	}
}

// elsewhere says whether a folder is no part of this module.
func elsewhere(dir string) bool {
	_, err := os.Stat(path.Join(dir, "go.mod"))
	return dir != "." && (err == nil || strings.HasPrefix(path.Base(dir), ".") || path.Base(dir) == "testdata")
}
