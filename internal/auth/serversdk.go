package auth

import (
	"net/url"
	"strings"
)

// VerifyServerSDK checks the signature that a game server without a compute
// token puts into the query of its websocket's URL, as containers do. It
// returns nil or an [*Error].
//
// What is signed are compute, fleet and process: ComputeId, FleetId and pID in
// this order, escaped as in a query. Neither host nor path are, and nothing
// keeps a signature from being used twice within the five minutes that it is
// good for, from anywhere.
//
// Source: GameLift server SDK 5.2 and up, SigV4 query parameters.
func (v *Verifier) VerifyServerSDK(query url.Values) error {
	if query.Get("Authorization") != "SigV4" {
		return refuse(MissingAuthenticationToken, "Missing Authentication Token: the query has no Authorization=SigV4.")
	}
	for _, name := range []string{"ComputeId", "FleetId", "pID", "X-Amz-Algorithm", "X-Amz-Credential", "X-Amz-Date", "X-Amz-Signature"} {
		if len(query[name]) != 1 || query[name][0] == "" {
			return refuse(IncompleteSignature, "The query must have one %s.", name)
		}
	}
	if name := query.Get("X-Amz-Algorithm"); name != algorithm {
		return refuse(IncompleteSignature, "X-Amz-Algorithm is %s, but only %s is understood.", quote(name), algorithm)
	}
	c := claim{at: query.Get("X-Amz-Date"), token: query.Get("X-Amz-Security-Token"), signature: query.Get("X-Amz-Signature")}
	if err := c.takeCredential(query.Get("X-Amz-Credential")); err != nil {
		return err
	}
	signer, err := v.admit(&c)
	if err != nil {
		return err
	}
	canonical := serverSDKCanonical(query)
	if v.matches(&c, signer, []byte(canonical)) {
		return nil
	}
	// The Go SDK writes a space as a plus, those in C++ and C# as %20.
	if plus := strings.ReplaceAll(canonical, "%20", "+"); plus != canonical && v.matches(&c, signer, []byte(plus)) {
		return nil
	}
	return refuse(InvalidSignature, "The signature does not match. Check the secret of key %s (GAMELIFT_SECRET_KEY).", quote(c.keyID))
}

func serverSDKCanonical(query url.Values) string {
	b := appendEscaped([]byte("ComputeId="), query.Get("ComputeId"), 0)
	b = appendEscaped(append(b, "&FleetId="...), query.Get("FleetId"), 0)
	b = appendEscaped(append(b, "&pID="...), query.Get("pID"), 0)
	return string(b)
}
