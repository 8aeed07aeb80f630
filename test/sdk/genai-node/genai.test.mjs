// Google's own JavaScript SDK against the emulator, which listens at
// GEMWAY_TEST_EMULATOR_URL; test/sdk/genai/run.sh starts it.
import assert from "node:assert/strict";
import { test } from "node:test";
import { ApiError, FunctionCallingConfigMode, GoogleGenAI, ThinkingLevel, Type } from "@google/genai";

const url = process.env.GEMWAY_TEST_EMULATOR_URL;
assert.ok(url, "GEMWAY_TEST_EMULATOR_URL is not set: run test/sdk/genai/run.sh");
const ai = new GoogleGenAI({ apiKey: "any", httpOptions: { baseUrl: url } });
const flash25 = "gemini-2.5-flash";
const flash35 = "gemini-3.5-flash";

function checkUsage(u) {
  const sum = (u.promptTokenCount ?? 0) + (u.candidatesTokenCount ?? 0) + (u.thoughtsTokenCount ?? 0) + (u.toolUsePromptTokenCount ?? 0);
  assert.ok(u.promptTokenCount > 0);
  assert.equal(u.totalTokenCount, sum);
}

test("generate", async () => {
  for (const model of [flash25, flash35]) {
    const r = await ai.models.generateContent({
      model,
      contents: "Why is the sky blue?",
      config: { systemInstruction: "Be brief.", temperature: 0.5, thinkingConfig: { includeThoughts: true } },
    });
    assert.match(r.text, /emulator/);
    assert.match(r.text, /sky blue/);
    assert.ok(r.candidates[0].content.parts.some((p) => p.thought));
    assert.equal(r.candidates[0].finishReason, "STOP");
    assert.equal(r.modelVersion, model);
    checkUsage(r.usageMetadata);
  }
});

test("a stream is the whole answer in chunks", async () => {
  for (const model of [flash25, flash35]) {
    const request = { model, contents: "Tell me about the sea." };
    const whole = await ai.models.generateContent(request);
    let text = "";
    let chunks = 0;
    let last;
    for await (const chunk of await ai.models.generateContentStream(request)) {
      text += chunk.text ?? "";
      chunks++;
      last = chunk;
    }
    assert.equal(text, whole.text);
    assert.ok(chunks >= 3);
    assert.equal(last.candidates[0].finishReason, "STOP");
    assert.equal(last.usageMetadata.totalTokenCount, whole.usageMetadata.totalTokenCount);
  }
});

const weather = {
  name: "get_weather",
  description: "Get the current weather of a city",
  parameters: { type: Type.OBJECT, properties: { city: { type: Type.STRING } }, required: ["city"] },
};

test("tools loop", async () => {
  for (const model of [flash25, flash35]) {
    const chat = ai.chats.create({ model, config: { tools: [{ functionDeclarations: [weather] }] } });
    const first = await chat.sendMessage({ message: "What is the weather in Paris and Rome?" });
    assert.deepEqual(first.functionCalls.map((c) => c.args.city), ["Paris", "Rome"]);
    const second = await chat.sendMessage({
      message: first.functionCalls.map((c) => ({
        functionResponse: { id: c.id, name: c.name, response: { output: `21 degrees in ${c.args.city}` } },
      })),
    });
    assert.equal(second.functionCalls, undefined);
    assert.match(second.text, /21 degrees in Paris/);
    assert.match(second.text, /21 degrees in Rome/);
  }
});

test("tools loop, streamed", async () => {
  for (const model of [flash25, flash35]) {
    const chat = ai.chats.create({ model, config: { tools: [{ functionDeclarations: [weather] }] } });
    const calls = [];
    for await (const chunk of await chat.sendMessageStream({ message: "What is the weather in Paris and Rome?" })) {
      calls.push(...(chunk.functionCalls ?? []));
    }
    assert.deepEqual(calls.map((c) => c.args.city), ["Paris", "Rome"]);
    let text = "";
    const results = calls.map((c) => ({ functionResponse: { id: c.id, name: c.name, response: { output: `21 degrees in ${c.args.city}` } } }));
    for await (const chunk of await chat.sendMessageStream({ message: results })) {
      text += chunk.text ?? "";
    }
    assert.match(text, /21 degrees in Paris/);
  }
});

test("a forced function, and none", async () => {
  const ask = (contents, mode) =>
    ai.models.generateContent({
      model: flash25,
      contents,
      config: { tools: [{ functionDeclarations: [weather] }], toolConfig: { functionCallingConfig: { mode } } },
    });
  assert.equal((await ask("Hello", FunctionCallingConfigMode.ANY)).functionCalls.length, 1);
  assert.equal((await ask("What is the weather in Paris?", FunctionCallingConfigMode.NONE)).functionCalls, undefined);
});

test("schema", async () => {
  const r = await ai.models.generateContent({
    model: flash35,
    contents: "John and Susan are going to an AI conference on Friday.",
    config: {
      responseMimeType: "application/json",
      responseJsonSchema: {
        type: "object",
        properties: { name: { type: "string" }, date: { type: "string" }, participants: { type: "array", items: { type: "string" } } },
        required: ["name", "date", "participants"],
        additionalProperties: false,
      },
    },
  });
  assert.deepEqual(JSON.parse(r.text), { name: "AI conference", date: "Friday", participants: ["John", "Susan"] });
});

test("embeddings", async () => {
  const r = await ai.models.embedContent({ model: "gemini-embedding-001", contents: ["one cat", "two dogs"], config: { outputDimensionality: 256 } });
  assert.deepEqual(r.embeddings.map((e) => e.values.length), [256, 256]);
});

test("image", async () => {
  const r = await ai.models.generateContent({
    model: "gemini-2.5-flash-image",
    contents: "A cat on a mat",
    config: { responseModalities: ["IMAGE"], imageConfig: { aspectRatio: "1:1" } },
  });
  const image = r.candidates[0].content.parts[0].inlineData;
  assert.equal(image.mimeType, "image/png");
  const bytes = Buffer.from(image.data, "base64");
  assert.equal(bytes.subarray(1, 4).toString(), "PNG");
  assert.deepEqual([bytes.readUInt32BE(16), bytes.readUInt32BE(20)], [1024, 1024]);
});

test("speech", async () => {
  const r = await ai.models.generateContent({
    model: "gemini-2.5-flash-preview-tts",
    contents: "Say cheerfully: Have a wonderful day!",
    config: { responseModalities: ["AUDIO"], speechConfig: { voiceConfig: { prebuiltVoiceConfig: { voiceName: "Kore" } } } },
  });
  const sound = r.candidates[0].content.parts[0].inlineData;
  assert.equal(sound.mimeType, "audio/L16;codec=pcm;rate=24000");
  assert.ok(Buffer.from(sound.data, "base64").length > 48000, "at least a second");
});

test("files", async () => {
  const file = await ai.files.upload({
    file: new Blob(["The launch code is 4711."], { type: "text/plain" }),
    config: { displayName: "notes.txt", mimeType: "text/plain" },
  });
  assert.equal(file.state, "ACTIVE");
  const r = await ai.models.generateContent({
    model: flash25,
    contents: [{ role: "user", parts: [{ text: "What is the launch code?" }, { fileData: { fileUri: file.uri, mimeType: file.mimeType } }] }],
  });
  assert.match(r.text, /4711/);
  const names = [];
  for await (const one of await ai.files.list()) names.push(one.name);
  assert.ok(names.includes(file.name));
  await ai.files.delete({ name: file.name });
  await assert.rejects(ai.files.get({ name: file.name }), (e) => e instanceof ApiError && e.status === 403);
});

test("caches", async () => {
  const cache = await ai.caches.create({
    model: flash25,
    config: { contents: "The hero is called Ishmael. " + "The sea was calm that day. ".repeat(300), ttl: "3600s" },
  });
  const r = await ai.models.generateContent({ model: flash25, contents: "What is the hero called?", config: { cachedContent: cache.name } });
  assert.match(r.text, /Ishmael/);
  assert.equal(r.usageMetadata.cachedContentTokenCount, cache.usageMetadata.totalTokenCount);
  await ai.caches.update({ name: cache.name, config: { ttl: "7200s" } });
  await ai.caches.delete({ name: cache.name });
  await assert.rejects(ai.caches.get({ name: cache.name }), (e) => e instanceof ApiError && e.status === 403);
});

test("count tokens", async () => {
  const r = await ai.models.countTokens({ model: flash25, contents: "Why is the sky blue?" });
  assert.equal(r.totalTokens, 5);
});

test("models", async () => {
  const names = [];
  for await (const m of await ai.models.list({ config: { pageSize: 20 } })) names.push(m.name);
  assert.ok(names.length > 30 && names.includes("models/gemini-3.8-flash") && !names.includes("models/gemini-2.0-flash"));
  assert.equal(new Set(names).size, names.length);
  assert.equal((await ai.models.get({ model: flash35 })).inputTokenLimit, 1048576);
});

test("errors", async () => {
  const fails = (request, status, word) =>
    assert.rejects(ai.models.generateContent(request), (e) => e instanceof ApiError && e.status === status && e.message.includes(word));
  await fails({ model: "gemini-9-none", contents: "Hello" }, 404, "NOT_FOUND");
  await fails({ model: flash25, contents: "Hello", config: { thinkingConfig: { thinkingLevel: ThinkingLevel.LOW } } }, 400, "Thinking level");
  await fails({ model: flash25 + "--429_daily", contents: "Hello" }, 429, "RESOURCE_EXHAUSTED");
  await fails({ model: flash25 + "--503", contents: "Hello" }, 503, "overloaded");
  const blocked = await ai.models.generateContent({ model: flash25 + "--blocked_prompt", contents: "Hello" });
  assert.equal(blocked.promptFeedback.blockReason, "SAFETY");
  await assert.rejects(async () => {
    for await (const chunk of await ai.models.generateContentStream({ model: flash25 + "--cut", contents: "Hello" })) {
      assert.ok(chunk.responseId);
    }
  });
});
