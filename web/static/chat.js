// The chat: a conversation, the box to write in, and sending.
import { call, stream, notices } from "./api.js";
import { Answer } from "./answer.js";
import { AnswerView, userMessage, problem } from "./message.js";
import { Attachments } from "./attach.js";
import { chatBody } from "./request.js";
import { $, announce, follow } from "./dom.js";

const FRAME = 50; // milliseconds between two looks of an answer that streams

export class Chat {
  #turns = []; // { node, messages(), view? }
  #abort = null;
  #picker;
  #inspector;
  #askKey;
  #log = $("log");
  #input = $("prompt");
  #files = new Attachments($("attachments"));
  #toEnd = follow($("log"));

  constructor({ picker, inspector, askKey }) {
    this.#picker = picker;
    this.#inspector = inspector;
    this.#askKey = askKey;
    inspector.body = () => this.#body(this.#draft());
    this.#listen();
  }

  // suggest fills box and settings with an example.
  suggest({ text, file, ...settings }) {
    this.#inspector.set(settings);
    this.#input.value = text;
    this.#grow();
    if (file) this.#attach([file]);
    this.#input.focus();
  }

  clear() {
    this.#abort?.abort();
    this.#turns = [];
    for (const n of this.#log.querySelectorAll(".message, .problem")) n.remove();
    $("welcome").hidden = false;
    this.#inspector.raw.clear();
    this.#inspector.update();
    this.#input.focus();
  }

  // say sends what is in the box.
  async say() {
    const text = this.#input.value.trim();
    if (this.#abort || (!text && !this.#files.size)) return;
    try {
      this.#body(); // settings that cannot be sent leave the box as it is
    } catch (error) {
      this.#tell(error);
      return;
    }
    const files = await this.#files.take();
    this.#input.value = "";
    this.#grow();
    const parts = files.map((f) => f.part);
    if (text) parts.push({ type: "text", text });
    const message = { role: "user", content: files.length ? parts : text };
    this.#turns.at(-1)?.view?.settle();
    this.#push({ node: userMessage(text, files), messages: () => [message] });
    await this.#ask();
  }

  // ask sends the conversation as it stands.
  async #ask() {
    const body = this.#body();
    const answer = new Answer();
    const view = new AnswerView(answer, body.model);
    const turn = { node: view.node, view, messages: () => (answer.empty ? [] : [answer.message(), ...view.results()]) };
    this.#push(turn);
    this.#working(new AbortController());
    const times = { start: performance.now() };
    const said = { notices: [], error: null };
    try {
      await this.#receive(body, answer, view, times, said);
    } catch (error) {
      if (error.name === "AbortError") said.notices.push("Stopped");
      else said.error = error;
    }
    times.end = performance.now();
    this.#working(null);
    view.name.textContent = answer.model || body.model;
    if (!said.error && answer.empty && !said.notices.length) said.notices.push("The answer is empty");
    view.finish({
      numbers: numbers(answer, times), notices: said.notices,
      error: said.error && problem(said.error, { key: this.#askKey }),
      retry: () => this.#again(turn),
      send: () => {
        view.settle();
        this.#ask();
      },
    });
    this.#inspector.update();
    this.#toEnd();
    announce(said.error ? `Error: ${said.error.message}` : "The answer is complete");
  }

  async #receive(body, answer, view, times, said) {
    const raw = this.#inspector.raw;
    raw.start(body);
    const response = await call("chat/completions", body, this.#abort.signal);
    said.notices.push(...notices(response));
    if (!body.stream) {
      const text = await response.text();
      times.first = performance.now();
      raw.add(times.first - times.start, text);
      answer.push(JSON.parse(text));
      return;
    }
    let timer = 0;
    try {
      for await (const { raw: text, event, at } of stream(response)) {
        raw.add(at - times.start, text);
        if (!event) continue;
        answer.push(event);
        if (times.first === undefined && !answer.empty) times.first = at;
        timer ||= setTimeout(() => {
          timer = 0;
          view.update();
          this.#toEnd();
        }, FRAME);
      }
    } finally {
      clearTimeout(timer);
    }
  }

  #again(turn) {
    if (this.#abort || this.#turns.at(-1) !== turn) return;
    this.#turns.pop();
    turn.node.remove();
    this.#ask();
  }

  #push(turn) {
    $("welcome").hidden = true;
    for (const n of this.#log.querySelectorAll(":scope > .problem")) n.remove();
    this.#turns.push(turn);
    this.#log.append(turn.node);
    this.#toEnd(true);
  }

  // tell shows what is wrong before anything is sent.
  #tell(error) {
    for (const n of this.#log.querySelectorAll(":scope > .problem")) n.remove();
    this.#log.append(problem(error, { settings: (tab) => this.#inspector.show(tab) }));
    this.#toEnd(true);
  }

  #working(abort) {
    this.#abort = abort;
    const button = $("send");
    button.classList.toggle("busy", abort !== null);
    button.setAttribute("aria-label", abort ? "Stop" : "Send");
    button.title = abort ? "Stop (Esc)" : "Send (Enter)";
  }

  #body(turns = this.#turns) {
    return chatBody({ model: this.#picker.value, entry: this.#picker.model, settings: this.#inspector.settings, turns });
  }

  // draft is the conversation with what stands in the box.
  #draft() {
    const content = this.#input.value.trim() || (this.#turns.length ? "" : "Hello!");
    return content ? [...this.#turns, { messages: () => [{ role: "user", content }] }] : this.#turns;
  }

  #attach(files) {
    const refused = this.#files.add(files);
    if (refused) this.#tell(new Error(refused));
  }

  #grow() {
    this.#input.style.height = "auto";
    this.#input.style.height = `${Math.min(this.#input.scrollHeight, innerHeight / 3)}px`;
  }

  #listen() {
    $("composer").addEventListener("submit", (event) => {
      event.preventDefault();
      if (this.#abort) this.#abort.abort();
      else this.say();
    });
    this.#input.addEventListener("keydown", (event) => {
      if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
      event.preventDefault();
      this.say();
    });
    this.#input.addEventListener("input", () => {
      this.#grow();
      this.#inspector.update();
    });
    addEventListener("keydown", (event) => {
      if (event.key === "Escape" && !event.defaultPrevented) this.#abort?.abort();
    });
    $("new-chat").addEventListener("click", () => this.clear());

    $("attach").addEventListener("click", () => $("file").click());
    $("file").addEventListener("change", (event) => {
      this.#attach(event.target.files);
      event.target.value = "";
    });
    this.#input.addEventListener("paste", (event) => {
      if (event.clipboardData.files.length) {
        event.preventDefault();
        this.#attach(event.clipboardData.files);
      }
    });
    const zone = $("view-chat");
    zone.addEventListener("dragover", (event) => {
      event.preventDefault();
      zone.classList.add("drop");
    });
    zone.addEventListener("dragleave", (event) => {
      if (!zone.contains(event.relatedTarget)) zone.classList.remove("drop");
    });
    zone.addEventListener("drop", (event) => {
      event.preventDefault();
      zone.classList.remove("drop");
      this.#attach(event.dataTransfer.files);
    });
  }
}

// numbers says how long an answer took and how many tokens it counts.
function numbers(answer, { start, first, end }) {
  const seconds = (ms) => `${(ms / 1000).toFixed(2)} s`;
  const out = [];
  if (first !== undefined) out.push({ text: `first token ${seconds(first - start)}`, title: "From sending to the first piece of the answer" });
  out.push({ text: `total ${seconds(end - start)}`, title: "From sending to the end of the answer" });
  const u = answer.usage;
  if (u) {
    const thought = u.completion_tokens_details?.reasoning_tokens;
    const cached = u.prompt_tokens_details?.cached_tokens;
    out.push({ text: `${u.prompt_tokens} in${cached ? ` (${cached} cached)` : ""}`, title: "Tokens of the prompt" });
    out.push({ text: `${u.completion_tokens} out${thought ? ` (${thought} thought)` : ""}`, title: "Tokens of the answer" });
    if (first !== undefined && end - first > 50) out.push({ text: `${Math.round((u.completion_tokens - (thought ?? 0)) / ((end - first) / 1000))} tok/s`, title: "Tokens of the answer, without thoughts, after the first" });
  }
  if (answer.finish && answer.finish !== "stop") out.push({ text: answer.finish, title: "finish_reason" });
  return out;
}
