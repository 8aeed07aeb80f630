#!/usr/bin/env bash
# openai-go and go-openai as clients. Arguments go to go test.
set -euo pipefail
cd "$(dirname "$0")/../../.."
go build -o .cache/driver ./test/sdk/driver
exec .cache/driver go -C test/sdk/go test -count=1 ./... "$@"
