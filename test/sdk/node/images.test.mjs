import { test } from "node:test";
import assert from "node:assert/strict";
import { Script, offline, scripted } from "./sdk.mjs";

const PNG = Buffer.from("\x89PNG\r\n\x1a\n", "latin1");

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
