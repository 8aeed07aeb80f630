// The description of the API, shown: every endpoint with its parameters, its
// answers, and a form to try it.
import { baseURL } from "./api.js";
import { Schemas } from "./schema.js";
import { Trial } from "./trial.js";
import { $, h, copyButton } from "./dom.js";
import { render, inline, code } from "./markdown.js";
import { problem } from "./message.js";

const METHODS = ["get", "post", "delete"];

function intro(spec) {
  const lines = `from openai import OpenAI\n\nclient = OpenAI(\n    api_key="YOUR_GEMINI_KEY",\n    base_url="${baseURL}",\n)`;
  $("intro").append(...render(spec.info.description),
    h("div", { class: "base" }, h("span", { class: "muted" }, "Base URL"), h("code", {}, baseURL), copyButton(() => baseURL, "Copy the base URL")),
    code(lines, "python"),
    h("h2", { id: "keys" }, "Keys"), ...render(`${spec.components.securitySchemes.bearer.description} Sent as \`Authorization: Bearer KEY\`.`));
}

function operation(spec, schemas, path, method, op) {
  const prefix = spec.paths[path].servers ? "" : spec.servers[0].url;
  const body = op.requestBody?.content["application/json"];
  const parts = [
    h("h2", {}, op.summary),
    h("p", { class: "route" }, h("span", { class: `method ${method}` }, method.toUpperCase()), h("code", {}, prefix + path), copyButton(() => prefix + path, "Copy the path"),
      op.security?.length === 0 && h("span", { class: "mark" }, "no key")),
    ...(op.description ? render(op.description) : []),
  ];
  for (const p of op.parameters ?? []) {
    parts.push(h("dl", { class: "fields" }, h("dt", {}, h("code", {}, p.name), h("span", { class: "type" }, `${p.schema.type}, in the ${p.in}`)), h("dd", {}, inline(p.description ?? ""))));
  }
  if (body) parts.push(h("details", { class: "part", open: true }, h("summary", {}, "Request"), schemas.fields(body.schema)));
  const answers = Object.entries(op.responses).map(([status, r]) => answer(schemas, status, schemas.resolve(r)));
  parts.push(h("details", { class: "part" }, h("summary", {}, "Answers"), answers));
  const trial = new Trial({ path, prefix, method, body, parameters: op.parameters ?? [] });
  return h("section", { id: op.operationId, class: "operation" }, parts, trial.node);
}

function answer(schemas, status, response) {
  const headers = Object.entries(response.headers ?? {});
  return h("div", { class: "response" },
    h("h3", {}, h("span", { class: `status ${status === "200" ? "good" : "bad"}` }, status === "default" ? "4xx, 5xx" : status), " ", inline(response.description)),
    headers.length > 0 && h("dl", { class: "fields" }, headers.map(([name, header]) => [
      h("dt", {}, h("code", {}, name), h("span", { class: "type" }, "header")), h("dd", {}, inline(schemas.resolve(header).description ?? "")),
    ])),
    Object.entries(response.content ?? {}).map(([type, content]) => h("div", {}, h("p", { class: "muted" }, type), schemas.fields(content.schema))));
}

// nav lists the endpoints and marks the one in sight.
function nav(spec, operations) {
  const links = new Map();
  const groups = spec.tags.map((tag) => {
    const inTag = operations.filter(({ op }) => op.tags[0] === tag.name);
    return h("div", {}, h("p", {}, tag.name), h("ul", {}, inTag.map(({ op, method, path }) => {
      const a = h("a", { title: `${method.toUpperCase()} ${path}` }, h("span", { class: `method ${method}` }, method.toUpperCase()), op.summary);
      a.href = `#${op.operationId}`;
      links.set(op.operationId, a);
      return h("li", {}, a);
    })));
  });
  $("nav").append(...groups);
  const watcher = new IntersectionObserver((seen) => {
    for (const s of seen) {
      if (!s.isIntersecting) continue;
      for (const [id, a] of links) a.classList.toggle("here", id === s.target.id);
    }
  }, { rootMargin: "-70px 0px -70% 0px" });
  for (const id of links.keys()) watcher.observe($(id));
}

async function start() {
  const response = await fetch("openapi.json");
  if (!response.ok) throw new Error(`openapi.json: status ${response.status}`);
  const spec = await response.json();
  const schemas = new Schemas(spec);
  intro(spec);
  const operations = Object.entries(spec.paths).flatMap(([path, item]) => METHODS.filter((m) => item[m]).map((method) => ({ path, method, op: item[method] })));
  $("operations").append(...operations.map(({ path, method, op }) => operation(spec, schemas, path, method, op)));
  nav(spec, operations);
  $("operations").setAttribute("aria-busy", "false");
  if (location.hash) document.getElementById(location.hash.slice(1))?.scrollIntoView();
}

start().catch((error) => $("operations").replaceChildren(problem(new Error(`The description of the API could not be loaded (${error.message}).`))));
