import openai
import pytest


def test_list(client):
    models = {m.id: m for m in client.models.list()}
    for name in ("gemini-2.5-flash", "gemini-3.5-flash", "gemini-embedding-001", "gemini-2.0-flash"):
        assert name in models
    for m in models.values():
        assert m.object == "model" and m.owned_by
        assert m.created > 1_600_000_000
        assert not m.id.startswith("models/")


def test_created_is_stable(client):
    assert {m.id: m.created for m in client.models.list()} == {m.id: m.created for m in client.models.list()}


@pytest.mark.parametrize("name", ["gemini-2.5-flash", "gemini-2.0-flash"])
def test_retrieve(client, name):
    m = client.models.retrieve(name)
    assert m.id == name and m.object == "model"


def test_every_listed_model_can_be_retrieved(client):
    for m in client.models.list():
        assert client.models.retrieve(m.id) == m


def test_unknown_model(client):
    with pytest.raises(openai.NotFoundError) as e:
        client.models.retrieve("no-such-model")
    assert e.value.code == "model_not_found"
