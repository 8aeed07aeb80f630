// Embeddings, images and models.
import { test } from "node:test";
import assert from "node:assert/strict";
import { OpenAI, Script, offline, scripted } from "./sdk.mjs";

const PNG = Buffer.from("\x89PNG\r\n\x1a\n", "latin1");

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

test("images", async () => {
  const got = await offline.images.generate({
    model: "imagen-3.0-generate-002",
    prompt: "a portrait of a sheepadoodle wearing a cape",
    response_format: "b64_json",
    n: 2,
  });
  assert.equal(got.data.length, 2);
  for (const { b64_json } of got.data) assert.ok(Buffer.from(b64_json, "base64").length > 100);
});

test("pictures come through unchanged", async () => {
  const s = new Script();
  const got = await scripted.images.generate({
    model: "gemini-2.5-flash-image",
    prompt: s.say("picture").content,
    response_format: "b64_json",
  });
  const bytes = Buffer.from(got.data[0].b64_json, "base64");
  assert.deepEqual(bytes.subarray(0, 8), PNG);
  assert.deepEqual([bytes.readUInt32BE(16), bytes.readUInt32BE(20)], [3, 2]);
});

test("models", async () => {
  const ids = [];
  for await (const m of offline.models.list()) {
    assert.equal(m.object, "model");
    assert.ok(m.created > 1_600_000_000);
    ids.push(m.id);
  }
  assert.ok(ids.includes("gemini-2.5-flash"));
  assert.ok(ids.includes("gemini-2.0-flash"));
  assert.equal((await offline.models.retrieve("gemini-2.0-flash")).id, "gemini-2.0-flash");
  await assert.rejects(offline.models.retrieve("no-such-model"), OpenAI.NotFoundError);
});
