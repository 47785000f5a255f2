package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"

	"github.com/musterhq/muster"
	"github.com/musterhq/muster/flexmatch"
)

type rulesCmd struct {
	Validate rulesValidate `cmd:"" help:"Check FlexMatch rule sets, and say what is wrong where."`
	Explain  rulesExplain  `cmd:"" help:"Put a rule set into plain words, with its timeline of expansions."`
	Simulate rulesSimulate `cmd:"" help:"Let players arrive, and see whether a rule set works."`
}

// ruleSetFile is the argument of commands on one rule set.
type ruleSetFile struct {
	File given `arg:"" help:"Rule set, as JSON; - reads standard input."`
}

// rules reads and checks the rule set.
func (f ruleSetFile) rules() (rules *flexmatch.RuleSet, warnings []flexmatch.Problem, body []byte, err error) {
	if body, err = readFile(string(f.File)); err != nil {
		return nil, nil, nil, err
	}
	if rules, warnings, err = flexmatch.Parse(body); err != nil {
		err = &refusedRules{string(f.File), err}
	}
	return rules, warnings, body, err
}

// readFile reads a file that a person named, or standard input.
func readFile(name string) ([]byte, error) {
	if name == "-" {
		return io.ReadAll(os.Stdin)
	}
	data, err := os.ReadFile(name)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("%s: %w: check the name, or write - to read standard input", name, muster.ErrNotFound)
	}
	return data, err
}

// refusedRules is the error of a rule set that is refused: what is wrong, one
// problem a line, each with its place in the file.
type refusedRules struct {
	file string
	err  error
}

func (e *refusedRules) Error() string {
	problems := problemsOf(e.err)
	if len(problems) == 0 {
		return e.file + ": " + e.err.Error()
	}
	text := e.file + " is refused:"
	for _, p := range problems {
		text += "\n" + place(e.file, p)
	}
	return text
}

// Is makes it an invalid request, for the exit code.
func (e *refusedRules) Is(target error) bool { return target == muster.ErrInvalidRequest }

func (e *refusedRules) Unwrap() error { return e.err }

// place writes a problem behind the name of its file, as compilers do.
func place(file string, p flexmatch.Problem) string {
	if file == "-" {
		file = "standard input"
	}
	if p.Line == 0 {
		return file + ": " + p.String()
	}
	return file + ":" + p.String()
}

func problemsOf(err error) (problems flexmatch.Problems) {
	errors.As(err, &problems)
	return problems
}

// printDocument prints a document of our own as JSON.
func printDocument(o *output, v any) error {
	data, err := json.MarshalIndent(v, "", "  ")
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(o.out, "%s\n", data)
	return err
}
