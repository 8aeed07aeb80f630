#!/usr/bin/env bash
# Thinking: how much is up to reasoning_effort, what was thought comes as reasoning_content.
set -euo pipefail
base=${OPENAI_BASE_URL:-http://127.0.0.1:8080/v1}
key=${OPENAI_API_KEY:-any} # your Gemini key, unless the server has keys or is offline

curl --fail-with-body -sS "$base/chat/completions" -H "Authorization: Bearer $key" -H "Content-Type: application/json" -d '{
  "model": "gemini-3.5-flash",
  "messages": [{"role": "user", "content": "What is 12*34?"}],
  "reasoning_effort": "high"
}'
