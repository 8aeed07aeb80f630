import { test } from "node:test";
import assert from "node:assert/strict";
import { Script, TOOL_ANSWER, checkCompletion, collect, offline, parser, scripted } from "./sdk.mjs";

const parameters = {
  type: "object",
  properties: {
    location: { type: "string", description: "The city and state, e.g. Chicago, IL" },
    unit: { type: "string", enum: ["celsius", "fahrenheit"] },
  },
  required: ["location"],
};
const weather = { name: "get_weather", description: "Get the weather in a given location", parameters };
const tools = [{ type: "function", function: weather }];
const question = { role: "user", content: "What's the weather like in Chicago today?" };

async function whole(client, params) {
  const [{ message, finish_reason }] = checkCompletion(await client.chat.completions.create(params)).choices;
  // A client that keeps OpenAI's fields alone.
  const calls = (message.tool_calls ?? []).map(({ id, type, function: { name, arguments: args } }) => ({
    id,
    type,
    function: { name, arguments: args },
  }));
  return { content: message.content ?? "", calls, finish: finish_reason };
}

async function streamed(client, params) {
  return (await collect(await client.chat.completions.create({ ...params, stream: true }))).choices[0];
}

for (const ask of [whole, streamed]) {
  for (const model of ["gemini-2.5-flash", "gemini-3.5-flash"]) {
    test(`two turns, ${ask.name}, ${model}`, async () => {
      const first = await ask(offline, { model, messages: [question], tools });
      assert.equal(first.finish, "tool_calls");
      assert.equal(typeof JSON.parse(first.calls[0].function.arguments).location, "string");
      const results = first.calls.map((c) => ({ role: "tool", tool_call_id: c.id, content: '{"degrees": 18}' }));
      const second = await ask(offline, {
        model,
        messages: [question, { role: "assistant", content: null, tool_calls: first.calls }, ...results],
        tools,
      });
      assert.equal(second.finish, "stop");
      assert.ok(second.content.trim());
    });
  }

  test(`parallel calls, ${ask.name}`, async () => {
    const s = new Script();
    const params = { model: "gemini-3.5-flash", tools };
    const first = await ask(scripted, { ...params, messages: [s.say("parallel-calls")] });
    assert.equal(first.finish, "tool_calls");
    assert.equal(first.calls.length, 2);
    const [one, two] = first.calls;
    assert.notEqual(one.id, two.id);
    assert.match(one.function.arguments.replace(/\s/g, ""), /^\{"unit":"celsius","location":"Paris","station":9007199254740993\}$/);
    assert.deepEqual(JSON.parse(two.function.arguments), { location: "東京" });
    const second = await ask(scripted, {
      ...params,
      messages: [
        s.say("parallel-calls"),
        { role: "assistant", content: null, tool_calls: first.calls },
        { role: "tool", tool_call_id: two.id, content: "24 °C" },
        { role: "tool", tool_call_id: one.id, content: "18 °C, script:tool-answer" },
      ],
    });
    assert.equal(second.content, TOOL_ANSWER);
    const contents = (await s.received())[1].body.contents;
    assert.deepEqual(contents.map((c) => c.role), ["user", "model", "user"]);
    assert.equal(contents[1].parts[0].thoughtSignature, "c2lnbmF0dXJlLW9mLXRoZS1maXJzdC1jYWxs");
    assert.deepEqual(contents[2].parts.map((p) => p.functionResponse.id), ["w6geog7o", "spt7zdfl"]);
  });
}

test("legacy functions", async () => {
  const c = checkCompletion(
    await scripted.chat.completions.create({
      model: "gemini-2.5-flash",
      messages: [new Script().say("one-call")],
      functions: [weather],
    }),
  );
  assert.equal(c.choices[0].finish_reason, "function_call");
  assert.deepEqual(JSON.parse(c.choices[0].message.function_call.arguments), { location: "Paris" });
});

test("runTools goes through the loop by itself", async () => {
  const asked = [];
  const runner = parser(offline).runTools({
    model: "gemini-2.5-flash",
    messages: [question],
    tools: [
      {
        type: "function",
        function: {
          ...weather,
          parse: JSON.parse,
          function: ({ location }) => {
            asked.push(location);
            return '{"degrees": 18}';
          },
        },
      },
    ],
  });
  assert.ok((await runner.finalContent()).trim());
  assert.equal(asked.length, 1);
  assert.equal(typeof asked[0], "string");
});
