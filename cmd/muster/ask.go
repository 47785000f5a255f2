package main

import (
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"github.com/aws/smithy-go"
	smithyhttp "github.com/aws/smithy-go/transport/http"
)

// An askError is what became of a request to a server.
type askError struct {
	endpoint string
	late     bool // it took longer than timeout
	timeout  time.Duration
	err      error
}

func (e *askError) Error() string { return e.err.Error() }

func (e *askError) Unwrap() error { return e.err }

// unanswered reports whether there was no answer, or one that is not of the
// GameLift API.
func (e *askError) unanswered() bool {
	var unsent *smithyhttp.RequestSendError
	return e.late || errors.As(e.err, &unsent) || e.foreign()
}

// foreign reports whether something else than a muster has answered.
func (e *askError) foreign() bool {
	var unread *smithy.DeserializationError
	var api smithy.APIError
	return errors.As(e.err, &unread) && !errors.As(e.err, &api)
}

// explain says why there was no answer, and what to do.
func (e *askError) explain() string {
	var network *net.OpError
	var name *net.DNSError
	var authority x509.UnknownAuthorityError
	var other x509.HostnameError
	switch {
	case e.late:
		return fmt.Sprintf("%s gave no answer within %s: is it a muster, and is it well? Wait longer with --timeout", e.endpoint, e.timeout)
	case e.foreign():
		return fmt.Sprintf("what answers at %s is no muster: say where it is with --endpoint%s", e.endpoint, e.orTLS())
	case errors.As(e.err, &name):
		return fmt.Sprintf("there is no host %s (%s): check the name in --endpoint", name.Name, name.Err)
	case errors.As(e.err, &network) && network.Op == "dial":
		at := e.endpoint
		if network.Addr != nil {
			at = network.Addr.String()
		}
		return fmt.Sprintf("no server answers at %s: is it running? Start one with muster dev, or say where it is with --endpoint", at)
	case errors.Is(e.err, http.ErrSchemeMismatch):
		return "the server speaks plain HTTP: write http:// in --endpoint, or start it with TLS"
	case errors.As(e.err, &authority):
		return "the server's certificate is not one to trust: name it with --ca (one that muster has made is muster-cert.pem, in the data folder of muster serve" + devCertificate() + ")"
	case errors.As(e.err, &other):
		return fmt.Sprintf("the server's certificate is not for %s (%v): name the server in --endpoint as its certificate does; a self-signed one is for the hosts of --listen and --sdk-endpoint, too", other.Host, other)
	case errors.Is(e.err, syscall.ECONNRESET), errors.Is(e.err, io.EOF):
		return fmt.Sprintf("%s broke the connection off: is it a muster?%s", e.endpoint, e.orTLS())
	}
	return fmt.Sprintf("%s did not answer: %v", e.endpoint, e.err)
}

// orTLS is the advice to try TLS where that has not been.
func (e *askError) orTLS() string {
	if rest, plain := strings.CutPrefix(e.endpoint, "http://"); plain {
		return " (if it speaks TLS: --endpoint https://" + rest + ")"
	}
	return ""
}

// devCertificate says where muster dev keeps its certificate.
func devCertificate() string {
	dir, err := os.UserCacheDir()
	if err != nil {
		return ""
	}
	return ", or of muster dev in " + filepath.Join(dir, "muster")
}
