// The description of the API, by the offline server.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { after, before, test } from "node:test";
import { clean, fits, launch, offline, open, PHONE, shot } from "./browser.mjs";

const axe = readFileSync(new URL("node_modules/axe-core/axe.min.js", import.meta.url), "utf8");

let browser;
before(async () => {
  browser = await launch();
});
after(() => browser.close());

const docs = (name, steps, options) => test(name, async () => {
  const { page, context, seen } = await open(browser, `${offline}/docs`, options);
  await page.waitForSelector("#operations[aria-busy=false]");
  await steps(page);
  await fits(page);
  clean(seen);
  await context.close();
});

docs("shows every endpoint and every parameter", async (page) => {
  const spec = await (await fetch(`${offline}/openapi.json`)).json();
  for (const item of Object.values(spec.paths)) {
    for (const op of [item.get, item.post].filter(Boolean)) {
      const section = page.locator(`#${op.operationId}`);
      assert.match(await section.innerText(), new RegExp(op.summary.replace("?", "\\?")));
      if (!op.requestBody) continue;
      const name = op.requestBody.content["application/json"].schema.$ref.split("/").at(-1);
      const shown = await section.locator("details.part").first().locator("> dl > dt > code").allInnerTexts();
      assert.deepEqual(new Set(shown), new Set(Object.keys(spec.components.schemas[name].properties)));
    }
  }
});

docs("unfolds schemas that hold themselves", async (page) => {
  for (let depth = 0; depth < 4; depth++) {
    for (const summary of await page.locator("#createChatCompletion details:not([open]) > summary").all()) {
      if (await summary.isVisible()) await summary.click();
    }
  }
  assert.ok(await page.locator("#createChatCompletion code", { hasText: /^thought_signature$/ }).count() > 0);
});

for (const id of ["createChatCompletion", "createEmbedding", "createImage", "listModels", "retrieveModel", "healthz"]) {
  docs(`tries ${id}`, async (page) => {
    const trial = page.locator(`#${id} > details`).last();
    await trial.locator("> summary").click();
    await trial.locator("button", { hasText: "Send" }).click();
    const figure = trial.locator(".trial-answer figure");
    await figure.waitFor();
    await page.waitForFunction((id) => document.querySelector(`#${id} .trial-answer pre`).textContent.includes("}"), id);
    assert.match(await figure.locator("figcaption").innerText(), /^200 ·/);
    JSON.parse(await figure.locator("pre").innerText());
  });
}

docs("tries a stream, and tells of a body that is no JSON", async (page) => {
  const trial = page.locator("#createChatCompletion > details").last();
  await trial.locator("> summary").click();
  await trial.locator("select").selectOption("stream");
  await trial.locator("button", { hasText: "Send" }).click();
  await page.waitForFunction(() => document.querySelector("#createChatCompletion .trial-answer pre")?.textContent.endsWith("data: [DONE]\n\n"));
  await trial.locator("textarea").fill("{");
  await trial.locator("button", { hasText: "Send" }).click();
  assert.match(await trial.locator(".problem").innerText(), /The body is not JSON/);
});

for (const [look, options] of Object.entries({ light: {}, dark: { colorScheme: "dark" }, phone: PHONE })) {
  docs(`looks right and is accessible: ${look}`, async (page) => {
    await shot(page, `docs-${look}`);
    await page.evaluate(() => document.querySelector("#createChatCompletion").scrollIntoView());
    await shot(page, `docs-chat-${look}`);
    await page.evaluate(axe);
    const { violations } = await page.evaluate(() => window.axe.run({ runOnly: ["wcag2a", "wcag2aa", "wcag21aa", "wcag22aa"] }));
    assert.deepEqual(violations.map((v) => `${v.id}: ${v.nodes.map((n) => n.target).join(", ")}`), []);
  }, options);
}
