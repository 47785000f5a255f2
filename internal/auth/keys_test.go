package auth_test

import (
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/musterhq/muster/internal/auth"
)

func TestParseKeys(t *testing.T) {
	keys, err := auth.ParseKeys(strings.NewReader("\ufeff# who may ask\n\n  AKID-1 \t wJalr/XU+=#  \r\nAKID_2 other token\n"))
	if err != nil || keys.Len() != 2 {
		t.Errorf("got %d keys, %v", keys.Len(), err)
	}
}

func TestParseKeysRefuses(t *testing.T) {
	for file, want := range map[string]string{
		"":                                 "no keys: add a line ID SECRET",
		"# A B\n":                          "no keys: add a line ID SECRET",
		"\nAKID":                           "line 2: no secret: a line is ID SECRET or ID SECRET TOKEN",
		"A hush token more":                "line 1: 4 words: a line is ID SECRET or ID SECRET TOKEN",
		"A hush\n#\nA hush":                "line 3: key A is on line 1 already: remove one",
		"A/B hush":                         "line 1: the key's id, its first word, has at most 128 letters, digits, hyphens and underscores",
		strings.Repeat("A", 129) + " hush": "line 1: the key's id, its first word, has at most 128 letters, digits, hyphens and underscores",
		`{"AKID": "hush"}`:                 "line 1: the key's id, its first word, has at most 128 letters, digits, hyphens and underscores",
	} {
		_, err := auth.ParseKeys(strings.NewReader(file))
		if err == nil || err.Error() != want || strings.Contains(err.Error(), "hush") {
			t.Errorf("%q: got %v, want %s", file, err, want)
		}
	}
	if _, err := auth.ParseKeys(strings.NewReader("A " + strings.Repeat("s", 1<<20))); err == nil {
		t.Error("a line of a megabyte is taken")
	}
}

func TestOpen(t *testing.T) {
	file := filepath.Join(t.TempDir(), "keys")
	if _, err := auth.Open(file); !os.IsNotExist(unwrapped(err)) {
		t.Errorf("no file: %v", err)
	}
	if err := os.WriteFile(file, []byte("AKIDEXAMPLE"), 0o644); err != nil {
		t.Fatal(err)
	}
	if _, err := auth.Open(file); err == nil || !strings.Contains(err.Error(), file+": line 1: no secret") {
		t.Errorf("a broken file: %v", err)
	}
	if err := auth.CheckPrivate(file); err == nil || !strings.Contains(err.Error(), "chmod 600") {
		t.Errorf("a file for all: %v", err)
	}
	if err := os.WriteFile(file, []byte("AKIDEXAMPLE secret"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(file, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := auth.CheckPrivate(file); err != nil {
		t.Error(err)
	}
	v, err := auth.Open(file)
	if err != nil || v.Keys.Len() != 1 {
		t.Errorf("got %v", err)
	}
}

func unwrapped(err error) error {
	for {
		inner, ok := err.(interface{ Unwrap() error })
		if !ok {
			return err
		}
		if _, isPath := err.(*os.PathError); isPath {
			return err
		}
		err = inner.Unwrap()
	}
}

func TestKeysHideTheirSecrets(t *testing.T) {
	key := auth.Key{ID: "AKID", Secret: "hush", Token: "hush"}
	var log strings.Builder
	slog.New(slog.NewTextHandler(&log, nil)).Info("key", "key", key)
	for _, printed := range []string{fmt.Sprint(key), fmt.Sprintf("%+v", key), fmt.Sprintf("%#v", key), log.String()} {
		if strings.Contains(printed, "hush") || !strings.Contains(printed, "AKID") {
			t.Errorf("printed %s", printed)
		}
	}
	keys := auth.NewKeys(key)
	for _, value := range []any{keys, &keys, &auth.Verifier{Keys: keys}} {
		slog.New(slog.NewJSONHandler(&log, nil)).Info("keys", "keys", value)
		if printed := fmt.Sprintf("%v %+v %#v", value, value, value) + log.String(); strings.Contains(printed, "hush") {
			t.Errorf("printed %s", printed)
		}
	}
}

func TestComputeTokens(t *testing.T) {
	form := regexp.MustCompile(`^[a-z0-9]{52}$`)
	seen := map[string]bool{}
	for range 1000 {
		token := auth.NewComputeToken()
		if !form.MatchString(token) || seen[token] {
			t.Fatalf("token %q", token)
		}
		seen[token] = true
	}
	token := auth.NewComputeToken()
	hash := auth.HashToken(token)
	if !auth.TokenMatches(hash, token) || auth.TokenMatches(hash, token[1:]) || auth.TokenMatches("", "") || strings.Contains(hash, token) {
		t.Errorf("token %s, hash %s", token, hash)
	}
}
