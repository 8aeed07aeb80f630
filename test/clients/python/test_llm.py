"""llm, the program."""

import json
import os
import pathlib
import subprocess
import sys

import pytest
from conftest import PICTURE, blocks, parts


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    home = tmp_path_factory.mktemp("llm")
    (home / "extra-openai-models.yaml").write_text(blocks("llm", "yaml")[0])
    (home / "keys.json").write_text(json.dumps({"gemway": "any"}))
    program = pathlib.Path(sys.executable).parent / "llm"
    (home / "weather.py").write_text('def get_weather(location: str) -> str:\n    "Tells the weather of a city."\n    return location + ": 21 degrees"\n')

    def run(*args):
        done = subprocess.run([program, *args], env={**os.environ, "LLM_USER_PATH": str(home)}, cwd=home, capture_output=True, text=True, timeout=120, stdin=subprocess.DEVNULL)
        assert done.returncode == 0, done.stderr
        return done.stdout

    return run


@pytest.mark.parametrize("flags", [[], ["--no-stream"]])
def test_prompt(run, upstream, flags):
    assert "408" in run("-m", "gemway", *flags, "-s", "Be short.", f"What is 12*34? {upstream.tag}")
    assert upstream.only()["systemInstruction"]["parts"] == [{"text": "Be short."}]


def test_conversation(run):
    run("-m", "gemway", "My favourite number is 417.")
    assert "417" in run("-c", "What is my favourite number?")


def test_tools(run, upstream):
    out = run("-m", "gemway", "--functions", "weather.py", f"What is the weather in Paris? {upstream.tag}")
    assert "21 degrees" in out
    assert [r["name"] for r in parts(upstream.received()[-1], "functionResponse")] == ["get_weather"]


def test_schema(run):
    got = json.loads(run("-m", "gemway", "--schema", "day, participants", "Alice and Bob go to a science fair on Friday."))
    assert got["day"] == "Friday"


def test_picture(run):
    assert "240 by 160" in run("-m", "gemway", "What is this?", "-a", str(PICTURE))
