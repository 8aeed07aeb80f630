// The SDK under test, from the folder that GEMWAY_SDK names, and what the suites share.
import { createRequire } from "node:module";
import { pathToFileURL } from "node:url";
import assert from "node:assert/strict";
import crypto from "node:crypto";

const require = createRequire(`${process.env.GEMWAY_SDK}/package.json`);
const load = (name) => import(pathToFileURL(require.resolve(name)));

export const { default: OpenAI } = await load("openai");
export const { zodResponseFormat, zodFunction } = await load("openai/helpers/zod");
export const { z } = await load("zod");

function variable(name) {
  assert.ok(process.env[name], `${name} is not set: run the suite by run.sh`);
  return process.env[name];
}

const connect = (url, apiKey) => new OpenAI({ baseURL: `${url}/v1`, apiKey, maxRetries: 0 });
// The emulator answers.
export const offline = connect(variable("GEMWAY_TEST_URL"), "any");
// The scripted upstream answers.
export const scripted = connect(variable("GEMWAY_TEST_SCRIPTED_URL"), "a-key");
export const badKey = connect(variable("GEMWAY_TEST_SCRIPTED_URL"), "bad-key");

// parse and stream stand under beta in the SDK of May 2025.
export const parser = (client) => (client.chat.completions.parse ? client.chat.completions : client.beta.chat.completions);

// A conversation with the scripted upstream that can be found again there.
export class Script {
  tag = `tag-${crypto.randomUUID()}`;

  // A user message that makes the upstream play a script.
  say(script, text = "") {
    return { role: "user", content: `${text} script:${script} ${this.tag}` };
  }

  // The requests that reached the upstream: path, key, body.
  async received() {
    const answer = await fetch(`${variable("GEMWAY_TEST_UPSTREAM_URL")}/received?tag=${this.tag}`);
    return answer.json();
  }

  async body() {
    const got = await this.received();
    assert.equal(got.length, 1, `${got.length} requests reached the upstream`);
    return got[0].body;
  }
}

export const TEXT = 'Grüße, 世界 🌍!\n"quoted" \\ <b>&amp;</b> end.';
export const TOOL_ANSWER = "Paris has 18 °C, 東京 has 24 °C.";

export function checkUsage(u) {
  assert.ok(u.prompt_tokens > 0);
  assert.equal(u.total_tokens, u.prompt_tokens + u.completion_tokens);
}

export function checkCompletion(c) {
  assert.equal(c.object, "chat.completion");
  assert.ok(c.id && c.model);
  assert.ok(Math.abs(c.created - Date.now() / 1000) < 3600);
  c.choices.forEach((choice, i) => {
    assert.equal(choice.index, i);
    assert.equal(choice.message.role, "assistant");
    for (const key of ["content", "refusal"]) assert.ok(key in choice.message, `message.${key} is there, null or not`);
    assert.ok("logprobs" in choice);
  });
  checkUsage(c.usage);
  return c;
}

// collect reads a stream, checks it as a whole, and returns it accumulated.
export async function collect(stream, { usage = false } = {}) {
  const chunks = [];
  for await (const chunk of stream) chunks.push(chunk);
  assert.ok(chunks.length > 0);
  assert.equal(new Set(chunks.map((c) => `${c.id} ${c.created} ${c.model} ${c.object}`)).size, 1);
  assert.ok(chunks[0].id && chunks[0].model);
  assert.equal(chunks[0].object, "chat.completion.chunk");
  const result = { choices: [], usage: null };
  if (usage) {
    const last = chunks.pop();
    assert.deepEqual(last.choices, []);
    checkUsage(last.usage);
    result.usage = last.usage;
  }
  for (const chunk of chunks) {
    assert.ok(!chunk.usage, "usage only when asked for, and only at the end");
    assert.ok(chunk.choices.length > 0);
    for (const { index, delta, finish_reason } of chunk.choices) {
      const known = result.choices[index];
      assert.equal(delta.role, known ? undefined : "assistant");
      const to = (result.choices[index] ??= { content: "", calls: [], finish: null });
      assert.equal(to.finish, null, "nothing comes after the finish reason");
      to.content += delta.content ?? "";
      to.finish = finish_reason;
      for (const call of delta.tool_calls ?? []) {
        assert.ok(call.index <= to.calls.length);
        if (call.index === to.calls.length) {
          assert.ok(call.id && call.function.name);
          to.calls.push({ id: call.id, type: "function", function: { name: call.function.name, arguments: "" } });
        }
        to.calls[call.index].function.arguments += call.function.arguments ?? "";
      }
    }
  }
  for (const choice of result.choices) assert.ok(choice.finish);
  return result;
}
