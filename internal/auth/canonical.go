package auth

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"net/http"
	"net/textproto"
	"net/url"
	"path"
	"slices"
	"strconv"
	"strings"
)

const unsignedPayload = "UNSIGNED-PAYLOAD"

// appendPayload appends what stands for the body.
func appendPayload(b []byte, h http.Header, body []byte) ([]byte, error) {
	said := first(h, "X-Amz-Content-Sha256")
	if said == unsignedPayload {
		return append(b, said...), nil
	}
	sum := sha256.Sum256(body)
	b = hex.AppendEncode(b, sum[:])
	if said != "" && said != string(b[len(b)-hex.EncodedLen(len(sum)):]) {
		return nil, refuse(InvalidSignature, "The header X-Amz-Content-Sha256 is not the hash of the body in lower-case hex, nor %s. Signatures of chunks are not understood.", unsignedPayload)
	}
	return b, nil
}

// appendCanonical appends the canonical form of r: method, path, query, the
// signed headers, their names, and the hash of the payload.
func appendCanonical(b []byte, r *http.Request, path, signedHeaders string, body []byte) ([]byte, error) {
	b = append(append(b, r.Method...), '\n')
	b = append(appendEscaped(b, path, '/'), '\n') // once more, as every service but S3 has it
	b = append(appendQuery(b, r.URL), '\n')
	for name := range strings.SplitSeq(signedHeaders, ";") {
		b = append(append(b, name...), ':')
		var ok bool
		if b, ok = appendHeader(b, r, name); !ok {
			return nil, refuse(InvalidSignature, "The header %s is in SignedHeaders but has not arrived. Something between you and this server may have removed it.", quote(name))
		}
		b = append(b, '\n')
	}
	b = append(append(b, '\n'), signedHeaders...)
	return appendPayload(append(b, '\n'), r.Header, body)
}

// appendHeader appends the values of a header. The server keeps host and
// length elsewhere than among the headers.
func appendHeader(b []byte, r *http.Request, name string) ([]byte, bool) {
	switch name {
	case "host":
		return append(b, r.Host...), true
	case "content-length":
		return strconv.AppendInt(b, r.ContentLength, 10), r.ContentLength >= 0
	}
	values := r.Header[canonicalName(name)]
	for i, value := range values {
		if i > 0 {
			b = append(b, ',')
		}
		b = appendTrimmed(b, value)
	}
	return b, len(values) > 0
}

// canonicalName knows what clients sign, to save making the name anew.
func canonicalName(name string) string {
	switch name {
	case "accept":
		return "Accept"
	case "content-type":
		return "Content-Type"
	case "smithy-protocol":
		return "Smithy-Protocol"
	case "amz-sdk-invocation-id":
		return "Amz-Sdk-Invocation-Id"
	case "amz-sdk-request":
		return "Amz-Sdk-Request"
	case "x-amz-content-sha256":
		return "X-Amz-Content-Sha256"
	case "x-amz-date":
		return "X-Amz-Date"
	case "x-amz-security-token":
		return "X-Amz-Security-Token"
	case "x-amz-target":
		return "X-Amz-Target"
	case "x-amz-user-agent":
		return "X-Amz-User-Agent"
	}
	return textproto.CanonicalMIMEHeaderKey(name)
}

// appendTrimmed appends a header's value without spaces around it and with one
// space for several inside of it.
func appendTrimmed(b []byte, value string) []byte {
	value = strings.Trim(value, " \t")
	for {
		i := strings.Index(value, "  ")
		if i < 0 {
			return append(b, value...)
		}
		b = append(b, value[:i+1]...)
		value = strings.TrimLeft(value[i:], " ")
	}
}

// sentPath returns the path as it was sent, escaped.
func sentPath(u *url.URL) string { return cmp.Or(u.EscapedPath(), "/") }

// normalPath returns a path without empty segments, . and .. in it.
// Source: AWS Signature Version 4, canonical URI.
func normalPath(sent string) string {
	normal := path.Clean(sent)
	if strings.HasSuffix(sent, "/") && normal != "/" {
		normal += "/"
	}
	return normal
}

// appendQuery appends the query sorted by names, then values.
func appendQuery(b []byte, u *url.URL) []byte {
	if u.RawQuery == "" {
		return b
	}
	var pairs []string
	for name, values := range u.Query() {
		for _, value := range values {
			pair := append(appendEscaped(nil, name, 0), '=')
			pairs = append(pairs, string(appendEscaped(pair, value, 0)))
		}
	}
	slices.Sort(pairs)
	return append(b, strings.Join(pairs, "&")...)
}

// appendEscaped escapes all but unreserved characters and the one to keep.
// Source: RFC 3986, section 2.3.
func appendEscaped(b []byte, s string, keep byte) []byte {
	const digits = "0123456789ABCDEF"
	for i := range len(s) {
		c := s[i]
		alnum := 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9'
		if alnum || c == '-' || c == '_' || c == '.' || c == '~' || c == keep && keep != 0 {
			b = append(b, c)
		} else {
			b = append(b, '%', digits[c>>4], digits[c&15])
		}
	}
	return b
}
