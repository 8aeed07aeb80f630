import asyncio
import os

import openai
import pytest
from pydantic import BaseModel

from conftest import LEGACY
from scripted import answer
from shape import check_chunks

MODEL = "gemini-2.5-flash"


def run(test, server="GEMWAY_TEST_URL"):
    async def main():
        async with openai.AsyncOpenAI(base_url=os.environ[server] + "/v1", api_key="any", max_retries=0) as c:
            return await test(c)

    return asyncio.run(main())


def test_create():
    async def test(c):
        return await c.chat.completions.create(model=MODEL, messages=[{"role": "user", "content": "Hi"}])

    got = run(test)
    assert got.choices[0].message.content and got.choices[0].finish_reason == "stop"


def test_streams_side_by_side(upstream):
    """Streams that run at the same time do not mix."""
    scripts = ["text", "tool-answer"] * 8

    async def one(c, script):
        stream = await c.chat.completions.create(model=MODEL, messages=[upstream.say(script)], stream=True)
        return check_chunks([chunk async for chunk in stream])

    async def test(c):
        return await asyncio.gather(*(one(c, s) for s in scripts))

    got = run(test, "GEMWAY_TEST_SCRIPTED_URL")
    assert [g["choices"][0]["content"] for g in got] == [answer(s) for s in scripts]


def test_parse():
    class Event(BaseModel):
        name: str
        participants: list[str]

    async def test(c):
        chat = c.beta.chat if LEGACY else c.chat
        return await chat.completions.parse(
            model=MODEL, messages=[{"role": "user", "content": "John meets Susan."}], response_format=Event
        )

    assert isinstance(run(test).choices[0].message.parsed, Event)


def test_broken_stream_raises(upstream):
    async def test(c):
        stream = await c.chat.completions.create(model=MODEL, messages=[upstream.say("break")], stream=True)
        return [chunk async for chunk in stream]

    with pytest.raises(openai.APIError):
        run(test, "GEMWAY_TEST_SCRIPTED_URL")


def test_error():
    async def test(c):
        await c.chat.completions.create(model=MODEL, messages=[])

    with pytest.raises(openai.BadRequestError):
        run(test)


def test_embeddings():
    async def test(c):
        return await c.embeddings.create(model="gemini-embedding-001", input=["a", "b"], dimensions=128)

    assert [len(d.embedding) for d in run(test).data] == [128, 128]
