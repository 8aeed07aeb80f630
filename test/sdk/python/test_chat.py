import os

import openai
import pytest

from scripted import answer, parts
from shape import check_completion

HELLO = [{"role": "user", "content": "Explain to me how AI works"}]


def create(client, **params):
    return check_completion(client.chat.completions.with_raw_response.create(**params))


@pytest.mark.parametrize("model", ["gemini-2.5-flash", "gemini-3.5-flash", "gemini-2.0-flash"])
def test_create(client, model):
    c = create(client, model=model, messages=HELLO)
    assert len(c.choices) == 1
    assert c.choices[0].message.role == "assistant"
    assert c.choices[0].message.content.strip()
    assert c.choices[0].finish_reason == "stop"
    assert c.usage.completion_tokens > 0


@pytest.mark.parametrize("prefix", ["/v1", "/v1/", "/v1beta/openai/", "/openai/v1", ""])
def test_every_path(prefix):
    with openai.OpenAI(base_url=os.environ["GEMWAY_TEST_URL"] + prefix, api_key="any", max_retries=0) as c:
        assert create(c, model="gemini-2.5-flash", messages=HELLO).choices[0].message.content


def test_request_ids(client):
    ids = set()
    for _ in range(2):
        raw = client.chat.completions.with_raw_response.create(model="gemini-2.5-flash", messages=HELLO)
        assert raw.headers["content-type"].startswith("application/json")
        assert raw.headers["x-request-id"]
        assert raw.parse()._request_id == raw.headers["x-request-id"]
        ids.add(raw.headers["x-request-id"])
    assert len(ids) == 2


def test_text_arrives_unchanged(scripted, upstream):
    said = 'Ünïcödé 🌍 "quotes" \\ back\nline <b>'
    c = create(scripted, model="gemini-2.5-flash", messages=[upstream.say("text", said)])
    assert c.choices[0].message.content == answer("text")
    assert (c.usage.prompt_tokens, c.usage.completion_tokens, c.usage.total_tokens) == (40, 9, 49)
    assert c.usage.prompt_tokens_details.cached_tokens == 12
    contents = upstream.body()["contents"]
    assert [x["role"] for x in contents] == ["user"]
    assert parts(contents[0])[0]["text"].startswith(said)


def test_key_of_the_client_is_the_key_upstream(scripted, upstream):
    create(scripted, model="gemini-2.5-flash", messages=[upstream.say("text")])
    (got,) = upstream.received()
    assert got["key"] == "a-key"
    assert "/models/gemini-2.5-flash:" in got["path"]


def test_parameters_reach_gemini(scripted, upstream):
    create(
        scripted,
        model="gemini-2.5-flash",
        messages=[upstream.say("text")],
        temperature=0.25,
        top_p=0.5,
        max_tokens=77,
        stop=["END", "\n\n"],
        seed=42,
    )
    config = upstream.body()["generationConfig"]
    assert config["temperature"] == 0.25
    assert config["topP"] == 0.5
    assert config["maxOutputTokens"] == 77
    assert config["stopSequences"] == ["END", "\n\n"]
    assert config["seed"] == 42


def test_max_completion_tokens_and_single_stop(scripted, upstream):
    create(
        scripted, model="gemini-2.5-flash", messages=[upstream.say("text")], max_completion_tokens=99, stop="END"
    )
    config = upstream.body()["generationConfig"]
    assert config["maxOutputTokens"] == 99
    assert config["stopSequences"] == ["END"]


def test_nothing_is_made_up(scripted, upstream):
    create(scripted, model="gemini-2.5-flash", messages=[upstream.say("text")])
    config = upstream.body().get("generationConfig", {})
    for name in ("temperature", "topP", "maxOutputTokens", "stopSequences", "seed", "responseMimeType"):
        assert name not in config


def test_instructions_keep_their_order(scripted, upstream):
    create(
        scripted,
        model="gemini-2.5-flash",
        messages=[
            {"role": "system", "content": "first rule"},
            {"role": "developer", "content": [{"type": "text", "text": "second rule"}]},
            {"role": "user", "content": "Hi"},
            {"role": "assistant", "content": "Hello"},
            upstream.say("text"),
        ],
    )
    body = upstream.body()
    system = "\n".join(p["text"] for p in parts(body["systemInstruction"]))
    assert 0 <= system.index("first rule") < system.index("second rule")
    assert [c["role"] for c in body["contents"]] == ["user", "model", "user"]
    assert parts(body["contents"][1])[0]["text"] == "Hello"


@pytest.mark.parametrize("model", ["gemini-2.5-flash", "gemini-3.5-flash"])
def test_two_choices(client, model):
    c = create(client, model=model, messages=HELLO, n=2)
    assert len(c.choices) == 2
    assert all(x.message.content and x.finish_reason == "stop" for x in c.choices)


@pytest.mark.parametrize(
    "script,reason,content",
    [
        ("length", "length", "One, two, three"),
        ("length-thinking", "length", None),
        ("safety", "content_filter", None),
        ("blocked", "content_filter", None),
    ],
)
def test_finish_reasons(scripted, upstream, script, reason, content):
    c = create(scripted, model="gemini-2.5-flash", messages=[upstream.say(script)])
    assert len(c.choices) == 1
    assert c.choices[0].finish_reason == reason
    assert (c.choices[0].message.content or None) == content


def test_thoughts_stay_apart(scripted, upstream):
    c = create(
        scripted,
        model="gemini-3.5-flash",
        messages=[upstream.say("thoughts")],
        extra_body={"extra_body": {"google": {"thinking_config": {"include_thoughts": True}}}},
    )
    assert upstream.body()["generationConfig"]["thinkingConfig"]["includeThoughts"] is True
    assert c.choices[0].message.content == "The sum is 4."
    assert c.choices[0].message.reasoning_content == "**Adding**\n\nTwo and two."
    assert c.usage.completion_tokens == 31
    assert c.usage.completion_tokens_details.reasoning_tokens == 25


@pytest.mark.parametrize(
    "model,effort,field,value",
    [
        ("gemini-2.5-flash", "none", "thinkingBudget", 0),
        ("gemini-2.5-flash", "low", "thinkingBudget", 1024),
        ("gemini-2.5-flash", "medium", "thinkingBudget", 8192),
        ("gemini-2.5-flash", "high", "thinkingBudget", 24576),
        ("gemini-3.5-flash", "minimal", "thinkingLevel", "minimal"),
        ("gemini-3.5-flash", "low", "thinkingLevel", "low"),
        ("gemini-3.5-flash", "high", "thinkingLevel", "high"),
        ("gemini-3.8-flash", "minimal", "thinkingLevel", "low"),
    ],
)
def test_reasoning_effort(scripted, upstream, model, effort, field, value):
    create(scripted, model=model, messages=[upstream.say("text")], reasoning_effort=effort)
    thinking = upstream.body()["generationConfig"]["thinkingConfig"]
    got = thinking[field]
    assert (got.lower() if isinstance(got, str) else got) == value
    assert not {"thinkingBudget", "thinkingLevel"} <= thinking.keys()


def test_fields_without_a_meaning_for_gemini_are_taken(client):
    c = create(
        client,
        model="gemini-2.5-flash",
        messages=HELLO,
        user="someone",
        store=False,
        metadata={"a": "b"},
        logit_bias={},
        extra_body={"prompt_cache_key": "k", "verbosity": "low"},
    )
    assert c.choices[0].message.content
