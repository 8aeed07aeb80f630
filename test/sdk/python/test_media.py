import base64
import io
import struct
import wave

import pytest
from PIL import Image

from scripted import parts


def picture(kind):
    out = io.BytesIO()
    Image.new("RGB", (9, 6), (200, 30, 90)).save(out, kind)
    return out.getvalue()


def recording():
    out = io.BytesIO()
    with wave.open(out, "wb") as w:
        w.setnchannels(1)
        w.setsampwidth(2)
        w.setframerate(8000)
        w.writeframes(b"".join(struct.pack("<h", 300 * (i % 50)) for i in range(4000)))
    return out.getvalue()


# The smallest document that readers of PDF accept.
DOCUMENT = b"""%PDF-1.4
1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj
2 0 obj<</Type/Pages/Kids[3 0 R]/Count 1>>endobj
3 0 obj<</Type/Page/Parent 2 0 R/MediaBox[0 0 72 72]>>endobj
trailer<</Root 1 0 R>>
%%EOF
"""


def b64(data):
    return base64.b64encode(data).decode()


def image_part(kind):
    return {"type": "image_url", "image_url": {"url": f"data:image/{kind};base64,{b64(picture(kind))}"}}


AUDIO = {"type": "input_audio", "input_audio": {"data": b64(recording()), "format": "wav"}}
FILE = {
    "type": "file",
    "file": {"filename": "page.pdf", "file_data": "data:application/pdf;base64," + b64(DOCUMENT)},
}
IDS = ["png", "jpeg", "webp", "wav", "pdf"]
CASES = [
    (image_part("png"), "image/png", picture("png")),
    (image_part("jpeg"), "image/jpeg", picture("jpeg")),
    (image_part("webp"), "image/webp", picture("webp")),
    (AUDIO, "audio/wav", recording()),
    (FILE, "application/pdf", DOCUMENT),
]


@pytest.mark.parametrize("part,mime,data", CASES, ids=IDS)
def test_media_offline(client, part, mime, data):
    c = client.chat.completions.create(
        model="gemini-2.5-flash",
        messages=[{"role": "user", "content": [{"type": "text", "text": "What is this?"}, part]}],
    )
    assert c.choices[0].message.content.strip()
    assert c.choices[0].finish_reason == "stop"


@pytest.mark.parametrize("part,mime,data", CASES, ids=IDS)
def test_media_reach_gemini_unchanged(scripted, upstream, part, mime, data):
    text = upstream.say("text")["content"]
    scripted.chat.completions.create(
        model="gemini-2.5-flash",
        messages=[{"role": "user", "content": [{"type": "text", "text": text}, part]}],
    )
    first, second = parts(upstream.body()["contents"][0])
    assert first == {"text": text}
    assert second["inlineData"]["mimeType"] == mime
    assert base64.b64decode(second["inlineData"]["data"]) == data


def test_parts_keep_their_order(scripted, upstream):
    text = upstream.say("text")["content"]
    content = [image_part("png"), {"type": "text", "text": "between"}, image_part("jpeg"), {"type": "text", "text": text}]
    scripted.chat.completions.create(model="gemini-2.5-flash", messages=[{"role": "user", "content": content}])
    got = parts(upstream.body()["contents"][0])
    kinds = [p["inlineData"]["mimeType"] if "inlineData" in p else p["text"] for p in got]
    assert kinds == ["image/png", "between", "image/jpeg", text]
