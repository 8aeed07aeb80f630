// Hostile outputs of a model, all the way: Gemini's stream, the gateway, the page.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { createServer } from "node:http";
import { after, before, test } from "node:test";
import { clean, connected, launch, open, shot } from "./browser.mjs";
import { outputs } from "./payloads.mjs";

const OUTPUTS = outputs();
const HOSTILE_NAME = `gemini-9-flash"><img src=x onerror=pwn(95)>`;

// upstream plays Gemini: "case 17" in the last message asks for that output. The
// answer comes in pieces cut anywhere, in the middle of tags too.
const upstream = createServer(async (request, response) => {
  let body = "";
  for await (const piece of request) body += piece;
  const json = (status, value) => response.writeHead(status, { "Content-Type": "application/json" }).end(JSON.stringify(value));
  if (request.url.startsWith("/v1beta/models?") || request.url === "/v1beta/models") {
    const method = { supportedGenerationMethods: ["generateContent"] };
    json(200, { models: [{ name: "models/gemini-2.5-flash", displayName: "<script>pwn(93)</script>", description: "<img src=x onerror=pwn(94)>", ...method }, { name: `models/${HOSTILE_NAME}`, ...method }] });
    return;
  }
  const number = [...body.matchAll(/case (\d+)/g)].at(-1)?.[1];
  const out = OUTPUTS[number];
  if (!out) {
    json(404, { error: { code: 404, message: "no such case", status: "NOT_FOUND" } });
    return;
  }
  if (out.error) {
    json(400, { error: { code: 400, message: out.error, status: "INVALID_ARGUMENT" } });
    return;
  }
  response.writeHead(200, { "Content-Type": "text/event-stream" });
  const event = (parts, more) => response.write(`data: ${JSON.stringify({ candidates: [{ content: { role: "model", parts }, index: 0, ...more }], modelVersion: "gemini-2.5-flash", responseId: "r", usageMetadata: { promptTokenCount: 3, candidatesTokenCount: 5, totalTokenCount: 8 } })}\r\n\r\n`);
  for (const part of out.parts) {
    if (!part.text) {
      event([part]);
      continue;
    }
    const size = 1 + (Number(number) % 7);
    for (let i = 0; i < part.text.length; i += size) event([{ ...part, text: part.text.slice(i, i + size) }]);
  }
  const grounding = out.citation && { groundingMetadata: { groundingChunks: [{ web: out.citation }], groundingSupports: [{ segment: { startIndex: 0, endIndex: 5, text: "cited" }, groundingChunkIndices: [0] }] } };
  event([{ text: "" }], { finishReason: "STOP", ...grounding });
  response.end();
});

let browser, gateway, url;
before(async () => {
  await new Promise((resolve) => upstream.listen(0, "127.0.0.1", resolve));
  const port = await new Promise((resolve) => {
    const probe = createServer().listen(0, "127.0.0.1", () => {
      const { port } = probe.address();
      probe.close(() => resolve(port));
    });
  });
  url = `http://127.0.0.1:${port}`;
  gateway = spawn("bin/gemway", ["serve", "--listen", `127.0.0.1:${port}`], {
    env: { PATH: process.env.PATH, GEMINI_API_KEY: "held-by-the-server", GEMWAY_GEMINI_BASE_URL: `http://127.0.0.1:${upstream.address().port}` }, stdio: "ignore",
  });
  for (let i = 0; ; i++) {
    const ready = await fetch(`${url}/readyz`).then((r) => r.ok, () => false);
    if (ready) break;
    assert.ok(i < 200, "the gateway is ready");
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  browser = await launch();
});
after(async () => {
  await browser?.close();
  gateway?.kill("SIGTERM");
  upstream.close();
  upstream.closeAllConnections();
});

// KNOWN are the elements an answer may consist of.
const KNOWN = ["article", "header", "footer", "svg", "path", "span", "p", "div", "details", "summary", "h3", "h4", "h5", "h6", "ul", "ol", "li", "b", "strong", "em", "s", "i", "code", "pre", "figure",
  "figcaption", "button", "blockquote", "hr", "table", "thead", "tbody", "tr", "th", "td", "a", "label", "textarea", "img"];

// inspect returns what an answer consists of that it must not.
const inspect = (known) => {
  const bad = [];
  for (const node of document.querySelectorAll("#log .message.answer, #log .message.answer *")) {
    const name = node.localName;
    if (!known.includes(name)) bad.push(`<${name}>`);
    for (const a of node.attributes) {
      if (/^on|^style$|^srcdoc$|^srcset$/i.test(a.name)) bad.push(`${name} ${a.name}=${a.value}`);
      if (["href", "src", "action", "xlink:href", "poster", "data"].includes(a.name)) {
        const ok = name === "a" ? /^https?:/.test(node.href) && node.rel.includes("noopener") : name === "img" && /^(data:image\/(png|jpeg|webp|gif);base64,|blob:)/.test(a.value);
        if (!ok) bad.push(`${name} ${a.name}=${a.value}`);
      }
    }
  }
  return bad;
};

test(`there are at least 200 outputs, all different`, () => {
  const distinct = new Set(OUTPUTS.map((o) => JSON.stringify([o.parts, o.error, o.citation])));
  assert.ok(distinct.size >= 200, `${distinct.size}`);
  assert.equal(distinct.size, OUTPUTS.length);
});

test(`the watch sees what runs, calls out, or is stopped by the policy`, async () => {
  // Without the policy and with markup made of text, the payloads do act: else
  // this suite would prove nothing.
  const { page, context, seen } = await open(browser, `${url}/healthz`);
  await page.evaluate((all) => {
    document.body.innerHTML = all.join("\n");
  }, OUTPUTS.filter((o) => o.name === "text").slice(0, 40).map((o) => o.payload).filter((p) => !/meta|base|iframe|<link|object|embed|animation/.test(p)));
  await page.waitForTimeout(1000);
  assert.ok(seen.ran.length > 3, `ran: ${seen.ran}`);
  assert.ok(seen.foreign.some((f) => f.includes("evil.invalid")));
  await context.close();
  const with_ = await open(browser, `${url}/`);
  const refused = await with_.page.evaluate(() => {
    try {
      document.body.innerHTML = "<b>x</b>";
      return false;
    } catch {
      return true;
    }
  });
  assert.ok(refused, "the page's policy lets no string become markup");
  await with_.context.close();
});

test(`${OUTPUTS.length} hostile outputs are inert`, async () => {
  const { page, context, seen } = await open(browser, `${url}/`);
  await connected(page);
  assert.equal(await page.locator("#status-text").innerText(), "Ready");
  let shown = 0;
  for (const [i, out] of OUTPUTS.entries()) {
    await page.click("#new-chat");
    await page.fill("#prompt", `case ${i}`);
    await page.press("#prompt", "Enter");
    await page.locator(".message.answer footer").waitFor({ state: "visible" });
    for (const s of await page.locator(".message.answer details:not([open], [hidden]) > summary").all()) await s.click();
    assert.deepEqual(await page.evaluate(inspect, KNOWN), [], `case ${i}, ${out.name}: ${out.payload}`);
    // What Markdown does not change is shown letter by letter.
    const answer = await page.locator(".message.answer").evaluate((n) => n.textContent + [...n.querySelectorAll("textarea")].map((t) => t.value));
    if (out.name === "text" && !/[\\`*_~[\]|#>-]{2}|^[#>-]|\n|\\|[`*_~[]/.test(out.payload)) {
      shown++;
      assert.ok(answer.includes(out.payload.replace("\u0000", "")) || answer.includes(out.payload), `case ${i}: ${out.payload} is shown, got ${answer}`);
    }
    if (out.name === "error") assert.match(answer, /HTTP 400/);
  }
  assert.ok(shown > 40, `${shown} payloads are compared letter by letter`);
  await page.hover(".message.answer");
  await shot(page, "hostile");
  clean(seen);
  await context.close();
});

test("hostile names of models, and a hostile hash, are inert", async () => {
  const { page, context, seen } = await open(browser, `${url}/#"><img src=x onerror=pwn(96)>`);
  await connected(page);
  assert.ok((await page.locator("#chat-model option").evaluateAll((all) => all.map((o) => o.value))).length > 0);
  await page.selectOption("#chat-model", "");
  await page.fill(".other-model", HOSTILE_NAME);
  await page.fill("#prompt", `<img src=x onerror=pwn(97)> case 0`);
  await page.press("#prompt", "Enter");
  await page.locator(".message.answer footer").waitFor({ state: "visible" });
  for (const tab of ["code", "raw"]) await page.click(`#tab-${tab}`);
  assert.equal(await page.locator("img[src=x]").count(), 0);
  clean(seen);
  await context.close();
});

test("hostile answers are inert on the page of the API too", async () => {
  const { page, context, seen } = await open(browser, `${url}/docs#"><img src=x onerror=pwn(98)>`);
  await page.waitForSelector("#operations[aria-busy=false]");
  const trial = page.locator("#createChatCompletion > details").last();
  await trial.locator("> summary").click();
  for (const i of [0, 3, 6, ...OUTPUTS.keys()].filter((i) => i < 4 || OUTPUTS[i].error)) {
    await trial.locator("textarea").fill(JSON.stringify({ model: "gemini-2.5-flash", stream: true, messages: [{ role: "user", content: `case ${i}` }] }));
    const answered = page.waitForResponse("**/v1/chat/completions");
    await trial.locator("button", { hasText: "Send" }).click();
    await (await answered).finished();
    await trial.locator("button", { hasText: "Send" }).waitFor();
    assert.equal(await page.locator("#createChatCompletion .trial-answer :is(img, script, iframe, a)").count(), 0);
  }
  clean(seen);
  await context.close();
});
