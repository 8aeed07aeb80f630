"""Search by meaning: texts and a question as vectors, the nearest text first."""

import math
import os

from openai import OpenAI

client = OpenAI(
    base_url=os.environ.get("OPENAI_BASE_URL", "http://127.0.0.1:8080/v1"),
    api_key=os.environ.get("OPENAI_API_KEY", "any"),  # your Gemini key, unless the server has keys or is offline
)


def dot(a: list[float], b: list[float]) -> float:
    return sum(x * y for x, y in zip(a, b))


def cosine(a: list[float], b: list[float]) -> float:
    return dot(a, b) / math.sqrt(dot(a, a) * dot(b, b))


texts = [
    "The dog barks at the postman.",
    "Bread is baked from flour and water.",
    "The stock market fell on Tuesday.",
]
question = "Which animal barks at the postman?"

answer = client.embeddings.create(model="gemini-embedding-001", input=[question, *texts])
asked, *vectors = [item.embedding for item in answer.data]
for score, text in sorted(((cosine(asked, v), t) for v, t in zip(vectors, texts)), reverse=True):
    print(f"{score:.3f} {text}")
