#!/usr/bin/env bash
# A question about a recording: audio_understanding.sh [FILE.wav]
set -euo pipefail
base=${OPENAI_BASE_URL:-http://127.0.0.1:8080/v1}
key=${OPENAI_API_KEY:-any} # your Gemini key, unless the server has keys or is offline

file=${1:-$(dirname "$0")/../assets/meeting.wav}
# The body goes through a pipe: it can be longer than a command line.
printf '{"model": "gemini-3.5-flash", "messages": [{"role": "user", "content": [
  {"type": "text", "text": "Transcribe this recording."},
  {"type": "input_audio", "input_audio": {"format": "wav", "data": "%s"}}
]}]}' "$(base64 <"$file" | tr -d '\n')" |
	curl --fail-with-body -sS "$base/chat/completions" -H "Authorization: Bearer $key" -H "Content-Type: application/json" -d @-
