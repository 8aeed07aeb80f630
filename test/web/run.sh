#!/usr/bin/env bash
# The pages in a headless Chromium, against the offline server and a scripted
# one. Screenshots go to .cache/web. Arguments are names of suites: pages hostile.
set -euo pipefail
cd "$(dirname "$0")/../.."
# Debian has it as a package; elsewhere Chrome does as well.
CHROMIUM=${CHROMIUM:-$(command -v chromium || command -v google-chrome || true)}
if [ -z "$CHROMIUM" ]; then
	scripts/need.sh chromium:chromium
	CHROMIUM=$(command -v chromium)
fi
export CHROMIUM
go build -o .cache/driver ./test/sdk/driver
scripts/modules.sh test/web
scripts/modules.sh test/sdk/node/node20
python=$(scripts/venv.sh test/sdk/python/requirements-latest.txt)
suites=("${@:-}")
[ -n "${suites[0]}" ] || suites=(pages docs code hostile)
files=("${suites[@]/#/test/web/}")
mkdir -p .cache/web
exec .cache/driver env GEMWAY_TEST_PYTHON="$python" \
	node --test --test-concurrency=1 --test-reporter=spec "${files[@]/%/.test.mjs}"
