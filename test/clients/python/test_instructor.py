"""Instructor."""

from collections.abc import Iterable

import instructor
import pytest
from conftest import MODEL, recipe
from openai import OpenAI
from pydantic import BaseModel, field_validator


@pytest.fixture(scope="module")
def settings():
    return recipe("Instructor")


class Event(BaseModel):
    name: str
    day: str
    participants: list[str]


TEXT = "Alice and Bob go to a science fair on Friday."


@pytest.mark.parametrize("mode", [instructor.Mode.TOOLS, instructor.Mode.JSON_SCHEMA])
def test_modes(settings, upstream, mode):
    client = instructor.from_openai(settings["openai"], mode=mode)
    got = client.chat.completions.create(model=MODEL, response_model=Event, messages=[{"role": "user", "content": f"{TEXT} {upstream.tag}"}], max_retries=0)
    assert got.day == "Friday" and got.participants == ["Alice", "Bob"]
    assert len(upstream.received()) == 1


@pytest.mark.parametrize("mode", [instructor.Mode.JSON, instructor.Mode.MD_JSON])
def test_modes_by_prompt(settings, upstream, mode):
    """The schema stands in the prompt, and the answer is a given one."""

    class Meeting(BaseModel):
        name: str
        date: str
        participants: list[str]

    client = instructor.from_openai(settings["openai"], mode=mode)
    got = client.chat.completions.create(model=MODEL, response_model=Meeting, messages=[{"role": "user", "content": f"What is planned? script:event {upstream.tag}"}], max_retries=0)
    assert got.model_dump() == {"name": "AI conference", "date": "Friday", "participants": ["John", "Susan"]}
    assert (upstream.only().get("generationConfig", {}).get("responseMimeType") == "application/json") == (mode == instructor.Mode.JSON)


def test_recipe(settings):
    got = settings["client"].chat.completions.create(model=MODEL, response_model=Event, messages=[{"role": "user", "content": TEXT}])
    assert got.participants == ["Alice", "Bob"]


def test_partial(settings):
    pieces = list(settings["client"].chat.completions.create_partial(model=MODEL, response_model=Event, messages=[{"role": "user", "content": TEXT}]))
    assert pieces[-1].participants == ["Alice", "Bob"]


def test_iterable(settings):
    got = list(settings["client"].chat.completions.create_iterable(model=MODEL, response_model=Event, messages=[{"role": "user", "content": TEXT}]))
    assert all(isinstance(e, Event) for e in got) and got


def test_retry_with_the_fault(settings, upstream):
    seen = []

    class Picky(BaseModel):
        day: str

        @field_validator("day")
        @classmethod
        def late(cls, v):
            seen.append(v)
            if len(seen) == 1:
                raise ValueError("name the day in full")
            return v

    got = settings["client"].chat.completions.create(model=MODEL, response_model=Picky, max_retries=2, messages=[{"role": "user", "content": f"{TEXT} {upstream.tag}"}])
    assert len(seen) == 2 and got.day == seen[-1]
    assert len(upstream.received()) == 2
