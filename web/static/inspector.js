// The panel beside the chat: settings, tools, schema, the request as code, and
// what came over the wire.
import { Code, shorten } from "./code.js";
import { parse } from "./request.js";
import { $, h, copyButton, tabs } from "./dom.js";

export const TOOLS = [
  {
    type: "function",
    function: {
      name: "get_weather",
      description: "The weather in a city, now",
      parameters: { type: "object", properties: { city: { type: "string" } }, required: ["city"] },
    },
  },
];

export const SCHEMA = {
  type: "object",
  properties: {
    name: { type: "string" },
    minutes: { type: "integer", description: "How long it takes" },
    ingredients: {
      type: "array",
      items: {
        type: "object",
        properties: { item: { type: "string" }, amount: { type: "string" } },
        required: ["item", "amount"],
        additionalProperties: false,
      },
    },
  },
  required: ["name", "minutes", "ingredients"],
  additionalProperties: false,
};

const FIELDS = {
  system: "set-system", effort: "set-effort", temperature: "set-temperature", topP: "set-top-p", maxTokens: "set-max-tokens", seed: "set-seed", stream: "set-stream",
  useTools: "use-tools", tools: "tools", toolChoice: "tool-choice",
  useSchema: "use-schema", schema: "schema", schemaName: "schema-name",
};

export class Inspector {
  body = () => ({});
  raw = new Raw();
  #panel = $("inspector");
  #toggle = $("toggle-inspector");
  #select;
  #code;
  #narrow = matchMedia("(max-width: 900px)");

  constructor() {
    $("tools").value = JSON.stringify(TOOLS, null, 2);
    $("schema").value = JSON.stringify(SCHEMA, null, 2);
    this.#code = new Code($("code"), "chat", () => this.body());
    this.#select = tabs($("inspector-tabs"), () => this.update());
    this.#panel.addEventListener("input", () => this.update());
    this.#toggle.addEventListener("click", () => this.#open(this.#panel.hidden));
    $("close-inspector").addEventListener("click", () => this.#open(false));
    this.#panel.addEventListener("keydown", (event) => {
      if (event.key === "Escape" && this.#narrow.matches) {
        event.preventDefault();
        this.#open(false);
      }
    });
    this.#open(!this.#narrow.matches, false);
    this.#narrow.addEventListener("change", () => this.#open(!this.#narrow.matches, false));
  }

  get settings() {
    return Object.fromEntries(Object.entries(FIELDS).map(([name, id]) => [name, $(id).type === "checkbox" ? $(id).checked : $(id).value]));
  }

  // set changes settings; those of examples that are not named are switched off.
  set({ useTools = false, useSchema = false, effort = "", ...others }) {
    for (const [name, value] of Object.entries({ useTools, useSchema, effort, ...others })) {
      const field = $(FIELDS[name]);
      if (field.type === "checkbox") field.checked = value;
      else field.value = value;
    }
    this.update();
  }

  // show opens the panel at one of its tabs.
  show(tab) {
    this.#open(true);
    this.#select(tab);
  }

  // update brings code, marks and hints up to date.
  update() {
    this.#check("tools", Array.isArray, "a list of tools");
    this.#check("schema", (v) => v !== null && typeof v === "object" && !Array.isArray(v), "a JSON Schema object");
    if (!this.#panel.hidden && !$("panel-code").hidden) this.#code.update();
    const s = this.settings;
    const on = [s.useTools && "tools", s.useSchema && "schema"].filter(Boolean);
    for (const tab of $("inspector-tabs").children) tab.classList.toggle("on", on.includes(tab.dataset.name));
  }

  #check(name, fits, wanted) {
    let message = "";
    try {
      parse($(name).value, name, fits, wanted);
    } catch (error) {
      message = error.message;
    }
    $(`${name}-error`).textContent = message;
    $(name).setAttribute("aria-invalid", String(message !== ""));
  }

  #open(open, focus = true) {
    this.#panel.hidden = !open;
    this.#toggle.setAttribute("aria-expanded", String(open));
    document.body.classList.toggle("sheet", open && this.#narrow.matches);
    if (open) this.update();
    if (!focus) return;
    if (open && this.#narrow.matches) $("close-inspector").focus();
    if (!open) this.#toggle.focus();
  }
}

const MOST = 2000; // events that are kept to be looked at

// Raw shows what was sent and what came back, each event with its time.
class Raw {
  #list = $("raw-events");
  #lines = [];

  constructor() {
    $("raw-bar").append(copyButton(() => this.#lines.join("\n"), "Copy everything"));
    this.clear();
  }

  clear() {
    this.#lines = [];
    this.#list.replaceChildren(h("li", { class: "muted" }, "Nothing has been sent yet. What comes over the wire shows here, event by event."));
    $("raw-count").textContent = "";
  }

  start(body) {
    this.#lines = [];
    this.#list.replaceChildren(h("li", { class: "sent" }, h("span", { class: "at" }, "sent"), h("code", {}, JSON.stringify(shorten(body)))));
  }

  add(ms, text) {
    this.#lines.push(text);
    $("raw-count").textContent = `${this.#lines.length} ${this.#lines.length === 1 ? "event" : "events"}`;
    if (this.#lines.length > MOST) return;
    const shown = text.length > 4000 ? `${text.slice(0, 4000)}… (${text.length} characters)` : text;
    this.#list.append(h("li", {}, h("span", { class: "at" }, `+${Math.round(ms)} ms`), h("code", {}, shown)));
  }
}
