// A request as curl, Python and JavaScript, for programs outside the browser.
import { baseURL, keyNeeded } from "./api.js";
import { h, copyButton } from "./dom.js";

const LONG = 200; // characters of a string before it is cut for display

// KINDS are the endpoints: where they are in HTTP and in the SDKs, and what to
// print of the answer.
const KINDS = {
  chat: {
    path: "/chat/completions", py: "chat.completions.create", js: "chat.completions.create",
    pyShow: "print(response.choices[0].message)", jsShow: "console.log(response.choices[0].message);",
    pyStream: "for chunk in response:\n    if chunk.choices:\n        print(chunk.choices[0].delta.content or \"\", end=\"\", flush=True)",
    jsStream: "for await (const chunk of response) {\n  process.stdout.write(chunk.choices[0]?.delta.content ?? \"\");\n}",
  },
  images: {
    path: "/images/generations", py: "images.generate", js: "images.generate",
    pyShow: "import base64\n\nfor i, image in enumerate(response.data):\n    open(f\"image-{i}.png\", \"wb\").write(base64.b64decode(image.b64_json))",
    jsShow: "import { writeFileSync } from \"node:fs\";\n\nresponse.data.forEach((image, i) => writeFileSync(`image-${i}.png`, Buffer.from(image.b64_json, \"base64\")));",
  },
  embeddings: {
    path: "/embeddings", py: "embeddings.create", js: "embeddings.create",
    pyShow: "print([len(e.embedding) for e in response.data])", jsShow: "console.log(response.data.map((e) => e.embedding.length));",
  },
};

// snippets returns { curl, python, javascript } for a body. The key is named,
// never shown; where none is needed, any will do.
export function snippets(kind, body, keyed = keyNeeded()) {
  const k = KINDS[kind];
  const json = JSON.stringify(body, null, 2);
  return {
    curl: `curl ${shell(baseURL + k.path)} \\\n  -H "Authorization: Bearer ${keyed ? "$GEMINI_API_KEY" : "any"}" \\\n  -H "Content-Type: application/json" \\\n  ${body.stream ? "--no-buffer " : ""}-d ${shell(json)}`,
    python: `${keyed ? "import os\n" : ""}from openai import OpenAI\n\nclient = OpenAI(\n    api_key=${keyed ? 'os.environ["GEMINI_API_KEY"]' : '"any"'},\n    base_url=${JSON.stringify(baseURL)},\n)\n` +
      `response = client.${k.py}(\n${Object.entries(body).map(([n, v]) => `    ${n}=${python(v, "    ")},`).join("\n")}\n)\n${body.stream ? k.pyStream : k.pyShow}`,
    javascript: `import OpenAI from "openai";\n\nconst client = new OpenAI({\n  apiKey: ${keyed ? "process.env.GEMINI_API_KEY" : '"any"'},\n  baseURL: ${JSON.stringify(baseURL)},\n});\n` +
      `const response = await client.${k.js}(${json});\n${body.stream ? k.jsStream : k.jsShow}`,
  };
}

const shell = (text) => `'${text.replaceAll("'", `'\\''`)}'`;

// python writes a value of JSON as Python does.
function python(value, indent) {
  const inner = `${indent}    `;
  if (value === null) return "None";
  if (value === true) return "True";
  if (value === false) return "False";
  if (Array.isArray(value)) return value.length ? `[\n${value.map((v) => inner + python(v, inner)).join(",\n")},\n${indent}]` : "[]";
  if (typeof value === "object") {
    const entries = Object.entries(value);
    return entries.length ? `{\n${entries.map(([n, v]) => `${inner}${JSON.stringify(n)}: ${python(v, inner)}`).join(",\n")},\n${indent}}` : "{}";
  }
  return JSON.stringify(value);
}

// shorten cuts long data, such as pictures in base64, for display.
export function shorten(value) {
  if (typeof value === "string" && value.length > LONG && /^(data:|[\w+/=-]+$)/.test(value)) return `${value.slice(0, 40)}…`;
  if (Array.isArray(value)) return value.map(shorten);
  if (value && typeof value === "object") return Object.fromEntries(Object.entries(value).map(([n, v]) => [n, shorten(v)]));
  return value;
}

const NAMES = { curl: "curl", python: "Python", javascript: "JavaScript" };

// Code shows a request in the language that is chosen. What is copied is whole,
// what is shown leaves out long data.
export class Code {
  #body;
  #kind;
  #language = "curl";
  #pre = h("code");
  #buttons;

  constructor(place, kind, body) {
    this.#kind = kind;
    this.#body = body;
    this.#buttons = Object.keys(NAMES).map((name) => h("button", {
      type: "button", "aria-pressed": String(name === this.#language), "data-name": name,
      onclick: () => {
        this.#language = name;
        this.update();
      },
    }, NAMES[name]));
    place.append(h("figure", { class: "code snippet" },
      h("figcaption", {}, h("span", { class: "segmented", role: "group", "aria-label": "Language" }, this.#buttons), copyButton(() => this.#text((b) => b), "Copy request")),
      h("pre", { tabindex: 0 }, this.#pre)));
  }

  #text(form) {
    try {
      return snippets(this.#kind, form(this.#body()))[this.#language];
    } catch (error) {
      return error.message;
    }
  }

  update() {
    for (const b of this.#buttons) b.setAttribute("aria-pressed", String(b.dataset.name === this.#language));
    this.#pre.textContent = this.#text(shorten);
  }
}
