// An answer that is an instance of a schema.
import OpenAI from "openai";
import { zodResponseFormat } from "openai/helpers/zod";
import { z } from "zod";

const client = new OpenAI({
  baseURL: process.env.OPENAI_BASE_URL ?? "http://127.0.0.1:8080/v1",
  apiKey: process.env.OPENAI_API_KEY ?? "any", // your Gemini key, unless the server has keys or is offline
});

const Event = z.object({
  name: z.string(),
  day: z.string(),
  participants: z.array(z.string()),
});
const answer = await client.chat.completions.parse({
  model: "gemini-3.5-flash",
  messages: [{ role: "user", content: "Alice and Bob meet on Friday for a science fair." }],
  response_format: zodResponseFormat(Event, "event"),
});
const event = answer.choices[0].message.parsed;
console.log(`${event.name} on ${event.day} with ${event.participants.join(", ")}`);
