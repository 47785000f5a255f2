package auth

import (
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base32"
	"encoding/hex"
)

var tokenEncoding = base32.NewEncoding("abcdefghijklmnopqrstuvwxyz234567").WithPadding(base32.NoPadding)

// NewComputeToken returns a token for a compute to connect with: 256 random
// bits as 52 characters of a-z and 2-7. Those need no escaping in a URL, which
// matters because some game servers do none, and satisfy the service's own
// pattern of 1 to 64 letters, digits and hyphens.
//
// Source: GameLift service API, ComputeAuthToken.
func NewComputeToken() string {
	var b [32]byte
	rand.Read(b[:]) // never fails
	return tokenEncoding.EncodeToString(b[:])
}

// HashToken returns what to keep of a token: its SHA-256 in hex. No salt is
// needed, since nobody can go through all tokens.
func HashToken(token string) string {
	sum := sha256.Sum256([]byte(token))
	return hex.EncodeToString(sum[:])
}

// TokenMatches reports whether hash is that of token, in a time that does not
// depend on where they differ.
func TokenMatches(hash, token string) bool {
	return subtle.ConstantTimeCompare([]byte(hash), []byte(HashToken(token))) == 1
}
