"""Twenty turns of one conversation with parallel calls, on models that want their signatures back."""

import json

import pytest

from conftest import PLACES, completions
from shape import check_completion, collect
from test_tools import as_plain

WEATHER = {
    "type": "function",
    "function": {
        "name": "get_weather",
        "description": "Get the weather in a given location",
        "strict": True,
        "parameters": {
            "type": "object",
            "properties": {"location": {"type": "string", "description": "A city, e.g. Chicago"}},
            "required": ["location"],
            "additionalProperties": False,
        },
    },
}
CITIES = ["Paris", "London", "Tokyo", "Chicago", "Berlin", "Madrid", "Oslo", "Rome"]
TURNS = 20


def plain(content, calls):
    return {"role": "assistant", "content": content or None} | ({"tool_calls": as_plain(calls)} if calls else {})


def whole_plain(client, **params):
    """A client that keeps OpenAI's fields alone."""
    m = check_completion(client.chat.completions.with_raw_response.create(**params)).choices[0].message
    calls = [{"id": c.id, "name": c.function.name, "arguments": c.function.arguments} for c in m.tool_calls or []]
    return m.content, calls, plain(m.content, calls)


def streamed_plain(client, **params):
    """The same, from a stream."""
    choice = collect(client.chat.completions.create(stream=True, **params))["choices"][0]
    return choice["content"], choice["calls"], plain(choice["content"], choice["calls"])


def whole_message(client, **params):
    """The SDK's own message goes back, with all that it keeps."""
    return of_message(client.chat.completions.create(**params).choices[0].message)


def streamed_message(client, **params):
    """The message that the SDK accumulates goes back."""
    with completions(client, PLACES[-1]).stream(**params) as events:
        return of_message(events.get_final_completion().choices[0].message)


def of_message(m):
    calls = [{"id": c.id, "name": c.function.name, "arguments": c.function.arguments} for c in m.tool_calls or []]
    return m.content, calls, m


@pytest.mark.parametrize("ask", [whole_plain, streamed_plain, whole_message, streamed_message])
@pytest.mark.parametrize("model", ["gemini-3.5-flash", "gemini-3-flash-preview"])
def test_twenty_turns(client, model, ask):
    messages, ids = [], set()
    for turn in range(TURNS):
        cities = [CITIES[turn % len(CITIES)], CITIES[(turn + 3) % len(CITIES)]]
        messages.append({"role": "user", "content": f"What is the weather in {cities[0]} and {cities[1]}?"})
        _, calls, message = ask(client, model=model, messages=messages, tools=[WEATHER])
        assert [json.loads(c["arguments"])["location"] for c in calls] == cities, f"turn {turn}"
        assert not ids & {c["id"] for c in calls} and len({c["id"] for c in calls}) == 2, f"turn {turn}"
        ids |= {c["id"] for c in calls}
        messages.append(message)
        readings = {c["id"]: f"reading {turn}-{i}." for i, c in enumerate(calls)}
        for c in reversed(calls):
            messages.append({"role": "tool", "tool_call_id": c["id"], "content": readings[c["id"]]})
        content, calls, message = ask(client, model=model, messages=messages, tools=[WEATHER])
        assert not calls
        for reading in readings.values():
            assert reading in content, f"turn {turn}"
        messages.append(message)
    assert len(ids) == 2 * TURNS
