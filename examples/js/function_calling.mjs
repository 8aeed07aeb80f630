// A loop with tools: the model calls a function, gets its result, and answers.
import OpenAI from "openai";

const client = new OpenAI({
  baseURL: process.env.OPENAI_BASE_URL ?? "http://127.0.0.1:8080/v1",
  apiKey: process.env.OPENAI_API_KEY ?? "any", // your Gemini key, unless the server has keys or is offline
});

const functions = {
  get_weather: ({ city }) => ({ city, celsius: 21, sky: "sunny" }),
};
const tools = [
  {
    type: "function",
    function: {
      name: "get_weather",
      description: "Get the weather in a city",
      parameters: {
        type: "object",
        properties: { city: { type: "string", description: "such as Paris" } },
        required: ["city"],
      },
    },
  },
];
const messages = [{ role: "user", content: "What is the weather in Paris?" }];

for (let round = 0; ; round++) {
  if (round === 5) throw new Error("no answer after five rounds");
  const answer = await client.chat.completions.create({ model: "gemini-3.5-flash", messages, tools });
  const message = answer.choices[0].message;
  messages.push(message); // whole: it carries what Gemini wants to see again
  if (!message.tool_calls?.length) {
    console.log(message.content);
    break;
  }
  for (const call of message.tool_calls) {
    const args = JSON.parse(call.function.arguments);
    console.log(`called ${call.function.name}(${Object.values(args)})`);
    const result = functions[call.function.name](args);
    messages.push({ role: "tool", tool_call_id: call.id, content: JSON.stringify(result) });
  }
}
