"""LangChain and LangGraph."""

import asyncio
import base64

import pytest
from conftest import MODEL, PICTURE, URL, answered, parts, recipe
from langchain_core.messages import AIMessage, HumanMessage, ToolMessage
from langchain_core.tools import tool
from langchain.agents import create_agent
from pydantic import BaseModel, Field


@pytest.fixture(scope="module")
def settings():
    return recipe("LangChain")


@pytest.fixture(scope="module")
def chat(settings):
    return settings["chat"]


@tool
def get_weather(location: str, unit: str = "celsius") -> str:
    """Tells the weather of a city."""
    return f"{location}: 21 degrees {unit}"


class Event(BaseModel):
    """An event in a calendar."""

    name: str
    day: str = Field(description="day of the week")
    participants: list[str]


def test_whole(chat, upstream):
    answer = chat.invoke([("system", "Be short."), ("human", f"What is 12*34? {upstream.tag}")])
    assert "408" in answer.content
    assert answer.usage_metadata["total_tokens"] == answer.usage_metadata["input_tokens"] + answer.usage_metadata["output_tokens"]
    assert answer.response_metadata["finish_reason"] == "stop"
    asked = upstream.only()
    assert asked["systemInstruction"]["parts"] == [{"text": "Be short."}]


def test_stream(chat):
    chunks = list(chat.stream("Count from 1 to 30."))
    whole = chunks[0]
    for c in chunks[1:]:
        whole += c
    assert len([c for c in chunks if c.content]) > 1
    assert "29" in whole.content and "30" in whole.content
    assert whole.response_metadata["finish_reason"] == "stop"
    assert whole.usage_metadata["output_tokens"] > 0


def test_many_at_once(chat):
    answers = asyncio.run(chat.abatch([f"What is {n}*{n}?" for n in range(11, 19)]))
    assert [str(n * n) in a.content for n, a in zip(range(11, 19), answers)] == [True] * 8


@pytest.mark.parametrize("choice,want", [("get_weather", 1), ("any", 1), ("none", 0), ("auto", 1)])
def test_tool_choice(chat, choice, want):
    answer = chat.bind_tools([get_weather], tool_choice=choice).invoke("What is the weather in Paris?")
    assert len(answer.tool_calls) == want
    if want:
        assert answer.tool_calls[0]["name"] == "get_weather" and answer.tool_calls[0]["args"]["location"] == "Paris"
        assert answer.response_metadata["finish_reason"] == "tool_calls"


@pytest.mark.parametrize("streaming", [False, True])
def test_tool_loop(chat, upstream, streaming):
    bound = chat.bind_tools([get_weather])
    history = [HumanMessage(f"What is the weather in Paris and Rome? {upstream.tag}")]
    for _ in range(5):
        if streaming:
            answer = None
            for chunk in bound.stream(history):
                answer = chunk if answer is None else answer + chunk
            answer = AIMessage(content=answer.content, tool_calls=answer.tool_calls)
        else:
            answer = bound.invoke(history)
        history.append(answer)
        if not answer.tool_calls:
            break
        history += [ToolMessage(get_weather.invoke(c["args"]), tool_call_id=c["id"]) for c in answer.tool_calls]
    assert "21 degrees" in history[-1].content
    assert answered(upstream.received()[-1]) == ["get_weather", "get_weather"]


def test_graph(chat, upstream):
    agent = create_agent(chat, [get_weather], system_prompt="You know the weather.")
    end = agent.invoke({"messages": [("human", f"What is the weather in Oslo? {upstream.tag}")]})
    assert "21 degrees" in end["messages"][-1].content
    assert answered(upstream.received()[-1]) == ["get_weather"]
    steps = [kind for kind, _ in agent.stream({"messages": [("human", "What is the weather in Oslo?")]}, stream_mode=["messages", "updates"])]
    assert {"messages", "updates"} == set(steps)


@pytest.mark.parametrize("method", ["json_schema", "function_calling", "json_mode"])
def test_structured_output(chat, upstream, method):
    text = f"Alice and Bob go to a science fair on Friday. {upstream.tag}"
    if method == "json_mode":
        got = chat.with_structured_output(None, method=method).invoke(text + " Answer in JSON.")
        assert isinstance(got, dict)
        assert upstream.only()["generationConfig"]["responseMimeType"] == "application/json"
        return
    got = chat.with_structured_output(Event, method=method).invoke(text)
    assert isinstance(got, Event)
    assert got.day == "Friday" and got.participants == ["Alice", "Bob"]


def test_strict_structured_output_streams(chat):
    structured = chat.with_structured_output(Event, include_raw=True, strict=True)
    last = list(structured.stream("Alice and Bob go to a science fair on Friday."))[-1]
    got = structured.invoke("Alice and Bob go to a science fair on Friday.")
    assert got["parsed"].day == "Friday" and got["parsing_error"] is None
    assert last


def test_picture(chat, upstream):
    data = base64.b64encode(PICTURE.read_bytes()).decode()
    for part in (
        {"type": "image_url", "image_url": {"url": "data:image/png;base64," + data}},
        {"type": "image", "base64": data, "mime_type": "image/png"},
    ):
        answer = chat.invoke([HumanMessage([{"type": "text", "text": f"What is this? {upstream.tag}"}, part])])
        assert "240 by 160" in answer.content
    assert [p["mimeType"] for body in upstream.received() for p in parts(body, "inlineData")] == ["image/png"] * 2


def test_embeddings(settings, upstream):
    embeddings = settings["embeddings"]
    assert len(embeddings.embed_query("hello")) == 3072
    # More than Gemini takes at once, and more than OpenAI takes; LangChain sends a thousand at a time.
    vectors = embeddings.embed_documents([f"script:text {upstream.tag} number {n}" for n in range(2100)])
    assert [v.index(1) for v in vectors] == list(range(2100))
    assert [len(b["requests"]) for b in upstream.received() if "requests" in b] == [100] * 21


def test_embeddings_of_a_size(settings):
    from langchain_openai import OpenAIEmbeddings

    small = OpenAIEmbeddings(model="gemini-embedding-001", dimensions=256, base_url=URL + "/v1", api_key="any", check_embedding_ctx_length=False)
    assert len(small.embed_query("hello")) == 256


def test_stop_and_limits(chat, upstream):
    from langchain_openai import ChatOpenAI

    limited = ChatOpenAI(model=MODEL, base_url=URL + "/v1", api_key="any", temperature=0, max_tokens=200, top_p=0.5, seed=7, stop=["7"], reasoning_effort="low")
    answer = limited.invoke(f"Count from 1 to 30. {upstream.tag}")
    assert "6" in answer.content and "7" not in answer.content
    config = upstream.only()["generationConfig"]
    assert config["maxOutputTokens"] == 200 and config["temperature"] == 0 and config["topP"] == 0.5 and config["seed"] == 7
    assert config["thinkingConfig"] == {"thinkingLevel": "low"} or config["thinkingConfig"]["thinkingLevel"].lower() == "low"


def test_errors_are_openais(chat):
    import openai
    from langchain_openai import ChatOpenAI

    with pytest.raises(openai.NotFoundError) as e:
        ChatOpenAI(model="gemini-3.5-flsh-x9", base_url=URL + "/v1", api_key="any").invoke("Hi")
    assert e.value.code == "model_not_found"
