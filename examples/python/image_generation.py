"""A picture from words: image_generation.py [FILE.png]"""

import base64
import os
import pathlib
import sys

from openai import OpenAI

client = OpenAI(
    base_url=os.environ.get("OPENAI_BASE_URL", "http://127.0.0.1:8080/v1"),
    api_key=os.environ.get("OPENAI_API_KEY", "any"),  # your Gemini key, unless the server has keys or is offline
)

file = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else "picture.png")
answer = client.images.generate(
    model="gemini-3.1-flash-image",
    prompt="A lighthouse in the fog, watercolour",
    output_format="png",
    response_format="b64_json",
)
file.write_bytes(base64.b64decode(answer.data[0].b64_json))
print(f"wrote {file}")
