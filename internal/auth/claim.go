package auth

import (
	"net/http"
	"strings"
	"time"
)

const (
	algorithm  = "AWS4-HMAC-SHA256"
	service    = "gamelift"
	terminator = "aws4_request"
	timeFormat = "20060102T150405Z"
)

// A claim is what a request says about its signature.
type claim struct {
	keyID         string
	scope         string // day/region/service/aws4_request
	day, region   string // of the scope
	rest          string // of the scope, after the region
	at            string // in timeFormat
	token         string // of the session; empty if there is none
	signedHeaders string // names, with semicolons between
	signature     string // in hex
}

// parseAuthorization reads the values of the Authorization header, of which
// there should be one:
//
//	AWS4-HMAC-SHA256 Credential=ID/DAY/REGION/SERVICE/aws4_request, SignedHeaders=A;B, Signature=HEX
//
// The order is free, and the spaces after the commas are.
func parseAuthorization(values []string) (claim, error) {
	if len(values) == 0 || values[0] == "" {
		return claim{}, refuse(MissingAuthenticationToken, "Missing Authentication Token: the request is not signed. Give your client an access key and a secret of this server's key file.")
	}
	if len(values) > 1 {
		return claim{}, refuse(IncompleteSignature, "The request has %d Authorization headers. Send one.", len(values))
	}
	name, fields, _ := strings.Cut(strings.TrimSpace(values[0]), " ")
	if name != algorithm {
		return claim{}, refuse(IncompleteSignature, "Authorization is %s, but only %s is understood.", quote(name), algorithm)
	}
	var c claim
	var credential string
	for field := range strings.SplitSeq(fields, ",") {
		name, value, _ := strings.Cut(strings.TrimSpace(field), "=")
		var into *string
		switch name {
		case "Credential":
			into = &credential
		case "SignedHeaders":
			into = &c.signedHeaders
		case "Signature":
			into = &c.signature
		}
		if into == nil || *into != "" || value == "" {
			return claim{}, refuse(IncompleteSignature, "Authorization has %s where Credential, SignedHeaders or Signature is expected, each once and with a value.", quote(name))
		}
		*into = value
	}
	if credential == "" || c.signedHeaders == "" || c.signature == "" {
		return claim{}, refuse(IncompleteSignature, "Authorization header requires 'Credential', 'SignedHeaders' and 'Signature' parameters.")
	}
	return c, c.takeCredential(credential)
}

// takeCredential splits ID/DAY/REGION/SERVICE/aws4_request.
func (c *claim) takeCredential(credential string) error {
	var ok bool
	if c.keyID, c.scope, ok = strings.Cut(credential, "/"); ok {
		c.day, c.rest, ok = strings.Cut(c.scope, "/")
	}
	if ok {
		c.region, c.rest, ok = strings.Cut(c.rest, "/")
	}
	if !ok || strings.Count(c.rest, "/") != 1 || c.keyID == "" || c.region == "" {
		return refuse(IncompleteSignature, "Credential must have the form ID/YYYYMMDD/REGION/%s/%s.", service, terminator)
	}
	return nil
}

// takeHeaders takes time and session token from a request's headers, and
// checks that those are signed which decide what the request means.
func (c *claim) takeHeaders(h http.Header) error {
	c.at, c.token = first(h, "X-Amz-Date"), first(h, "X-Amz-Security-Token")
	dated := "x-amz-date"
	if c.at == "" {
		dated = "date"
		at, err := http.ParseTime(h.Get("Date"))
		if err != nil {
			return refuse(IncompleteSignature, "The request has neither an X-Amz-Date nor a Date header that can be read. Send X-Amz-Date as YYYYMMDDTHHMMSSZ.")
		}
		c.at = at.UTC().Format(timeFormat)
	}
	must := []string{"host", dated, "", ""}
	if c.token != "" {
		must[2] = "x-amz-security-token"
	}
	if _, ok := h["X-Amz-Target"]; ok {
		must[3] = "x-amz-target"
	}
	for _, name := range must {
		if name != "" && !c.signs(name) {
			return refuse(IncompleteSignature, "The header %s is not in SignedHeaders. Sign it.", quote(name))
		}
	}
	return nil
}

// first is h.Get for a name in canonical form, which it need not look for.
func first(h http.Header, name string) string {
	if values := h[name]; len(values) > 0 {
		return values[0]
	}
	return ""
}

func (c *claim) signs(header string) bool {
	for name := range strings.SplitSeq(c.signedHeaders, ";") {
		if name == header {
			return true
		}
	}
	return false
}

// checkScope checks service and region, the latter if one is given.
func (c *claim) checkScope(region string) error {
	if c.rest != service+"/"+terminator {
		return refuse(InvalidSignature, "Credential should be scoped to correct service: '%s', and end in '%s'.", service, terminator)
	}
	if region != "" && c.region != region {
		return refuse(InvalidSignature, "Credential should be scoped to a valid region, not %s. Set your client's region to '%s'.", quote(c.region), region)
	}
	return nil
}

func (c *claim) checkTime(now time.Time) error {
	at, err := time.Parse(timeFormat, c.at)
	if err != nil {
		return refuse(IncompleteSignature, "The time %s is not of the form YYYYMMDDTHHMMSSZ.", quote(c.at))
	}
	if c.day != c.at[:len("20060102")] {
		return refuse(InvalidSignature, "Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date from HTTP: %s and %s.", quote(c.day), quote(c.at))
	}
	switch age := now.Sub(at); {
	case age > maxSkew:
		return c.skewed("Signature expired", "before", now)
	case age < -maxSkew:
		return c.skewed("Signature not yet current", "after", now)
	}
	return nil
}

// skewed speaks of UTC because GameLift's server SDK in C# signs with the
// machine's local time.
func (c *claim) skewed(what, side string, now time.Time) error {
	return refuse(InvalidSignature, "%s: %s is more than 5 min. %s this server's time, %s. Check the clocks of both machines, and that the client signs in UTC.",
		what, c.at, side, now.UTC().Format(timeFormat))
}
