"""LiteLLM as a library."""

import asyncio
import base64
import json
import os

os.environ["LITELLM_LOCAL_MODEL_COST_MAP"] = "True"  # no look at the internet

import litellm
import pytest
from conftest import PICTURE, URL, answered, recipe
from pydantic import BaseModel

TOOLS = [{"type": "function", "function": {"name": "get_weather", "description": "Tells the weather of a city.",
          "parameters": {"type": "object", "properties": {"location": {"type": "string"}}, "required": ["location"]}}}]


@pytest.fixture(scope="module")
def settings():
    return recipe("LiteLLM")["settings"]


class Event(BaseModel):
    name: str
    day: str
    participants: list[str]


def test_recipe():
    assert "Hello!" in recipe("LiteLLM")["answer"].choices[0].message.content


def test_stream(settings):
    chunks = list(litellm.completion(messages=[{"role": "user", "content": "Count from 1 to 30."}], stream=True, stream_options={"include_usage": True}, **settings))
    text = "".join(c.choices[0].delta.content or "" for c in chunks if c.choices)
    assert "29" in text and len(chunks) > 2
    whole = litellm.stream_chunk_builder(chunks)
    assert whole.choices[0].message.content == text and whole.usage.total_tokens > 0


@pytest.mark.parametrize("stream", [False, True])
def test_tool_loop(settings, upstream, stream):
    history = [{"role": "user", "content": f"What is the weather in Paris and Rome? {upstream.tag}"}]
    for _ in range(4):
        answer = litellm.completion(messages=history, tools=TOOLS, stream=stream, **settings)
        if stream:
            answer = litellm.stream_chunk_builder(list(answer), messages=history)
        message = answer.choices[0].message
        history.append(message.model_dump(exclude_none=True))
        if not message.tool_calls:
            break
        assert answer.choices[0].finish_reason == "tool_calls"
        for call in message.tool_calls:
            place = json.loads(call.function.arguments)["location"]
            history.append({"role": "tool", "tool_call_id": call.id, "content": place + ": 21 degrees"})
    assert "21 degrees" in history[-1]["content"]
    assert answered(upstream.received()[-1]) == ["get_weather", "get_weather"]


def test_response_format(settings):
    answer = litellm.completion(messages=[{"role": "user", "content": "Alice and Bob go to a science fair on Friday."}], response_format=Event, **settings)
    assert Event.model_validate_json(answer.choices[0].message.content).participants == ["Alice", "Bob"]


def test_thoughts(settings):
    answer = litellm.completion(messages=[{"role": "user", "content": "What is 12*34?"}], reasoning_effort="high", allowed_openai_params=["reasoning_effort"], **settings)
    assert answer.choices[0].message.reasoning_content
    assert answer.usage.completion_tokens_details.reasoning_tokens > 0


def test_picture(settings):
    url = "data:image/png;base64," + base64.b64encode(PICTURE.read_bytes()).decode()
    answer = litellm.completion(messages=[{"role": "user", "content": [{"type": "text", "text": "What is this?"}, {"type": "image_url", "image_url": {"url": url}}]}], **settings)
    assert "240 by 160" in answer.choices[0].message.content


def test_embeddings(settings):
    answer = litellm.embedding(model="openai/gemini-embedding-001", input=[f"script:text number {n}" for n in range(120)], api_base=URL + "/v1", api_key="any")
    assert [d["embedding"].index(1) for d in answer.data] == list(range(120))


def test_image():
    answer = litellm.image_generation(prompt="a red circle", model="openai/gemini-2.5-flash-image", api_base=URL + "/v1", api_key="any")
    assert base64.b64decode(answer.data[0].b64_json)[:8] == b"\x89PNG\r\n\x1a\n"


def test_async(settings):
    async def go():
        return await asyncio.gather(*(litellm.acompletion(messages=[{"role": "user", "content": f"What is {n}*{n}?"}], **settings) for n in (11, 12, 13)))

    assert [str(n * n) in a.choices[0].message.content for n, a in zip((11, 12, 13), asyncio.run(go()))] == [True] * 3


def test_errors(settings):
    with pytest.raises(litellm.NotFoundError):
        litellm.completion(messages=[{"role": "user", "content": "Hi"}], **{**settings, "model": "openai/gemini-3.5-flsh-x9"})
