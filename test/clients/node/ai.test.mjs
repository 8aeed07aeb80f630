// The Vercel AI SDK, by both providers.
import assert from "node:assert/strict";
import { test } from "node:test";
import { embedMany, generateImage, generateText, Output, stepCountIs, streamText, tool } from "ai";
import { z } from "zod";
import { answered, parts, picture, recipe, Upstream } from "./recipe.mjs";

const { gemway, model, openai, chatModel } = await recipe("Vercel AI SDK");
const models = { "openai-compatible": model, "openai chat": chatModel };
const event = z.object({ name: z.string(), day: z.string(), participants: z.array(z.string()) });
const invitation = "Alice and Bob go to a science fair on Friday.";
const tools = () => ({
  get_weather: tool({
    description: "Tells the weather of a city.",
    inputSchema: z.object({ location: z.string() }),
    execute: async ({ location }) => `${location}: 21 degrees`,
  }),
});

for (const [name, model] of Object.entries(models)) {
  test(`${name} answers`, async () => {
    const up = new Upstream();
    const answer = await generateText({ model, system: "Be short.", prompt: `What is 12*34? ${up.tag}`, temperature: 0.2, maxOutputTokens: 500, topP: 0.9, seed: 3, stopSequences: ["@@"] });
    assert.match(answer.text, /408/);
    assert.equal(answer.finishReason, "stop");
    assert.ok(answer.usage.inputTokens > 0 && answer.usage.outputTokens > 0);
    const asked = await up.only();
    assert.deepEqual(asked.systemInstruction.parts, [{ text: "Be short." }]);
    assert.equal(asked.generationConfig.maxOutputTokens, 500);
    assert.equal(asked.generationConfig.temperature, 0.2);
    assert.equal(asked.generationConfig.seed, 3);
    assert.deepEqual(asked.generationConfig.stopSequences, ["@@"]);
  });

  test(`${name} streams`, async () => {
    const result = streamText({ model, prompt: "Count from 1 to 30." });
    const pieces = [];
    for await (const piece of result.textStream) pieces.push(piece);
    assert.ok(pieces.length > 1);
    assert.match(pieces.join(""), /29/);
    assert.equal(await result.finishReason, "stop");
    assert.ok((await result.usage).outputTokens > 0);
  });

  test(`${name} runs a loop of tools`, async () => {
    const up = new Upstream();
    const answer = await generateText({ model, tools: tools(), stopWhen: stepCountIs(5), prompt: `What is the weather in Paris and Rome? ${up.tag}` });
    assert.match(answer.text, /21 degrees/);
    assert.equal(answer.steps[0].finishReason, "tool-calls");
    assert.deepEqual(answered((await up.received()).at(-1)), ["get_weather", "get_weather"]);
  });

  test(`${name} streams a loop of tools`, async () => {
    const up = new Upstream();
    const result = streamText({ model, tools: tools(), stopWhen: stepCountIs(5), prompt: `What is the weather in Oslo? ${up.tag}` });
    const kinds = new Set();
    for await (const part of result.fullStream) {
      assert.notEqual(part.type, "error", JSON.stringify(part.error));
      kinds.add(part.type);
    }
    assert.ok(["tool-call", "tool-result", "text-delta", "finish"].every((k) => kinds.has(k)), [...kinds].join());
    assert.match(await result.text, /21 degrees/);
    assert.deepEqual(answered((await up.received()).at(-1)), ["get_weather"]);
  });

  test(`${name} makes objects`, async () => {
    const up = new Upstream();
    const { output } = await generateText({ model, output: Output.object({ schema: event }), prompt: `${invitation} Answer in JSON. ${up.tag}` });
    assert.deepEqual([output.day, output.participants], ["Friday", ["Alice", "Bob"]]);
    assert.equal((await up.only()).generationConfig.responseMimeType, "application/json");
  });

  test(`${name} sees pictures`, async () => {
    const up = new Upstream();
    const answer = await generateText({ model, messages: [{ role: "user", content: [{ type: "text", text: `What is this? ${up.tag}` }, { type: "image", image: picture }] }] });
    assert.match(answer.text, /240 by 160/);
    assert.deepEqual(parts(await up.only(), "inlineData").map((d) => d.mimeType), ["image/png"]);
  });
}

test("thoughts are reasoning", async () => {
  const answer = await generateText({ model, prompt: "What is 12*34?", providerOptions: { gemway: { reasoningEffort: "high" } } });
  assert.ok(answer.reasoningText);
  assert.ok(answer.usage.outputTokenDetails.reasoningTokens > 0);
});

test("embeddings keep their order", async () => {
  for (const embedder of [gemway.embeddingModel("gemini-embedding-001"), openai.embedding("gemini-embedding-001")]) {
    const { embeddings } = await embedMany({ model: embedder, values: Array.from({ length: 120 }, (_, n) => `script:text number ${n}`) });
    assert.deepEqual(embeddings.map((e) => e.indexOf(1)), Array.from({ length: 120 }, (_, n) => n));
  }
});

test("pictures are made", async () => {
  for (const painter of [gemway.imageModel("gemini-2.5-flash-image"), openai.image("gemini-2.5-flash-image")]) {
    const { image } = await generateImage({ model: painter, prompt: "A red circle", size: "1024x1024" });
    assert.equal(Buffer.from(image.uint8Array).subarray(1, 4).toString(), "PNG");
  }
});

test("errors keep their status", async () => {
  await assert.rejects(generateText({ model: gemway("gemini-3.5-flsh-x9"), prompt: "Hi", maxRetries: 0 }), (e) => e.statusCode === 404 && /does not exist/.test(e.message));
});
