package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"reflect"
	"strconv"
	"strings"
	"text/tabwriter"

	"github.com/aws/smithy-go"

	"github.com/musterhq/muster"
	"github.com/musterhq/muster/internal/awswire"
	"github.com/musterhq/muster/server"
)

// Exit codes, as the help lists them.
const (
	exitFailed      = 1
	exitUsage       = 2
	exitNotFound    = 3
	exitRefused     = 4
	exitUnavailable = 5
)

// A usageError is a command line that makes no sense.
type usageError string

func (e usageError) Error() string { return string(e) }

// exitCode returns what a command that failed exits with.
func exitCode(err error) int {
	var api smithy.APIError
	var asked *askError
	var usage usageError
	switch {
	case errors.Is(err, context.Canceled):
		return exitFailed
	case errors.As(err, &usage), errors.Is(err, server.ErrConfig):
		return exitUsage
	case errors.As(err, &asked) && asked.unanswered(), errors.Is(err, muster.ErrUnavailable):
		return exitUnavailable
	case errors.As(err, &api) && api.ErrorCode() == "NotFoundException", errors.Is(err, muster.ErrNotFound):
		return exitNotFound
	case errors.As(err, &api) && api.ErrorFault() == smithy.FaultServer:
		return exitUnavailable
	case errors.As(err, &api), errors.Is(err, muster.ErrInvalidRequest):
		return exitRefused
	}
	return exitFailed
}

// explain says what went wrong in a person's words: of an API's error the
// operation and the message, and of a server that does not answer what to do.
func explain(err error) string {
	var op *smithy.OperationError
	var api smithy.APIError
	var asked *askError
	switch {
	case errors.Is(err, context.Canceled):
		return "interrupted before it was done"
	case errors.As(err, &asked) && asked.unanswered():
		return asked.explain()
	case errors.As(err, &api) && api.ErrorCode() == "UnrecognizedClientException":
		return fmt.Sprintf("%s Set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY to it. (%s)", api.ErrorMessage(), api.ErrorCode())
	case errors.As(err, &api) && errors.As(err, &op):
		text := fmt.Sprintf("%s: %s (%s)", op.Operation(), api.ErrorMessage(), api.ErrorCode())
		return strings.Replace(err.Error(), op.Error(), text, 1) // what is around it says what to do
	}
	return err.Error()
}

// output is where a command writes.
type output struct{ out, err io.Writer }

// next prints the command that one would give next. It goes to standard
// error, so that standard output can be piped.
func (o *output) next(format string, args ...any) {
	fmt.Fprintf(o.err, "next: "+format+"\n", args...)
}

// format is the flag of commands that print things.
type format struct {
	Output string `help:"How to print: ${enum}." enum:"table,json" default:"table"`
}

// print writes rows as a table of the named fields, or as JSON whole.
func (f format) print(o *output, rows any, fields ...string) error {
	if f.Output == "json" {
		return printJSON(o, rows)
	}
	w := tabwriter.NewWriter(o.out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, strings.ToUpper(strings.Join(fields, "\t")))
	for i, list := 0, reflect.ValueOf(rows); i < list.Len(); i++ {
		cells := make([]string, len(fields))
		for j, name := range fields {
			cells[j] = cell(reflect.Indirect(list.Index(i)).FieldByName(name))
		}
		fmt.Fprintln(w, strings.Join(cells, "\t"))
	}
	return w.Flush()
}

// printJSON prints the API's own documents, as the AWS CLI does.
func printJSON(o *output, rows any) error {
	var indented bytes.Buffer
	if err := json.Indent(&indented, awswire.AppendJSON(nil, rows), "", "  "); err != nil {
		return err
	}
	_, err := fmt.Fprintln(o.out, indented.String())
	return err
}

func cell(v reflect.Value) string {
	v = reflect.Indirect(v)
	if !v.IsValid() {
		return "-"
	}
	text := fmt.Sprint(v.Interface())
	if strings.ContainsFunc(text, func(r rune) bool { return !strconv.IsPrint(r) }) {
		return strconv.Quote(text) // neither the columns nor the terminal are the game's to change
	}
	return text
}
