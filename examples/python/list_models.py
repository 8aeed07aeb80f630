"""The models that can be asked for."""

import os

from openai import OpenAI

client = OpenAI(
    base_url=os.environ.get("OPENAI_BASE_URL", "http://127.0.0.1:8080/v1"),
    api_key=os.environ.get("OPENAI_API_KEY", "any"),  # your Gemini key, unless the server has keys or is offline
)

for model in client.models.list():
    print(model.id)
