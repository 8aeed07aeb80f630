import { test } from "node:test";
import assert from "node:assert/strict";
import { offline, scripted } from "./sdk.mjs";

test("embeddings by default and as floats are the same", async () => {
  for (const model of ["gemini-embedding-001", "text-embedding-004"]) {
    const params = { model, input: "The food was delicious" };
    const a = (await offline.embeddings.create(params)).data[0].embedding;
    const b = (await offline.embeddings.create({ ...params, encoding_format: "float" })).data[0].embedding;
    assert.ok(b.length > 100);
    assert.equal(a.length, b.length);
    a.forEach((x, i) => assert.ok(Math.abs(x - b[i]) < 1e-6));
    assert.ok(Math.abs(Math.hypot(...b) - 1) < 1e-3);
  }
});

test("lists of inputs keep their order", async () => {
  const order = Array.from({ length: 256 }, (_, i) => (i * 7) % 256);
  const got = await scripted.embeddings.create({
    model: "gemini-embedding-001",
    input: order.map((n) => `text number ${n}`),
    dimensions: 256,
  });
  assert.deepEqual(got.data.map((d) => d.index), order.map((_, i) => i));
  assert.deepEqual(got.data.map((d) => d.embedding.indexOf(1)), order);
});

test("dimensions", async () => {
  const got = await offline.embeddings.create({ model: "gemini-embedding-001", input: ["a", "b"], dimensions: 768 });
  assert.deepEqual(got.data.map((d) => d.embedding.length), [768, 768]);
});
