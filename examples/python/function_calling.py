"""A loop with tools: the model calls a function, gets its result, and answers."""

import json
import os

from openai import OpenAI

client = OpenAI(
    base_url=os.environ.get("OPENAI_BASE_URL", "http://127.0.0.1:8080/v1"),
    api_key=os.environ.get("OPENAI_API_KEY", "any"),  # your Gemini key, unless the server has keys or is offline
)


def get_weather(city: str) -> dict:
    return {"city": city, "celsius": 21, "sky": "sunny"}


functions = {"get_weather": get_weather}
tools = [
    {
        "type": "function",
        "function": {
            "name": "get_weather",
            "description": "Get the weather in a city",
            "parameters": {
                "type": "object",
                "properties": {"city": {"type": "string", "description": "such as Paris"}},
                "required": ["city"],
            },
        },
    }
]
messages = [{"role": "user", "content": "What is the weather in Paris?"}]

for _ in range(5):
    answer = client.chat.completions.create(model="gemini-3.5-flash", messages=messages, tools=tools)
    message = answer.choices[0].message
    messages.append(message)  # whole: it carries what Gemini wants to see again
    if not message.tool_calls:
        print(message.content)
        break
    for call in message.tool_calls:
        arguments = json.loads(call.function.arguments)
        print(f"called {call.function.name}({', '.join(arguments.values())})")
        result = functions[call.function.name](**arguments)
        messages.append({"role": "tool", "tool_call_id": call.id, "content": json.dumps(result)})
else:
    raise SystemExit("no answer after five rounds")
