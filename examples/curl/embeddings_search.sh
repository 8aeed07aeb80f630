#!/usr/bin/env bash
# Search by meaning: texts and a question as vectors, the nearest text first. Needs jq.
set -euo pipefail
base=${OPENAI_BASE_URL:-http://127.0.0.1:8080/v1}
key=${OPENAI_API_KEY:-any} # your Gemini key, unless the server has keys or is offline

curl --fail-with-body -sS "$base/embeddings" -H "Authorization: Bearer $key" -H "Content-Type: application/json" -d '{
  "model": "gemini-embedding-001",
  "input": [
    "Which animal barks at the postman?",
    "The dog barks at the postman.",
    "Bread is baked from flour and water.",
    "The stock market fell on Tuesday."
  ]
}' | jq -r '
  def dot($a; $b): reduce range($a | length) as $i (0; . + $a[$i] * $b[$i]);
  def cosine($a; $b): dot($a; $b) / ((dot($a; $a) * dot($b; $b)) | sqrt);
  [.data[].embedding] as $v
  | ["The dog barks at the postman.", "Bread is baked from flour and water.", "The stock market fell on Tuesday."]
  | to_entries | map({score: cosine($v[0]; $v[.key + 1]), text: .value}) | sort_by(-.score)[]
  | "\(.score * 1000 | round / 1000) \(.text)"'
