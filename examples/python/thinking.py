"""Thinking: how much is up to reasoning_effort, what was thought comes as reasoning_content."""

import os

from openai import OpenAI

client = OpenAI(
    base_url=os.environ.get("OPENAI_BASE_URL", "http://127.0.0.1:8080/v1"),
    api_key=os.environ.get("OPENAI_API_KEY", "any"),  # your Gemini key, unless the server has keys or is offline
)

answer = client.chat.completions.create(
    model="gemini-3.5-flash",
    messages=[{"role": "user", "content": "What is 12*34?"}],
    reasoning_effort="high",
)
message = answer.choices[0].message
print("thoughts:", message.reasoning_content)
print("answer:", message.content)
print("tokens for thinking:", answer.usage.completion_tokens_details.reasoning_tokens)
