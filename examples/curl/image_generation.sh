#!/usr/bin/env bash
# A picture from words: image_generation.sh [FILE.png]. Needs jq.
set -euo pipefail
base=${OPENAI_BASE_URL:-http://127.0.0.1:8080/v1}
key=${OPENAI_API_KEY:-any} # your Gemini key, unless the server has keys or is offline

file=${1:-picture.png}
curl --fail-with-body -sS "$base/images/generations" -H "Authorization: Bearer $key" -H "Content-Type: application/json" -d '{
  "model": "gemini-3.1-flash-image",
  "prompt": "A lighthouse in the fog, watercolour",
  "output_format": "png",
  "response_format": "b64_json"
}' | jq -er '.data[0].b64_json' | base64 -d >"$file"
echo "wrote $file"
