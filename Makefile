# `make` lists the targets. CONTRIBUTING.md says what each is for.
SHELL := bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
MAKEFLAGS += --no-print-directory

export CGO_ENABLED := 0
CACHE   := $(CURDIR)/.cache
TOOLS   := $(CACHE)/tools
LISTEN  ?= 127.0.0.1:8080
FUZZTIME ?= 10s

# What a commit stands for, so that the same commit gives the same binary.
VERSION ?= $(shell cat VERSION)$(shell git describe --always --dirty --abbrev=12 --exclude='*' 2>/dev/null | sed 's/^/+/')
GOBUILD := go build -trimpath -buildvcs=false -ldflags '-s -w -X main.version=$(VERSION)'

# The steps of check and test; each is a target of its own.
CHECKS := lint vet tidy generated race vuln
JUDGES := sdk-python sdk-node sdk-go sdk-genai samples examples web

.PHONY: help
help: ## list the targets
	@awk -F':.*## ' '/^[a-z-]+:.*## /{printf "  make %-14s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

.PHONY: run
run: build ## serve on http://127.0.0.1:8080/v1, offline when no Gemini key is set
	@offline=; [ -n "$${GEMINI_API_KEY:-}$${GOOGLE_API_KEY:-}" ] || offline=--offline; \
	exec bin/gemway serve --listen $(LISTEN) $$offline

.PHONY: build
build: ## build the static binary bin/gemway
	@[ -e bin/gemway ] || echo "Building bin/gemway: a minute or two the first time." >&2
	@$(GOBUILD) -o bin/gemway ./cmd/gemway

.PHONY: check
check: ## format, vet, lint, go test -race, import rules, generated files, vulnerabilities
	@scripts/steps.sh $(CHECKS)

.PHONY: test
test: ## everything: check, the official SDKs, samples, examples, the pages in a browser
	@scripts/steps.sh $(CHECKS) $(JUDGES)

.PHONY: fmt
fmt: $(TOOLS)/golangci-lint ## format the Go files
	@$< fmt ./...

.PHONY: lint
lint: $(TOOLS)/golangci-lint ## run the linters of .golangci.yml
	@$< run ./...

.PHONY: vet
vet: ## go vet, in the nested modules too
	@go vet ./...
	@go -C test/sdk/go vet ./...
	@go -C test/sdk/genai-go vet ./...
	@go -C examples/go vet ./...

.PHONY: tidy
tidy: ## check that go.mod and go.sum are tidy
	@go mod tidy -diff

.PHONY: generated
generated: ## check that generated files are up to date
	@scripts/generated.sh

.PHONY: race
race: ## go test with the race detector
	@scripts/need.sh gcc:gcc gcc:libc6-dev
	@CGO_ENABLED=1 go test -race ./...

.PHONY: vuln
vuln: $(TOOLS)/govulncheck ## look for known vulnerabilities, where a database lies beside the repository
	@scripts/vuln.sh $<

.PHONY: sdk-python
sdk-python: build ## OpenAI's Python package, of May 2025 and today's, against the server
	@scripts/need.sh python3:python3-venv
	@test/sdk/python/run.sh

.PHONY: sdk-node
sdk-node: build ## OpenAI's JavaScript package, three generations, against the server
	@test/sdk/node/run.sh

.PHONY: sdk-go
sdk-go: build ## OpenAI's Go module and go-openai against the server
	@test/sdk/go/run.sh

.PHONY: sdk-genai
sdk-genai: ## Google's own SDKs for Go and JavaScript against the emulator
	@test/sdk/genai/run.sh

.PHONY: samples
samples: build ## the 32 samples of the source document, with both generations of SDKs
	@scripts/need.sh curl:curl base64:coreutils
	@test/samples/run.sh

.PHONY: examples
examples: build ## every program of examples/, in four languages
	@scripts/need.sh curl:curl jq:jq base64:coreutils python3:python3-venv
	@test/examples/run.sh

.PHONY: web
web: build ## the playground and the page of the API in a headless Chromium
	@scripts/need.sh curl:curl python3:python3-venv
	@test/web/run.sh

.PHONY: test-local-model
test-local-model: build ## a route falls back to a real model served by llama.cpp (downloads 290 MB once)
	@scripts/need.sh python3:python3-venv
	@test/localmodel/run.sh

.PHONY: test-clients
test-clients: build ## libraries and programs that use OpenAI's API, at their current versions (not in test)
	@scripts/need.sh python3:python3-venv
	@test/clients/run.sh

.PHONY: shells
shells: ## completion in bash, zsh and fish, which are installed for it (not in test)
	@scripts/need.sh bash:bash zsh:zsh fish:fish
	@go test -count=1 -run TestScript/completion ./cmd/gemway

.PHONY: fuzz
fuzz: ## run every fuzz target for FUZZTIME (10s)
	@scripts/fuzz.sh $(FUZZTIME)

.PHONY: test-ssrf-cgo
test-ssrf-cgo: ## the guard against fetches of private addresses, with the C library's resolver
	@scripts/need.sh gcc:gcc gcc:libc6-dev
	@GEMWAY_TEST_RESOLVER=system CGO_ENABLED=1 GODEBUG=netdns=cgo RES_OPTIONS="timeout:1 attempts:1" \
		go test -count=1 -v -run SSRF ./internal/media

.PHONY: clean
clean: ## remove what was built and downloaded
	@rm -rf bin .cache test/sdk/node/*/node_modules test/sdk/genai-node/node_modules test/web/node_modules test/clients/node/node_modules

$(TOOLS)/golangci-lint $(TOOLS)/govulncheck &: tools/go.mod tools/go.sum
	@mkdir -p $(TOOLS)
	@cd tools && go build -o $(TOOLS)/ tool
	@touch $(TOOLS)/*

.PHONY: bench
bench: build ## what Gemway costs beside a proxy that copies bytes (under five minutes, quiet machine)
	@mkdir -p $(CACHE)
	@go build -o $(CACHE)/bench ./bench
	@$(CACHE)/bench -gemway bin/gemway
