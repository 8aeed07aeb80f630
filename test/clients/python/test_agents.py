"""The OpenAI Agents SDK, by chat completions."""

import asyncio

import pytest
from agents import Agent, ModelSettings, Runner, function_tool, handoff
from conftest import answered, recipe
from openai.types.responses import ResponseTextDeltaEvent
from openai.types.shared import Reasoning
from pydantic import BaseModel


@pytest.fixture(scope="module")
def model():
    return recipe("OpenAI Agents")["model"]


@function_tool
def get_weather(location: str) -> str:
    """Tells the weather of a city."""
    return f"{location}: 21 degrees celsius"


class Event(BaseModel):
    name: str
    day: str
    participants: list[str]


# One loop for all: connections that are kept would die with theirs, and the
# SDK would ask twice.
LOOP = asyncio.new_event_loop()


def run(agent, text):
    return LOOP.run_until_complete(Runner.run(agent, text))


def test_answers(model, upstream):
    result = run(Agent(name="Clerk", instructions="Be short.", model=model), f"What is 12*34? {upstream.tag}")
    assert "408" in result.final_output
    assert upstream.only()["systemInstruction"]["parts"] == [{"text": "Be short."}]
    usage = result.context_wrapper.usage
    assert usage.requests == 1 and usage.total_tokens == usage.input_tokens + usage.output_tokens > 0


def test_tool_loop(model, upstream):
    result = run(Agent(name="Clerk", model=model, tools=[get_weather]), f"What is the weather in Paris and Rome? {upstream.tag}")
    assert "21 degrees" in result.final_output
    assert answered(upstream.received()[-1]) == ["get_weather", "get_weather"]


def test_streamed_tool_loop(model, upstream):
    async def go():
        result = Runner.run_streamed(Agent(name="Clerk", model=model, tools=[get_weather]), f"What is the weather in Paris? {upstream.tag}")
        text, kinds = "", []
        async for event in result.stream_events():
            if event.type == "raw_response_event" and isinstance(event.data, ResponseTextDeltaEvent):
                text += event.data.delta
            if event.type == "run_item_stream_event":
                kinds.append(event.item.type)
        return result.final_output, text, kinds

    output, text, kinds = LOOP.run_until_complete(go())
    assert "21 degrees" in output and output in text
    assert [k for k in kinds if k != "reasoning_item"] == ["tool_call_item", "tool_call_output_item", "message_output_item"]
    assert answered(upstream.received()[-1]) == ["get_weather"]


def test_output_type(model, upstream):
    result = run(Agent(name="Clerk", model=model, output_type=Event), f"Alice and Bob go to a science fair on Friday. {upstream.tag}")
    assert result.final_output == Event(name=result.final_output.name, day="Friday", participants=["Alice", "Bob"])
    assert upstream.only()["generationConfig"]["responseMimeType"] == "application/json"


def test_tools_and_output_type(model, upstream):
    class Report(BaseModel):
        location: str
        degrees: int

    result = run(Agent(name="Clerk", model=model, tools=[get_weather], output_type=Report), f"What is the weather in Paris? {upstream.tag}")
    assert isinstance(result.final_output, Report)
    assert answered(upstream.received()[-1]) == ["get_weather"]


def test_handoff(model, upstream):
    expert = Agent(name="Weather expert", model=model, tools=[get_weather], handoff_description="Knows the weather.")
    desk = Agent(name="Desk", model=model, handoffs=[handoff(expert, tool_name_override="ask_weather_expert", tool_description_override="Hands the weather question over.")],
                 model_settings=ModelSettings(tool_choice="required"))
    result = run(desk, f"What is the weather in Paris? {upstream.tag}")
    assert result.last_agent.name == "Weather expert"
    assert "Weather expert" in result.final_output
    assert answered(upstream.received()[-1]) == ["ask_weather_expert"]


def test_settings(model, upstream):
    settings = ModelSettings(temperature=0.2, max_tokens=500, top_p=0.9, parallel_tool_calls=True, reasoning=Reasoning(effort="low"), store=False, include_usage=True)
    result = run(Agent(name="Clerk", model=model, model_settings=settings, tools=[get_weather]), f"What is 12*34? {upstream.tag}")
    assert "408" in result.final_output
    config = upstream.only()["generationConfig"]
    assert config["temperature"] == 0.2 and config["maxOutputTokens"] == 500


def test_remembers(model):
    agent = Agent(name="Clerk", model=model)
    first = run(agent, "My favourite number is 417.")
    second = run(agent, first.to_input_list() + [{"role": "user", "content": "What is my favourite number?"}])
    assert "417" in second.final_output
