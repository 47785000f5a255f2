package search_test

import (
	"encoding/json"
	"errors"
	"flag"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/musterhq/muster/internal/search"
)

var rewrite = flag.Bool("rewrite", false, "write what the transcripts should say")

// TestTranscripts runs every query of testdata/*.txt over testdata/corpus.json
// and compares what it says. A query is a few lines of the form "filter TEXT",
// "sort TEXT", "in LOCATION" and "limit N"; the answer follows ">" signs.
func TestTranscripts(t *testing.T) {
	files, err := filepath.Glob("testdata/*.txt")
	if err != nil || len(files) == 0 {
		t.Fatalf("no transcripts: %v", err)
	}
	x := corpus(t)
	for _, file := range files {
		want, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		got := transcript(t, x, string(want))
		if *rewrite {
			if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
				t.Fatal(err)
			}
			continue
		}
		compareLines(t, file, got, string(want))
	}
}

func corpus(t *testing.T) *search.Index {
	text, err := os.ReadFile("testdata/corpus.json")
	if err != nil {
		t.Fatal(err)
	}
	var docs []search.Doc
	if err := json.Unmarshal(text, &docs); err != nil {
		t.Fatal(err)
	}
	x := new(search.Index)
	for _, d := range docs {
		x.Put(d)
	}
	return x
}

// transcript answers every query anew and keeps all else.
func transcript(t *testing.T, x *search.Index, text string) string {
	var out strings.Builder
	query := map[string]string{}
	answer := func() {
		if len(query) > 0 {
			for _, line := range ask(t, x, query) {
				out.WriteString(strings.TrimRight("> "+line, " ") + "\n")
			}
		}
		clear(query)
	}
	for line := range strings.Lines(text) {
		if strings.HasPrefix(line, ">") {
			continue
		}
		line = strings.TrimSuffix(line, "\n")
		if word, rest, ok := strings.Cut(line, " "); ok && !strings.HasPrefix(line, "#") {
			query[word] = rest
		} else {
			answer()
		}
		out.WriteString(line + "\n")
	}
	answer()
	return out.String()
}

func ask(t *testing.T, x *search.Index, query map[string]string) []string {
	f, err := search.ParseFilter(query["filter"])
	if err != nil {
		return complain(t, query["filter"], err)
	}
	s, err := search.ParseSort(query["sort"])
	if err != nil {
		return complain(t, query["sort"], err)
	}
	limit, _ := strconv.Atoi(query["limit"])
	lines := []string{}
	if query["show"] != "" {
		lines = append(lines, f.String())
	}
	for q := (search.Query{Filter: f, Sort: s, Location: query["in"], Limit: limit}); ; {
		ids, next, err := x.Search(q)
		if err != nil {
			t.Fatal(err)
		}
		lines = append(lines, strings.Join(append([]string{"found"}, ids...), " "))
		if q.After = next; next == "" {
			return lines
		}
	}
}

// complain shows the message under the place that it speaks of.
func complain(t *testing.T, text string, err error) []string {
	var wrong *search.SyntaxError
	if !errors.As(err, &wrong) {
		t.Fatalf("%s: %v is not a *SyntaxError", text, err)
	}
	return []string{text, strings.Repeat(" ", wrong.Offset) + "^", err.Error()}
}

func compareLines(t *testing.T, file, got, want string) {
	left, right := strings.Split(got, "\n"), strings.Split(want, "\n")
	for i := range max(len(left), len(right)) {
		if i >= len(left) || i >= len(right) || left[i] != right[i] {
			t.Errorf("%s:%d differs (run with -rewrite, then read the difference):\n%s", file, i+1, got)
			return
		}
	}
}
