#!/usr/bin/env bash
# An answer that is an instance of a JSON Schema.
set -euo pipefail
base=${OPENAI_BASE_URL:-http://127.0.0.1:8080/v1}
key=${OPENAI_API_KEY:-any} # your Gemini key, unless the server has keys or is offline

curl --fail-with-body -sS "$base/chat/completions" -H "Authorization: Bearer $key" -H "Content-Type: application/json" -d '{
  "model": "gemini-3.5-flash",
  "messages": [{"role": "user", "content": "Alice and Bob meet on Friday for a science fair."}],
  "response_format": {
    "type": "json_schema",
    "json_schema": {
      "name": "event",
      "strict": true,
      "schema": {
        "type": "object",
        "properties": {
          "name": {"type": "string"},
          "day": {"type": "string"},
          "participants": {"type": "array", "items": {"type": "string"}}
        },
        "required": ["name", "day", "participants"],
        "additionalProperties": false
      }
    }
  }
}'
