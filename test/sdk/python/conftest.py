"""What the suites share: clients for the two servers, and what the scripted upstream received."""

import os
import uuid

import openai
import pytest

from scripted import Upstream

# openai 1.x is the SDK of May 2025.
LEGACY = openai.VERSION.startswith("1.")


@pytest.fixture
def client():
    """A client of the offline server: the emulator answers."""
    with openai.OpenAI(base_url=os.environ["GEMWAY_TEST_URL"] + "/v1", api_key="any", max_retries=0) as c:
        yield c


@pytest.fixture
def scripted():
    """A client of the server in front of the scripted upstream."""
    with openai.OpenAI(base_url=os.environ["GEMWAY_TEST_SCRIPTED_URL"] + "/v1", api_key="a-key", max_retries=0) as c:
        yield c


@pytest.fixture
def upstream():
    return Upstream(os.environ["GEMWAY_TEST_UPSTREAM_URL"], "tag-" + uuid.uuid4().hex)


# The SDK of May 2025 has the methods that parse under beta only; today's has
# them in both places.
PLACES = ["beta"] if LEGACY else ["beta", "chat"]


@pytest.fixture(params=PLACES)
def parse(request):
    """The parse method of a client, in every place where this SDK has it."""
    return lambda c: completions(c, request.param).parse


@pytest.fixture(params=PLACES)
def stream_helper(request):
    """The stream method of a client, which accumulates and parses."""
    return lambda c: completions(c, request.param).stream


def completions(client, place):
    return client.beta.chat.completions if place == "beta" else client.chat.completions
