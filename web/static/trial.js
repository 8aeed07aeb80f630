// A form to try an endpoint from its description.
import { call, stream, APIError } from "./api.js";
import { Code, shorten } from "./code.js";
import { problem } from "./message.js";
import { h, icon, copyButton, announce } from "./dom.js";

const KINDS = { "/chat/completions": "chat", "/embeddings": "embeddings", "/images/generations": "images" };

export class Trial {
  #endpoint;
  #body;
  #values = new Map(); // parameter: input
  #out = h("div", { class: "trial-answer", "aria-live": "polite" });
  #button = h("button", { class: "primary" }, icon("send"), "Send");
  #abort = null;

  constructor(endpoint) {
    this.#endpoint = endpoint;
    const form = h("form", { onsubmit: (event) => {
      event.preventDefault();
      if (this.#abort) this.#abort.abort();
      else this.#send();
    } });
    for (const p of endpoint.parameters) {
      const input = h("input", { type: "text", value: p.example, autocomplete: "off", spellcheck: "false" });
      this.#values.set(p.name, input);
      form.append(h("label", {}, p.name, input));
    }
    if (endpoint.body) this.#examples(form);
    form.append(this.#button);
    this.node = h("details", { class: "part" }, h("summary", {}, "Try it"), form, this.#out);
    if (endpoint.body) this.#code();
  }

  #examples(form) {
    const examples = Object.entries(this.#endpoint.body.examples);
    const text = (example) => JSON.stringify(example.value, null, 2);
    this.#body = h("textarea", { class: "mono", rows: 12, spellcheck: "false", "aria-label": "Body of the request" });
    this.#body.value = text(examples[0][1]);
    const select = h("select", { "aria-label": "Example" }, examples.map(([name, e]) => h("option", { value: name }, e.summary)));
    select.addEventListener("change", () => {
      this.#body.value = text(this.#endpoint.body.examples[select.value]);
      this.#body.dispatchEvent(new Event("input"));
    });
    form.append(examples.length > 1 ? h("label", {}, "Example", select) : "", this.#body);
  }

  #code() {
    const place = h("details", { class: "inner" }, h("summary", {}, "As code"));
    const code = new Code(place, KINDS[this.#endpoint.path], () => JSON.parse(this.#body.value));
    code.update();
    this.#body.addEventListener("input", () => code.update());
    this.node.append(place);
  }

  async #send() {
    const { path, prefix, method } = this.#endpoint;
    const start = performance.now();
    this.#abort = new AbortController();
    this.#button.lastChild.textContent = "Stop";
    try {
      const body = method === "get" ? undefined : JSON.parse(this.#body.value);
      const at = path.replace(/\{(\w+)\}/g, (_, name) => this.#values.get(name).value);
      const response = await call((prefix ? "" : "../") + at.slice(1), body, this.#abort.signal);
      const pre = h("code");
      const took = () => `${response.status} · ${((performance.now() - start) / 1000).toFixed(2)} s · ${response.headers.get("x-request-id") ?? ""}`;
      const line = h("span", {}, took());
      this.#out.replaceChildren(h("figure", { class: "code" }, h("figcaption", {}, line, copyButton(() => pre.textContent, "Copy answer")), h("pre", { tabindex: 0 }, pre)));
      if (response.headers.get("content-type")?.startsWith("text/event-stream")) {
        if (path === "/chat/completions") for await (const { raw } of stream(response)) pre.append(`data: ${raw}\n\n`);
        else pre.textContent = await response.text();
      } else {
        pre.textContent = JSON.stringify(shorten(await response.json()), null, 2);
      }
      line.textContent = took();
      announce("The answer is complete");
    } catch (error) {
      const shown = error instanceof SyntaxError ? new Error(`The body is not JSON: ${error.message}`) : error;
      if (error.name === "AbortError") this.#out.append(h("p", { class: "muted" }, "Stopped."));
      else if (error instanceof APIError && error.status === 401) this.#out.replaceChildren(problem(new Error(`${error.message} (The playground has a field for the key.)`)));
      else this.#out.replaceChildren(problem(shown));
    }
    this.#abort = null;
    this.#button.lastChild.textContent = "Send";
  }
}
