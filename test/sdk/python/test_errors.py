import os

import openai
import pytest

HELLO = [{"role": "user", "content": "Hi"}]
MODEL = "gemini-2.5-flash"


def check(error, status, code=None):
    """Every error has OpenAI's shape, a status, and an id to ask about."""
    assert error.status_code == status
    assert {"message", "type", "param", "code"} <= error.body.keys()
    assert error.body["message"] and error.body["type"]
    assert error.request_id
    if code:
        assert error.code == code
    return error


@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize(
    "script,kind,status,code",
    [
        ("permission", openai.PermissionDeniedError, 403, None),
        ("not-found", openai.NotFoundError, 404, "model_not_found"),
        ("too-long", openai.BadRequestError, 400, "context_length_exceeded"),
        ("quota", openai.RateLimitError, 429, "rate_limit_exceeded"),
        ("internal", openai.InternalServerError, 500, None),
        ("overloaded", openai.InternalServerError, 503, None),
    ],
)
def test_errors_of_gemini(scripted, upstream, script, kind, status, code, stream):
    with pytest.raises(kind) as e:
        scripted.chat.completions.create(model=MODEL, messages=[upstream.say(script)], stream=stream)
    check(e.value, status, code)


@pytest.mark.parametrize("stream", [False, True])
def test_bad_key(upstream, stream):
    url = os.environ["GEMWAY_TEST_SCRIPTED_URL"] + "/v1"
    with openai.OpenAI(base_url=url, api_key="bad-key", max_retries=0) as c:
        with pytest.raises(openai.AuthenticationError) as e:
            c.chat.completions.create(model=MODEL, messages=[upstream.say("text")], stream=stream)
    check(e.value, 401, "invalid_api_key")
    assert "bad-key" not in str(e.value)


def test_retry_after(scripted, upstream):
    with pytest.raises(openai.RateLimitError) as e:
        scripted.chat.completions.create(model=MODEL, messages=[upstream.say("quota")])
    assert e.value.response.headers["retry-after"] == "38", "37.4 s, rounded up"


@pytest.mark.parametrize(
    "params,param",
    [
        ({"messages": []}, "messages"),
        ({"temperature": 9}, "temperature"),
        ({"top_p": 2}, "top_p"),
        ({"n": 0}, "n"),
        ({"max_tokens": 0}, "max_tokens"),
        ({"logit_bias": {"50256": -100}}, "logit_bias"),
        ({"messages": [{"role": "wizard", "content": "Hi"}]}, "messages[0].role"),
        (
            {"messages": [{"role": "user", "content": [{"type": "image_url", "image_url": {"url": "data:image/png;base64,@"}}]}]},
            "messages[0].content[0].image_url.url",
        ),
        ({"response_format": {"type": "json_schema"}}, "response_format.json_schema"),
        ({"stop": ["a", "b", "c", "d", "e", "f"]}, "stop"),
    ],
)
def test_bad_parameters_are_named(client, params, param):
    with pytest.raises(openai.BadRequestError) as e:
        client.chat.completions.create(**{"model": MODEL, "messages": HELLO, **params})
    assert check(e.value, 400).param == param
    assert e.value.type == "invalid_request_error"


def test_missing_model(client):
    with pytest.raises(openai.BadRequestError) as e:
        client.post("/chat/completions", body={"messages": HELLO}, cast_to=object)
    assert check(e.value, 400).param == "model"


def test_unknown_model(client):
    with pytest.raises(openai.NotFoundError) as e:
        client.chat.completions.create(model="no-such-model", messages=HELLO)
    check(e.value, 404, "model_not_found")


def test_unknown_path(client):
    with pytest.raises(openai.NotFoundError) as e:
        client.post("/no/such/path", body={}, cast_to=object)
    check(e.value, 404)


def test_not_json(client):
    with pytest.raises(openai.BadRequestError) as e:
        client.post(
            "/chat/completions",
            cast_to=object,
            options={"headers": {"content-type": "application/json"}},
            body=["not", "an", "object"],
        )
    check(e.value, 400)


def test_a_bad_request_is_sent_once(scripted, upstream):
    """Neither the server nor the SDK tries again what cannot succeed."""
    with pytest.raises(openai.BadRequestError):
        scripted.with_options(max_retries=2).chat.completions.create(model=MODEL, messages=[upstream.say("too-long")])
    assert len(upstream.received()) == 1
