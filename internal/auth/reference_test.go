package auth_test

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/musterhq/muster/internal/auth"
)

// mac, reference and referenceSign are the signature written down as plainly
// as the specification has it.
func mac(key []byte, text string) []byte {
	h := hmac.New(sha256.New, key)
	h.Write([]byte(text))
	return h.Sum(nil)
}

func sha(text string) string {
	sum := sha256.Sum256([]byte(text))
	return hex.EncodeToString(sum[:])
}

func reference(secret, region, canonical string, at time.Time) (scope, signature string) {
	day := at.Format("20060102")
	scope = day + "/" + region + "/gamelift/aws4_request"
	key := mac(mac(mac(mac([]byte("AWS4"+secret), day), region), "gamelift"), "aws4_request")
	text := "AWS4-HMAC-SHA256\n" + at.Format("20060102T150405Z") + "\n" + scope + "\n" + sha(canonical)
	return scope, hex.EncodeToString(mac(key, text))
}

func referenceSign(r *http.Request, body string, names []string) {
	canonical := r.Method + "\n/\n\n"
	for _, name := range names {
		value := r.Header.Get(name)
		if name == "host" {
			value = r.Host
		}
		canonical += name + ":" + value + "\n"
	}
	list := strings.Join(names, ";")
	scope, signature := reference(secret, "us-east-1", canonical+"\n"+list+"\n"+sha(body), noon)
	r.Header.Set("Authorization", fmt.Sprintf("AWS4-HMAC-SHA256 Credential=%s/%s, SignedHeaders=%s, Signature=%s", keyID, scope, list, signature))
}

// TestReference ties the reference to a signature that the server SDK for Go
// expects in its own tests.
func TestReference(t *testing.T) {
	at := time.Date(2024, 8, 5, 10, 0, 0, 0, time.UTC)
	_, got := reference("testSecretKey", "us-east-1", "param1=value1&param2=value2", at)
	if want := "2601fe291f4b43a63f6ffb0e1d9085a1edbaa2a866c96511e153af3408bfe771"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

// serverQuery is what a game server sends, its three signed values escaped by
// escape for the signature.
func serverQuery(compute, fleet, process string, escape func(string) string) url.Values {
	canonical := "ComputeId=" + escape(compute) + "&FleetId=" + escape(fleet) + "&pID=" + escape(process)
	scope, signature := reference(secret, "us-west-2", canonical, noon)
	return url.Values{
		"ComputeId": {compute}, "FleetId": {fleet}, "pID": {process}, "sdkVersion": {"5.6.0"}, "sdkLanguage": {"Go"},
		"Authorization": {"SigV4"}, "X-Amz-Algorithm": {"AWS4-HMAC-SHA256"}, "X-Amz-Date": {noon.Format("20060102T150405Z")},
		"X-Amz-Credential": {keyID + "/" + scope}, "X-Amz-Signature": {signature}, "X-Amz-Security-Token": {"session"},
	}
}

// rfc3986 escapes as the server SDKs in C++ and C# do.
func rfc3986(s string) string { return strings.ReplaceAll(url.QueryEscape(s), "+", "%20") }

func TestVerifyServerSDK(t *testing.T) {
	v := verifierAt(noon, auth.Key{ID: keyID, Secret: secret, Token: "session"})
	for name, escape := range map[string]func(string) string{"Go": url.QueryEscape, "C++": rfc3986} {
		query, err := url.ParseQuery(serverQuery("task/0a1b-2c", "fleet-1", "process 1 ü+/", escape).Encode())
		if err != nil {
			t.Fatal(err)
		}
		if err := v.VerifyServerSDK(query); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestServerSDKTampering(t *testing.T) {
	for name, test := range map[string]struct {
		tamper func(url.Values)
		want   auth.Code
	}{
		"nothing":           {func(url.Values) {}, ""},
		"another parameter": {func(q url.Values) { q.Set("sdkVersion", "5.0.0") }, ""},
		"compute":           {func(q url.Values) { q.Set("ComputeId", "other") }, auth.InvalidSignature},
		"fleet":             {func(q url.Values) { q.Set("FleetId", "fleet-2") }, auth.InvalidSignature},
		"process":           {func(q url.Values) { q.Set("pID", "p2") }, auth.InvalidSignature},
		"moved border":      {func(q url.Values) { q.Set("ComputeId", "c&FleetId=fleet-1"); q.Set("FleetId", "fleet-1") }, auth.InvalidSignature},
		"signature":         {func(q url.Values) { q.Set("X-Amz-Signature", strings.Repeat("0", 64)) }, auth.InvalidSignature},
		"time":              {func(q url.Values) { q.Set("X-Amz-Date", "20261122T120001Z") }, auth.InvalidSignature},
		"old":               {func(q url.Values) { q.Set("X-Amz-Date", "20261122T110000Z") }, auth.InvalidSignature},
		"token":             {func(q url.Values) { q.Set("X-Amz-Security-Token", "other") }, auth.UnrecognizedClient},
		"no token":          {func(q url.Values) { q.Del("X-Amz-Security-Token") }, auth.UnrecognizedClient},
		"key":               {func(q url.Values) { q.Set("X-Amz-Credential", "X/20261122/us-west-2/gamelift/aws4_request") }, auth.UnrecognizedClient},
		"credential":        {func(q url.Values) { q.Set("X-Amz-Credential", "X") }, auth.IncompleteSignature},
		"algorithm":         {func(q url.Values) { q.Set("X-Amz-Algorithm", "none") }, auth.IncompleteSignature},
		"second fleet":      {func(q url.Values) { q.Add("FleetId", "fleet-2") }, auth.IncompleteSignature},
		"no process":        {func(q url.Values) { q.Del("pID") }, auth.IncompleteSignature},
		"no signature":      {func(q url.Values) { q.Del("X-Amz-Signature") }, auth.IncompleteSignature},
		"compute token":     {func(q url.Values) { q.Set("Authorization", "abc") }, auth.MissingAuthenticationToken},
		"neither":           {func(q url.Values) { q.Del("Authorization") }, auth.MissingAuthenticationToken},
	} {
		query := serverQuery("c", "fleet-1", "p1", url.QueryEscape)
		test.tamper(query)
		v := verifierAt(noon, auth.Key{ID: keyID, Secret: secret, Token: "session"})
		if code := codeOf(t, v.VerifyServerSDK(query)); code != test.want {
			t.Errorf("%s: got %q, want %q", name, code, test.want)
		}
	}
}
