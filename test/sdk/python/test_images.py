import base64
import io
import time

import openai
import pytest
from PIL import Image

PROMPT = "a portrait of a sheepadoodle wearing a cape"


def decoded(image):
    picture = Image.open(io.BytesIO(base64.b64decode(image.b64_json, validate=True)))
    picture.load()
    return picture


@pytest.mark.parametrize("model", ["imagen-3.0-generate-002", "gemini-2.5-flash-image"])
def test_generate(client, model):
    got = client.images.generate(model=model, prompt=PROMPT, response_format="b64_json", n=1)
    assert abs(got.created - time.time()) < 3600
    assert len(got.data) == 1
    assert min(decoded(got.data[0]).size) > 0


def test_several(client):
    got = client.images.generate(model="gemini-2.5-flash-image", prompt=PROMPT, response_format="b64_json", n=3)
    assert len(got.data) == 3
    for image in got.data:
        decoded(image)


def test_pictures_come_through_unchanged(scripted, upstream):
    got = scripted.images.generate(
        model="gemini-2.5-flash-image",
        prompt=upstream.say("picture")["content"],
        response_format="b64_json",
        size="1536x1024",
    )
    assert decoded(got.data[0]).size == (3, 2)
    config = upstream.body()["generationConfig"]
    assert "IMAGE" in config["responseModalities"]
    assert config["imageConfig"]["aspectRatio"] == "3:2"


def test_held_back_pictures_are_an_error(scripted, upstream):
    with pytest.raises(openai.BadRequestError) as e:
        scripted.images.generate(model="gemini-2.5-flash-image", prompt=upstream.say("no-picture")["content"])
    assert e.value.code == "moderation_blocked"


@pytest.mark.parametrize("params,param", [({"prompt": ""}, "prompt"), ({"n": 11}, "n"), ({"size": "huge"}, "size")])
def test_bad_parameters_are_named(client, params, param):
    with pytest.raises(openai.BadRequestError) as e:
        client.images.generate(**{"model": "gemini-2.5-flash-image", "prompt": PROMPT, **params})
    assert e.value.param == param
