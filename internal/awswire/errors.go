package awswire

import (
	"errors"
	"fmt"
	"strings"
)

// ErrTooLarge is returned for a document that would cost much more memory than
// it has bytes.
var ErrTooLarge = errors.New("document has more than 65536 elements or nests deeper than 64: send less in one request")

// maxElements bounds the elements that one document may put into lists and
// maps. The largest honest request, latencies of 200 players to every
// location, has some thousands.
const maxElements = 1 << 16

// maxDepth bounds the nesting of members that are skipped. Known members nest
// as deep as their types do, which is less than ten.
const maxDepth = 64

// A TypeError reports a well-formed document in which a member has a value of
// the wrong type. It never holds the value.
type TypeError struct {
	Path string // member names as on the wire, such as "GameProperties[0].Key"; empty for the document itself
	Want string // what the member takes, such as "a string"
	Got  string // what the document has, such as "a number"
}

func (e *TypeError) Error() string {
	at := "the document"
	if e.Path != "" {
		at = e.Path
	}
	return fmt.Sprintf("%s takes %s, not %s", at, e.Want, e.Got)
}

// A SyntaxError reports bytes that are no document of their format.
type SyntaxError struct {
	Offset int    // in bytes, from the start of the document
	Reason string // such as "unexpected end"
}

func (e *SyntaxError) Error() string {
	return fmt.Sprintf("%s at byte %d", e.Reason, e.Offset)
}

// inside puts the step from a structure, list or map to one of its values in
// front of the path of a TypeError.
func inside(step string, err error) error {
	t, ok := err.(*TypeError)
	if !ok {
		return err
	}
	if t.Path != "" && !strings.HasPrefix(t.Path, "[") {
		step += "."
	}
	t.Path = step + t.Path
	return t
}
