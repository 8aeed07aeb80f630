import base64
import math
import struct

import openai
import pytest

MODELS = ["gemini-embedding-001", "text-embedding-004"]


def length(vector):
    return math.sqrt(sum(x * x for x in vector))


@pytest.mark.parametrize("model", MODELS)
def test_floats_and_base64_are_the_same(client, model):
    """The SDK asks for base64 unless told otherwise, and decodes it."""
    by_default = client.embeddings.create(model=model, input="The food was delicious")
    floats = client.embeddings.create(model=model, input="The food was delicious", encoding_format="float")
    a, b = by_default.data[0].embedding, floats.data[0].embedding
    assert len(a) == len(b) > 100
    assert a == pytest.approx(b, abs=1e-6)
    assert length(b) == pytest.approx(1, abs=1e-3)
    assert by_default.object == "list" and by_default.data[0].object == "embedding"
    assert floats.usage.prompt_tokens == floats.usage.total_tokens > 0


def test_base64_is_little_endian_float32(scripted):
    got = scripted.embeddings.create(
        model="gemini-embedding-001", input="number 5", dimensions=128, encoding_format="base64"
    )
    values = got.data[0].embedding
    assert isinstance(values, str)
    raw = base64.b64decode(values, validate=True)
    assert struct.unpack(f"<{len(raw) // 4}f", raw) == tuple(float(i == 5) for i in range(128))


def test_lists_keep_their_order(scripted):
    inputs = [f"text number {i * 7 % 256}" for i in range(256)]
    got = scripted.embeddings.create(model="gemini-embedding-001", input=inputs, dimensions=256)
    assert [d.index for d in got.data] == list(range(256))
    assert [d.embedding.index(1.0) for d in got.data] == [i * 7 % 256 for i in range(256)]


@pytest.mark.parametrize("dimensions", [128, 768, 1536])
def test_dimensions(client, dimensions):
    got = client.embeddings.create(model="gemini-embedding-001", input=["one", "two"], dimensions=dimensions)
    assert len(got.data) == 2
    for d in got.data:
        assert len(d.embedding) == dimensions
        assert length(d.embedding) == pytest.approx(1, abs=1e-3)
    assert got.data[0].embedding != got.data[1].embedding


def test_the_same_text_has_the_same_vector(client):
    got = client.embeddings.create(model="gemini-embedding-001", input=["one", "two", "one"])
    assert got.data[0].embedding == got.data[2].embedding


@pytest.mark.parametrize("bad", [[], "", [1, 2, 3], [[1, 2], [3]]], ids=str)
def test_bad_input_is_named(client, bad):
    with pytest.raises(openai.BadRequestError) as e:
        client.embeddings.create(model="gemini-embedding-001", input=bad)
    assert e.value.param.startswith("input")


def test_unknown_model(client):
    with pytest.raises(openai.NotFoundError) as e:
        client.embeddings.create(model="no-such-model", input="x")
    assert e.value.code == "model_not_found"
