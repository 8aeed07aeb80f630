// LangChain for JavaScript.
import assert from "node:assert/strict";
import { test } from "node:test";
import { AIMessageChunk, HumanMessage, ToolMessage } from "@langchain/core/messages";
import { tool } from "@langchain/core/tools";
import { z } from "zod";
import { answered, parts, picture, recipe, Upstream } from "./recipe.mjs";

const { chat, embeddings } = await recipe("LangChain");
const weather = tool(({ location }) => `${location}: 21 degrees`, { name: "get_weather", description: "Tells the weather of a city.", schema: z.object({ location: z.string() }) });

test("answers", async () => {
  const up = new Upstream();
  const answer = await chat.invoke([["system", "Be short."], ["human", `What is 12*34? ${up.tag}`]]);
  assert.match(answer.content, /408/);
  assert.ok(answer.usage_metadata.total_tokens > 0);
  assert.deepEqual((await up.only()).systemInstruction.parts, [{ text: "Be short." }]);
});

test("streams", async () => {
  let whole, pieces = 0;
  for await (const chunk of await chat.stream("Count from 1 to 30.")) {
    whole = whole ? whole.concat(chunk) : chunk;
    pieces++;
  }
  assert.ok(pieces > 2);
  assert.match(whole.content, /29/);
  assert.ok(whole.usage_metadata.output_tokens > 0);
});

for (const streaming of [false, true]) {
  test(`runs a loop of tools, ${streaming ? "streamed" : "whole"}`, async () => {
    const up = new Upstream();
    const bound = chat.bindTools([weather]);
    const history = [new HumanMessage(`What is the weather in Paris and Rome? ${up.tag}`)];
    for (let turn = 0; turn < 5; turn++) {
      let answer;
      if (streaming) for await (const chunk of await bound.stream(history)) answer = answer ? answer.concat(chunk) : chunk;
      else answer = await bound.invoke(history);
      history.push(answer);
      if (!answer.tool_calls?.length) break;
      for (const call of answer.tool_calls) history.push(new ToolMessage({ content: await weather.invoke(call.args), tool_call_id: call.id }));
    }
    assert.ok(!streaming || history.at(-1) instanceof AIMessageChunk);
    assert.match(history.at(-1).content, /21 degrees/);
    assert.deepEqual(answered((await up.received()).at(-1)), ["get_weather", "get_weather"]);
  });
}

for (const method of ["jsonSchema", "functionCalling"]) {
  test(`structured output by ${method}`, async () => {
    const schema = z.object({ name: z.string(), day: z.string(), participants: z.array(z.string()) });
    const got = await chat.withStructuredOutput(schema, { method }).invoke("Alice and Bob go to a science fair on Friday.");
    assert.deepEqual([got.day, got.participants], ["Friday", ["Alice", "Bob"]]);
  });
}

test("sees pictures", async () => {
  const up = new Upstream();
  const answer = await chat.invoke([new HumanMessage({ content: [{ type: "text", text: `What is this? ${up.tag}` }, { type: "image_url", image_url: { url: "data:image/png;base64," + picture.toString("base64") } }] })]);
  assert.match(answer.content, /240 by 160/);
  assert.deepEqual(parts(await up.only(), "inlineData").map((d) => d.mimeType), ["image/png"]);
});

test("embeddings keep their order over 2,048 inputs", async () => {
  const vectors = await embeddings.embedDocuments(Array.from({ length: 2060 }, (_, n) => `script:text number ${n}`));
  assert.deepEqual(vectors.map((v) => v.indexOf(1)), Array.from({ length: 2060 }, (_, n) => n));
  assert.equal((await embeddings.embedQuery("hello")).length, 3072);
});
