// The OpenAI Agents SDK for JavaScript, by chat completions.
import assert from "node:assert/strict";
import { test } from "node:test";
import { Agent, run, tool } from "@openai/agents";
import { z } from "zod";
import { answered, model, recipe, Upstream } from "./recipe.mjs";

const { agent } = await recipe("OpenAI Agents");
const weather = tool({ name: "get_weather", description: "Tells the weather of a city.", parameters: z.object({ location: z.string() }), execute: ({ location }) => `${location}: 21 degrees` });

test("answers", async () => {
  const result = await run(agent, "What is 12*34?");
  assert.match(result.finalOutput, /408/);
});

test("runs a loop of tools", async () => {
  const up = new Upstream();
  const result = await run(agent.clone({ tools: [weather] }), `What is the weather in Paris and Rome? ${up.tag}`);
  assert.match(result.finalOutput, /21 degrees/);
  assert.deepEqual(answered((await up.received()).at(-1)), ["get_weather", "get_weather"]);
});

test("streams a loop of tools", async () => {
  const up = new Upstream();
  const result = await run(agent.clone({ tools: [weather] }), `What is the weather in Oslo? ${up.tag}`, { stream: true });
  let text = "";
  for await (const piece of result.toTextStream()) text += piece;
  await result.completed;
  assert.match(text, /21 degrees/);
  assert.equal(result.finalOutput, text);
  assert.deepEqual(answered((await up.received()).at(-1)), ["get_weather"]);
});

test("gives an output type", async () => {
  const outputType = z.object({ name: z.string(), day: z.string(), participants: z.array(z.string()) });
  const result = await run(new Agent({ name: "Clerk", model, outputType }), "Alice and Bob go to a science fair on Friday.");
  assert.deepEqual([result.finalOutput.day, result.finalOutput.participants], ["Friday", ["Alice", "Bob"]]);
});
