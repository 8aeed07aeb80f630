// The list of models, and pickers for it.
import { call, notices } from "./api.js";
import { h } from "./dom.js";

// Used when the list cannot be had, or says nothing of what models can do.
const FALLBACK = {
  chat: ["gemini-2.5-flash", "gemini-2.5-pro", "gemini-2.5-flash-lite"],
  images: ["gemini-2.5-flash-image"],
  embeddings: ["gemini-embedding-001"],
};

const PATHS = { chat: "/v1/chat/completions", images: "/v1/images/generations", embeddings: "/v1/embeddings" };

// load returns { models, error, notice }; models is empty when there is no list.
export async function load() {
  try {
    const response = await call("models");
    const { data } = await response.json();
    if (!Array.isArray(data)) throw new Error("The list of models has an unknown form");
    const models = data.filter((m) => typeof m?.id === "string").map((m) => ({ ...m, id: m.id.replace(/^models\//, "") }));
    return { models, notice: notices(response).join(" ") };
  } catch (error) {
    return { models: [], error };
  }
}

// can tells whether a model serves a kind of request. Where the list does not
// say, as with other servers, its id is all there is to go by.
function can(model, kind) {
  if (model.capabilities) return model.capabilities.endpoints?.includes(PATHS[kind]) ?? false;
  const by = { embeddings: /embedding/i, images: /imagen|image/i };
  if (kind === "chat") return !by.embeddings.test(model.id) && !/^(imagen|veo|lyria)/i.test(model.id);
  return by[kind].test(model.id);
}

// Picker is a select with the models for one kind of request, and a field for
// any other id.
export class Picker {
  #kind;
  #byID = new Map();
  #chosen = false; // by the user
  #other = h("input", { type: "text", class: "other-model", placeholder: "model id", "aria-label": "Model id", hidden: true, autocomplete: "off", spellcheck: "false" });

  constructor(select, kind) {
    this.select = select;
    this.#kind = kind;
    select.after(this.#other);
    select.addEventListener("change", () => {
      this.#chosen = true;
      this.#other.hidden = select.value !== "";
      if (!this.#other.hidden) this.#other.focus();
      this.onchange?.();
    });
    this.#other.addEventListener("input", () => this.onchange?.());
    this.fill([]);
  }

  // fill offers these models, keeping the choice where it can.
  fill(models) {
    const before = this.#chosen ? this.value : "";
    const fit = models.filter((m) => can(m, this.#kind));
    const list = fit.length ? fit : FALLBACK[this.#kind].map((id) => ({ id }));
    this.#byID = new Map(list.map((m) => [m.id, m]));
    const option = (m) => h("option", { value: m.id, title: m.display_name }, m.served_by ? `${m.id} → ${m.served_by}` : m.id);
    const current = list.filter((m) => !m.served_by);
    const successors = list.filter((m) => m.served_by);
    this.select.replaceChildren(
      h("optgroup", { label: fit.length ? "Models" : "Models (not from the server)" }, current.map(option)),
      ...(successors.length ? [h("optgroup", { label: "Served by another model" }, successors.map(option))] : []),
      h("option", { value: "" }, "Another model …"),
    );
    const flash = current.find((m) => /^gemini-[\d.]+-flash(-image)?$/.test(m.id));
    if (before && !this.#byID.has(before)) {
      this.select.value = "";
      this.#other.value = before;
    } else {
      this.select.value = before || (flash ?? current[0] ?? list[0]).id;
    }
    this.#other.hidden = this.select.value !== "";
    this.onchange?.();
  }

  get value() {
    return this.select.value || this.#other.value.trim();
  }

  // model returns the entry of the list, or undefined.
  get model() {
    return this.#byID.get(this.value);
  }
}

// describe says in a line what a model can do.
export function describe(model) {
  if (!model) return "";
  const count = (n) => (n >= 1e6 ? `${+(n / 1048576).toFixed(1)}M` : n >= 1000 ? `${Math.round(n / 1024)}k` : String(n));
  const c = model.capabilities ?? {};
  const said = [];
  if (model.served_by) said.push(`served by ${model.served_by}`);
  if (model.context_window) said.push(`${count(model.context_window)} tokens in`);
  if (model.max_output_tokens) said.push(`${count(model.max_output_tokens)} out`);
  if (c.input?.length) said.push(`reads ${c.input.join(", ")}`);
  if (model.shutdown_date && !model.served_by) said.push(`until ${model.shutdown_date}`);
  return said.join(" · ");
}
