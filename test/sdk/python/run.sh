#!/usr/bin/env bash
# OpenAI's Python package as a client, once for each generation of it.
# Arguments go to pytest.
set -euo pipefail
cd "$(dirname "$0")/../../.."
go build -o .cache/driver ./test/sdk/driver
status=0
for generation in 2025 latest; do
	python=$(scripts/venv.sh "test/sdk/python/requirements-$generation.txt")
	"$python" -c 'import openai; print("openai", openai.VERSION)'
	.cache/driver "$python" -m pytest -c test/sdk/python/pytest.ini --rootdir test/sdk/python test/sdk/python "$@" || status=1
done
exit $status
