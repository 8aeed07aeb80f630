"""Pydantic AI."""

import asyncio

import pytest
from conftest import PICTURE, answered, parts, recipe
from pydantic import BaseModel
from pydantic_ai import Agent, BinaryContent, ModelRetry, NativeOutput, PromptedOutput, ToolOutput


@pytest.fixture(scope="module")
def model():
    return recipe("Pydantic AI")["model"]


class Event(BaseModel):
    """An event in a calendar."""

    name: str
    day: str
    participants: list[str]


def weather(agent):
    @agent.tool_plain
    def get_weather(location: str) -> dict:
        """Tells the weather of a city."""
        return {"location": location, "celsius": 21}


def test_answers(model, upstream):
    result = Agent(model, instructions="Be short.").run_sync(f"What is 12*34? {upstream.tag}")
    assert "408" in result.output
    assert upstream.only()["systemInstruction"]["parts"] == [{"text": "Be short."}]
    usage = result.usage() if callable(result.usage) else result.usage
    assert usage.input_tokens > 0 and usage.output_tokens > 0


def test_stream(model):
    async def go():
        async with Agent(model).run_stream("Count from 1 to 30.") as result:
            return [piece async for piece in result.stream_text(delta=True, debounce_by=None)]

    pieces = asyncio.run(go())
    assert len(pieces) > 1 and "29" in "".join(pieces)


def test_tool_loop(model, upstream):
    agent = Agent(model)
    weather(agent)
    result = agent.run_sync(f"What is the weather in Paris and Rome? {upstream.tag}")
    assert "21" in result.output
    assert answered(upstream.received()[-1]) == ["get_weather", "get_weather"]


def test_a_refused_call_is_tried_again(model, upstream):
    agent = Agent(model, retries=3)
    asked = []

    @agent.tool_plain
    def get_weather(location: str) -> dict:
        """Tells the weather of a city."""
        asked.append(location)
        if len(asked) == 1:
            raise ModelRetry("Give the weather question once more.")
        return {"location": location, "celsius": 21}

    result = agent.run_sync(f"What is the weather in Paris? {upstream.tag}")
    assert asked and result.output
    assert set(answered(upstream.received()[-1])) == {"get_weather"}


@pytest.mark.parametrize("way", [Event, NativeOutput(Event), ToolOutput(Event)], ids=["default", "native", "tool"])
def test_output(model, upstream, way):
    result = Agent(model, output_type=way).run_sync(f"Alice and Bob go to a science fair on Friday. {upstream.tag}")
    assert result.output.day == "Friday" and result.output.participants == ["Alice", "Bob"]


def test_prompted_output(model, upstream):
    """The schema stands in the prompt: Gemini is asked for JSON, and nothing more."""

    class Meeting(BaseModel):
        name: str
        date: str
        participants: list[str]

    result = Agent(model, output_type=PromptedOutput(Meeting)).run_sync(f"What is planned? script:event {upstream.tag}")
    assert result.output == Meeting(name="AI conference", date="Friday", participants=["John", "Susan"])
    config = upstream.only()["generationConfig"]
    assert config["responseMimeType"] == "application/json" and "responseJsonSchema" not in config


def test_output_of_several_types(model):
    result = Agent(model, output_type=[Event, str]).run_sync("Alice and Bob go to a science fair on Friday.")
    assert isinstance(result.output, (Event, str))


def test_structured_stream(model):
    async def go():
        async with Agent(model, output_type=NativeOutput(Event)).run_stream("Alice and Bob go to a science fair on Friday.") as result:
            return [piece async for piece in result.stream_output(debounce_by=None)]

    assert asyncio.run(go())[-1].participants == ["Alice", "Bob"]


def test_picture(model, upstream):
    result = Agent(model).run_sync([f"What is this? {upstream.tag}", BinaryContent(PICTURE.read_bytes(), media_type="image/png")])
    assert "240 by 160" in result.output
    assert [p["mimeType"] for p in parts(upstream.only(), "inlineData")] == ["image/png"]


def test_remembers(model):
    agent = Agent(model)
    first = agent.run_sync("My favourite number is 417.")
    second = agent.run_sync("What is my favourite number?", message_history=first.all_messages())
    assert "417" in second.output


def test_settings(model, upstream):
    result = Agent(model).run_sync(f"What is 12*34? {upstream.tag}", model_settings={"temperature": 0.1, "max_tokens": 300, "seed": 3, "openai_reasoning_effort": "low", "parallel_tool_calls": False})
    assert "408" in result.output
    config = upstream.only()["generationConfig"]
    assert config["temperature"] == 0.1 and config["maxOutputTokens"] == 300 and config["seed"] == 3
