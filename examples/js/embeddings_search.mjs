// Search by meaning: texts and a question as vectors, the nearest text first.
import OpenAI from "openai";

const client = new OpenAI({
  baseURL: process.env.OPENAI_BASE_URL ?? "http://127.0.0.1:8080/v1",
  apiKey: process.env.OPENAI_API_KEY ?? "any", // your Gemini key, unless the server has keys or is offline
});

const dot = (a, b) => a.reduce((sum, x, i) => sum + x * b[i], 0);
const cosine = (a, b) => dot(a, b) / Math.sqrt(dot(a, a) * dot(b, b));

const texts = [
  "The dog barks at the postman.",
  "Bread is baked from flour and water.",
  "The stock market fell on Tuesday.",
];
const question = "Which animal barks at the postman?";

const answer = await client.embeddings.create({ model: "gemini-embedding-001", input: [question, ...texts] });
const [asked, ...vectors] = answer.data.map((item) => item.embedding);
const found = texts.map((text, i) => ({ text, score: cosine(asked, vectors[i]) }));
found.sort((a, b) => b.score - a.score);
for (const { text, score } of found) console.log(score.toFixed(3), text);
