import openai
import pytest
from openai.types.chat import ChatCompletionChunk

from scripted import answer
from shape import collect

HELLO = [{"role": "user", "content": "Explain to me how AI works"}]


def stream(client, **params):
    return client.chat.completions.create(stream=True, **params)


def lines(client, **params):
    """The data lines of a stream as they came."""
    with client.chat.completions.with_streaming_response.create(stream=True, **params) as r:
        assert r.headers["content-type"].startswith("text/event-stream")
        assert r.headers["x-request-id"]
        return [line for line in r.iter_lines() if line.startswith("data:")]


@pytest.mark.parametrize("model", ["gemini-2.5-flash", "gemini-3.5-flash"])
def test_stream_says_what_the_whole_answer_says(client, model):
    whole = client.chat.completions.create(model=model, messages=HELLO, seed=7)
    got = collect(stream(client, model=model, messages=HELLO, seed=7))
    assert got["choices"][0]["content"] == whole.choices[0].message.content
    assert got["choices"][0]["finish"] == "stop"
    assert got["usage"] is None


def test_include_usage(client):
    got = collect(
        stream(client, model="gemini-2.5-flash", messages=HELLO, stream_options={"include_usage": True}), usage=True
    )
    assert got["choices"][0]["content"]
    assert got["usage"].completion_tokens > 0


def test_usage_is_the_last_count(scripted, upstream):
    got = collect(
        stream(
            scripted,
            model="gemini-2.5-flash",
            messages=[upstream.say("text")],
            stream_options={"include_usage": True},
        ),
        usage=True,
    )
    assert got["choices"][0]["content"] == answer("text")
    u = got["usage"]
    assert (u.prompt_tokens, u.completion_tokens, u.prompt_tokens_details.cached_tokens) == (40, 9, 12)


def test_thoughts_stay_apart(scripted, upstream):
    got = collect(stream(scripted, model="gemini-3.5-flash", messages=[upstream.say("thoughts")]))
    assert got["choices"][0]["content"] == "The sum is 4."
    assert got["choices"][0]["reasoning"] in ("", "**Adding**\n\nTwo and two.")


def test_asked_for_thoughts_are_streamed(scripted, upstream):
    got = collect(
        stream(
            scripted,
            model="gemini-3.5-flash",
            messages=[upstream.say("thoughts")],
            extra_body={"extra_body": {"google": {"thinking_config": {"include_thoughts": True}}}},
        )
    )
    assert got["choices"][0]["content"] == "The sum is 4."
    assert got["choices"][0]["reasoning"] == "**Adding**\n\nTwo and two."


@pytest.mark.parametrize("model", ["gemini-2.5-flash", "gemini-3.5-flash"])
def test_two_choices(client, model):
    got = collect(stream(client, model=model, messages=HELLO, n=2))
    assert sorted(got["choices"]) == [0, 1]
    assert all(c["content"] and c["finish"] == "stop" for c in got["choices"].values())


@pytest.mark.parametrize(
    "script,reason,content",
    [
        ("length", "length", "One, two, three"),
        ("length-thinking", "length", ""),
        ("safety", "content_filter", "Well, "),
        ("blocked", "content_filter", ""),
    ],
)
def test_finish_reasons(scripted, upstream, script, reason, content):
    got = collect(stream(scripted, model="gemini-2.5-flash", messages=[upstream.say(script)]))
    assert got["choices"][0]["finish"] == reason
    assert got["choices"][0]["content"] == content


def test_success_ends_with_done(scripted, upstream):
    got = lines(scripted, model="gemini-2.5-flash", messages=[upstream.say("text")])
    assert got[-1] == "data: [DONE]"
    assert sum("[DONE]" in line for line in got) == 1
    for line in got[:-1]:
        ChatCompletionChunk.model_validate_json(line[len("data: ") :])


@pytest.mark.parametrize("script,before", [("error-event", "Half an ")] + [(s, "Half an answer") for s in ("break", "reset", "garbage", "bare-error", "page")])
def test_broken_streams_raise(scripted, upstream, script, before):
    got = ""
    with pytest.raises(openai.APIError) as e:
        for chunk in stream(scripted, model="gemini-2.5-flash", messages=[upstream.say(script)]):
            assert chunk.choices[0].finish_reason is None
            got += chunk.choices[0].delta.content or ""
    assert got == before, "what came before the break is handed on"
    assert e.value.message
    assert not isinstance(e.value, openai.APIConnectionError), "the break is told, not left to be guessed"


@pytest.mark.parametrize("script", ["break", "reset", "error-event", "garbage", "bare-error", "page"])
def test_broken_streams_are_never_done(scripted, upstream, script):
    got = lines(scripted, model="gemini-2.5-flash", messages=[upstream.say(script)])
    assert not any("[DONE]" in line for line in got)
    assert '"error"' in got[-1]


def test_closing_early_leaves_the_server_well(client):
    s = stream(client, model="gemini-2.5-flash", messages=HELLO)
    next(iter(s))
    s.close()
    assert client.chat.completions.create(model="gemini-2.5-flash", messages=HELLO).choices
