package server

import (
	"cmp"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"fmt"
	"io/fs"
	"math/big"
	"net"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"time"
)

// The files of a self-signed certificate in its folder.
const (
	certFile = "muster-cert.pem"
	keyFile  = "muster-key.pem"
)

// SelfSignedCertificate returns the file of the certificate that a server of
// this configuration makes for itself, for those who must trust it.
func SelfSignedCertificate(cfg Config) string {
	return filepath.Join(cmp.Or(cfg.TLS.Dir, cfg.Data), certFile)
}

// promised returns the hosts that a server is told it is reached at.
func promised(listen, endpoint string) []string {
	var hosts []string
	host, _, _ := net.SplitHostPort(listen)
	if ip := net.ParseIP(host); host != "" && !ip.IsUnspecified() {
		hosts = append(hosts, host)
	}
	if u, err := url.Parse(endpoint); err == nil && u.Hostname() != "" {
		hosts = append(hosts, u.Hostname())
	}
	return hosts
}

// machineHosts returns what else this machine may be called.
func machineHosts() []string {
	hosts := []string{"localhost", "127.0.0.1", "::1"}
	if name, err := os.Hostname(); err == nil {
		hosts = append(hosts, name)
	}
	addresses, _ := net.InterfaceAddrs() // a certificate with fewer names is still one
	for _, a := range addresses {
		if network, ok := a.(*net.IPNet); ok && !network.IP.IsLoopback() {
			hosts = append(hosts, network.IP.String())
		}
	}
	return hosts
}

// names reports whether cert is good for every host.
func names(cert *x509.Certificate, hosts []string) bool {
	return !slices.ContainsFunc(hosts, func(h string) bool { return cert.VerifyHostname(h) != nil })
}

// selfSigned returns the certificate in dir, making it first if there is none,
// it is about to expire, or it is not for all of hosts. It is kept while
// addresses of the machine come and go: some have been told to trust it. Game
// servers in C++ and C# take it as it is; those in Go must trust it (see
// muster env).
func selfSigned(dir string, hosts []string) (tls.Certificate, error) {
	cert, key := filepath.Join(dir, certFile), filepath.Join(dir, keyFile)
	have, err := tls.LoadX509KeyPair(cert, key)
	if err == nil && time.Until(have.Leaf.NotAfter) > 30*24*time.Hour && names(have.Leaf, hosts) {
		return have, nil
	}
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return have, fmt.Errorf("read the self-signed certificate: %w (remove %s and %s to have new ones made)", err, cert, key)
	}
	certPEM, keyPEM, err := newCertificate(append(hosts, machineHosts()...))
	if err != nil {
		return have, err
	}
	if err := os.WriteFile(key, keyPEM, 0o600); err != nil {
		return have, fmt.Errorf("write the key of the self-signed certificate: %w", err)
	}
	if err := os.WriteFile(cert, certPEM, 0o644); err != nil {
		return have, fmt.Errorf("write the self-signed certificate: %w", err)
	}
	return tls.X509KeyPair(certPEM, keyPEM)
}

func newCertificate(hosts []string) (certPEM, keyPEM []byte, err error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, nil, err
	}
	serial, err := rand.Int(rand.Reader, new(big.Int).Lsh(big.NewInt(1), 127))
	if err != nil {
		return nil, nil, err
	}
	template := &x509.Certificate{
		SerialNumber: serial, Subject: pkix.Name{CommonName: "muster", Organization: []string{"muster self-signed"}},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().AddDate(2, 0, 0),
		KeyUsage: x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
		BasicConstraintsValid: true, IsCA: true,
	}
	for _, h := range hosts {
		if ip := net.ParseIP(h); ip != nil {
			template.IPAddresses = append(template.IPAddresses, ip)
		} else {
			template.DNSNames = append(template.DNSNames, h)
		}
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		return nil, nil, err
	}
	keyDER, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return nil, nil, err
	}
	certPEM = pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})
	keyPEM = pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: keyDER})
	return certPEM, keyPEM, nil
}
