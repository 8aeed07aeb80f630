import { test } from "node:test";
import assert from "node:assert/strict";
import { OpenAI, Script, badKey, offline, scripted } from "./sdk.mjs";

const model = "gemini-2.5-flash";
const messages = [{ role: "user", content: "Hi" }];

function raises(kind, status, code, param) {
  return (e) => {
    assert.ok(e instanceof kind, `${e.constructor.name}: ${e.message}`);
    assert.equal(e.status, status);
    for (const key of ["message", "type", "param", "code"]) assert.ok(key in e.error, `error.${key}`);
    if (code) assert.equal(e.code, code);
    if (param) assert.equal(e.param, param);
    assert.ok(e.headers.get?.("x-request-id") ?? e.headers["x-request-id"]);
    return true;
  };
}

for (const [script, kind, status, code] of [
  ["permission", OpenAI.PermissionDeniedError, 403],
  ["not-found", OpenAI.NotFoundError, 404, "model_not_found"],
  ["too-long", OpenAI.BadRequestError, 400, "context_length_exceeded"],
  ["quota", OpenAI.RateLimitError, 429, "rate_limit_exceeded"],
  ["internal", OpenAI.InternalServerError, 500],
  ["overloaded", OpenAI.InternalServerError, 503],
]) {
  for (const stream of [false, true]) {
    test(`${script}, ${stream ? "streamed" : "whole"}`, async () => {
      const params = { model, messages: [new Script().say(script)], stream };
      await assert.rejects(scripted.chat.completions.create(params), raises(kind, status, code));
    });
  }
}

test("bad key", async () => {
  const params = { model, messages: [new Script().say("text")] };
  await assert.rejects(
    badKey.chat.completions.create(params),
    raises(OpenAI.AuthenticationError, 401, "invalid_api_key"),
  );
});

for (const [name, params, param] of [
  ["no messages", { messages: [] }, "messages"],
  ["temperature", { temperature: 9 }, "temperature"],
  ["n", { n: 0 }, "n"],
  ["role", { messages: [{ role: "wizard", content: "Hi" }] }, "messages[0].role"],
]) {
  test(`bad parameter: ${name}`, async () => {
    await assert.rejects(
      offline.chat.completions.create({ model, messages, ...params }),
      raises(OpenAI.BadRequestError, 400, undefined, param),
    );
  });
}

test("unknown model", async () => {
  await assert.rejects(
    offline.chat.completions.create({ model: "no-such-model", messages }),
    raises(OpenAI.NotFoundError, 404, "model_not_found"),
  );
});
