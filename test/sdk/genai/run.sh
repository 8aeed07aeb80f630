#!/usr/bin/env bash
# Google's own SDKs for Go and JavaScript against the emulator.
set -euo pipefail
cd "$(dirname "$0")/../../.."
go build -o .cache/genai ./test/sdk/genai
driver=$PWD/.cache/genai
status=0
(cd test/sdk/genai-go && "$driver" go test -count=1 ./...) || status=1
(
	cd test/sdk/genai-node
	want=$(cat package.json package-lock.json | sha256sum | cut -c1-16)
	if [ "$(cat node_modules/.complete 2>/dev/null)" != "$want" ]; then
		npm ci --silent --ignore-scripts --no-audit --no-fund --no-update-notifier
		echo "$want" >node_modules/.complete
	fi
	"$driver" node --test
) || status=1
exit $status
