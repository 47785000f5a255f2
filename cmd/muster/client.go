package main

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"net/http"
	"os"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/gamelift"
)

// defaultEndpoint is where muster dev and muster serve listen.
const defaultEndpoint = "http://127.0.0.1:9080"

// remote are the flags of commands that ask a server.
type remote struct {
	Endpoint string `help:"The server's URL." default:"${endpoint=http://127.0.0.1:9080}" env:"AWS_ENDPOINT_URL_GAMELIFT,AWS_ENDPOINT_URL"`
	Region   string `help:"Region to sign for." default:"us-east-1" env:"AWS_REGION,AWS_DEFAULT_REGION"`
	CA       string `help:"Trust the certificate in this PEM file." name:"ca" placeholder:"FILE" env:"AWS_CA_BUNDLE"`
}

// config returns the AWS configuration for the server: credentials come from
// the usual chain; where it has none, made-up ones do for a server without
// authentication.
func (r remote) config(ctx context.Context) (aws.Config, error) {
	cfg, err := config.LoadDefaultConfig(ctx, config.WithRegion(r.Region))
	if err != nil {
		return cfg, fmt.Errorf("load the AWS configuration: %w", err)
	}
	if os.Getenv("AWS_ACCESS_KEY_ID") == "" && os.Getenv("AWS_PROFILE") == "" {
		cfg.Credentials = credentials.NewStaticCredentialsProvider("muster", "muster", "")
	}
	cfg.BaseEndpoint = &r.Endpoint
	if r.CA != "" {
		if cfg.HTTPClient, err = trusting(r.CA); err != nil {
			return cfg, err
		}
	}
	return cfg, nil
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

// client returns a client of the GameLift API.
func (r remote) client(ctx context.Context) (*gamelift.Client, error) {
	cfg, err := r.config(ctx)
	if err != nil {
		return nil, err
	}
	return gamelift.NewFromConfig(cfg), nil
}
