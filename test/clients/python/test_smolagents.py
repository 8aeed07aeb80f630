"""smolagents."""

import pytest
from conftest import PICTURE, answered, parts, recipe
from PIL import Image
from smolagents import ChatMessage, MessageRole, ToolCallingAgent, tool


@pytest.fixture(scope="module")
def model():
    return recipe("smolagents")["model"]


@tool
def get_weather(location: str) -> str:
    """Tells the weather of a city.

    Args:
        location: the city
    """
    return f"{location}: 21 degrees"


def test_answers(model):
    answer = model.generate([ChatMessage(role=MessageRole.USER, content="What is 12*34?")])
    assert "408" in answer.content and answer.token_usage.output_tokens > 0


def test_stream(model):
    pieces = [d.content or "" for d in model.generate_stream([ChatMessage(role=MessageRole.USER, content="Count from 1 to 30.")])]
    assert len(pieces) > 1 and "29" in "".join(pieces)


def test_tools(model, upstream):
    answer = model.generate([ChatMessage(role=MessageRole.USER, content=f"What is the weather in Paris? {upstream.tag}")], tools_to_call_from=[get_weather])
    assert [(c.function.name, c.function.arguments) for c in answer.tool_calls] in ([("get_weather", '{"location":"Paris"}')], [("get_weather", {"location": "Paris"})])
    assert upstream.only()["toolConfig"]["functionCallingConfig"]["mode"] == "ANY"


def test_agent(model, upstream):
    """Its loop always demands a call: it ends by one of final_answer, or at its limit."""
    agent = ToolCallingAgent(tools=[get_weather], model=model, max_steps=3)
    assert agent.run(f"What is the weather in Paris? {upstream.tag}", images=[Image.open(PICTURE)])
    asked = upstream.received()
    assert asked and [p["mimeType"] for p in parts(asked[0], "inlineData")] == ["image/png"]
