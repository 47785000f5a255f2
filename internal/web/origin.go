package web

import (
	"net/http"
	"net/netip"
	"net/url"
	"strings"
)

// FromNamedHost reports whether a web page asks whose host has a name other
// than localhost. Whoever owns a name can have it lead to the loopback address,
// so that a page of theirs is no foreign one to a browser. Clients that are no
// browsers send no Origin.
func FromNamedHost(r *http.Request) bool {
	origin := r.Header.Get("Origin")
	if origin == "" {
		return false
	}
	u, err := url.Parse(origin)
	if err != nil {
		return true
	}
	_, err = netip.ParseAddr(u.Hostname())
	return err != nil && !strings.EqualFold(u.Hostname(), "localhost")
}
