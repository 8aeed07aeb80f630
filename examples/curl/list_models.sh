#!/usr/bin/env bash
# The models that can be asked for.
set -euo pipefail
base=${OPENAI_BASE_URL:-http://127.0.0.1:8080/v1}
key=${OPENAI_API_KEY:-any} # your Gemini key, unless the server has keys or is offline

curl --fail-with-body -sS "$base/models" -H "Authorization: Bearer $key"
