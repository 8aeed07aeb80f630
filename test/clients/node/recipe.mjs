// The recipes of the documentation as modules, and what Gemini was asked.
import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";

export const url = process.env.GEMWAY_TEST_SCRIPTED_URL;
export const picture = readFileSync(new URL("../../../examples/assets/shapes.png", import.meta.url)); // 240 by 160 pixels
export const model = "gemini-3.5-flash";

const page = readFileSync(new URL("../../../docs/recipes.md", import.meta.url), "utf8");

// blocks returns the blocks of a language under a heading of docs/recipes.md, for this server.
export function blocks(heading, language) {
  const section = page.split(/^## /m).find((s) => s.startsWith(heading + "\n"));
  assert.ok(section, `docs/recipes.md has no ${heading}`);
  const found = [...section.matchAll(new RegExp("^```" + language + "\\n(.*?)^```$", "gms"))].map((m) => m[1]);
  assert.ok(found.length, `${heading} of docs/recipes.md has no ${language}`);
  return found.map((b) => b.replaceAll("http://127.0.0.1:8080", url).replace(/\bKEY\b/g, "any"));
}

// recipe returns what the JavaScript of a recipe defines.
export async function recipe(heading) {
  const code = blocks(heading, "js").join("\n");
  const names = [...code.matchAll(/^const (\w+)/gm)].map((m) => m[1]);
  const folder = new URL("node_modules/.recipes/", import.meta.url); // where imports find what is installed
  mkdirSync(folder, { recursive: true });
  const file = new URL(`${heading.replaceAll(" ", "-")}-${process.pid}.mjs`, folder);
  writeFileSync(file, `${code}\nexport { ${names.join(", ")} };\n`);
  return import(file);
}

// Gemini as the server sees it: an emulator that remembers what it was asked.
export class Upstream {
  tag = "tag-" + randomUUID();

  async received() {
    const answer = await fetch(`${process.env.GEMWAY_TEST_UPSTREAM_URL}/received?tag=${this.tag}`);
    return (await answer.json()).map((r) => r.body);
  }

  async only() {
    const got = await this.received();
    assert.equal(got.length, 1, "requests that reached Gemini");
    return got[0];
  }
}

// parts returns what stands under a key in the parts of a native request.
export const parts = (body, key) => body.contents.flatMap((c) => c.parts).flatMap((p) => (key in p ? [p[key]] : []));

// answered asserts that every call has its result and the first of a turn its
// signature, and returns the names of the calls.
export function answered(body) {
  const calls = parts(body, "functionCall");
  const results = parts(body, "functionResponse");
  assert.deepEqual(calls.map((c) => [c.name, c.id]), results.map((r) => [r.name, r.id]));
  for (const content of body.contents) {
    const first = content.parts.find((p) => p.functionCall);
    assert.ok(!first || first.thoughtSignature, `no signature on ${JSON.stringify(first)}`);
  }
  return calls.map((c) => c.name);
}
