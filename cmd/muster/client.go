package main

import (
	"cmp"
	"context"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/gamelift"
	"github.com/aws/smithy-go/middleware"
)

// defaultEndpoint is where muster dev and muster serve listen.
const defaultEndpoint = "http://127.0.0.1:9080"

// remote are the flags of commands that ask a server.
type remote struct {
	Endpoint string `help:"The server's URL." default:"${endpoint=http://127.0.0.1:9080}" env:"AWS_ENDPOINT_URL_GAMELIFT,AWS_ENDPOINT_URL"`
	Region   string `help:"Region to sign for." default:"us-east-1" env:"AWS_REGION,AWS_DEFAULT_REGION"`
	CA       string `help:"Trust the certificate in this PEM file." name:"ca" placeholder:"FILE" env:"AWS_CA_BUNDLE"`

	Timeout time.Duration `help:"How long a request may take, with all its attempts." default:"30s" env:"-"`
}

// madeUp are credentials for a server without authentication: SDKs send no
// request without any.
var madeUp = credentials.NewStaticCredentialsProvider("muster", "muster", "")

// flags returns those with which another command asks the same server, with a
// space before each: what the environment says it says to that one, too.
func (r remote) flags() string {
	flags := ""
	if r.Endpoint != cmp.Or(os.Getenv("AWS_ENDPOINT_URL_GAMELIFT"), os.Getenv("AWS_ENDPOINT_URL"), defaultEndpoint) {
		flags += " --endpoint " + word(r.Endpoint)
	}
	if r.CA != os.Getenv("AWS_CA_BUNDLE") {
		flags += " --ca " + word(r.CA)
	}
	return flags
}

// config returns the AWS configuration for the server: credentials come from
// the environment and the shared files; where they name none, made-up ones do.
func (r remote) config(ctx context.Context) (aws.Config, error) {
	cfg, err := config.LoadDefaultConfig(ctx, config.WithRegion(r.Region))
	if err != nil {
		return cfg, fmt.Errorf("load the AWS configuration: %w", err)
	}
	if nobody(cfg) {
		cfg.Credentials = madeUp
	}
	if r.CA != "" {
		if cfg.HTTPClient, err = trusting(r.CA); err != nil {
			return cfg, err
		}
	}
	return cfg, nil
}

// nobody reports whether neither the environment nor the shared files say who
// asks. The rest of the usual chain, a cloud machine's own role, is left out:
// where there is none, it takes seconds to find that out.
func nobody(cfg aws.Config) bool {
	for _, source := range cfg.ConfigSources {
		switch s := source.(type) {
		case config.EnvConfig:
			if s.Credentials.HasKeys() || s.WebIdentityTokenFilePath != "" || s.ContainerCredentialsEndpoint != "" || s.ContainerCredentialsRelativePath != "" {
				return false
			}
		case config.SharedConfig:
			if s.Credentials.HasKeys() || s.CredentialProcess != "" || s.RoleARN != "" || s.SSOSessionName != "" || s.SSOAccountID != "" {
				return false
			}
		}
	}
	return true
}

func trusting(file string) (*http.Client, error) {
	pem, err := os.ReadFile(file)
	if err != nil {
		return nil, fmt.Errorf("read the certificate to trust: %w", err)
	}
	pool := x509.NewCertPool()
	if !pool.AppendCertsFromPEM(pem) {
		return nil, fmt.Errorf("%s holds no certificate in PEM form", file)
	}
	transport := http.DefaultTransport.(*http.Transport).Clone()
	transport.TLSClientConfig = &tls.Config{RootCAs: pool, MinVersion: tls.VersionTLS12}
	return &http.Client{Transport: transport}, nil
}

// check refuses an endpoint that is none, which the SDK would say of less well.
func (r remote) check() error {
	u, err := url.Parse(r.Endpoint)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" {
		return usageError(fmt.Sprintf("the endpoint %q is no URL: write http://HOST:PORT or https://HOST:PORT", r.Endpoint))
	}
	if r.Timeout <= 0 {
		return usageError(fmt.Sprintf("--timeout %s leaves no time to answer: give a positive one", r.Timeout))
	}
	return nil
}

// client returns a client of the GameLift API. The endpoint is given to the
// client itself: one in the configuration yields to the environment, which may
// name another server.
func (r remote) client(ctx context.Context) (*gamelift.Client, error) {
	if err := r.check(); err != nil {
		return nil, err
	}
	cfg, err := r.config(ctx)
	if err != nil {
		return nil, err
	}
	return gamelift.NewFromConfig(cfg, func(o *gamelift.Options) {
		o.BaseEndpoint = &r.Endpoint
		o.APIOptions = append(o.APIOptions, func(stack *middleware.Stack) error {
			return stack.Initialize.Add(middleware.InitializeMiddlewareFunc("muster:ask", r.ask), middleware.Before)
		})
	}), nil
}

// ask bounds a request together with its attempts, and says of an error whom
// it asked. A server that never answers would be waited for forever.
func (r remote) ask(ctx context.Context, in middleware.InitializeInput, next middleware.InitializeHandler) (middleware.InitializeOutput, middleware.Metadata, error) {
	bound, cancel := context.WithTimeout(ctx, r.Timeout)
	defer cancel()
	out, metadata, err := next.HandleInitialize(bound, in)
	if err != nil {
		err = &askError{endpoint: r.Endpoint, late: ctx.Err() == nil && bound.Err() != nil, timeout: r.Timeout, err: err}
	}
	return out, metadata, err
}
