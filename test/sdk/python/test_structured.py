import json
from enum import Enum
from typing import List, Optional

import openai
import pytest
from pydantic import BaseModel

from scripted import parts


class CalendarEvent(BaseModel):
    name: str
    date: str
    participants: List[str]


class Mood(str, Enum):
    good = "good"
    bad = "bad"


class Person(BaseModel):
    name: str
    age: int
    mood: Mood
    nickname: Optional[str]


class Report(BaseModel):
    title: str
    score: float
    urgent: bool
    people: List[Person]


MESSAGES = [
    {"role": "system", "content": "Extract the event information."},
    {"role": "user", "content": "John and Susan are going to an AI conference on Friday."},
]
EVENT = CalendarEvent(name="AI conference", date="Friday", participants=["John", "Susan"])


@pytest.mark.parametrize("model", ["gemini-2.5-flash", "gemini-3.5-flash", "gemini-2.0-flash"])
@pytest.mark.parametrize("schema", [CalendarEvent, Report])
def test_parse(client, parse, model, schema):
    c = parse(client)(model=model, messages=MESSAGES, response_format=schema)
    assert isinstance(c.choices[0].message.parsed, schema)
    assert c.choices[0].finish_reason == "stop"


def test_parse_what_gemini_said(scripted, upstream, parse):
    c = parse(scripted)(model="gemini-2.5-flash", messages=[upstream.say("event")], response_format=CalendarEvent)
    assert c.choices[0].message.parsed == EVENT
    config = upstream.body()["generationConfig"]
    assert config["responseMimeType"] == "application/json"
    schema = config["responseJsonSchema"]
    assert list(schema["properties"]) == ["name", "date", "participants"]
    assert schema["required"] == ["name", "date", "participants"]


def test_stream_helper(scripted, upstream, stream_helper):
    pieces = []
    with stream_helper(scripted)(
        model="gemini-2.5-flash", messages=[upstream.say("event")], response_format=CalendarEvent
    ) as stream:
        for event in stream:
            if event.type == "content.delta":
                pieces.append(event.delta)
        final = stream.get_final_completion()
    assert "".join(pieces) == final.choices[0].message.content
    assert final.choices[0].message.parsed == EVENT


def test_stream_helper_offline(client, stream_helper):
    with stream_helper(client)(model="gemini-2.5-flash", messages=MESSAGES, response_format=CalendarEvent) as stream:
        assert isinstance(stream.get_final_completion().choices[0].message.parsed, CalendarEvent)


def test_parse_tools(scripted, upstream, parse):
    class GetWeather(BaseModel):
        location: str

    tool = openai.pydantic_function_tool(GetWeather, name="get_weather", description="The weather at a place")
    c = parse(scripted)(model="gemini-2.5-flash", messages=[upstream.say("one-call")], tools=[tool])
    (call,) = c.choices[0].message.tool_calls
    assert call.function.parsed_arguments == GetWeather(location="Paris")


def test_cut_answers_are_not_parsed(scripted, upstream, parse):
    with pytest.raises(openai.LengthFinishReasonError):
        parse(scripted)(model="gemini-2.5-flash", messages=[upstream.say("length")], response_format=CalendarEvent)
    with pytest.raises(openai.ContentFilterFinishReasonError):
        parse(scripted)(model="gemini-2.5-flash", messages=[upstream.say("blocked")], response_format=CalendarEvent)


def test_json_object(client):
    c = client.chat.completions.create(
        model="gemini-2.5-flash",
        messages=[{"role": "user", "content": "Three colours as a JSON object, please"}],
        response_format={"type": "json_object"},
    )
    assert isinstance(json.loads(c.choices[0].message.content), dict)


def test_json_object_reaches_gemini(scripted, upstream):
    c = scripted.chat.completions.create(
        model="gemini-2.5-flash", messages=[upstream.say("event")], response_format={"type": "json_object"}
    )
    assert CalendarEvent.model_validate_json(c.choices[0].message.content) == EVENT
    config = upstream.body()["generationConfig"]
    assert config["responseMimeType"] == "application/json"
    assert not {"responseSchema", "responseJsonSchema"} & config.keys()


def test_history_with_json_survives(scripted, upstream):
    scripted.chat.completions.create(
        model="gemini-2.5-flash",
        messages=[
            {"role": "user", "content": "Hi"},
            {"role": "assistant", "content": EVENT.model_dump_json()},
            upstream.say("text"),
        ],
    )
    said = parts(upstream.body()["contents"][1])[0]["text"]
    assert CalendarEvent.model_validate_json(said) == EVENT
