// Package auth tells who is asking. It verifies AWS Signature Version 4 as the
// AWS SDKs put it on requests to the GameLift service API, and the form of it
// that game servers put into their websocket's URL; it reads the file of keys
// that both are checked against; and it makes the tokens that computes connect
// with.
//
// It decides nothing about what a key may do: every key may do everything. It
// does not sign.
//
// Start at [Verifier].
package auth

import (
	"crypto/sha256"
	"crypto/subtle"
	"encoding/hex"
	"net/http"
	"time"
)

// maxSkew is how far a signature's time may be from ours, in both directions.
// Source: AWS Signature Version 4.
const maxSkew = 5 * time.Minute

// A Verifier checks signatures. It may be used by many goroutines at once, and
// must not be copied after its first use.
type Verifier struct {
	// Keys are those who may ask. The zero value has none, so that nobody may.
	Keys Keys

	// Region is the one that signatures have to be for; empty: any.
	Region string

	// Now tells the time; nil: time.Now.
	Now func() time.Time

	signers signers
}

// Open returns a Verifier for the keys in the named file, which [ReadKeys]
// describes.
func Open(file string) (*Verifier, error) {
	keys, err := ReadKeys(file)
	if err != nil {
		return nil, err
	}
	return &Verifier{Keys: keys}, nil
}

// Verify checks the signature in the Authorization header of r over r and its
// body, which the caller has read. It returns nil or an [*Error].
//
// The request's own SignedHeaders say what is signed: clients differ in that.
// They have to include the host, the date, and the operation and session
// token if these are headers. The hash of the payload is that of body unless
// the header X-Amz-Content-Sha256 says UNSIGNED-PAYLOAD; a hash there has to
// be the right one. Signatures in the query are not looked at.
//
// Source: AWS Signature Version 4.
func (v *Verifier) Verify(r *http.Request, body []byte) error {
	c, err := parseAuthorization(r.Header["Authorization"])
	if err != nil {
		return err
	}
	if err := c.takeHeaders(r.Header); err != nil {
		return err
	}
	signer, err := v.admit(&c)
	if err != nil {
		return err
	}
	sent := sentPath(r.URL)
	canonical, err := appendCanonical(make([]byte, 0, 1024), r, sent, c.signedHeaders, body)
	if err != nil {
		return err
	}
	if v.matches(&c, signer, canonical) {
		return nil
	}
	// Go signs the path as it sends it, Python and JavaScript sign its normal form.
	if normal := normalPath(sent); normal != sent {
		canonical, err = appendCanonical(canonical[:0], r, normal, c.signedHeaders, body)
		if err != nil || v.matches(&c, signer, canonical) {
			return err
		}
	}
	return refuse(InvalidSignature, "The request signature we calculated does not match the signature you provided. Check the secret of key %s, and that nothing between you and this server changes headers or body.", quote(c.keyID))
}

// admit checks everything about a claim but its signature, and returns what to
// check that with.
func (v *Verifier) admit(c *claim) (*signer, error) {
	if err := c.checkScope(v.Region); err != nil {
		return nil, err
	}
	key, ok := v.Keys.byID[c.keyID]
	if !ok {
		return nil, refuse(UnrecognizedClient, "The security token included in the request is invalid: this server has no key %s. Use a key of its key file, or add this one there.", quote(c.keyID))
	}
	if key.Token != "" && subtle.ConstantTimeCompare([]byte(key.Token), []byte(c.token)) == 0 {
		return nil, refuse(UnrecognizedClient, "The security token included in the request is invalid: key %s needs the session token that stands beside it in the key file (AWS_SESSION_TOKEN).", quote(c.keyID))
	}
	if err := c.checkTime(v.now()); err != nil {
		return nil, err
	}
	return v.signers.get(scope{c.keyID, c.day, c.region}, key.Secret), nil
}

func (v *Verifier) now() time.Time {
	if v.Now == nil {
		return time.Now()
	}
	return v.Now()
}

// matches compares signatures in constant time, and remembers a signer that
// has proved to be of use: who does not have the secret cannot fill the memory.
func (v *Verifier) matches(c *claim, s *signer, canonical []byte) bool {
	var given [sha256.Size]byte
	if len(c.signature) != hex.EncodedLen(len(given)) {
		return false
	}
	if _, err := hex.Decode(given[:], []byte(c.signature)); err != nil {
		return false
	}
	if want := s.sign(c, canonical); subtle.ConstantTimeCompare(want[:], given[:]) == 0 {
		return false
	}
	v.signers.keep(s)
	return true
}
