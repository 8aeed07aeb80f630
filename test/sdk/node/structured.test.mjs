import { test } from "node:test";
import assert from "node:assert/strict";
import { Script, offline, parser, scripted, z, zodFunction, zodResponseFormat } from "./sdk.mjs";

const Event = z.object({ name: z.string(), date: z.string(), participants: z.array(z.string()) });
const Report = z.object({
  title: z.string(),
  score: z.number(),
  urgent: z.boolean(),
  people: z.array(z.object({ name: z.string(), mood: z.enum(["good", "bad"]), nickname: z.string().nullable() })),
});
const messages = [
  { role: "system", content: "Extract the event information." },
  { role: "user", content: "John and Susan are going to an AI conference on Friday" },
];
const EVENT = { name: "AI conference", date: "Friday", participants: ["John", "Susan"] };

for (const model of ["gemini-2.5-flash", "gemini-3.5-flash", "gemini-2.0-flash"]) {
  for (const [name, schema] of Object.entries({ Event, Report })) {
    test(`parse ${name} with ${model}`, async () => {
      const c = await parser(offline).parse({ model, messages, response_format: zodResponseFormat(schema, "answer") });
      assert.ok(schema.safeParse(c.choices[0].message.parsed).success);
    });
  }
}

test("parse what Gemini said", async () => {
  const s = new Script();
  const c = await parser(scripted).parse({
    model: "gemini-2.5-flash",
    messages: [s.say("event")],
    response_format: zodResponseFormat(Event, "event"),
  });
  assert.deepEqual(c.choices[0].message.parsed, EVENT);
  const config = (await s.body()).generationConfig;
  assert.equal(config.responseMimeType, "application/json");
  assert.deepEqual(Object.keys(config.responseJsonSchema.properties), ["name", "date", "participants"]);
});

test("the stream helper accumulates", async () => {
  const stream = parser(scripted).stream({
    model: "gemini-2.5-flash",
    messages: [new Script().say("event")],
    response_format: zodResponseFormat(Event, "event"),
  });
  let text = "";
  for await (const chunk of stream) text += chunk.choices[0]?.delta.content ?? "";
  const final = await stream.finalChatCompletion();
  assert.equal(final.choices[0].message.content, text);
  assert.deepEqual(final.choices[0].message.parsed, EVENT);
});

test("parse the arguments of a call", async () => {
  const c = await parser(scripted).parse({
    model: "gemini-2.5-flash",
    messages: [new Script().say("one-call")],
    tools: [zodFunction({ name: "get_weather", parameters: z.object({ location: z.string() }) })],
  });
  assert.deepEqual(c.choices[0].message.tool_calls[0].function.parsed_arguments, { location: "Paris" });
});

test("json_object", async () => {
  const c = await offline.chat.completions.create({
    model: "gemini-2.5-flash",
    messages: [{ role: "user", content: "Three colours as a JSON object" }],
    response_format: { type: "json_object" },
  });
  const value = JSON.parse(c.choices[0].message.content);
  assert.ok(value && typeof value === "object" && !Array.isArray(value));
});
