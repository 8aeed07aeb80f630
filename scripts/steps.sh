#!/usr/bin/env bash
# steps.sh TARGET...: make each target, all of them even when one fails, and
# close with what passed and how long it took.
set -uo pipefail
cd "$(dirname "$0")/.."
logs=.cache/logs
mkdir -p "$logs"

# count LOG: "passed failed", from the closing lines of the runners in a log.
# A step whose output has none is one check.
count() {
	awk -v status="$2" '
		/^ok  \t/ { p++; seen = 1 }
		/^FAIL\t/ { f++; seen = 1 }
		/^=+ .* in [0-9.]+s.*=+$/ || /^[0-9]+ (passed|failed).* in [0-9.]+s/ || /^[0-9]+ passed, [0-9]+ failed$/ {
			seen = 1
			for (i = 2; i <= NF; i++) {
				if ($i ~ /^passed/) p += $(i-1)
				if ($i ~ /^(failed|error)/) f += $(i-1)
			}
		}
		/^[^a-z]* pass [0-9]+$/ { p += $NF; seen = 1 }
		/^[^a-z]* (fail|cancelled) [0-9]+$/ { f += $NF; seen = 1 }
		END {
			if (!seen && status == 0) p = 1
			if (status != 0 && !f) f = 1
			print p + 0, f + 0
		}' "$1"
}

passed=0 failed=0 table=
for step in "$@"; do
	printf '\n== %s\n' "$step"
	start=$SECONDS
	make "$step" 2>&1 </dev/null | tee "$logs/$step.log"
	status=${PIPESTATUS[0]}
	read -r p f < <(count "$logs/$step.log" "$status")
	passed=$((passed + p)) failed=$((failed + f))
	[ "$status" = 0 ] && word=ok || word=FAILED
	table+=$(printf '%-12s %-6s %4d s  %4d passed, %d failed' "$step" "$word" $((SECONDS - start)) "$p" "$f")$'\n'
done

printf '\n== %s\n%s' "${SECONDS} s in all" "$table"
echo "$passed passed, $failed failed"
[ "$failed" = 0 ]
