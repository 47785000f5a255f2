# What a contributor runs. CI runs .ci/run, which installs the real clients first.

.PHONY: build check test race demo bench compat soak rewrite

GO_TOOL = go tool -modfile=tools/go.mod

build: ## the release binary, bin/muster
	go build -trimpath -ldflags '-s -w -X main.version=$(shell git describe --tags --always 2>/dev/null)' -o bin/muster ./cmd/muster

check: ## format, modules, vet, staticcheck
	@test -z "$$($(GO_TOOL) gofumpt -l $$(git ls-files '*.go'))" || { $(GO_TOOL) gofumpt -l $$(git ls-files '*.go'); exit 1; }
	go mod tidy -diff
	cd compat && go mod tidy -diff
	cd tools && go mod tidy -diff
	go vet ./...
	$(GO_TOOL) staticcheck ./...

test: ## everything that needs Go alone
	go test ./...

race:
	go test -race ./...

demo:
	go run ./cmd/muster demo

bench: ## the figures of docs/PERFORMANCE.md
	go run ./cmd/muster bench

compat: ## real clients against the server; needs awscli and Node.js
	npm ci --prefix compat/js --silent --no-audit --no-fund
	cd compat && go vet ./... && go test -count=1 ./...

soak: ## a million game sessions through the ledger, thirty thousand simulated schedules
	go test -count=1 -timeout 120m -run TestSteady ./internal/ledger -soak 1000000
	go test -count=1 -timeout 60m -run TestSimulation ./internal/ledger -sim.count 30000 -sim.time 50m

rewrite: ## golden files, after a change that is meant
	go test ./internal/world ./internal/search ./flexmatch ./cmd/muster -rewrite
	cd compat && go test -count=1 ./... -rewrite
