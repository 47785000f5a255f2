package main

import (
	"fmt"
	"net"
	"net/url"
	"regexp"
)

var account = regexp.MustCompile(`^\d{12}$`)

// check refuses what is wrong on the command line itself. The server refuses
// it, too, but its errors do not tell usage from what fails on the machine.
func (l listening) check() error {
	_, port, err := net.SplitHostPort(l.Listen)
	if err == nil {
		_, err = net.LookupPort("tcp", port)
	}
	endpoint, wrong := url.Parse(l.SDKEndpoint)
	switch {
	case err != nil:
		return usageError(fmt.Sprintf("--listen %q: %v: choose another HOST:PORT, such as 127.0.0.1:9080", l.Listen, err))
	case l.SDKEndpoint != "" && (wrong != nil || endpoint.Scheme != "ws" && endpoint.Scheme != "wss" || endpoint.Host == ""):
		return usageError(fmt.Sprintf("--sdk-endpoint %q is no websocket's URL: write ws://HOST:PORT or wss://HOST:PORT", l.SDKEndpoint))
	case !account.MatchString(l.Account):
		return usageError(fmt.Sprintf("--account %q: give 12 digits", l.Account))
	case (l.TLSCert == "") != (l.TLSKey == ""):
		return usageError("a certificate needs its key, and a key its certificate: give both --tls-cert and --tls-key")
	case l.TLSCert != "" && l.TLSSelfSigned:
		return usageError("--tls-cert is given and --tls-self-signed asked for: choose one")
	}
	return nil
}
