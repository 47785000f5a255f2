package auth_test

import (
	"bufio"
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"

	"github.com/musterhq/muster/internal/auth"
)

const (
	keyID  = "AKIDEXAMPLE"
	secret = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"
)

var noon = time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)

func verifierAt(at time.Time, keys ...auth.Key) *auth.Verifier {
	if keys == nil {
		keys = []auth.Key{{ID: keyID, Secret: secret}}
	}
	return &auth.Verifier{Keys: auth.NewKeys(keys...), Now: func() time.Time { return at }}
}

// received is the request as a server reads it from a connection.
func received(t testing.TB, r *http.Request) (*http.Request, []byte) {
	t.Helper()
	var wire bytes.Buffer
	if err := r.Write(&wire); err != nil {
		t.Fatal(err)
	}
	return parsed(t, wire.String())
}

func parsed(t testing.TB, wire string) (*http.Request, []byte) {
	t.Helper()
	r, err := http.ReadRequest(bufio.NewReader(strings.NewReader(wire)))
	if err != nil {
		t.Fatal(err)
	}
	body, err := io.ReadAll(r.Body)
	if err != nil {
		t.Fatal(err)
	}
	return r, body
}

// request is a call as the CLI makes it, not yet signed.
func request(t testing.TB, url, body string) *http.Request {
	t.Helper()
	r, err := http.NewRequest(http.MethodPost, url, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/x-amz-json-1.1")
	r.Header.Set("X-Amz-Target", "GameLift.CreateGameSession")
	return r
}

// sign has the SDK's own signer sign r at noon.
func sign(t testing.TB, r *http.Request, body string, options ...func(*v4.SignerOptions)) {
	t.Helper()
	signAs(t, r, body, "gamelift", "us-east-1", aws.Credentials{AccessKeyID: keyID, SecretAccessKey: secret}, options...)
}

func signAs(t testing.TB, r *http.Request, body, service, region string, creds aws.Credentials, options ...func(*v4.SignerOptions)) {
	t.Helper()
	hash := r.Header.Get("X-Amz-Content-Sha256")
	if hash == "" {
		sum := sha256.Sum256([]byte(body))
		hash = hex.EncodeToString(sum[:])
	}
	if err := v4.NewSigner().SignHTTP(context.Background(), creds, r, hash, service, region, noon, options...); err != nil {
		t.Fatal(err)
	}
}

// codeOf is empty for a request that is let in.
func codeOf(t testing.TB, err error) auth.Code {
	t.Helper()
	var refused *auth.Error
	if err != nil && !errors.As(err, &refused) {
		t.Fatalf("not an *auth.Error: %v", err)
	}
	if refused == nil {
		return ""
	}
	if strings.Contains(refused.Message, secret) || refused.Message == "" {
		t.Errorf("message %q", refused.Message)
	}
	return refused.Code
}
