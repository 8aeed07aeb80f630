"""DSPy."""

import dspy
import pytest
from conftest import recipe


@pytest.fixture(scope="module")
def lm():
    lm = recipe("DSPy")["lm"]
    lm.cache = False
    return lm


def test_answers(lm):
    assert "408" in lm("What is 12*34?")[0]


def test_structured(lm, upstream):
    class Event(dspy.Signature):
        """Tells of an event."""

        text: str = dspy.InputField()
        day: str = dspy.OutputField()
        participants: list[str] = dspy.OutputField()

    with dspy.context(lm=lm, adapter=dspy.JSONAdapter()):
        got = dspy.Predict(Event)(text=f"Alice and Bob go to a science fair on Friday. {upstream.tag}")
    assert isinstance(got.day, str) and got.day and isinstance(got.participants, list)
    config = upstream.received()[0]["generationConfig"]
    assert config["responseMimeType"] == "application/json"
    assert set(config["responseJsonSchema"]["properties"]) == {"day", "participants"}
