"""Checks of whole answers and streams. The SDK builds its objects without validating; here it has to."""

import json
import time

from openai.types.chat import ChatCompletion, ChatCompletionChunk


def check_usage(u):
    assert u.prompt_tokens > 0
    assert u.completion_tokens >= 0
    assert u.total_tokens == u.prompt_tokens + u.completion_tokens


def check_completion(raw):
    """Validate a raw answer and return it as the SDK's object."""
    body = json.loads(raw.text if isinstance(raw.text, str) else raw.text())
    c = ChatCompletion.model_validate(body)
    assert c.id and c.object == "chat.completion" and c.model
    assert abs(c.created - time.time()) < 3600
    assert [x.index for x in c.choices] == list(range(len(c.choices)))
    for choice in body["choices"]:
        # OpenAI's specification requires these, null included.
        assert {"finish_reason", "index", "message", "logprobs"} <= choice.keys()
        assert {"content", "refusal", "role"} <= choice["message"].keys()
    check_usage(c.usage)
    return c


def collect(stream, usage=False):
    """Read a stream of chunks, check it as a whole, and return it accumulated."""
    chunks = []
    for chunk in stream:
        chunks.append(ChatCompletionChunk.model_validate(chunk.model_dump(exclude_unset=True)))
    return check_chunks(chunks, usage)


def check_chunks(chunks, usage=False):
    assert chunks
    assert len({(c.id, c.created, c.model, c.object) for c in chunks}) == 1
    assert chunks[0].object == "chat.completion.chunk" and chunks[0].id
    result = {"choices": {}, "usage": None, "id": chunks[0].id, "model": chunks[0].model}
    if usage:
        last = chunks.pop()
        assert last.choices == [], "usage comes in a chunk of its own"
        check_usage(last.usage)
        result["usage"] = last.usage
    for c in chunks:
        assert c.usage is None, "usage only when asked for, and only at the end"
        assert c.choices, "every chunk but the one of usage has a choice"
        for choice in c.choices:
            if choice.index not in result["choices"]:
                assert choice.delta.role == "assistant", "the role comes first"
                result["choices"][choice.index] = {"content": "", "reasoning": "", "calls": [], "finish": None, "function": None}
            else:
                assert choice.delta.role is None, "the role comes once"
            add(result["choices"][choice.index], choice)
    for choice in result["choices"].values():
        assert choice["finish"], "every choice ends with a reason"
    return result


def add(to, choice):
    assert to["finish"] is None, "nothing comes after the finish reason"
    delta = choice.delta
    to["content"] += delta.content or ""
    to["reasoning"] += getattr(delta, "reasoning_content", None) or ""
    to["finish"] = choice.finish_reason
    if delta.function_call:
        f = to["function"] = to["function"] or {"name": "", "arguments": ""}
        f["name"] += delta.function_call.name or ""
        f["arguments"] += delta.function_call.arguments or ""
    for call in delta.tool_calls or []:
        if call.index == len(to["calls"]):
            assert call.id and call.function.name, "a call begins with its id and name"
            to["calls"].append({"id": call.id, "name": call.function.name, "arguments": ""})
        else:
            assert call.index < len(to["calls"]), "calls are counted from 0 over the whole stream"
            assert call.id in (None, to["calls"][call.index]["id"])
        to["calls"][call.index]["arguments"] += call.function.arguments or ""
