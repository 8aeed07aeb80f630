"""An answer that is an instance of a class."""

import os

from openai import OpenAI
from pydantic import BaseModel

client = OpenAI(
    base_url=os.environ.get("OPENAI_BASE_URL", "http://127.0.0.1:8080/v1"),
    api_key=os.environ.get("OPENAI_API_KEY", "any"),  # your Gemini key, unless the server has keys or is offline
)


class Event(BaseModel):
    name: str
    day: str
    participants: list[str]


answer = client.chat.completions.parse(
    model="gemini-3.5-flash",
    messages=[{"role": "user", "content": "Alice and Bob meet on Friday for a science fair."}],
    response_format=Event,
)
event = answer.choices[0].message.parsed
print(f"{event.name} on {event.day} with {', '.join(event.participants)}")
