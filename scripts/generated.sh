#!/usr/bin/env bash
# Generate everything again and fail when that changes a file.
set -euo pipefail
cd "$(dirname "$0")/.."
state() { git ls-files -z --cached --others --exclude-standard | xargs -0 sha256sum 2>/dev/null | sort -k2; }
before=$(state)
go generate ./...
after=$(state)
if [ "$before" != "$after" ]; then
	echo "go generate changes these files; commit what it writes:" >&2
	diff <(echo "$before") <(echo "$after") | sed -n 's/^[<>] [0-9a-f]*  /  /p' | sort -u >&2
	exit 1
fi
