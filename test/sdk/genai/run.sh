#!/usr/bin/env bash
# Google's own SDKs for Go and JavaScript against the emulator.
set -euo pipefail
cd "$(dirname "$0")/../../.."
go build -o .cache/genai ./test/sdk/genai
driver=$PWD/.cache/genai
status=0
(cd test/sdk/genai-go && "$driver" go test -count=1 ./...) || status=1
scripts/modules.sh test/sdk/genai-node
(cd test/sdk/genai-node && "$driver" node --test --test-reporter=spec) || status=1
exit $status
