package auth

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"strings"
)

// A Key is an access key. It prints as its id alone.
type Key struct {
	ID     string // public
	Secret string
	Token  string // a session token that requests must bring along; empty: none
}

// String hides the secret.
func (k Key) String() string { return k.ID }

// GoString hides the secret.
func (k Key) GoString() string { return fmt.Sprintf("auth.Key(%q)", k.ID) }

// LogValue hides the secret.
func (k Key) LogValue() slog.Value { return slog.StringValue(k.ID) }

// Keys are a set of keys with distinct ids. The zero value is empty.
type Keys struct{ byID map[string]Key }

// NewKeys returns the set of the given keys; of several with one id the last.
func NewKeys(keys ...Key) Keys {
	set := Keys{byID: map[string]Key{}}
	for _, k := range keys {
		set.byID[k.ID] = k
	}
	return set
}

// String counts the keys, and shows none.
func (k Keys) String() string { return fmt.Sprintf("%d keys", k.Len()) }

// GoString is String.
func (k Keys) GoString() string { return k.String() }

// LogValue is String.
func (k Keys) LogValue() slog.Value { return slog.StringValue(k.String()) }

// Len is the number of keys.
func (k Keys) Len() int { return len(k.byID) }

// ReadKeys reads a key file: one key a line, as
//
//	ID SECRET [TOKEN]
//
// with spaces or tabs between. Empty lines and lines that start with # are
// skipped. An id has at most 128 letters, digits, hyphens and underscores. A
// file without keys is an error, since it would let nobody in.
func ReadKeys(file string) (Keys, error) {
	f, err := os.Open(file)
	if err != nil {
		return Keys{}, fmt.Errorf("read keys: %w", err)
	}
	defer f.Close()
	keys, err := ParseKeys(f)
	if err != nil {
		return Keys{}, fmt.Errorf("read keys: %s: %w", file, err)
	}
	return keys, nil
}

// byteOrderMark is what editors on Windows begin a file with.
const byteOrderMark = "\ufeff"

// ParseKeys is ReadKeys for what has been opened already.
func ParseKeys(r io.Reader) (Keys, error) {
	keys, lines := NewKeys(), map[string]int{}
	scanner := bufio.NewScanner(r)
	for number := 1; scanner.Scan(); number++ {
		fields := strings.Fields(strings.TrimPrefix(scanner.Text(), byteOrderMark))
		if len(fields) == 0 || strings.HasPrefix(fields[0], "#") {
			continue
		}
		key, err := parseKey(fields)
		if err != nil {
			return Keys{}, fmt.Errorf("line %d: %w", number, err)
		}
		if earlier, ok := lines[key.ID]; ok {
			return Keys{}, fmt.Errorf("line %d: key %s is on line %d already: remove one", number, key.ID, earlier)
		}
		keys.byID[key.ID], lines[key.ID] = key, number
	}
	if err := scanner.Err(); err != nil {
		return Keys{}, err
	}
	if keys.Len() == 0 {
		return Keys{}, errors.New("no keys: add a line ID SECRET")
	}
	return keys, nil
}

// parseKey never puts a field other than the id into an error.
func parseKey(fields []string) (Key, error) {
	id := fields[0]
	bad := strings.IndexFunc(id, func(r rune) bool {
		return !('a' <= r && r <= 'z' || 'A' <= r && r <= 'Z' || '0' <= r && r <= '9' || r == '-' || r == '_')
	})
	switch {
	case len(fields) == 1:
		return Key{}, errors.New("no secret: a line is ID SECRET or ID SECRET TOKEN")
	case len(fields) > 3:
		return Key{}, fmt.Errorf("%d words: a line is ID SECRET or ID SECRET TOKEN", len(fields))
	case bad >= 0 || len(id) > 128:
		return Key{}, errors.New("the key's id, its first word, has at most 128 letters, digits, hyphens and underscores")
	}
	key := Key{ID: id, Secret: fields[1]}
	if len(fields) == 3 {
		key.Token = fields[2]
	}
	return key, nil
}

// CheckPrivate returns an error, fit for a warning, if others than its owner
// may read the file.
func CheckPrivate(file string) error {
	info, err := os.Stat(file)
	if err != nil {
		return err
	}
	if mode := info.Mode().Perm(); mode&0o077 != 0 {
		return fmt.Errorf("key file %s can be read by others (mode %o): chmod 600 it", file, mode)
	}
	return nil
}
