// The body of a chat request, out of the conversation and the settings.

// A setting that is empty is left out: the model's own default holds then.
const number = (text) => (text === "" || !Number.isFinite(Number(text)) ? undefined : Number(text));

// chatBody returns the body, without undefined members. It throws a
// SettingError when tools or schema are not JSON.
export function chatBody({ model, entry, turns, settings }) {
  const messages = [];
  if (settings.system.trim()) messages.push({ role: "system", content: settings.system });
  for (const turn of turns) messages.push(...turn.messages());
  const speaks = entry?.capabilities?.output?.includes("audio");
  const stream = settings.stream && !speaks; // sound is playable as a whole
  const body = {
    model,
    messages,
    stream: stream || undefined,
    stream_options: stream ? { include_usage: true } : undefined,
    reasoning_effort: settings.effort || undefined,
    temperature: number(settings.temperature),
    top_p: number(settings.topP),
    max_completion_tokens: number(settings.maxTokens),
    seed: number(settings.seed),
    modalities: speaks ? ["audio"] : undefined,
    audio: speaks ? { voice: "Kore", format: "wav" } : undefined,
  };
  if (settings.useTools) {
    body.tools = parse(settings.tools, "tools", Array.isArray, "a list of tools");
    if (settings.toolChoice !== "auto") body.tool_choice = settings.toolChoice;
  }
  if (settings.useSchema) {
    const schema = parse(settings.schema, "schema", (v) => v !== null && typeof v === "object" && !Array.isArray(v), "a JSON Schema object");
    body.response_format = { type: "json_schema", json_schema: { name: settings.schemaName.trim() || "answer", strict: true, schema } };
  }
  return Object.fromEntries(Object.entries(body).filter(([, v]) => v !== undefined));
}

// SettingError names the tab whose content cannot be sent.
export class SettingError extends Error {
  constructor(tab, message) {
    super(message);
    this.tab = tab;
  }
}

export function parse(text, tab, fits, wanted) {
  let value;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw new SettingError(tab, `The ${tab} tab does not hold JSON: ${error.message}`);
  }
  if (!fits(value)) throw new SettingError(tab, `The ${tab} tab must hold ${wanted}`);
  return value;
}
