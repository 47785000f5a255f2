package bench

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"hash"
	"time"
)

// The key that every server under measurement takes.
const (
	keyID  = "AKIDBENCH"
	secret = "muster-bench-secret"
	region = "us-east-1"
)

// A signer signs requests of one form: it derives the key once a day, as SDKs
// do, and makes everything else for each request.
type signer struct {
	canonical string // what comes before the date
	between   string // the date and the end of the headers
	signed    string // names of headers

	day   string
	mac   hash.Hash // with the day's key
	scope string
	text  []byte
}

func digest(key []byte, text string) []byte {
	mac := hmac.New(sha256.New, key)
	mac.Write([]byte(text))
	return mac.Sum(nil)
}

// begin derives the key of a day. Source: AWS Signature Version 4.
func (s *signer) begin(day string) {
	key := digest([]byte("AWS4"+secret), day)
	for _, part := range []string{region, "gamelift", "aws4_request"} {
		key = digest(key, part)
	}
	s.day, s.mac = day, hmac.New(sha256.New, key)
	s.scope = day + "/" + region + "/gamelift/aws4_request"
}

// appendHeaders appends X-Amz-Date and Authorization for a request with that
// body, sent now.
func (s *signer) appendHeaders(b []byte, now time.Time, body []byte) []byte {
	var stamp [16]byte
	at := now.UTC().AppendFormat(stamp[:0], "20060102T150405Z")
	if day := at[:8]; string(day) != s.day {
		s.begin(string(day))
	}
	b = append(append(b, "X-Amz-Date: "...), at...)
	b = append(b, "\r\nAuthorization: AWS4-HMAC-SHA256 Credential="+keyID+"/"...)
	b = append(b, s.scope...)
	b = append(append(b, ", SignedHeaders="...), s.signed...)
	b = append(b, ", Signature="...)
	b = hex.AppendEncode(b, s.signature(at, body))
	return append(b, "\r\n"...)
}

func (s *signer) signature(at, body []byte) []byte {
	payload := sha256.Sum256(body)
	s.text = append(append(s.text[:0], s.canonical...), at...)
	s.text = append(append(s.text, s.between...), s.signed...)
	s.text = hex.AppendEncode(append(s.text, '\n'), payload[:])
	request := sha256.Sum256(s.text)
	s.text = append(append(s.text[:0], "AWS4-HMAC-SHA256\n"...), at...)
	s.text = append(append(s.text, '\n'), s.scope...)
	s.text = hex.AppendEncode(append(s.text, '\n'), request[:])
	s.mac.Reset()
	s.mac.Write(s.text)
	return s.mac.Sum(s.text[:0])
}
