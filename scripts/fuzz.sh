#!/usr/bin/env bash
# fuzz.sh TIME: run every fuzz target of the module for TIME, one after another.
set -euo pipefail
cd "$(dirname "$0")/.."
passed=0 failed=0
for pkg in $(go list ./...); do
	for target in $(go test -list '^Fuzz' "$pkg" | grep '^Fuzz' || true); do
		echo "== $pkg $target"
		if go test -run='^$' -fuzz="^$target\$" -fuzztime="$1" "$pkg"; then
			passed=$((passed + 1))
		else
			failed=$((failed + 1))
		fi
	done
done
echo "$passed passed, $failed failed"
[ "$failed" = 0 ]
