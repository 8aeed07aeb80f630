"""A route falls back to a model of this machine, by the official SDK."""

import time

import httpx2 as httpx
import openai
import pytest
from conftest import KEY, Gemini

QUESTION = [{"role": "user", "content": "Name a colour."}]
# The same words every time: what whole answers and streams say can be compared.
SAME = {"temperature": 0, "max_tokens": 12, "extra_body": {"cache_prompt": False}}


def whole(client, model="assistant", **more):
    return client.chat.completions.with_raw_response.create(model=model, messages=QUESTION, **SAME, **more)


def test_whole_answer(client, bad_day):
    raw = whole(client)
    answer = raw.parse()
    assert answer.choices[0].message.role == "assistant"
    assert answer.choices[0].message.content.strip()
    assert answer.choices[0].finish_reason in ("stop", "length")
    assert 0 < answer.usage.completion_tokens <= 12
    assert answer.usage.total_tokens == answer.usage.prompt_tokens + answer.usage.completion_tokens
    assert answer.model == raw.headers["x-gemway-served-model"] == "gemma"
    assert raw.headers["x-request-id"].startswith("req_")


def test_stream_says_the_same(client, bad_day):
    expected = whole(client).parse().choices[0]
    stream = client.chat.completions.create(
        model="assistant", messages=QUESTION, stream=True, stream_options={"include_usage": True}, **SAME
    )
    chunks = list(stream)
    said = "".join(c.choices[0].delta.content or "" for c in chunks if c.choices)
    assert said == expected.message.content
    assert [c.choices[0].finish_reason for c in chunks if c.choices][-1] == expected.finish_reason
    assert {c.model for c in chunks} == {"gemma"}
    assert len({c.id for c in chunks}) == 1
    assert [c.usage.completion_tokens for c in chunks if c.usage] != []


def test_fields_that_only_the_local_server_knows(client):
    answer = client.chat.completions.create(
        model="gemma", messages=QUESTION, max_tokens=12, extra_body={"grammar": 'root ::= "turquoise"'}
    )
    assert answer.choices[0].message.content == "turquoise"


def test_its_refusals_are_ordinary_errors(client):
    with pytest.raises(openai.BadRequestError) as caught:
        client.chat.completions.create(model="gemma", messages=[{"role": "user", "content": "word " * 2000}])
    assert caught.value.type and "context" in caught.value.message
    assert caught.value.request_id


def test_a_client_that_leaves_stops_the_model(client, local):
    def busy():
        slots = httpx.get(local + "/slots", headers={"Authorization": "Bearer " + KEY}).json()
        return any(s["is_processing"] for s in slots)

    # No end within the context: only the client's leaving ends it soon.
    stream = client.chat.completions.create(
        model="assistant", messages=QUESTION, stream=True, max_tokens=400, extra_body={"ignore_eos": True}
    )
    next(iter(stream))
    assert busy()
    stream.close()
    until = time.monotonic() + 3
    while busy():
        assert time.monotonic() < until, "the model is still at work"
        time.sleep(0.05)


def test_models_are_listed(client):
    assert client.models.retrieve("gemma").owned_by == "local"
    assert client.models.retrieve("assistant").served_by == "gemini-2.5-flash"


def test_keys_stay_where_they_belong(client):
    whole(client)
    assert Gemini.keys and set(Gemini.keys) == {("key-of-gemini", None)}


# The last test: it ends the local server.
def test_a_model_that_dies_is_told(client, llama):
    stream = client.chat.completions.create(
        model="assistant", messages=QUESTION, stream=True, max_tokens=400, extra_body={"ignore_eos": True}
    )
    chunks = iter(stream)
    next(chunks)
    llama[0].kill()
    with pytest.raises(openai.APIError):
        list(chunks)
    with pytest.raises(openai.InternalServerError) as caught:
        whole(client)
    assert (caught.value.status_code, caught.value.code) == (502, "upstream_unreachable")
