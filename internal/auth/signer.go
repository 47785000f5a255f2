package auth

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"hash"
	"sync"
)

// A scope is what a signing key is derived for. Secrets of one key id do not
// change while a Verifier lives.
type scope struct{ keyID, day, region string }

// A signer signs with the key derived for a scope. It may be used by many
// goroutines at once.
type signer struct {
	scope
	pens sync.Pool // of *pen
}

// A pen is what one signature is made with. Pens are used again, since a
// signature is made for every request.
type pen struct {
	mac  hash.Hash // ready to be reset and used
	text []byte
}

// newSigner derives the signing key. Source: AWS Signature Version 4.
func newSigner(s scope, secret string) *signer {
	key := []byte("AWS4" + secret)
	for _, part := range []string{s.day, s.region, service, terminator} {
		mac := hmac.New(sha256.New, key)
		mac.Write([]byte(part))
		key = mac.Sum(nil)
	}
	sg := &signer{scope: s}
	sg.pens.New = func() any { return &pen{mac: hmac.New(sha256.New, key)} }
	return sg
}

// sign returns the signature that a claim should have, for a canonical request.
func (s *signer) sign(c *claim, canonical []byte) (signature [sha256.Size]byte) {
	p := s.pens.Get().(*pen)
	defer s.pens.Put(p)
	hash := sha256.Sum256(canonical)
	p.text = append(p.text[:0], algorithm+"\n"...)
	p.text = append(append(p.text, c.at...), '\n')
	p.text = append(append(p.text, c.scope...), '\n')
	p.text = hex.AppendEncode(p.text, hash[:])
	p.mac.Reset()
	p.mac.Write(p.text)
	p.text = p.mac.Sum(p.text[:0])
	copy(signature[:], p.text)
	return signature
}

// maxSigners bounds the signers that are remembered. There are two days at a
// time for each key and region.
const maxSigners = 1024

// signers remembers the signers that were of use. The zero value is empty.
type signers struct {
	mu      sync.RWMutex
	byScope map[scope]*signer
}

// get returns the signer for a scope, remembered or made for the occasion.
func (s *signers) get(sc scope, secret string) *signer {
	s.mu.RLock()
	known := s.byScope[sc]
	s.mu.RUnlock()
	if known != nil {
		return known
	}
	return newSigner(sc, secret)
}

// keep remembers a signer. One too many starts the memory anew, which costs
// each of those in use one derivation.
func (s *signers) keep(sg *signer) {
	s.mu.RLock()
	known := s.byScope[sg.scope] != nil
	s.mu.RUnlock()
	if known {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.byScope == nil || len(s.byScope) >= maxSigners {
		s.byScope = map[scope]*signer{}
	}
	s.byScope[sg.scope] = sg
}
