import { test } from "node:test";
import assert from "node:assert/strict";
import { OpenAI, Script, TEXT, checkCompletion, collect, offline, scripted } from "./sdk.mjs";

const HELLO = [{ role: "user", content: "Explain to me how AI works" }];

for (const model of ["gemini-2.5-flash", "gemini-3.5-flash", "gemini-2.0-flash"]) {
  test(`create with ${model}`, async () => {
    const c = checkCompletion(await offline.chat.completions.create({ model, messages: HELLO }));
    assert.equal(c.choices.length, 1);
    assert.ok(c.choices[0].message.content.trim());
    assert.equal(c.choices[0].finish_reason, "stop");
  });
}

test("the stream says what the whole answer says", async () => {
  const params = { model: "gemini-2.5-flash", messages: HELLO, seed: 7 };
  const whole = await offline.chat.completions.create(params);
  const got = await collect(await offline.chat.completions.create({ ...params, stream: true }));
  assert.equal(got.choices[0].content, whole.choices[0].message.content);
  assert.equal(got.choices[0].finish, "stop");
});

test("include_usage", async () => {
  const got = await collect(
    await offline.chat.completions.create({
      model: "gemini-2.5-flash",
      messages: HELLO,
      stream: true,
      stream_options: { include_usage: true },
    }),
    { usage: true },
  );
  assert.ok(got.usage.completion_tokens > 0);
});

test("text arrives unchanged", async () => {
  const s = new Script();
  const said = 'Ünïcödé 🌍 "quotes" \\ back\nline <b>';
  const c = checkCompletion(
    await scripted.chat.completions.create({ model: "gemini-2.5-flash", messages: [s.say("text", said)] }),
  );
  assert.equal(c.choices[0].message.content, TEXT);
  assert.deepEqual([c.usage.prompt_tokens, c.usage.completion_tokens], [40, 9]);
  assert.equal(c.usage.prompt_tokens_details.cached_tokens, 12);
  const { contents } = await s.body();
  assert.ok(contents[0].parts[0].text.startsWith(said));
});

test("text arrives unchanged in a stream", async () => {
  const s = new Script();
  const got = await collect(
    await scripted.chat.completions.create({ model: "gemini-2.5-flash", messages: [s.say("text")], stream: true }),
  );
  assert.equal(got.choices[0].content, TEXT);
});

test("parameters reach Gemini", async () => {
  const s = new Script();
  await scripted.chat.completions.create({
    model: "gemini-2.5-flash",
    messages: [{ role: "system", content: "a rule" }, s.say("text")],
    temperature: 0.25,
    top_p: 0.5,
    max_tokens: 77,
    stop: ["END"],
    seed: 42,
    reasoning_effort: "low",
  });
  const { generationConfig: config, systemInstruction } = await s.body();
  assert.equal(config.temperature, 0.25);
  assert.equal(config.topP, 0.5);
  assert.equal(config.maxOutputTokens, 77);
  assert.deepEqual(config.stopSequences, ["END"]);
  assert.equal(config.seed, 42);
  assert.equal(config.thinkingConfig.thinkingBudget, 1024);
  assert.match(JSON.stringify(systemInstruction), /a rule/);
});

test("two choices, whole and streamed", async () => {
  const params = { model: "gemini-2.5-flash", messages: HELLO, n: 2 };
  const whole = checkCompletion(await offline.chat.completions.create(params));
  assert.equal(whole.choices.length, 2);
  const got = await collect(await offline.chat.completions.create({ ...params, stream: true }));
  assert.equal(got.choices.length, 2);
  for (const choice of [...whole.choices.map((c) => c.message), ...got.choices]) assert.ok(choice.content);
});

for (const [script, reason] of [
  ["length", "length"],
  ["safety", "content_filter"],
  ["blocked", "content_filter"],
]) {
  test(`${script} finishes with ${reason}`, async () => {
    const params = (s) => ({ model: "gemini-2.5-flash", messages: [s.say(script)] });
    const whole = checkCompletion(await scripted.chat.completions.create(params(new Script())));
    assert.equal(whole.choices[0].finish_reason, reason);
    const got = await collect(await scripted.chat.completions.create({ ...params(new Script()), stream: true }));
    assert.equal(got.choices[0].finish, reason);
  });
}

test("thoughts stay apart", async () => {
  const c = await scripted.chat.completions.create({
    model: "gemini-3.5-flash",
    messages: [new Script().say("thoughts")],
    extra_body: { google: { thinking_config: { include_thoughts: true } } },
  });
  assert.equal(c.choices[0].message.content, "The sum is 4.");
  assert.equal(c.choices[0].message.reasoning_content, "**Adding**\n\nTwo and two.");
  assert.equal(c.usage.completion_tokens_details.reasoning_tokens, 25);
});

test("headers", async () => {
  const { data, response } = await offline.chat.completions
    .create({ model: "gemini-2.5-flash", messages: HELLO })
    .withResponse();
  assert.ok(response.headers.get("x-request-id"));
  assert.equal(data._request_id, response.headers.get("x-request-id"));
});

for (const script of ["break", "reset", "error-event", "garbage", "bare-error", "page"]) {
  test(`a stream that breaks (${script}) raises`, async () => {
    let text = "";
    await assert.rejects(
      async () => {
        const stream = await scripted.chat.completions.create({
          model: "gemini-2.5-flash",
          messages: [new Script().say(script)],
          stream: true,
        });
        for await (const chunk of stream) text += chunk.choices[0].delta.content ?? "";
      },
      (e) => e instanceof OpenAI.APIError && !(e instanceof OpenAI.APIConnectionError),
    );
    assert.match(text, /^Half an /);
  });
}

test("a client that leaves leaves the server well", async () => {
  const stream = await offline.chat.completions.create({ model: "gemini-2.5-flash", messages: HELLO, stream: true });
  for await (const _ of stream) break;
  checkCompletion(await offline.chat.completions.create({ model: "gemini-2.5-flash", messages: HELLO }));
});

test("media reach Gemini unchanged", async () => {
  const s = new Script();
  const data = Buffer.from("not looked into").toString("base64");
  const wav = Buffer.concat([Buffer.from("RIFF$\0\0\0WAVEfmt ", "latin1"), Buffer.alloc(28)]).toString("base64");
  await scripted.chat.completions.create({
    model: "gemini-2.5-flash",
    messages: [
      {
        role: "user",
        content: [
          { type: "text", text: s.say("text").content },
          { type: "image_url", image_url: { url: `data:image/png;base64,${data}` } },
          { type: "input_audio", input_audio: { data: wav, format: "wav" } },
          { type: "file", file: { filename: "a.pdf", file_data: `data:application/pdf;base64,${data}` } },
        ],
      },
    ],
  });
  const { parts } = (await s.body()).contents[0];
  assert.deepEqual(
    parts.slice(1).map((p) => p.inlineData),
    [
      { mimeType: "image/png", data },
      { mimeType: "audio/wav", data: wav },
      { mimeType: "application/pdf", data },
    ],
  );
});
