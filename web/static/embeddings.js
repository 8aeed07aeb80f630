// How near texts are to each other: embeddings and the cosine between them.
import { call, notices } from "./api.js";
import { Code } from "./code.js";
import { problem } from "./message.js";
import { $, h, icon, announce } from "./dom.js";

const MOST = 20; // texts

export function embeddings({ picker, askKey }) {
  const out = $("embedding-results");
  const button = $("embedding-send");

  const texts = () => $("embedding-texts").value.split("\n").map((t) => t.trim()).filter(Boolean).slice(0, MOST);
  const body = () => Object.fromEntries(Object.entries({
    model: picker.value, input: texts(), encoding_format: "float", dimensions: Number($("embedding-size").value) || undefined,
  }).filter(([, v]) => v !== undefined));
  const code = new Code($("embedding-code"), "embeddings", body);
  $("view-embeddings").addEventListener("input", () => code.update());
  picker.onchange = () => code.update();

  $("embedding-form").addEventListener("submit", async (event) => {
    event.preventDefault();
    const request = body();
    if (request.input.length < 2) {
      out.replaceChildren(h("p", { class: "muted" }, "Write at least two texts, one on a line."));
      return;
    }
    button.disabled = true;
    const start = performance.now();
    try {
      const response = await call("embeddings", request);
      const { data, usage, model } = await response.json();
      const vectors = [...data].sort((a, b) => a.index - b.index).map((d) => d.embedding);
      const facts = [model, `${vectors[0].length} dimensions`, usage && `${usage.total_tokens} tokens`, `${((performance.now() - start) / 1000).toFixed(2)} s`];
      out.replaceChildren(nearest(request.input, vectors), matrix(request.input, vectors),
        h("p", { class: "numbers" }, facts.filter(Boolean).map((f) => h("span", {}, f))),
        ...notices(response).map((n) => h("p", { class: "notice" }, icon("warn"), n)));
      announce("The similarities are there");
    } catch (error) {
      out.replaceChildren(problem(error, { key: askKey }));
    }
    button.disabled = false;
  });
}

function cosine(a, b) {
  let dot = 0, aa = 0, bb = 0;
  for (let i = 0; i < a.length; i++) {
    dot += a[i] * b[i];
    aa += a[i] * a[i];
    bb += b[i] * b[i];
  }
  return aa && bb ? dot / Math.sqrt(aa * bb) : 0;
}

// nearest names the pair that is most alike.
function nearest(texts, vectors) {
  let best = { value: -2 };
  for (let i = 0; i < texts.length; i++) {
    for (let j = i + 1; j < texts.length; j++) {
      const value = cosine(vectors[i], vectors[j]);
      if (value > best.value) best = { value, i, j };
    }
  }
  return h("p", { class: "nearest" }, "Most alike, at ", h("b", {}, best.value.toFixed(3)), ": ", h("q", {}, texts[best.i]), " and ", h("q", {}, texts[best.j]));
}

// matrix shows the cosine of each pair, the stronger the colour the nearer.
function matrix(texts, vectors) {
  const values = vectors.map((a) => vectors.map((b) => cosine(a, b)));
  const others = values.flatMap((row, i) => row.filter((_, j) => i !== j));
  const low = Math.min(...others), high = Math.max(...others);
  const cell = (value, i, j) => {
    const td = h("td", { title: `${texts[i]} – ${texts[j]}` }, value.toFixed(3));
    const heat = i === j ? 0 : high > low ? 0.1 + (0.9 * (value - low)) / (high - low) : 0.5;
    td.style.setProperty("--heat", `${Math.round(heat * 100)}%`);
    td.classList.toggle("same", i === j);
    return td;
  };
  return h("div", { class: "wide", tabindex: 0 }, h("table", { class: "matrix" },
    h("caption", { class: "offscreen" }, "Cosine similarity of each pair of texts"),
    h("thead", {}, h("tr", {}, h("th", { scope: "col" }, ""), texts.map((_, j) => h("th", { scope: "col" }, String(j + 1))))),
    h("tbody", {}, values.map((row, i) => h("tr", {}, h("th", { scope: "row" }, `${i + 1} `, h("span", {}, texts[i])), row.map((v, j) => cell(v, i, j)))))));
}
