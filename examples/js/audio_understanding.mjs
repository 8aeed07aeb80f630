// A question about a recording: audio_understanding.mjs [FILE.wav]
import { readFileSync } from "node:fs";
import OpenAI from "openai";

const client = new OpenAI({
  baseURL: process.env.OPENAI_BASE_URL ?? "http://127.0.0.1:8080/v1",
  apiKey: process.env.OPENAI_API_KEY ?? "any", // your Gemini key, unless the server has keys or is offline
});

const file = process.argv[2] ?? new URL("../assets/meeting.wav", import.meta.url);
const recording = readFileSync(file).toString("base64");
const answer = await client.chat.completions.create({
  model: "gemini-3.5-flash",
  messages: [
    {
      role: "user",
      content: [
        { type: "text", text: "Transcribe this recording." },
        { type: "input_audio", input_audio: { data: recording, format: "wav" } },
      ],
    },
  ],
});
console.log(answer.choices[0].message.content);
