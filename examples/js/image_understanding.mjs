// A question about a picture: image_understanding.mjs [FILE.png]
import { readFileSync } from "node:fs";
import OpenAI from "openai";

const client = new OpenAI({
  baseURL: process.env.OPENAI_BASE_URL ?? "http://127.0.0.1:8080/v1",
  apiKey: process.env.OPENAI_API_KEY ?? "any", // your Gemini key, unless the server has keys or is offline
});

const file = process.argv[2] ?? new URL("../assets/shapes.png", import.meta.url);
const picture = readFileSync(file).toString("base64");
const answer = await client.chat.completions.create({
  model: "gemini-3.5-flash",
  messages: [
    {
      role: "user",
      content: [
        { type: "text", text: "Which shapes are in this picture?" },
        { type: "image_url", image_url: { url: `data:image/png;base64,${picture}` } },
      ],
    },
  ],
});
console.log(answer.choices[0].message.content);
