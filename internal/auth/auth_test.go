package auth_test

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/gamelift"
	"pgregory.net/rapid"

	"github.com/musterhq/muster/internal/auth"
)

// TestCaptured verifies what the AWS CLI 2.9.19 has sent.
func TestCaptured(t *testing.T) {
	wire := strings.ReplaceAll(`POST / HTTP/1.1
Host: 127.0.0.1:18080
Accept-Encoding: identity
X-Amz-Target: GameLift.CreateGameSession
Content-Type: application/x-amz-json-1.1
User-Agent: aws-cli/2.9.19 Python/3.11.2 Linux/6.x source/x86_64.debian.12 prompt/off command/gamelift.create-game-session
X-Amz-Date: 20261122T212336Z
Authorization: AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20261122/us-east-1/gamelift/aws4_request, SignedHeaders=content-type;host;x-amz-date;x-amz-target, Signature=a77ac61f8fa5b69ae5f04a84869d425ef889d4e9ec009aefb3e41e615182de2a
Content-Length: 134

`, "\n", "\r\n") + `{"FleetId": "fleet-1", "MaximumPlayerSessionCount": 4, "GameProperties": [{"Key": "map", "Value": "dust"}], "IdempotencyToken": "abc"}`
	r, body := parsed(t, wire)
	v := verifierAt(time.Date(2026, 11, 22, 21, 23, 40, 0, time.UTC), auth.Key{ID: keyID, Secret: "secret"})
	if err := v.Verify(r, body); err != nil {
		t.Fatal(err)
	}
	body[3]++
	if code := codeOf(t, v.Verify(r, body)); code != auth.InvalidSignature {
		t.Errorf("another body: %q", code)
	}
}

// TestRealClient has the SDK's client call a server.
func TestRealClient(t *testing.T) {
	var verdict error
	v := &auth.Verifier{Keys: auth.NewKeys(auth.Key{ID: keyID, Secret: secret, Token: "session"})}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			t.Error(err)
		}
		verdict = v.Verify(r, body)
		w.Header().Set("Smithy-Protocol", "rpc-v2-cbor")
		w.Write([]byte{0xa0})
	}))
	defer server.Close()
	for token, want := range map[string]auth.Code{"session": "", "another": auth.UnrecognizedClient, "": auth.UnrecognizedClient} {
		client := gamelift.New(gamelift.Options{
			Region:       "eu-central-1",
			BaseEndpoint: aws.String(server.URL),
			Credentials:  credentials.NewStaticCredentialsProvider(keyID, secret, token),
		})
		if _, err := client.DescribeAlias(context.Background(), &gamelift.DescribeAliasInput{AliasId: aws.String("alias-1")}); err != nil {
			t.Fatal(err)
		}
		if code := codeOf(t, verdict); code != want {
			t.Errorf("session token %q: %v, want %q", token, verdict, want)
		}
	}
}

// TestWhateverTheSignerSigns checks requests with any path, query, headers and
// body against the SDK's signer.
func TestWhateverTheSignerSigns(t *testing.T) {
	v := verifierAt(noon)
	rapid.Check(t, func(rt *rapid.T) {
		body := rapid.StringN(0, 200, -1).Draw(rt, "body")
		path := rapid.StringMatching(`(/[a-zA-Z0-9._~%20-]{0,5}(%[2-7][0-9A-F])?){0,3}`).Draw(rt, "path")
		query := rapid.StringMatching(`([a-c](=([a-zA-Z+~]|%[2-7][0-9A-F]){0,4})?&?){0,4}`).Draw(rt, "query")
		r, err := http.NewRequest(http.MethodPost, "http://localhost:9080"+path+"?"+query, strings.NewReader(body))
		if err != nil {
			rt.Skip(err)
		}
		for range rapid.IntRange(0, 4).Draw(rt, "headers") {
			name := rapid.SampledFrom([]string{"Amz-Sdk-Request", "X-Amz-Meta", "Content-Type", "X-Other"}).Draw(rt, "name")
			r.Header.Add(name, rapid.StringMatching(`[a-z ,;="]{0,12}`).Draw(rt, "value"))
		}
		sign(t, r, body)
		in, got := received(t, r)
		if err := v.Verify(in, got); err != nil {
			rt.Fatalf("%v\n%s %s\n%v", err, in.Method, in.RequestURI, in.Header)
		}
	})
}

// TestTampering changes one thing of a good request at a time.
func TestTampering(t *testing.T) {
	authorization := func(from, to string) func(*http.Request, *[]byte) {
		return func(r *http.Request, _ *[]byte) {
			old := r.Header.Get("Authorization")
			changed := strings.Replace(old, from, to, 1)
			if changed == old {
				t.Fatalf("%q is not in %q", from, old)
			}
			r.Header.Set("Authorization", changed)
		}
	}
	header := func(name, value string) func(*http.Request, *[]byte) {
		return func(r *http.Request, _ *[]byte) { r.Header.Set(name, value) }
	}
	const list = "content-length;content-type;host;x-amz-date;x-amz-security-token;x-amz-target"
	for name, test := range map[string]struct {
		tamper func(*http.Request, *[]byte)
		want   auth.Code
	}{
		"nothing":           {func(*http.Request, *[]byte) {}, ""},
		"unsigned header":   {header("User-Agent", "another"), ""},
		"spaces":            {authorization(", SignedHeaders", ",SignedHeaders"), ""},
		"more spaces":       {authorization(", SignedHeaders", ",   SignedHeaders"), ""},
		"good payload hash": {header("X-Amz-Content-Sha256", "44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a"), ""},
		"body":              {func(_ *http.Request, b *[]byte) { *b = append(*b, ' ') }, auth.InvalidSignature},
		"method":            {func(r *http.Request, _ *[]byte) { r.Method = "PUT" }, auth.InvalidSignature},
		"path":              {func(r *http.Request, _ *[]byte) { r.URL.Path = "/x" }, auth.InvalidSignature},
		"query":             {func(r *http.Request, _ *[]byte) { r.URL.RawQuery = "a=b" }, auth.InvalidSignature},
		"host":              {func(r *http.Request, _ *[]byte) { r.Host = "elsewhere" }, auth.InvalidSignature},
		"length":            {func(r *http.Request, _ *[]byte) { r.ContentLength++ }, auth.InvalidSignature},
		"unknown length":    {func(r *http.Request, _ *[]byte) { r.ContentLength = -1 }, auth.InvalidSignature},
		"signed header":     {header("Content-Type", "application/json"), auth.InvalidSignature},
		"operation":         {header("X-Amz-Target", "GameLift.DeleteFleet"), auth.InvalidSignature},
		"second value":      {func(r *http.Request, _ *[]byte) { r.Header.Add("X-Amz-Target", "GameLift.DeleteFleet") }, auth.InvalidSignature},
		"missing header":    {func(r *http.Request, _ *[]byte) { r.Header.Del("Content-Type") }, auth.InvalidSignature},
		"session token":     {header("X-Amz-Security-Token", "another"), auth.InvalidSignature},
		"bad payload hash":  {header("X-Amz-Content-Sha256", strings.Repeat("0", 64)), auth.InvalidSignature},
		"chunks":            {header("X-Amz-Content-Sha256", "STREAMING-AWS4-HMAC-SHA256-PAYLOAD"), auth.InvalidSignature},
		"unsigned payload":  {header("X-Amz-Content-Sha256", "UNSIGNED-PAYLOAD"), auth.InvalidSignature},
		"time":              {header("X-Amz-Date", "20261122T120001Z"), auth.InvalidSignature},
		"day of the time":   {header("X-Amz-Date", "20261121T120000Z"), auth.InvalidSignature},
		"broken time":       {header("X-Amz-Date", "noon"), auth.IncompleteSignature},
		"no time":           {func(r *http.Request, _ *[]byte) { r.Header.Del("X-Amz-Date") }, auth.IncompleteSignature},
		"only an unsigned date": {func(r *http.Request, _ *[]byte) {
			r.Header.Del("X-Amz-Date")
			r.Header.Set("Date", noon.Format(http.TimeFormat))
		}, auth.IncompleteSignature},
		"signature":         {authorization("Signature=", "Signature=0"), auth.InvalidSignature},
		"signature not hex": {authorization("Signature=", "Signature=x"), auth.InvalidSignature},
		"signature cut": {func(r *http.Request, _ *[]byte) {
			a := r.Header.Get("Authorization")
			r.Header.Set("Authorization", a[:len(a)-2])
		}, auth.InvalidSignature},
		"key":                    {authorization(keyID, "AKIDOTHER"), auth.UnrecognizedClient},
		"day":                    {authorization("/20261122/", "/20261123/"), auth.InvalidSignature},
		"region":                 {authorization("us-east-1", "us-west-2"), auth.InvalidSignature},
		"service":                {authorization("/gamelift/", "/s3/"), auth.InvalidSignature},
		"terminator":             {authorization("aws4_request", "aws5_request"), auth.InvalidSignature},
		"order of headers":       {authorization(list, "content-type;content-length;host;x-amz-date;x-amz-security-token;x-amz-target"), auth.InvalidSignature},
		"host not signed":        {authorization(list, "content-length;content-type;x-amz-date;x-amz-security-token;x-amz-target"), auth.IncompleteSignature},
		"operation not signed":   {authorization(list, "content-length;content-type;host;x-amz-date;x-amz-security-token"), auth.IncompleteSignature},
		"token not signed":       {authorization(list, "content-length;content-type;host;x-amz-date;x-amz-target"), auth.IncompleteSignature},
		"type not signed":        {authorization(list, "content-length;host;x-amz-date;x-amz-security-token;x-amz-target"), auth.InvalidSignature},
		"no authorization":       {func(r *http.Request, _ *[]byte) { r.Header.Del("Authorization") }, auth.MissingAuthenticationToken},
		"empty authorization":    {header("Authorization", ""), auth.MissingAuthenticationToken},
		"two authorizations":     {func(r *http.Request, _ *[]byte) { r.Header.Add("Authorization", "x") }, auth.IncompleteSignature},
		"another scheme":         {header("Authorization", "Bearer abc"), auth.IncompleteSignature},
		"another algorithm":      {authorization("AWS4-HMAC-SHA256", "AWS4-ECDSA-P256-SHA256"), auth.IncompleteSignature},
		"no fields":              {header("Authorization", "AWS4-HMAC-SHA256"), auth.IncompleteSignature},
		"no signature":           {authorization(", Signature=", ", Sig="), auth.IncompleteSignature},
		"credential twice":       {authorization("AWS4-HMAC-SHA256 ", "AWS4-HMAC-SHA256 Credential=x, "), auth.IncompleteSignature},
		"short credential":       {authorization("/gamelift/aws4_request", ""), auth.IncompleteSignature},
		"long credential":        {authorization("/gamelift/", "/gamelift/x/"), auth.IncompleteSignature},
		"credential without key": {authorization(keyID, ""), auth.IncompleteSignature},
		"short day":              {authorization("/20261122/", "/2026/"), auth.InvalidSignature},
		"long day":               {authorization("/20261122/", "/20261122T120000Z00/"), auth.InvalidSignature},
		"empty day":              {authorization("/20261122/", "//"), auth.InvalidSignature},
	} {
		t.Run(name, func(t *testing.T) {
			r := request(t, "http://localhost:9080", "{}")
			signAs(t, r, "{}", "gamelift", "us-east-1", aws.Credentials{AccessKeyID: keyID, SecretAccessKey: secret, SessionToken: "t"})
			in, body := received(t, r)
			v := verifierAt(noon)
			if err := v.Verify(in, body); err != nil {
				t.Fatal(err)
			}
			test.tamper(in, &body)
			err := v.Verify(in, body)
			if code := codeOf(t, err); code != test.want {
				t.Fatalf("got %v, want %q", err, test.want)
			}
			if code := codeOf(t, verifierAt(noon).Verify(in, body)); code != test.want {
				t.Fatalf("without a remembered key: got %q, want %q", code, test.want)
			}
		})
	}
}

func TestSkew(t *testing.T) {
	r := request(t, "http://localhost:9080", "")
	sign(t, r, "")
	in, body := received(t, r)
	for skew, want := range map[time.Duration]string{
		0: "", 5 * time.Minute: "", -5 * time.Minute: "",
		5*time.Minute + time.Second:  "Signature expired: 20261122T120000Z",
		-5*time.Minute - time.Second: "Signature not yet current: 20261122T120000Z",
		24 * time.Hour:               "and that the client signs in UTC",
	} {
		err := verifierAt(noon.Add(skew)).Verify(in, body)
		if code := codeOf(t, err); (code != "") != (want != "") || !strings.Contains(fmt.Sprint(err), want) {
			t.Errorf("%v: got %v, want %q", skew, err, want)
		}
	}
}

func TestWhoMayAsk(t *testing.T) {
	for name, test := range map[string]struct {
		verifier *auth.Verifier
		want     auth.Code
	}{
		"another secret": {verifierAt(noon, auth.Key{ID: keyID, Secret: "another"}), auth.InvalidSignature},
		"another key":    {verifierAt(noon, auth.Key{ID: "AKIDOTHER", Secret: secret}), auth.UnrecognizedClient},
		"no keys":        {&auth.Verifier{Now: func() time.Time { return noon }}, auth.UnrecognizedClient},
		"many keys":      {verifierAt(noon, auth.Key{ID: "AKIDOTHER", Secret: "x"}, auth.Key{ID: keyID, Secret: secret}), ""},
		"needs a token":  {verifierAt(noon, auth.Key{ID: keyID, Secret: secret, Token: "t"}), auth.UnrecognizedClient},
		"right region":   {&auth.Verifier{Keys: auth.NewKeys(auth.Key{ID: keyID, Secret: secret}), Region: "us-east-1", Now: func() time.Time { return noon }}, ""},
		"wrong region":   {&auth.Verifier{Keys: auth.NewKeys(auth.Key{ID: keyID, Secret: secret}), Region: "us-west-2", Now: func() time.Time { return noon }}, auth.InvalidSignature},
	} {
		r := request(t, "http://localhost:9080", "{}")
		sign(t, r, "{}")
		in, body := received(t, r)
		for range 2 {
			if code := codeOf(t, test.verifier.Verify(in, body)); code != test.want {
				t.Errorf("%s: got %q, want %q", name, code, test.want)
			}
		}
	}
}

func TestUnsignedPayload(t *testing.T) {
	r := request(t, "http://localhost:9080", "{}")
	r.Header.Set("X-Amz-Content-Sha256", "UNSIGNED-PAYLOAD")
	sign(t, r, "{}")
	in, body := received(t, r)
	if err := verifierAt(noon).Verify(in, append(body, ' ')); err != nil {
		t.Error(err)
	}
}

// TestHeaderValues sends a header in several lines and with spaces, which
// proxies may join and which are signed joined.
func TestHeaderValues(t *testing.T) {
	r := request(t, "http://localhost:9080", "")
	r.Header["X-Amz-Meta"] = []string{"  a   b ", "", "c"}
	sign(t, r, "")
	in, body := received(t, r)
	in.Header["X-Amz-Meta"] = []string{"a b,,c"}
	if err := verifierAt(noon).Verify(in, body); err != nil {
		t.Error(err)
	}
}

// TestNormalPath signs a path without empty and dot segments and sends it with
// them, as clients in Python and JavaScript do with the path of an endpoint.
func TestNormalPath(t *testing.T) {
	for _, test := range []struct {
		signed, sent string
		want         auth.Code
	}{
		{"/", "//", ""},
		{"/a/b", "/a//b", ""},
		{"/a/b/", "//a/./b/", ""},
		{"/b", "/a/../b", ""},
		{"/a%20b", "/a%20b/.", ""},
		{"/a//b", "/a//b", ""},
		{"/a", "/a/", auth.InvalidSignature},
		{"/a//b", "/a/b", auth.InvalidSignature},
		{"/b", "/a/%2e%2e/b", auth.InvalidSignature},
	} {
		r := request(t, "http://localhost:9080"+test.signed, "{}")
		sign(t, r, "{}")
		in, body := received(t, r)
		sent, err := url.Parse("http://localhost:9080" + test.sent)
		if err != nil {
			t.Fatal(err)
		}
		in.URL = sent
		if code := codeOf(t, verifierAt(noon).Verify(in, body)); code != test.want {
			t.Errorf("signed %s, sent %s: got %q, want %q", test.signed, test.sent, code, test.want)
		}
	}
}

// TestDateHeader signs without X-Amz-Date, as the specification allows.
func TestDateHeader(t *testing.T) {
	r := request(t, "http://localhost:9080", "{}")
	r.Header.Set("Date", noon.Format(http.TimeFormat))
	referenceSign(r, "{}", []string{"date", "host", "x-amz-target"})
	in, body := received(t, r)
	if err := verifierAt(noon).Verify(in, body); err != nil {
		t.Error(err)
	}
	if code := codeOf(t, verifierAt(noon.Add(time.Hour)).Verify(in, body)); code != auth.InvalidSignature {
		t.Errorf("an hour later: %q", code)
	}
}

// TestManyRegions goes through more signing keys than are remembered.
func TestManyRegions(t *testing.T) {
	v := verifierAt(noon)
	creds := aws.Credentials{AccessKeyID: keyID, SecretAccessKey: secret}
	for i := range 1100 {
		r := request(t, "http://localhost:9080", "")
		signAs(t, r, "", "gamelift", fmt.Sprintf("xx-test-%d", i%1050), creds)
		if err := v.Verify(r, nil); err != nil {
			t.Fatal(i, err)
		}
	}
}

func FuzzVerify(f *testing.F) {
	r := request(f, "http://localhost:9080", "{}")
	sign(f, r, "{}")
	good := r.Header.Get("Authorization")
	f.Add(good, r.Header.Get("X-Amz-Date"))
	f.Add("AWS4-HMAC-SHA256 Credential=a/b/c/d/e,SignedHeaders=;;,Signature=", "20261122T120000Z")
	f.Add("", "")
	v := verifierAt(noon)
	f.Fuzz(func(t *testing.T, authorization, date string) {
		r := request(t, "http://localhost:9080", "{}")
		r.Header["Authorization"] = []string{authorization}
		r.Header["X-Amz-Date"] = []string{date}
		if code := codeOf(t, v.Verify(r, []byte("{}"))); code == "" && !strings.Contains(authorization, good[len(good)-64:]) {
			t.Errorf("let in %q", authorization)
		}
	})
}

func BenchmarkVerify(b *testing.B) {
	body := `{"GameSessionId":"arn:aws:gamelift:us-west-2::gamesession/fleet-8a8e55eb/custom-here/6aa3a161","PlayerId":"player-1"}`
	r := request(b, "http://localhost:9080", body)
	sign(b, r, body, func(o *v4.SignerOptions) { o.DisableURIPathEscaping = false })
	in, got := received(b, r)
	v := verifierAt(noon)
	b.Run("one caller", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			if err := v.Verify(in, got); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("all cores", func(b *testing.B) {
		b.RunParallel(func(pb *testing.PB) {
			for pb.Next() {
				if err := v.Verify(in, got); err != nil {
					b.Fatal(err)
				}
			}
		})
	})
	b.Run("no remembered key", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			if err := verifierAt(noon).Verify(in, got); err != nil {
				b.Fatal(err)
			}
		}
	})
}
