// How the messages of a conversation look.
import { h, icon, copyButton } from "./dom.js";
import { render, code } from "./markdown.js";
import { picture, sound } from "./media.js";
import { preview } from "./attach.js";

// userMessage shows what was sent.
export function userMessage(text, files) {
  return h("article", { class: "message user", "aria-label": "You" },
    files.length > 0 && h("ul", { class: "files" }, files.map((f) => h("li", {},
      f.kind === "audio" ? player(f.url) : preview(f), f.kind !== "image" && h("span", { class: "name" }, f.name)))),
    text && h("div", { class: "text" }, text));
}

function player(url) {
  const audio = h("audio", { controls: true, preload: "metadata" });
  audio.src = url; // a blob of this page
  return audio;
}

// AnswerView shows an answer while it comes in.
export class AnswerView {
  #answer;
  #shown = {};
  #thoughts = h("div", { class: "thoughts-text" });
  #thoughtsLabel = h("span", {}, "Thinking …");
  #details = h("details", { class: "thoughts", hidden: true }, h("summary", {}, icon("spark"), this.#thoughtsLabel), this.#thoughts);
  #content = h("div", { class: "text" });
  #calls = h("div", { class: "calls" });
  #media = h("div", { class: "media" });
  #foot = h("footer", { hidden: true });
  #wait = h("p", { class: "wait", role: "status" }, h("span", { class: "dots", "aria-hidden": "true" }, h("i"), h("i"), h("i")), h("span", { class: "offscreen" }, "Waiting for the answer"));
  #results = new Map(); // call id: textarea

  constructor(answer, name) {
    this.#answer = answer;
    this.name = h("span", {}, name);
    this.node = h("article", { class: "message answer", "aria-label": "Answer" },
      h("header", {}, icon("spark"), this.name), this.#details, this.#wait, this.#content, this.#calls, this.#media, this.#foot);
  }

  // update shows what has come in since the last time.
  update(done = false) {
    const a = this.#answer;
    if (a.reasoning !== this.#shown.reasoning) {
      this.#details.hidden = !a.reasoning;
      this.#thoughts.replaceChildren(...render(a.reasoning.trim()));
      this.#shown.reasoning = a.reasoning;
    }
    const settled = done || a.content || a.calls.length;
    if (a.reasoning) this.#thoughtsLabel.textContent = settled ? "Thoughts" : "Thinking …";
    const text = a.content || a.refusal;
    if (text !== this.#shown.text || done) {
      this.#content.replaceChildren(...(done && isJSON(text) ? [code(JSON.stringify(JSON.parse(text), null, 2), "json")] : render(text)));
      this.#shown.text = text;
    }
    this.#wait.hidden = done || !!text || a.calls.length > 0;
    if (a.calls.length !== this.#shown.calls || done) {
      this.#calls.replaceChildren(...a.calls.map((call) => this.#call(call, done)));
      this.#shown.calls = a.calls.length;
    }
    const media = a.images.length + (a.audio ? 1 : 0);
    if (media !== this.#shown.media) {
      this.#media.replaceChildren(...a.images.map((i) => picture(i?.image_url?.url, "Picture made by the model")), ...(a.audio?.data ? [sound(a.audio.data)] : []));
      this.#shown.media = media;
    }
  }

  // finish closes the answer: sources, notices, numbers, and what can be done.
  finish({ numbers, notices, error, retry, send }) {
    this.update(true);
    const a = this.#answer;
    if (error) this.node.append(error);
    if (a.calls.length && send) {
      this.#calls.append(h("button", { type: "button", class: "primary", onclick: (e) => {
        e.currentTarget.remove();
        send();
      } }, icon("send"), a.calls.length > 1 ? "Send results" : "Send result"));
    }
    const cited = a.annotations.filter((n) => n.type === "url_citation").map((n) => n.url_citation);
    if (cited.length) {
      this.#media.append(h("ul", { class: "sources" }, cited.map((c) => h("li", {}, render(`[${String(c.title || c.url).replace(/[[\]\n]/g, " ")}](${c.url})`)))));
    }
    this.#foot.replaceChildren(
      ...notices.map((n) => h("p", { class: "notice" }, icon("warn"), n)),
      h("p", { class: "numbers" }, numbers.map((n) => h("span", { title: n.title }, n.text))),
      h("p", { class: "actions" }, a.content && copyButton(() => a.content, "Copy answer"),
        retry && h("button", { type: "button", class: "quiet", title: "Try again", "aria-label": "Try again", onclick: retry }, icon("retry"))));
    this.#foot.hidden = false;
  }

  // settle makes an answer a thing of the past: it can no longer be tried again.
  settle() {
    for (const b of this.node.querySelectorAll("button[aria-label='Try again'], .calls > button")) b.remove();
    for (const area of this.#results.values()) area.readOnly = true;
  }

  // results returns the messages that answer the calls.
  results() {
    return this.#answer.calls.map((call) => ({ role: "tool", tool_call_id: call.id, content: this.#results.get(call)?.value ?? "" }));
  }

  #call(call, done) {
    const args = call.function.arguments;
    const node = h("div", { class: "call" },
      h("p", {}, icon("wrench"), h("b", {}, call.function.name || "…"), h("span", { class: "muted" }, "is called with")),
      h("pre", { tabindex: 0 }, h("code", {}, isJSON(args) ? JSON.stringify(JSON.parse(args), null, 2) : args)));
    if (done) {
      const area = h("textarea", { rows: 2, spellcheck: "false", "aria-label": `Result of ${call.function.name}` });
      area.value = sample(call.function);
      this.#results.set(call, area);
      node.append(h("label", {}, h("span", { class: "muted" }, "Your result"), area));
    }
    return node;
  }
}

const isJSON = (text) => {
  if (!/^\s*[{[]/.test(text)) return false;
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
};

// sample makes up a result, for functions of the examples.
function sample({ name, arguments: args }) {
  let given = {};
  try {
    given = JSON.parse(args) ?? {};
  } catch {
    // The arguments are shown as they are.
  }
  if (name === "get_weather") return JSON.stringify({ city: given.city ?? "Paris", celsius: 18, sky: "light rain" });
  if (name === "get_time") return JSON.stringify({ time: new Date().toISOString() });
  return JSON.stringify({ ok: true });
}

// problem shows an error with what can be done about it.
export function problem(error, { key, settings } = {}) {
  const facts = [error.status && `HTTP ${error.status}`, error.code || error.type, error.param && `parameter ${error.param}`, error.requestID].filter(Boolean);
  const offersKey = key && (error.status === 401 || error.status === 403);
  return h("div", { class: "problem", role: "alert" }, icon("warn"),
    h("div", {}, h("p", {}, error.message), facts.length > 0 && h("p", { class: "muted facts" }, facts.join(" · ")),
      offersKey && h("button", { type: "button", onclick: key }, "Enter a key"),
      error.tab && settings && h("button", { type: "button", onclick: () => settings(error.tab) }, "Show the tab")));
}
