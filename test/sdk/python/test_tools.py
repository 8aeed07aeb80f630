import json

import pytest

from scripted import answer, parts
from shape import check_completion, collect

WEATHER = {
    "type": "function",
    "function": {
        "name": "get_weather",
        "description": "Get the weather in a given location",
        "parameters": {
            "type": "object",
            "properties": {
                "location": {"type": "string", "description": "The city and state, e.g. Chicago, IL"},
                "unit": {"type": "string", "enum": ["celsius", "fahrenheit"]},
                "station": {"type": "integer"},
            },
            "required": ["location"],
            "additionalProperties": False,
        },
    },
}
TIME = {"type": "function", "function": {"name": "get_time", "description": "The time of day"}}
QUESTION = {"role": "user", "content": "What's the weather like in Chicago today?"}


def ordered(text):
    """A JSON object as its pairs, so that the order counts."""
    return list(json.loads(text).items())


def as_plain(calls):
    """The calls as a client hands them back that keeps OpenAI's fields alone."""
    return [
        {"id": c["id"], "type": "function", "function": {"name": c["name"], "arguments": c["arguments"]}} for c in calls
    ]


def whole(client, **params):
    """One answer, in the form that collect gives to a stream."""
    c = check_completion(client.chat.completions.with_raw_response.create(**params)).choices[0]
    calls = [
        {"id": t.id, "name": t.function.name, "arguments": t.function.arguments} for t in c.message.tool_calls or []
    ]
    assert all(t.type == "function" for t in c.message.tool_calls or [])
    return {"content": c.message.content or "", "calls": calls, "finish": c.finish_reason}


def streamed(client, **params):
    return collect(client.chat.completions.create(stream=True, **params))["choices"][0]


BOTH = pytest.mark.parametrize("ask", [whole, streamed])


@BOTH
@pytest.mark.parametrize("model", ["gemini-2.5-flash", "gemini-3.5-flash"])
def test_two_turns(client, ask, model):
    first = ask(client, model=model, messages=[QUESTION], tools=[WEATHER], tool_choice="auto")
    assert first["finish"] == "tool_calls"
    assert first["calls"]
    messages = [QUESTION, {"role": "assistant", "content": None, "tool_calls": as_plain(first["calls"])}]
    for call in first["calls"]:
        assert call["name"] == "get_weather"
        assert 0 < len(call["id"]) <= 40
        assert isinstance(json.loads(call["arguments"])["location"], str)
        messages.append({"role": "tool", "tool_call_id": call["id"], "content": '{"degrees": 18}'})
    second = ask(client, model=model, messages=messages, tools=[WEATHER])
    assert second["finish"] == "stop"
    assert second["content"].strip()
    assert not second["calls"]


@BOTH
def test_parallel_calls(scripted, upstream, ask):
    """Two calls, answered in the other order by a client that keeps no extra fields."""
    question = upstream.say("parallel-calls")
    params = {"model": "gemini-3.5-flash", "tools": [WEATHER]}
    first = ask(scripted, messages=[question], **params)
    assert first["finish"] == "tool_calls"
    one, two = first["calls"]
    assert one["id"] != two["id"]
    assert ordered(one["arguments"]) == [("unit", "celsius"), ("location", "Paris"), ("station", 9007199254740993)]
    assert json.loads(two["arguments"]) == {"location": "東京"}

    second = ask(
        scripted,
        messages=[
            question,
            {"role": "assistant", "content": None, "tool_calls": as_plain(first["calls"])},
            {"role": "tool", "tool_call_id": two["id"], "content": "24 °C"},
            {"role": "tool", "tool_call_id": one["id"], "content": '{"degrees": 18, "next": "script:tool-answer"}'},
        ],
        **params,
    )
    assert second["finish"] == "stop"
    assert second["content"] == answer("tool-answer")

    _, got = upstream.received()
    user, model, results = got["body"]["contents"]
    assert (user["role"], model["role"], results["role"]) == ("user", "model", "user")
    calls = parts(model)
    assert [c["functionCall"]["name"] for c in calls] == ["get_weather", "get_weather"]
    assert calls[0]["functionCall"]["args"]["station"] == 9007199254740993
    assert calls[0]["thoughtSignature"] == "c2lnbmF0dXJlLW9mLXRoZS1maXJzdC1jYWxs", "remembered for the client"
    assert "thoughtSignature" not in calls[1]
    assert [c["functionCall"]["id"] for c in calls] == ["w6geog7o", "spt7zdfl"]
    responses = [p["functionResponse"] for p in parts(results)]
    assert [r["id"] for r in responses] == ["w6geog7o", "spt7zdfl"], "in the order of the calls"
    assert responses[0]["response"] == {"degrees": 18, "next": "script:tool-answer"}
    assert "24 °C" in responses[1]["response"].values()


@BOTH
def test_calls_without_ids_get_some(scripted, upstream, ask):
    got = ask(scripted, model="gemini-2.5-flash", messages=[upstream.say("calls-without-ids")], tools=[WEATHER, TIME])
    assert got["finish"] == "tool_calls"
    one, two = got["calls"]
    assert one["id"] and two["id"] and one["id"] != two["id"]
    assert (one["name"], two["name"]) == ("get_weather", "get_time")
    assert two["arguments"] == "{}"


def test_message_of_the_sdk_can_be_sent_back(scripted, upstream):
    question = upstream.say("parallel-calls")
    first = scripted.chat.completions.create(model="gemini-3.5-flash", messages=[question], tools=[WEATHER])
    message = first.choices[0].message
    results = [{"role": "tool", "tool_call_id": c.id, "content": "script:tool-answer"} for c in message.tool_calls]
    second = scripted.chat.completions.create(
        model="gemini-3.5-flash", messages=[question, message, *results], tools=[WEATHER]
    )
    assert second.choices[0].message.content == answer("tool-answer")


@pytest.mark.parametrize(
    "choice,mode,names",
    [
        ("auto", "AUTO", None),
        ("none", "NONE", None),
        ("required", "ANY", None),
        ({"type": "function", "function": {"name": "get_time"}}, "ANY", ["get_time"]),
    ],
)
def test_tool_choice(scripted, upstream, choice, mode, names):
    scripted.chat.completions.create(
        model="gemini-2.5-flash", messages=[upstream.say("text")], tools=[WEATHER, TIME], tool_choice=choice
    )
    body = upstream.body()
    config = body.get("toolConfig", {}).get("functionCallingConfig", {})
    assert config.get("mode", "AUTO") == mode
    assert config.get("allowedFunctionNames") == names
    declared = [d["name"] for t in body["tools"] for d in t["functionDeclarations"]]
    assert declared == ["get_weather", "get_time"]
    assert len(body["tools"]) == 1


def test_schema_keeps_its_order(scripted, upstream):
    scripted.chat.completions.create(model="gemini-2.5-flash", messages=[upstream.say("text")], tools=[WEATHER])
    (tool,) = upstream.body()["tools"]
    (declared,) = tool["functionDeclarations"]
    assert declared["description"] == WEATHER["function"]["description"]
    got, want = declared["parametersJsonSchema"], WEATHER["function"]["parameters"]
    assert got == want
    assert list(got["properties"]) == list(want["properties"])


@pytest.mark.parametrize("stream", [False, True])
def test_legacy_functions(scripted, upstream, stream):
    functions = [WEATHER["function"]]
    question = upstream.say("one-call")
    params = {"model": "gemini-2.5-flash", "functions": functions, "function_call": "auto"}
    if stream:
        got = collect(scripted.chat.completions.create(messages=[question], stream=True, **params))["choices"][0]
        function, finish, calls = got["function"], got["finish"], got["calls"]
    else:
        raw = scripted.chat.completions.with_raw_response.create(messages=[question], **params)
        choice = check_completion(raw).choices[0]
        function, finish, calls = choice.message.function_call.to_dict(), choice.finish_reason, choice.message.tool_calls
    assert finish == "function_call"
    assert function["name"] == "get_weather"
    assert json.loads(function["arguments"]) == {"location": "Paris"}
    assert not calls, "one who asks with functions does not know tool calls"

    again = scripted.chat.completions.create(
        messages=[
            question,
            {"role": "assistant", "content": None, "function_call": function},
            {"role": "function", "name": "get_weather", "content": "script:tool-answer"},
        ],
        **params,
    )
    assert again.choices[0].message.content == answer("tool-answer")
    contents = upstream.received()[1]["body"]["contents"]
    assert parts(contents[1])[0]["functionCall"]["name"] == "get_weather"
    assert parts(contents[2])[0]["functionResponse"]["name"] == "get_weather"


def test_one_call_at_a_time(scripted, upstream):
    got = whole(
        scripted,
        model="gemini-3.5-flash",
        messages=[upstream.say("parallel-calls")],
        tools=[WEATHER],
        parallel_tool_calls=False,
    )
    assert len(got["calls"]) == 1
    assert json.loads(got["calls"][0]["arguments"])["location"] == "Paris"


def test_results_without_a_call_are_left_out_and_named(scripted, upstream):
    raw = scripted.chat.completions.with_raw_response.create(
        model="gemini-2.5-flash",
        messages=[upstream.say("text"), {"role": "tool", "tool_call_id": "nobody", "content": "1"}],
    )
    check_completion(raw)
    assert "messages[1]" in raw.headers["x-gemway-ignored"]
    assert not any("functionResponse" in p for c in upstream.body()["contents"] for p in parts(c))
