import { test } from "node:test";
import assert from "node:assert/strict";
import { OpenAI, offline } from "./sdk.mjs";

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
