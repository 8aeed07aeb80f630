// The playground, by the offline server.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { after, before, test } from "node:test";
import { answered, clean, connected, fits, launch, offline, open, PHONE, say, scripted, shot } from "./browser.mjs";

const axe = readFileSync(new URL("node_modules/axe-core/axe.min.js", import.meta.url), "utf8");

let browser;
before(async () => {
  browser = await launch();
});
after(() => browser.close());

// playground opens the page, runs the steps, and checks that it was clean.
const playground = (name, steps, { url = offline, ...options } = {}) => test(name, async () => {
  const { page, context, seen } = await open(browser, `${url}/`, options);
  await connected(page);
  await steps(page, context);
  await fits(page);
  clean(seen);
  await context.close();
});

const numbers = (answer) => answer.locator(".numbers").innerText();

playground("loads, with the server's models", async (page) => {
  assert.equal(await page.locator("#status-text").innerText(), "Offline");
  const { data } = await (await fetch(`${offline}/v1/models`)).json();
  const offered = await page.locator("#chat-model option").evaluateAll((all) => all.map((o) => o.value).filter(Boolean));
  const chat = data.filter((m) => m.capabilities.endpoints?.includes("/v1/chat/completions")).map((m) => m.id);
  assert.deepEqual(new Set(offered), new Set(chat));
  assert.ok(await page.locator("#examples button").count() === 4);
});

playground("streams an answer and counts", async (page) => {
  const answer = await say(page, "What is 12 * 12?");
  assert.match(await answer.locator(".text").innerText(), /144/);
  assert.match(await numbers(answer), /first token [\d.]+ s\s*total [\d.]+ s\s*\d+ in\s*\d+ out/);
  await page.click("#tab-raw");
  const events = await page.locator("#raw-events li:not(.sent) code").allInnerTexts();
  assert.equal(events.at(-1), "[DONE]");
  const pieces = events.slice(0, -1).map((e) => JSON.parse(e).choices[0]?.delta.content ?? "");
  assert.ok(pieces.filter(Boolean).length > 2, "the answer came in pieces");
  assert.match(pieces.join(""), /144/);
  // The second turn sends the first along.
  await say(page, "What was my first question?");
  const sent = JSON.parse(await page.locator("#raw-events .sent code").innerText());
  assert.deepEqual(sent.messages.map((m) => m.role), ["user", "assistant", "user"]);
});

playground("answers as a whole without streaming", async (page) => {
  await page.uncheck("#set-stream");
  const answer = await say(page, 'Say "as a whole"');
  assert.equal(await answer.locator(".text").innerText(), "as a whole");
  await page.click("#tab-raw");
  assert.equal(JSON.parse(await page.locator("#raw-events li:not(.sent) code").innerText()).object, "chat.completion");
});

playground("folds thoughts away", async (page) => {
  await page.click("#examples [data-name=think]");
  await page.click("#send");
  const answer = await answered(page);
  assert.equal(await answer.locator(".thoughts").evaluate((d) => d.open), false);
  await answer.locator(".thoughts summary").click();
  assert.ok((await answer.locator(".thoughts-text").innerText()).length > 20);
  assert.match(await numbers(answer), /thought/);
});

playground("calls a function and takes its result", async (page) => {
  await page.click("#examples [data-name=tools]");
  await page.click("#send");
  const call = (await answered(page)).locator(".call");
  assert.match(await call.innerText(), /get_weather[^]*Paris/);
  await call.locator("textarea").fill('{"celsius": -7}');
  await page.click("text=Send result");
  const last = page.locator(".message.answer").nth(1);
  await last.locator("footer").waitFor();
  assert.match(await last.locator(".text").innerText(), /-7/);
});

playground("answers in a schema", async (page) => {
  await page.click("#examples [data-name=schema]");
  await page.click("#send");
  const json = JSON.parse(await (await answered(page)).locator("pre").innerText());
  assert.deepEqual(Object.keys(json).sort(), ["ingredients", "minutes", "name"]);
  assert.ok(Number.isInteger(json.minutes));
});

playground("tells of a schema that is no JSON before sending", async (page) => {
  await page.click("#tab-schema");
  await page.check("#use-schema");
  await page.fill("#schema", "{");
  assert.match(await page.locator("#schema-error").innerText(), /does not hold JSON/);
  await page.fill("#prompt", "hello");
  await page.press("#prompt", "Enter");
  assert.match(await page.locator("#log .problem").innerText(), /schema tab/);
  assert.equal(await page.inputValue("#prompt"), "hello");
});

// wav is a second of silence.
function wav() {
  const b = Buffer.alloc(44 + 16000);
  b.write("RIFF", 0); b.writeUInt32LE(b.length - 8, 4); b.write("WAVEfmt ", 8); b.writeUInt32LE(16, 16); b.writeUInt16LE(1, 20); b.writeUInt16LE(1, 22);
  b.writeUInt32LE(8000, 24); b.writeUInt32LE(16000, 28); b.writeUInt16LE(2, 32); b.writeUInt16LE(16, 34); b.write("data", 36); b.writeUInt32LE(16000, 40);
  return b;
}

playground("attaches pictures and sound, and refuses what models cannot read", async (page) => {
  await page.click("#examples [data-name=picture]");
  await page.waitForSelector("#attachments li");
  await page.setInputFiles("#file", [{ name: "silence.wav", mimeType: "audio/wav", buffer: wav() }, { name: "a.exe", mimeType: "application/x-msdownload", buffer: Buffer.from("MZ") }]);
  assert.match(await page.locator("#log .problem").innerText(), /a\.exe: only pictures, sound and PDF/);
  assert.equal(await page.locator("#attachments li").count(), 2);
  await page.click("#send");
  const answer = await answered(page);
  assert.match(await answer.locator(".text").innerText(), /image\/png[^]*480 by 320[^]*audio/);
  assert.equal(await page.locator("#attachments li").count(), 0);
});

playground("makes pictures", async (page) => {
  await page.click("#tab-images");
  await page.fill("#image-prompt", "a red fox");
  await page.selectOption("#image-n", "2");
  await page.click("#image-send");
  await page.waitForSelector("#image-results img");
  assert.equal(await page.locator("#image-results img").count(), 2);
  assert.ok(await page.locator("#image-results img").first().evaluate((i) => i.decode().then(() => i.naturalWidth > 100)));
});

playground("compares embeddings", async (page) => {
  await page.click("#tab-embeddings");
  await page.selectOption("#embedding-size", "256");
  await page.click("#embedding-send");
  await page.waitForSelector(".matrix");
  const cells = await page.locator(".matrix tbody tr").evaluateAll((rows) => rows.map((r) => [...r.querySelectorAll("td")].map((c) => Number(c.textContent))));
  assert.equal(cells.length, 5);
  for (let i = 0; i < 5; i++) {
    assert.equal(cells[i][i], 1);
    for (let j = 0; j < 5; j++) assert.equal(cells[i][j], cells[j][i]);
  }
  assert.match(await page.locator("#embedding-results .numbers").innerText(), /256 dimensions/);
});

playground("works by keyboard alone", async (page) => {
  await page.focus("#tab-chat");
  await page.keyboard.press("ArrowRight");
  assert.equal(await page.evaluate(() => document.activeElement.id), "tab-images");
  assert.ok(await page.isVisible("#view-images"));
  await page.keyboard.press("ArrowLeft");
  assert.ok(await page.isVisible("#view-chat"));
  // Everything that can be clicked can be reached by Tab, but tabs not chosen.
  const reached = new Set();
  await page.locator(".skip").focus();
  for (let i = 0; i < 60; i++) {
    reached.add(await page.evaluate(() => document.activeElement.id || document.activeElement.dataset.name || document.activeElement.className));
    await page.keyboard.press("Tab");
  }
  for (const id of ["key-button", "chat-model", "new-chat", "toggle-inspector", "think", "picture", "attach", "prompt", "send", "tab-settings", "set-effort", "set-stream"]) {
    assert.ok(reached.has(id), `${id} is reached: ${[...reached]}`);
  }
  await page.focus("#prompt");
  await page.keyboard.type("first line");
  await page.keyboard.press("Shift+Enter");
  await page.keyboard.type("second line");
  assert.equal(await page.inputValue("#prompt"), "first line\nsecond line");
  await page.keyboard.press("Enter");
  await answered(page);
  assert.match(await page.locator(".message.user").innerText(), /first line\nsecond line/);
});

playground("stops an answer with Escape", async (page) => {
  let release;
  const held = new Promise((resolve) => { release = resolve; });
  await page.route("**/v1/chat/completions", async (route) => {
    await held;
    await route.abort().catch(() => {});
  });
  await page.fill("#prompt", "hello");
  await page.press("#prompt", "Enter");
  await page.waitForSelector("#send.busy");
  await page.keyboard.press("Escape");
  assert.match(await (await answered(page)).innerText(), /Stopped/);
  release();
});

playground("keeps what came before a stream broke, and offers another try", async (page) => {
  await page.click("#key-button");
  await page.fill("#key-field", "a-key");
  await page.click("text=Use key");
  await page.waitForFunction(() => document.querySelector("#key-state").textContent === "Key set");
  const answer = await say(page, "script:break");
  assert.ok((await answer.locator(".text").innerText()).length > 0);
  assert.equal(await answer.locator(".problem").count(), 1);
  assert.equal(await answer.locator("[aria-label='Try again']").count(), 1);
}, { url: scripted });

playground("asks for a key where one is needed, and keeps it in the tab", async (page, context) => {
  assert.equal(await page.locator("#status-text").innerText(), "Key needed");
  await page.click("#hint >> text=Enter a key");
  await page.fill("#key-field", "a-secret-key");
  await page.keyboard.press("Enter");
  await page.waitForFunction(() => document.querySelector("#key-state").textContent === "Key set");
  const [request] = await Promise.all([page.waitForRequest("**/v1/chat/completions"), say(page, "script:text")]);
  assert.equal(request.headers().authorization, "Bearer a-secret-key");
  await page.click("#tab-code");
  const kept = await page.evaluate(() => ({ session: Object.values(sessionStorage), local: localStorage.length, cookie: document.cookie, shown: document.documentElement.outerHTML.includes("a-secret-key"), address: location.href }));
  assert.deepEqual(kept, { session: ["a-secret-key"], local: 0, cookie: "", shown: false, address: `${scripted}/` });
  const other = await context.newPage();
  await other.goto(`${scripted}/`);
  assert.equal(await other.evaluate(() => sessionStorage.length), 0);
  await page.click("#key-button");
  await page.click("text=Forget");
  await page.waitForFunction(() => document.querySelector("#key-state").textContent === "Key");
  assert.equal(await page.evaluate(() => sessionStorage.length), 0);
}, { url: scripted });

test("goes on without a list of models", async () => {
  const context = await browser.newContext();
  const page = await context.newPage();
  await page.route("**/v1/models", (route) => route.fulfill({ status: 404, contentType: "application/json", body: '{"error":{"message":"no","type":"invalid_request_error","param":null,"code":"unknown_route"}}' }));
  await page.goto(`${offline}/`);
  await connected(page);
  const answer = await say(page, 'Say "still here"');
  assert.equal(await answer.locator(".text").innerText(), "still here");
  await page.selectOption("#chat-model", "");
  await page.fill(".other-model", "gemini-2.5-pro");
  await say(page, 'Say "another"');
  assert.match(await page.locator(".message.answer").last().locator("header").innerText(), /gemini-2\.5-pro/);
  await context.close();
});

test("says when the server is gone", async () => {
  const context = await browser.newContext();
  const page = await context.newPage();
  await page.goto(`${offline}/`);
  await connected(page);
  await page.route("**/v1/**", (route) => route.abort());
  const answer = await say(page, "hello");
  assert.match(await answer.locator(".problem").innerText(), /cannot be reached/);
  await page.unroute("**/v1/**");
  await answer.locator("[aria-label='Try again']").click();
  const again = await answered(page);
  assert.equal(await again.locator(".problem").count(), 0);
  await context.close();
});

for (const [look, options] of Object.entries({ light: {}, dark: { colorScheme: "dark" }, phone: PHONE, "phone-dark": { ...PHONE, colorScheme: "dark" } })) {
  playground(`looks right and is accessible: ${look}`, async (page) => {
    const phone = options === PHONE || options.isMobile;
    const check = async (name) => {
      await fits(page);
      await page.evaluate(axe);
      const { violations } = await page.evaluate(() => window.axe.run({ runOnly: ["wcag2a", "wcag2aa", "wcag21aa", "wcag22aa"] }));
      assert.deepEqual(violations.map((v) => `${v.id}: ${v.nodes.map((n) => n.target).join(", ")}`), [], `${name} in ${look}`);
      await shot(page, `${name}-${look}`);
    };
    await check("welcome");
    await page.click("#examples [data-name=tools]");
    await page.click("#send");
    await answered(page);
    await page.click("text=Send result");
    await page.locator(".message.answer").nth(1).locator("footer").waitFor();
    await check("tools");
    if (phone) await page.click("#toggle-inspector");
    for (const tab of ["tools", "code", "raw"]) {
      await page.click(`#tab-${tab}`);
      await check(`panel-${tab}`);
    }
    if (phone) {
      await page.keyboard.press("Escape");
      assert.ok(!(await page.isVisible("#inspector")));
    }
    await page.click("#tab-embeddings");
    await page.click("#embedding-send");
    await page.waitForSelector(".matrix");
    await check("embeddings");
    await page.click("#tab-images");
    await page.fill("#image-prompt", "a red fox");
    await page.click("#image-send");
    await page.waitForSelector("#image-results img");
    await check("images");
  }, options);
}
