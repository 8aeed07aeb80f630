"""A question about a recording: audio_understanding.py [FILE.wav]"""

import base64
import os
import pathlib
import sys

from openai import OpenAI

client = OpenAI(
    base_url=os.environ.get("OPENAI_BASE_URL", "http://127.0.0.1:8080/v1"),
    api_key=os.environ.get("OPENAI_API_KEY", "any"),  # your Gemini key, unless the server has keys or is offline
)

file = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else pathlib.Path(__file__).parent / "../assets/meeting.wav")
recording = base64.b64encode(file.read_bytes()).decode()
answer = client.chat.completions.create(
    model="gemini-3.5-flash",
    messages=[
        {
            "role": "user",
            "content": [
                {"type": "text", "text": "Transcribe this recording."},
                {"type": "input_audio", "input_audio": {"data": recording, "format": "wav"}},
            ],
        }
    ],
)
print(answer.choices[0].message.content)
