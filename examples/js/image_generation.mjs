// A picture from words: image_generation.mjs [FILE.png]
import { writeFileSync } from "node:fs";
import OpenAI from "openai";

const client = new OpenAI({
  baseURL: process.env.OPENAI_BASE_URL ?? "http://127.0.0.1:8080/v1",
  apiKey: process.env.OPENAI_API_KEY ?? "any", // your Gemini key, unless the server has keys or is offline
});

const file = process.argv[2] ?? "picture.png";
const answer = await client.images.generate({
  model: "gemini-3.1-flash-image",
  prompt: "A lighthouse in the fog, watercolour",
  output_format: "png",
  response_format: "b64_json",
});
writeFileSync(file, Buffer.from(answer.data[0].b64_json, "base64"));
console.log("wrote", file);
