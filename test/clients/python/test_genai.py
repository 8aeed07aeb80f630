"""Google's SDK against the emulator, as docs/emulator.md shows it."""

import os

from conftest import blocks


def test_emulator():
    code = blocks("The emulator", "python", "docs/emulator.md")[0].replace("http://127.0.0.1:9090", os.environ["GEMWAY_TEST_UPSTREAM_URL"])
    names = {}
    exec(code.replace("client.models.generate_content(", "answer = client.models.generate_content("), names)  # ours
    assert "408" in names["answer"].text
