// Making pictures.
import { call, notices } from "./api.js";
import { Code } from "./code.js";
import { imageType, picture } from "./media.js";
import { problem } from "./message.js";
import { $, h, icon, announce } from "./dom.js";

export function images({ picker, askKey }) {
  const out = $("image-results");
  const button = $("image-send");
  let abort = null;

  const body = () => Object.fromEntries(Object.entries({
    model: picker.value, prompt: $("image-prompt").value.trim() || "A lighthouse at dusk", n: Number($("image-n").value),
    size: $("image-size").value || undefined, response_format: "b64_json",
  }).filter(([, v]) => v !== undefined));
  const code = new Code($("image-code"), "images", body);
  $("view-images").addEventListener("input", () => code.update());
  picker.onchange = () => code.update();

  $("image-form").addEventListener("submit", async (event) => {
    event.preventDefault();
    if (abort) {
      abort.abort();
      return;
    }
    abort = new AbortController();
    button.lastChild.textContent = "Stop";
    const request = body();
    out.replaceChildren(...Array.from({ length: request.n }, () => h("div", { class: "picture waiting", role: "status", "aria-label": "Making a picture" })));
    const start = performance.now();
    try {
      const response = await call("images/generations", request, abort.signal);
      const { data = [], usage } = await response.json();
      const facts = [`${((performance.now() - start) / 1000).toFixed(2)} s`, usage?.total_tokens && `${usage.total_tokens} tokens`, response.headers.get("x-gemway-served-model")];
      out.replaceChildren(
        ...data.map((d, i) => picture(`data:image/${imageType(String(d.b64_json)) ?? "unknown"};base64,${d.b64_json}`, request.prompt, `image-${i + 1}`)),
        h("p", { class: "numbers" }, facts.filter(Boolean).map((f) => h("span", {}, f))),
        ...notices(response).map((n) => h("p", { class: "notice" }, icon("warn"), n)));
      announce(`${data.length} pictures made`);
    } catch (error) {
      out.replaceChildren(error.name === "AbortError" ? h("p", { class: "muted" }, "Stopped.")
        : error.code === "unknown_route" ? h("p", { class: "muted" }, "This server makes no pictures by this endpoint. Models that answer with pictures can be used in the chat.")
          : problem(error, { key: askKey }));
    }
    abort = null;
    button.lastChild.textContent = "Make pictures";
  });
}
