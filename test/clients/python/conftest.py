"""What the suites share: the recipes of the documentation, and what Gemini was asked."""

import json
import os
import pathlib
import re
import urllib.parse
import urllib.request
import uuid

import pytest

ROOT = pathlib.Path(__file__).parents[3]
URL = os.environ["GEMWAY_TEST_SCRIPTED_URL"]
PICTURE = ROOT / "examples/assets/shapes.png"  # 240 by 160 pixels
MODEL = "gemini-3.5-flash"


def blocks(heading, language, page="docs/recipes.md"):
    """The blocks of a language under a heading of a page, for this server."""
    text = (ROOT / page).read_text()
    section = re.search(rf"^##? {re.escape(heading)}$(.*?)(?=^## |\Z)", text, re.M | re.S)
    assert section, f"{page} has no {heading}"
    found = re.findall(rf"^```{language}\n(.*?)^```$", section[1], re.M | re.S)
    assert found, f"{heading} of {page} has no {language}"
    return [re.sub(r"\bKEY\b", "any", b.replace("http://127.0.0.1:8080", URL)) for b in found]


def recipe(heading):
    """What the Python of a recipe defines."""
    names = {}
    exec("".join(blocks(heading, "python")), names)  # ours, from docs/recipes.md
    return names


class Upstream:
    """Gemini as the server sees it: an emulator that remembers what it was asked."""

    def __init__(self):
        self.url, self.tag = os.environ["GEMWAY_TEST_UPSTREAM_URL"], "tag-" + uuid.uuid4().hex

    def received(self):
        """The bodies that hold this test's tag, in their order."""
        with urllib.request.urlopen(self.url + "/received?tag=" + urllib.parse.quote(self.tag)) as r:
            return [one["body"] for one in json.load(r)]

    def only(self):
        got = self.received()
        assert len(got) == 1, f"{len(got)} requests reached Gemini"
        return got[0]


@pytest.fixture
def upstream():
    return Upstream()


def parts(body, key):
    """What stands under a key in the parts of the contents of a native request."""
    return [p[key] for c in body["contents"] for p in c["parts"] if key in p]


def answered(body):
    """Asserts that every call in a request has its signature on the first of
    its turn and a result, and returns the names of the calls."""
    calls, results = parts(body, "functionCall"), parts(body, "functionResponse")
    assert [c["name"] for c in calls] == [r["name"] for r in results]
    assert [c.get("id") for c in calls] == [r.get("id") for r in results]
    for content in body["contents"]:
        of = [p for p in content["parts"] if "functionCall" in p]
        if of:
            assert of[0].get("thoughtSignature"), f"no signature on {of[0]}"
    return [c["name"] for c in calls]
