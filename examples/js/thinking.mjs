// Thinking: how much is up to reasoning_effort, what was thought comes as reasoning_content.
import OpenAI from "openai";

const client = new OpenAI({
  baseURL: process.env.OPENAI_BASE_URL ?? "http://127.0.0.1:8080/v1",
  apiKey: process.env.OPENAI_API_KEY ?? "any", // your Gemini key, unless the server has keys or is offline
});

const answer = await client.chat.completions.create({
  model: "gemini-3.5-flash",
  messages: [{ role: "user", content: "What is 12*34?" }],
  reasoning_effort: "high",
});
const message = answer.choices[0].message;
console.log("thoughts:", message.reasoning_content);
console.log("answer:", message.content);
console.log("tokens for thinking:", answer.usage.completion_tokens_details.reasoning_tokens);
