// Calls to the server the page came from.
import { events } from "./sse.js";

// The page may stand behind a proxy under a path of its own.
const root = new URL("./", document.baseURI);

// baseURL is what OpenAI's SDKs call base_url.
export const baseURL = new URL("v1", root).href;

const KEY = "gemway.key";

// The key lives as long as the tab, and nowhere else.
export const key = {
  get: () => sessionStorage.getItem(KEY) ?? "",
  set: (value) => (value ? sessionStorage.setItem(KEY, value) : sessionStorage.removeItem(KEY)),
};

// APIError is an error answer, in OpenAI's words.
export class APIError extends Error {
  constructor(status, error, requestID) {
    super(error?.message || `The server answered with status ${status}`);
    this.status = status;
    this.type = error?.type;
    this.code = error?.code;
    this.param = error?.param;
    this.requestID = requestID;
  }
}

// NetworkError is no answer at all.
export class NetworkError extends Error {}

let mode = "unknown";

// server tells in which mode the server runs: offline, caller-key, server-key,
// or unknown.
export async function server() {
  try {
    const answer = await fetch(new URL("ui/server.json", root));
    mode = (await answer.json()).mode ?? "unknown";
  } catch {
    mode = "unknown";
  }
  return mode;
}

// keyNeeded tells whether a request needs a key, as far as is known.
export const keyNeeded = () => mode !== "offline" && mode !== "server-key";

// call sends a request and returns the Response of a 2xx. Others throw.
export async function call(path, body, signal) {
  const headers = {};
  if (key.get()) headers.Authorization = `Bearer ${key.get()}`;
  if (body !== undefined) headers["Content-Type"] = "application/json";
  let answer;
  try {
    answer = await fetch(new URL(`v1/${path}`, root), {
      method: body === undefined ? "GET" : "POST", headers, signal,
      body: body === undefined ? undefined : JSON.stringify(body),
      cache: "no-store",
    });
  } catch (error) {
    if (error.name === "AbortError") throw error;
    throw new NetworkError(`${baseURL} cannot be reached. Is the server still running?`);
  }
  if (answer.ok) return answer;
  let error;
  try {
    error = (await answer.json()).error;
  } catch {
    // Not ours: a proxy in between has answered.
  }
  throw new APIError(answer.status, error, answer.headers.get("x-request-id"));
}

// stream yields what a streamed chat answer consists of: { event, at, raw }. An
// event with an error throws; so does an end without [DONE].
export async function* stream(response) {
  for await (const { data, at } of events(response.body)) {
    if (data === "[DONE]") {
      yield { raw: data, at };
      return;
    }
    let event;
    try {
      event = JSON.parse(data);
    } catch {
      throw new NetworkError("The stream held something that is not JSON");
    }
    yield { raw: data, event, at };
    if (event.error) throw new APIError(Number(event.error.status) || 0, event.error, response.headers.get("x-request-id"));
  }
  throw new NetworkError("The stream broke off before its end");
}

// notices are the headers by which Gemway says what it did beyond the answer.
export function notices(response) {
  const texts = {
    "x-gemway-ignored": (v) => `Ignored, as this model has no such setting: ${v}`,
    "x-gemway-repaired": (v) => `The request was repaired: ${v}`,
    "x-gemway-schema-weakened": (v) => `The schema was weakened for this model: ${v}`,
    "x-gemway-usage": (v) => `Token counts are ${v}`,
    "x-gemway-models": () => "Google's list of models cannot be had: this is the built-in one",
  };
  return Object.entries(texts).flatMap(([name, text]) => {
    const value = response.headers.get(name);
    return value === null ? [] : [text(value)];
  });
}
