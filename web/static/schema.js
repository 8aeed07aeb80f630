// Schemas of the description, shown as lists of fields that unfold.
import { h } from "./dom.js";
import { inline } from "./markdown.js";

const MARKS = {
  map: null, // what one expects
  emulate: "emulated",
  ignore: "ignored",
  refuse: "refused",
};

export class Schemas {
  #spec;

  constructor(spec) {
    this.#spec = spec;
  }

  // resolve follows a reference; what stands beside it wins.
  resolve(node) {
    if (!node?.$ref) return node;
    const target = node.$ref.slice(2).split("/").reduce((at, name) => at?.[name], this.#spec);
    const { $ref, ...beside } = node;
    return { ...this.resolve(target), ...beside, title: $ref.split("/").at(-1) };
  }

  // fields lists the members of an object.
  fields(node) {
    const schema = this.resolve(node);
    const required = new Set(schema.required ?? []);
    const entries = Object.entries(schema.properties ?? {});
    if (!entries.length) return h("p", { class: "muted" }, this.#type(schema));
    // What matters less stands last: without effect, deprecated.
    const weight = ([name, p]) => (required.has(name) ? 0 : p.deprecated ? 3 : p["x-gemway"] === "ignore" ? 4 : 1);
    return h("dl", { class: "fields" }, entries.sort((a, b) => weight(a) - weight(b)).map(([name, p]) => this.#field(name, p, required.has(name))));
  }

  #field(name, node, required) {
    const schema = this.resolve(node);
    const marks = [
      required && h("span", { class: "mark required" }, "required"),
      schema["x-gemway-extension"] && h("span", { class: "mark ours", title: "Not in OpenAI's API" }, "addition"),
      schema.deprecated && h("span", { class: "mark" }, "deprecated"),
      MARKS[schema["x-gemway"]] && h("span", { class: `mark ${schema["x-gemway"]}` }, MARKS[schema["x-gemway"]]),
    ];
    const inner = this.#inner(schema);
    return [
      h("dt", {}, h("code", {}, name), h("span", { class: "type" }, this.#type(schema)), marks),
      h("dd", {}, schema.description && h("span", {}, inline(schema.description)), this.#values(schema), inner),
    ];
  }

  #values(schema) {
    const values = (schema.enum ?? schema.items?.enum ?? []).filter((v) => v !== null);
    return values.length > 0 && h("p", { class: "values" }, values.map((v) => h("code", {}, String(v))));
  }

  // inner holds the members of objects inside, made when they are unfolded:
  // schemas may contain themselves.
  #inner(schema) {
    const choices = (schema.oneOf ?? [schema]).map((s) => this.resolve(s));
    const objects = choices.map((s) => (s.items ? this.resolve(s.items) : s)).filter((s) => s.properties);
    if (!objects.length) return null;
    const details = h("details", { class: "inner" }, h("summary", {}, objects[0].title ? `${objects[0].title}` : "Members"));
    details.addEventListener("toggle", () => details.append(...objects.map((s) => this.fields(s))), { once: true });
    return details;
  }

  #type(schema) {
    if (schema.const !== undefined) return JSON.stringify(schema.const);
    if (schema.oneOf) return [...new Set(schema.oneOf.map((s) => this.#type(this.resolve(s))))].filter((t) => t !== "null").join(" or ");
    const types = [schema.type ?? "any"].flat().filter((t) => t !== "null");
    const limits = schema.minimum !== undefined && schema.maximum !== undefined ? ` ${schema.minimum} to ${schema.maximum}` : "";
    return types.map((t) => (t === "array" && schema.items ? `list of ${this.#type(this.resolve(schema.items))}` : t)).join(" or ") + limits;
  }
}
