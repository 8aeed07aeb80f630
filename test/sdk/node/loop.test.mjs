// Twenty turns of one conversation with parallel calls, on models that want their signatures back.
import { test } from "node:test";
import assert from "node:assert/strict";
import { checkCompletion, collect, offline, parser } from "./sdk.mjs";

const tools = [
  {
    type: "function",
    function: {
      name: "get_weather",
      description: "Get the weather in a given location",
      parameters: {
        type: "object",
        properties: { location: { type: "string", description: "A city, e.g. Chicago" } },
        required: ["location"],
      },
    },
  },
];
const cities = ["Paris", "London", "Tokyo", "Chicago", "Berlin", "Madrid", "Oslo", "Rome"];
const turns = 20;

// A message as a client hands it back that keeps OpenAI's fields alone.
function plain(content, calls) {
  const message = { role: "assistant", content: content || null };
  if (calls?.length) {
    message.tool_calls = calls.map((c) => ({
      id: c.id,
      type: "function",
      function: { name: c.function.name, arguments: c.function.arguments },
    }));
  }
  return message;
}

const ways = {
  async "whole, plain"(params) {
    const { content, tool_calls } = checkCompletion(await offline.chat.completions.create(params)).choices[0].message;
    return plain(content, tool_calls);
  },
  async "streamed, plain"(params) {
    const { content, calls } = (await collect(await offline.chat.completions.create({ ...params, stream: true }))).choices[0];
    return plain(content, calls);
  },
  // The SDK's own message goes back, with all that it keeps.
  async "whole, message"(params) {
    return (await offline.chat.completions.create(params)).choices[0].message;
  },
  async "streamed, message"(params) {
    return (await parser(offline).stream(params).finalChatCompletion()).choices[0].message;
  },
};

for (const model of ["gemini-3.5-flash", "gemini-3-flash-preview"]) {
  for (const [way, ask] of Object.entries(ways)) {
    test(`twenty turns, ${way}, ${model}`, async () => {
      const messages = [];
      const ids = new Set();
      for (let turn = 0; turn < turns; turn++) {
        const asked = [cities[turn % cities.length], cities[(turn + 3) % cities.length]];
        messages.push({ role: "user", content: `What is the weather in ${asked.join(" and ")}?` });
        const first = await ask({ model, messages, tools });
        const calls = first.tool_calls ?? [];
        assert.deepEqual(calls.map((c) => JSON.parse(c.function.arguments).location), asked, `turn ${turn}`);
        calls.forEach((c) => ids.add(c.id));
        assert.equal(ids.size, 2 * (turn + 1), `turn ${turn}: an id came twice`);
        const results = calls.map((c, i) => ({ role: "tool", tool_call_id: c.id, content: `reading ${turn}-${i}.` }));
        messages.push(first, ...results.toReversed());
        const second = await ask({ model, messages, tools });
        assert.equal(second.tool_calls?.length ?? 0, 0);
        for (const r of results) assert.ok(second.content.includes(r.content), `turn ${turn}: ${second.content}`);
        messages.push(second);
      }
    });
  }
}
