"""LlamaIndex."""

import asyncio

import pytest
from conftest import PICTURE, answered, parts, recipe
from llama_index.core.agent.workflow import FunctionAgent
from llama_index.core.base.llms.types import ChatMessage, ImageBlock, TextBlock
from llama_index.core.prompts import PromptTemplate
from pydantic import BaseModel


@pytest.fixture(scope="module")
def settings():
    return recipe("LlamaIndex")


@pytest.fixture(scope="module")
def llm(settings):
    return settings["llm"]


class Event(BaseModel):
    """An event in a calendar."""

    name: str
    day: str
    participants: list[str]


def get_weather(location: str) -> str:
    """Tells the weather of a city."""
    return f"{location}: 21 degrees"


def test_answers(llm, upstream):
    answer = llm.chat([ChatMessage(role="system", content="Be short."), ChatMessage(role="user", content=f"What is 12*34? {upstream.tag}")])
    assert "408" in answer.message.content
    assert upstream.only()["systemInstruction"]["parts"] == [{"text": "Be short."}]
    assert "408" in str(llm.complete("What is 12*34?"))


def test_stream(llm):
    pieces = [p.delta for p in llm.stream_chat([ChatMessage(role="user", content="Count from 1 to 30.")])]
    assert len([p for p in pieces if p]) > 1 and "29" in "".join(p or "" for p in pieces)


@pytest.mark.parametrize("streaming", [True, False])
def test_agent(llm, upstream, streaming):
    async def go():
        agent = FunctionAgent(tools=[get_weather], llm=llm, system_prompt="You know the weather.", streaming=streaming)
        return await agent.run(f"What is the weather in Paris and Rome? {upstream.tag}")

    assert "21 degrees" in str(asyncio.run(go()))
    assert answered(upstream.received()[-1]) == ["get_weather", "get_weather"]


def test_structured(llm):
    got = llm.structured_predict(Event, PromptTemplate("{text}"), text="Alice and Bob go to a science fair on Friday.")
    assert isinstance(got, Event) and got.day == "Friday" and got.participants == ["Alice", "Bob"]


def test_picture(llm, upstream):
    answer = llm.chat([ChatMessage(role="user", blocks=[TextBlock(text=f"What is this? {upstream.tag}"), ImageBlock(path=PICTURE, image_mimetype="image/png")])])
    assert "240 by 160" in answer.message.content
    assert [p["mimeType"] for p in parts(upstream.only(), "inlineData")] == ["image/png"]


def test_embeddings(settings, upstream):
    embeddings = settings["embeddings"]
    assert len(embeddings.get_query_embedding("hello")) == 3072
    vectors = embeddings.get_text_embedding_batch([f"script:text {upstream.tag} number {n}" for n in range(250)])
    assert [v.index(1) for v in vectors] == list(range(250))
