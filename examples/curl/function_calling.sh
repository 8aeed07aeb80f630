#!/usr/bin/env bash
# A loop with tools: the model calls a function, gets its result, and answers. Needs jq.
set -euo pipefail
base=${OPENAI_BASE_URL:-http://127.0.0.1:8080/v1}
key=${OPENAI_API_KEY:-any} # your Gemini key, unless the server has keys or is offline

# The function the model may call.
get_weather() {
	printf '{"city": "%s", "celsius": 21, "sky": "sunny"}' "$1"
}

tools='[{"type": "function", "function": {
  "name": "get_weather",
  "description": "Get the weather in a city",
  "parameters": {
    "type": "object",
    "properties": {"city": {"type": "string", "description": "such as Paris"}},
    "required": ["city"]
  }
}}]'
messages='[{"role": "user", "content": "What is the weather in Paris?"}]'

for _ in 1 2 3 4 5; do
	answer=$(jq -n --argjson messages "$messages" --argjson tools "$tools" \
		'{model: "gemini-3.5-flash", messages: $messages, tools: $tools}' |
		curl --fail-with-body -sS "$base/chat/completions" -H "Authorization: Bearer $key" -H "Content-Type: application/json" -d @-)
	message=$(jq '.choices[0].message' <<<"$answer")
	# The message goes back whole: it carries what Gemini wants to see again.
	messages=$(jq --argjson m "$message" '. + [$m]' <<<"$messages")
	calls=$(jq -c '.tool_calls[]?' <<<"$message")
	if [ -z "$calls" ]; then
		jq -r '.content' <<<"$message"
		exit 0
	fi
	while read -r call; do
		city=$(jq -r '.function.arguments | fromjson | .city' <<<"$call")
		echo "called get_weather($city)"
		messages=$(jq --argjson call "$call" --arg result "$(get_weather "$city")" \
			'. + [{role: "tool", tool_call_id: $call.id, content: $result}]' <<<"$messages")
	done <<<"$calls"
done
echo "no answer after five rounds" >&2
exit 1
