"""The scripted upstream, seen from a test."""

import json
import urllib.parse
import urllib.request


class Upstream:
    def __init__(self, url, tag):
        self.url, self.tag = url, tag

    def say(self, script, text=""):
        """A user message that makes the upstream play a script and can be found again."""
        return {"role": "user", "content": f"{text} script:{script} {self.tag}"}

    def received(self):
        """The requests of this test that reached the upstream: path, key, body."""
        with urllib.request.urlopen(self.url + "/received?tag=" + urllib.parse.quote(self.tag)) as r:
            return json.load(r)

    def body(self):
        """The body of the one request of this test."""
        got = self.received()
        assert len(got) == 1, f"{len(got)} requests reached the upstream"
        return got[0]["body"]


def parts(content):
    """The parts of a Gemini content, which may be a single object."""
    p = content.get("parts", [])
    return p if isinstance(p, list) else [p]


def answer(script):
    """What a script says, as the texts in the SDK tests expect it."""
    return ANSWERS[script]


ANSWERS = {
    "text": 'Grüße, 世界 🌍!\n"quoted" \\ <b>&amp;</b> end.',
    "tool-answer": "Paris has 18 °C, 東京 has 24 °C.",
}
