#!/usr/bin/env bash
# venv.sh REQUIREMENTS: print the Python of a virtual environment that holds
# exactly these requirements; make it first when there is none.
set -euo pipefail
venv=$(cd "$(dirname "$0")/.." && pwd)/.cache/venv/$(cat "$1" <(python3 --version) | sha256sum | cut -c1-16)
if [ ! -e "$venv/.complete" ]; then
	rm -rf "$venv"
	python3 -m venv "$venv" >&2
	"$venv/bin/pip" install --quiet --disable-pip-version-check --no-deps -r "$1" >&2
	touch "$venv/.complete"
fi
echo "$venv/bin/python"
